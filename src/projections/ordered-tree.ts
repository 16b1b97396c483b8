import { assert } from '../assert.js';
import { compareKeys, compareParts, type Key } from '../codecs/key.js';
import { beginsWith, type Edge } from '../codecs/range.js';
import { EntryColumns } from './entry-columns.js';
import { headOf } from './key-head.js';
import { Leaves, type Position } from './leaves.js';
import { sortEntries } from './sort-entries.js';

/** So many entries may wait to be put in their places. */
const WAITING_MAX = 1024;

/** So many are put in their places one by one, without sorting. */
const FEW = 16;

/** Where a tree finds the key of an entry, when heads alone do not decide. */
export interface EntryKeys {
  /** The full key of the entry `ref`. */
  fullKey(ref: number): Key;
}

/**
 * An ordered set of entries `(key, ref, born)` in typed arrays alone: the key's head, a number that stands for the
 * entry, and the version at which it came in. Keys are ordered by heads, and where heads tie by the parts themselves,
 * read through `EntryKeys`; equal keys by ref.
 *
 * New entries *wait*, as a list, until someone reads or so many wait that it pays to sort them: writes that nobody
 * reads in between cost a push, and a load builds its leaves from one sorted run.
 *
 * Callers hold to this: a key can be read through `EntryKeys` from its insertion until after its removal.
 */
export class OrderedTree {
  readonly #keys: EntryKeys;
  readonly #leaves = new Leaves();
  readonly #waiting: number[] = [];
  readonly #waitingBorn: number[] = [];

  constructor(keys: EntryKeys) {
    this.#keys = keys;
  }

  /** Entries. */
  get size(): number {
    return this.#leaves.size + this.#waiting.length;
  }

  /** Bytes of typed arrays, and of the list of those that wait. */
  get bytes(): number {
    return this.#leaves.bytes + 2 * 8 * this.#waiting.length;
  }

  /** Goes up when entries move, after which positions are void. */
  get edits(): number {
    return this.#leaves.edits;
  }

  /** Adds an entry that is not there yet. */
  insert(ref: number, born: number): void {
    this.#waiting.push(ref);
    this.#waitingBorn.push(born);
  }

  /** Removes an entry, whose full key is given, and returns the version at which it came in. */
  remove(key: Key, ref: number): number {
    if (this.#waiting.length > 0 && this.#waiting[this.#waiting.length - 1] === ref) {
      this.#waiting.pop();
      return this.#waitingBorn.pop()!;
    }
    const leaves = this.#leaves;
    this.#aimAt(ref, key);
    if (!this.#find(found) && this.#waiting.length > 0) {
      this.#place();
      this.#aimAt(ref, key);
      this.#find(found);
    }
    const there = !leaves.ended(found) && leaves.arena.ref[leaves.startOf(found.leaf) + found.at] === ref;
    assert(there, 'an index has an entry for every key of its rows');
    return leaves.takeOut(found.leaf, found.at);
  }

  /** Puts entries that wait in their places, once there are so many. */
  settle(many: number = WAITING_MAX): void {
    if (this.#waiting.length >= many) this.#place();
  }

  /** The position of the first entry after the edge; past the last leaf when there is none. */
  seek(edge: Edge, position: Position): void {
    if (this.#waiting.length > 0) this.#place();
    this.#aim(edge);
    this.#find(position);
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
    return this.#leaves.arena.ref[this.#leaves.startOf(position.leaf) + position.at]!;
  }

  bornAt(position: Position): number {
    return this.#leaves.arena.born[this.#leaves.startOf(position.leaf) + position.at]!;
  }

  /** Where the entry at a position stands to an edge: negative before it, positive after. */
  orderAt(position: Position, edge: Edge): number {
    this.#aim(edge);
    return this.#order(this.#leaves.arena, this.#leaves.startOf(position.leaf) + position.at);
  }

  /** Where the entry at a position stands to one of another tree: negative before it, positive after. */
  compareAt(position: Position, other: OrderedTree, there: Position): number {
    const mine = this.#leaves.arena;
    const theirs = other.#leaves.arena;
    const a = this.#leaves.startOf(position.leaf) + position.at;
    const b = other.#leaves.startOf(there.leaf) + there.at;
    if (mine.head0[a] !== theirs.head0[b]) return mine.head0[a]! < theirs.head0[b]! ? -1 : 1;
    if (mine.head1[a] !== theirs.head1[b]) return mine.head1[a]! < theirs.head1[b]! ? -1 : 1;
    if (mine.head2[a] !== theirs.head2[b]) return mine.head2[a]! < theirs.head2[b]! ? -1 : 1;
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
  skipUnseen(from: Position, end: Position, version: number, died: readonly number[] | undefined): void {
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

  /** Every entry's ref in order, for checks. */
  *refs(): Generator<number> {
    this.#place();
    const position: Position = { leaf: 0, at: 0 };
    for (this.#leaves.settle(position); !this.ended(position); this.next(position)) yield this.refAt(position);
  }

  /** Verifies order and counts; throws when the tree is broken. */
  check(): void {
    let before = -1;
    for (const ref of this.refs()) {
      assert(before < 0 || this.#compareRefs(before, ref) < 0, 'the entries of a tree are in order');
      before = ref;
    }
    this.#leaves.check();
    const { arena, length } = this.#leaves;
    for (let d = 0; d < length; d++) {
      const start = this.#leaves.startOf(d);
      for (let at = start; at < start + this.#leaves.countOf(d); at++) {
        this.#aimAt(arena.ref[at]!, this.#keys.fullKey(arena.ref[at]!));
        assert(this.#order(arena, at) === 0, 'every entry has the head of its key');
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

  #aimAt(ref: number, key: Key): void {
    headOf(key, false, 0x00, aim);
    this.#aimHeadless(ref);
    this.#parts = key;
  }

  /** Aims at an entry whose head is in `aim` already. */
  #aimHeadless(ref: number): void {
    this.#parts = undefined;
    this.#side = 0;
    this.#cut = false;
    this.#aimRef = ref;
  }

  /** Where an entry in columns stands to what is aimed at. */
  #order({ head0, head1, head2, ref }: EntryColumns, at: number): number {
    const order = head0[at]! - aim[0]! || head1[at]! - aim[1]! || head2[at]! - aim[2]!;
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

  /** Where two entries stand to each other. */
  #compareRefs(a: number, b: number): number {
    return compareKeys(this.#keys.fullKey(a), this.#keys.fullKey(b)) || a - b;
  }

  /** Finds the first entry that is not before the aim; true when the aim's own entry is there. */
  #find(position: Position): boolean {
    const leaves = this.#leaves;
    position.leaf = this.#leafFor();
    position.at = this.#firstNotBefore(position.leaf);
    leaves.settle(position);
    return !leaves.ended(position) && this.refAt(position) === this.#aimRef;
  }

  /** The place in the directory of the leaf in which the aim would stand. */
  #leafFor(): number {
    const { head0, head1, head2 } = this.#leaves.directory;
    const aim0 = aim[0]!;
    const aim1 = aim[1]!;
    const aim2 = aim[2]!;
    let low = 0;
    let high = this.#leaves.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      let order = head0[middle]! - aim0;
      if (order === 0) order = head1[middle]! - aim1;
      if (order === 0) order = head2[middle]! - aim2;
      if (order === 0) order = this.#orderOfTie(this.#leaves.arena.ref[this.#leaves.startOf(middle)]!);
      if (order < 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The first place in a leaf whose entry is not before the aim. */
  #firstNotBefore(d: number): number {
    const { head0, head1, head2, ref } = this.#leaves.arena;
    const aim0 = aim[0]!;
    const aim1 = aim[1]!;
    const aim2 = aim[2]!;
    const start = this.#leaves.startOf(d);
    let low = start;
    let high = start + this.#leaves.countOf(d);
    while (low < high) {
      const middle = (low + high) >>> 1;
      let order = head0[middle]! - aim0;
      if (order === 0) order = head1[middle]! - aim1;
      if (order === 0) order = head2[middle]! - aim2;
      if (order === 0) order = this.#orderOfTie(ref[middle]!);
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return low - start;
  }

  /** Puts every entry that waits in its place. */
  #place(): void {
    const { length } = this.#waiting;
    if (length < FEW) {
      for (let i = 0; i < length; i++) {
        const ref = this.#waiting[i]!;
        this.#aimAt(ref, this.#keys.fullKey(ref));
        this.#put(ref, this.#waitingBorn[i]!);
      }
      this.#waiting.length = this.#waitingBorn.length = 0;
    } else {
      const run = this.#sortedRun();
      if (length * 4 > this.#leaves.size) {
        this.#leaves.rebuild(run, length, (at, other, i) => this.#isBefore(at, other, i));
      } else {
        for (let i = 0; i < length; i++) this.#putFrom(run, i);
      }
    }
  }

  /** The entries that wait, in order; none waits from then on. */
  #sortedRun(): EntryColumns {
    const refs = this.#waiting;
    const run = new EntryColumns(refs.length);
    for (let i = 0; i < refs.length; i++) {
      headOf(this.#keys.fullKey(refs[i]!), false, 0x00, aim);
      run.set(i, aim, refs[i]!, this.#waitingBorn[i]!);
    }
    refs.length = this.#waitingBorn.length = 0;
    return sortEntries(run, (a, b) => this.#compareRefs(a, b));
  }

  /** Puts one entry of a run in its place. */
  #putFrom(run: EntryColumns, i: number): void {
    this.#aimHeadless(run.ref[i]!);
    aim[0] = run.head0[i]!;
    aim[1] = run.head1[i]!;
    aim[2] = run.head2[i]!;
    this.#put(run.ref[i]!, run.born[i]!);
  }

  /** Puts the entry that is aimed at in its place. */
  #put(ref: number, born: number): void {
    const leaves = this.#leaves;
    let d = this.#leafFor();
    if (leaves.isFull(d)) {
      leaves.split(d);
      d = this.#leafFor();
    }
    leaves.put(d, this.#firstNotBefore(d), aim, ref, born);
  }

  /** True when an entry in its place comes before one of a run. */
  #isBefore(at: number, run: EntryColumns, i: number): boolean {
    const { head0, head1, head2, ref } = this.#leaves.arena;
    const order = head0[at]! - run.head0[i]! || head1[at]! - run.head1[i]! || head2[at]! - run.head2[i]!;
    return (order === 0 ? this.#compareRefs(ref[at]!, run.ref[i]!) : order) < 0;
  }
}

/** The head of what is being looked for, in whichever tree: one search runs at a time. */
const aim = new Float64Array(3);
const found: Position = { leaf: 0, at: 0 };
