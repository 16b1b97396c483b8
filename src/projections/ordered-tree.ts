import { assert } from '../assert.js';
import { needMuchStack } from '../stack-room.js';
import { compareKeys, compareParts, type Key } from '../codecs/key.js';
import { beginsWith, type Edge } from '../codecs/range.js';
import { BORN, Entries, ENTRY_BITS } from './entries.js';
import { headOf } from './key-head.js';
import { Leaves } from './leaves.js';
import type { Position, Sequence } from './merge-run.js';
import { sortEntries, type Ties } from './sort-entries.js';

/** So many entries may wait, when a transaction ends, to be put in their places. */
const WAITING_MAX = 2048;

/** And so many within one: they take room of their own, and a load can be of any size. */
const WAITING_END = 2 ** 21;

/** So many are put in their places one by one, without sorting. */
const FEW = 16;

/** Room for so many that wait is always kept when they have gone to their places. */
const ROOM_MIN = 32;

/** Where a tree finds the full key of an entry. */
export interface EntryKeys {
  /** The key itself, for when heads alone do not decide. */
  fullKey(ref: number): Key;
  /** The head of what follows in the key after so many bytes. */
  headOf(ref: number, skip: number, into: Float64Array): void;
}

/**
 * An ordered set of entries `(key, ref, born)` in typed arrays alone: the key's head, a number that stands for the
 * entry, and the version at which it came in. Keys are ordered by heads, and where heads tie by the parts themselves,
 * read through `EntryKeys`; equal keys by ref.
 *
 * New entries *wait* until someone reads, or so many do that it pays to sort them: a load is one sorted run.
 *
 * Callers hold to this: a key can be read through `EntryKeys` from its insertion until after its removal.
 */
export class OrderedTree implements Sequence, Ties {
  readonly #keys: EntryKeys;
  readonly #leaves = new Leaves();
  #waiting = new Entries(ROOM_MIN);
  #waitingCount = 0;

  constructor(keys: EntryKeys) {
    this.#keys = keys;
  }

  get size(): number {
    return this.#leaves.size + this.#waitingCount;
  }

  get bytes(): number {
    return this.#leaves.bytes + this.#waiting.bytes;
  }

  /** Goes up when entries move, after which positions are void. */
  get edits(): number {
    return this.#leaves.edits;
  }

  /** Adds an entry that is not there yet. */
  insert(ref: number, born: number): void {
    // Now, while what the key is made of is in the cache.
    this.#keys.headOf(ref, 0, aim);
    this.#waiting.set(this.#waitFor(ref), aim, ref, born);
    if (this.#waitingCount === WAITING_END) this.#place();
  }

  /** Adds an entry that is not there yet, one of some that were in another tree under the same key. */
  insertFrom(some: Entries, at: number, ref: number): void {
    const to = this.#waitFor(ref);
    this.#waiting.copy(some, at, to);
    this.#waiting.ref[to] = ref;
    if (this.#waitingCount === WAITING_END) this.#place();
  }

  /** Removes an entry that is there; it becomes the first of `taken`. */
  remove(ref: number, taken: Entries): void {
    const leaves = this.#leaves;
    const place = leaves.places.get(ref);
    if (place < 0) return this.#removeWaiting(ref, taken);
    if (leaves.takeInner(place, taken)) return;
    this.#aimAt(ref);
    const before = this.#leafFor();
    // The first entry of a leaf is not before itself.
    leaves.takeOut(leaves.isIn(place, before) ? before : before + 1, place, taken);
  }

  /** Puts entries that wait in their places, once there are so many. */
  settle(many: number = WAITING_MAX): void {
    if (this.#waitingCount >= many) this.#place();
    // A large transaction was undone.
    else if (this.#waitingCount === 0 && this.#waiting.capacity > 2 * many) this.#waiting = new Entries(ROOM_MIN);
  }

  /** The position of the first entry after the edge; past the last leaf when there is none. */
  seek(edge: Edge, position: Position): void {
    if (this.#waitingCount > 0) needMuchStack();
    if (this.#waitingCount > 0) this.#place();
    if (edge.parts.length === 0) this.#leaves.toEnd(edge.side, position);
    else {
      this.#aim(edge);
      this.#find(position);
    }
  }

  /** Moves a position to the next entry. */
  next(position: Position): void {
    this.#leaves.next(position);
  }

  /** Moves a position to the entry before; false when there is none. */
  previous(position: Position): boolean {
    return this.#leaves.previous(position);
  }

  /** True when the position is past the last entry. */
  ended(position: Position): boolean {
    return this.#leaves.ended(position);
  }

  refAt(position: Position): number {
    return this.#leaves.entriesOf(position.leaf).ref[this.#leaves.placeIn(position.leaf, position.at)]!;
  }

  bornAt(position: Position): number {
    return this.#leaves.entriesOf(position.leaf).bornAt(this.#leaves.placeIn(position.leaf, position.at));
  }

  /** Where the entry at a position stands to an edge: negative before it, positive after. */
  orderAt(position: Position, edge: Edge): number {
    this.#aim(edge);
    return this.#order(this.#leaves.entriesOf(position.leaf), this.#leaves.placeIn(position.leaf, position.at));
  }

  /** Where the entry at a position stands to one of another tree: negative before it, positive after. */
  compareAt(position: Position, other: OrderedTree, there: Position): number {
    const mine = this.#leaves.entriesOf(position.leaf);
    const theirs = other.#leaves.entriesOf(there.leaf);
    const a = this.#leaves.placeIn(position.leaf, position.at);
    const b = other.#leaves.placeIn(there.leaf, there.at);
    const order = orderOfHeads(mine, a, theirs, b);
    if (order !== 0) return order;
    return compareKeys(this.#keys.fullKey(mine.ref[a]!), other.#keys.fullKey(theirs.ref[b]!));
  }

  /**
   * Fills `refs` with entries from one position on, up to another, at the most `room` of them, and moves the position
   * beyond them. Returns how many.
   */
  take(from: Position, end: Position, refs: Int32Array, room: number): number {
    return this.#leaves.take(from, end, refs, room);
  }

  /** Moves a position, up to another, over entries that a version does not see; `died` says when each ref died. */
  skipUnseen(from: Position, end: Position, version: number, died: Float64Array | undefined): void {
    this.#leaves.skipUnseen(from, end, version, died);
  }

  /** How many entries lie between two edges, without a look at each. */
  countBetween(low: Edge, high: Edge): number {
    const from: Position = { leaf: 0, at: 0 };
    const to: Position = { leaf: 0, at: 0 };
    this.seek(low, from);
    this.seek(high, to);
    return this.#leaves.distance(from, to);
  }

  /** Every entry in order, with when it came in, for checks. */
  *entries(): Generator<readonly [ref: number, born: number]> {
    this.#place();
    const position: Position = { leaf: 0, at: 0 };
    for (this.#leaves.settle(position); !this.ended(position); this.next(position))
      yield [this.refAt(position), this.bornAt(position)];
  }

  /** Verifies order and counts; throws when the tree is broken. */
  check(): void {
    let before = -1;
    for (const [ref] of this.entries()) {
      assert(before < 0 || this.compareRefs(before, ref) < 0, 'the entries of a tree are in order');
      before = ref;
    }
    this.#leaves.check();
    for (let d = 0; d < this.#leaves.length; d++) {
      const entries = this.#leaves.entriesOf(d);
      for (let at = 0; at < this.#leaves.countOf(d); at++) {
        const place = this.#leaves.placeIn(d, at);
        this.#aimAt(entries.ref[place]!);
        assert(this.#order(entries, place) === 0, 'every entry has the head of its key');
      }
    }
  }

  // What is being looked for, beside its head in `aim`. Fields rather than an object per search: every write searches.
  /** The key, or what it begins with; undefined for an entry, whose key is read when it is needed. */
  #parts: Key | undefined;
  #side: -1 | 0 | 1 = -1;
  #cut = false;
  #aimRef = -1;

  #aim({ parts, side, cut }: Edge): void {
    headOf(parts, cut, side > 0 ? 0xff : 0x00, aim);
    this.#parts = parts;
    this.#side = side;
    this.#cut = cut;
    this.#aimRef = -1;
  }

  #aimAt(ref: number): void {
    this.#keys.headOf(ref, 0, aim);
    this.#aimHeadless(ref);
  }

  /** Aims at an entry whose head is in `aim` already. */
  #aimHeadless(ref: number): void {
    this.#parts = undefined;
    this.#side = 0;
    this.#cut = false;
    this.#aimRef = ref;
  }

  /** Where one of some entries stands to what is aimed at. */
  #order({ numbers, ref }: Entries, at: number): number {
    const first = at << ENTRY_BITS;
    const order = numbers[first]! - aim[0]! || numbers[first + 1]! - aim[1]! || numbers[first + 2]! - aim[2]!;
    return order === 0 ? this.#orderOfTie(ref[at]!) : order;
  }

  /** Where an entry whose head ties stands to what is aimed at. */
  #orderOfTie(ref: number): number {
    if (ref === this.#aimRef) return 0;
    this.#parts ??= this.#keys.fullKey(this.#aimRef);
    const parts = this.#parts;
    const key = this.#keys.fullKey(ref);
    const shared = Math.min(parts.length, key.length);
    for (let i = 0; i < shared; i++) {
      if (this.#cut && i === parts.length - 1 && beginsWith(key[i]!, parts[i]!)) break;
      const order = compareParts(key[i]!, parts[i]!);
      if (order !== 0) return order;
    }
    if (key.length < parts.length) return -1;
    // The key begins with what is aimed at: an entry is before itself by ref, and an edge lies to one side of all.
    return this.#aimRef < 0 ? -this.#side : ref - this.#aimRef;
  }

  /** How two entries stand whose heads tie. */
  compareRefs(a: number, b: number): number {
    return compareKeys(this.#keys.fullKey(a), this.#keys.fullKey(b)) || a - b;
  }

  /** The head of what follows in an entry's key after so many bytes. */
  headOf(ref: number, skip: number, into: Float64Array): void {
    this.#keys.headOf(ref, skip, into);
  }

  /** Finds the first entry that is not before the aim. */
  #find(position: Position): void {
    position.leaf = this.#leafFor();
    position.at = this.#firstNotBefore(position.leaf);
    this.#leaves.settle(position);
  }

  /** The place in the directory of the leaf in which the aim would stand, among these. */
  #leafFor(first = 0, last = this.#leaves.length - 1): number {
    let low = first;
    let high = last;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#beginsBefore(middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The same, for an aim not before that leaf: in a sorted run, the next one is near. */
  #leafFrom(first: number): number {
    const last = this.#leaves.length - 1;
    let low = first;
    let step = 1;
    for (; low + step <= last && this.#beginsBefore(low + step); step *= 2) low += step;
    return this.#leafFor(low, Math.min(low + step - 1, last));
  }

  /** True when a leaf's first entry is before the aim. */
  #beginsBefore(d: number): boolean {
    const { numbers, ref } = this.#leaves.firsts;
    const leaf = this.#leaves.leafAt(d);
    const first = leaf << ENTRY_BITS;
    let order = numbers[first]! - aim[0]!;
    if (order === 0) order = numbers[first + 1]! - aim[1]!;
    if (order === 0) order = numbers[first + 2]! - aim[2]!;
    if (order === 0) order = this.#orderOfTie(ref[leaf]!);
    return order < 0;
  }

  /** The first place in a leaf whose entry is not before the aim. */
  #firstNotBefore(d: number): number {
    const entries = this.#leaves.entriesOf(d);
    const hint = this.#leaves.hintOf(d, aim);
    const hints = this.#leaves.hintsOf(d);
    const places = this.#leaves.orderOf(d);
    const start = this.#leaves.startOf(d);
    let low = start;
    let high = start + this.#leaves.countOf(d);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const place = start + places[middle]!;
      const order = hints[place]! - hint;
      if (order < 0 || (order === 0 && this.#order(entries, place) < 0)) low = middle + 1;
      else high = middle;
    }
    return low - start;
  }

  /** The place for one more entry that waits. */
  #waitFor(ref: number): number {
    const place = this.#waitingCount++;
    if (place === this.#waiting.capacity) this.#waiting.grow(place * 2);
    this.#leaves.places.setWaiting(ref, place);
    return place;
  }

  /** Removes an entry that waits; the newest one takes its place. */
  #removeWaiting(ref: number, taken: Entries): void {
    const waiting = this.#waiting;
    const { places } = this.#leaves;
    const place = places.waiting(ref);
    places.delete(ref);
    assert(place >= 0 && place < this.#waitingCount, 'an index has an entry for every key of its rows');
    taken.copy(waiting, place, 0);
    const last = --this.#waitingCount;
    if (place === last) return;
    waiting.copy(waiting, last, place);
    places.setWaiting(waiting.ref[last]!, place);
  }

  /** Puts every entry that waits in its place. */
  #place(): void {
    const waiting = this.#waiting;
    const count = this.#waitingCount;
    this.#waitingCount = 0;
    if (count < FEW) this.#putFew(waiting, count);
    else {
      const order = sortEntries(waiting, count, this);
      // So many would split most leaves, and leave them half empty.
      if (count * 8 > this.#leaves.size) {
        this.#leaves.rebuild(waiting, order, count, this);
      } else this.#putRun(waiting, order, count);
    }
    // Room is kept where it is little beside what the leaves take.
    if (waiting.capacity > Math.max(ROOM_MIN, this.#leaves.size / 16)) this.#waiting = new Entries(ROOM_MIN);
  }

  /** Puts the entries of a run in their places, one by one in order. */
  #putRun(run: Entries, order: Int32Array, count: number): void {
    for (let i = 0, d = 0; i < count; i++) d = this.#putFrom(run, order[i]!, d);
  }

  /** Puts some entries, in no order, in their places. */
  #putFew(some: Entries, count: number): void {
    for (let i = 0; i < count; i++) this.#putFrom(some, i, -1);
  }

  /** Puts one of some entries in its place, in a leaf not before that one, −1 for any; returns which. */
  #putFrom(some: Entries, i: number, from: number): number {
    const leaves = this.#leaves;
    const first = i << ENTRY_BITS;
    this.#aimHeadless(some.ref[i]!);
    aim[0] = some.numbers[first]!;
    aim[1] = some.numbers[first + 1]!;
    aim[2] = some.numbers[first + 2]!;
    let d = from < 0 ? this.#leafFor() : this.#leafFrom(from);
    if (leaves.isFull(d)) {
      leaves.split(d);
      d = this.#leafFrom(d);
    }
    leaves.put(d, this.#firstNotBefore(d), aim, some.ref[i]!, some.bornAt(i));
    return d;
  }

  /** True when one of some entries comes before one of others. */
  isBefore(a: Entries, aAt: number, b: Entries, bAt: number): boolean {
    return (orderOfHeads(a, aAt, b, bAt) || this.compareRefs(a.ref[aAt]!, b.ref[bAt]!)) < 0;
  }
}

/** Where the head of one entry stands to that of another. */
function orderOfHeads(a: Entries, aAt: number, b: Entries, bAt: number): number {
  // One of three small numbers: a difference of large ones would be allocated at each call.
  for (let i = aAt << ENTRY_BITS, j = bAt << ENTRY_BITS, end = i + BORN; i < end; i++, j++) {
    if (a.numbers[i] !== b.numbers[j]) return a.numbers[i]! < b.numbers[j]! ? -1 : 1;
  }
  return 0;
}

/** The head of what is being looked for, in whichever tree: one search runs at a time. */
const aim = new Float64Array(3);
