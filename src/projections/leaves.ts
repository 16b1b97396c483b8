import { assert } from '../assert.js';
import { Arena, LEAF, LEAF_BITS, PIECE_BITS } from './arena.js';
import { BORN, Entries, ENTRY_BITS, grown } from './entries.js';
import { Hints } from './hints.js';
import { mergeRun, type Position, type Sequence } from './merge-run.js';
import { Places } from './places.js';

/** Keys that grow (ids, times) fill the last leaf from the left: it is split late, so that leaves stay full. */
const LAST_KEPT = LEAF - LEAF / 8;

/** All the same, so that heads have to be compared. */
const NO_HINTS = new Uint16Array(LEAF << PIECE_BITS);

/**
 * Entries in order, in leaves of at most 128: a directory of leaves over one arena. Knows where entries stand and
 * nothing of their order; whoever searches reads the numbers. Each ref is there once at the most.
 */
export class Leaves {
  #arena = new Arena();
  /** The directory: the numbers of the leaves in the arena, in order. */
  #leafAt = new Int32Array(2);
  /** By its number, the first entry of each leaf, so that a search need not look into it. */
  firsts = new Entries(2);
  #hints = new Hints();
  /** By its number, how many entries a leaf has. */
  #count: Int32Array = new Int32Array(2);
  /** Where the entry of each ref is. */
  readonly places = new Places();
  #length = 1;
  #used = 1;
  readonly #free: number[] = [];
  #size = 0;
  #edits = 0;

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Leaves in the directory, of which an only one may be empty. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of typed arrays. */
  get bytes(): number {
    const directory = this.#leafAt.byteLength + this.#count.byteLength + this.firsts.bytes + this.#hints.bytes;
    return this.#arena.bytes + directory + this.places.bytes;
  }

  /** Goes up when entries move, after which positions are void. */
  get edits(): number {
    return this.#edits;
  }

  /** The number of a leaf in the arena, and in `firsts`. */
  leafAt(d: number): number {
    return this.#leafAt[d]!;
  }

  /** Where the entries of a leaf lie, beside others. */
  entriesOf(d: number): Entries {
    return this.#arena.pieceOf(this.#leafAt[d]!);
  }

  /** At which place after the leaf's start each of its entries stands, in order, from `startOf` on. */
  orderOf(d: number): Uint8Array {
    return this.#arena.orderOf(this.#leafAt[d]!);
  }

  /** The hints of a leaf, by place, from `startOf` on, once `hintOf` was asked for one. */
  hintsOf(d: number): Uint16Array {
    return this.#length === 1 ? NO_HINTS : this.#hints.pieceOf(this.#leafAt[d]!);
  }

  /** The hint that a head has in a leaf. */
  hintOf(d: number, head: Float64Array): number {
    // There is little to search in an only leaf.
    if (this.#length === 1) return 0;
    const leaf = this.#leafAt[d]!;
    if (!this.#hints.areKnown(leaf)) this.#hints.note(leaf, this.#arena, this.#count[leaf]!);
    return this.#hints.of(leaf, head, 0);
  }

  /** Where a leaf begins in `entriesOf`, `orderOf` and `hintsOf`. */
  startOf(d: number): number {
    return this.#arena.startOf(this.#leafAt[d]!);
  }

  /** Where in `entriesOf` an entry stands that is the first in the order of its leaf, the second, and so on. */
  placeIn(d: number, at: number): number {
    const leaf = this.#leafAt[d]!;
    const start = this.#arena.startOf(leaf);
    return start + this.#arena.orderOf(leaf)[start + at]!;
  }

  /** How many entries a leaf has. */
  countOf(d: number): number {
    return this.#count[this.#leafAt[d]!]!;
  }

  isFull(d: number): boolean {
    return this.countOf(d) === LEAF;
  }

  /** Puts an entry, whose head is given, into a leaf that is not full. */
  put(d: number, at: number, head: Float64Array, ref: number, born: number): void {
    const leaf = this.#leafAt[d]!;
    const count = this.#count[leaf]!;
    if (leaf === 0) this.#arena.reserveFirst(count + 1);
    const place = this.#arena.takePlace(leaf, at, count);
    const start = this.#arena.startOf(leaf);
    this.#arena.pieceOf(leaf).set(start + place, head, ref, born);
    if (this.#hints.areKnown(leaf)) this.#hints.pieceOf(leaf)[start + place] = this.#hints.of(leaf, head, 0);
    this.places.set(ref, (leaf << LEAF_BITS) + place);
    this.#count[leaf] = count + 1;
    this.#size++;
    this.#edits++;
    if (at === 0) this.#noteFirst(d);
  }

  /**
   * Removes the entry at a place in the arena, if that needs no look at the directory; it becomes the first of `taken`.
   * Returns whether it did.
   */
  takeInner(place: number, taken: Entries): boolean {
    const leaf = place >> LEAF_BITS;
    const order = this.#arena.orderOf(leaf);
    const start = this.#arena.startOf(leaf);
    const first = order[start] === (place & (LEAF - 1));
    if (first || this.#count[leaf]! <= LEAF / 4) return false;
    this.#take(leaf, this.#rankOf(place), taken);
    return true;
  }

  /** True when a place in the arena is in a leaf of the directory. */
  isIn(place: number, d: number): boolean {
    return this.#leafAt[d] === place >> LEAF_BITS;
  }

  /** Removes the entry at any place, in a leaf of the directory; it becomes the first of `taken`. */
  takeOut(d: number, place: number, taken: Entries): void {
    const leaf = this.#leafAt[d]!;
    const at = this.#rankOf(place);
    this.#take(leaf, at, taken);
    const count = this.#count[leaf]!;
    if (at === 0 && count > 0) this.#noteFirst(d);
    if (count < LEAF / 4 && this.#length > 1) this.#merge(d);
  }

  /** Which in the order of its leaf the entry at a place in the arena is. */
  #rankOf(place: number): number {
    const leaf = place >> LEAF_BITS;
    const order = this.#arena.orderOf(leaf);
    const start = this.#arena.startOf(leaf);
    let at = start;
    while (order[at] !== (place & (LEAF - 1))) at++;
    return at - start;
  }

  #take(leaf: number, at: number, taken: Entries): void {
    const entries = this.#arena.pieceOf(leaf);
    const place = this.#arena.startOf(leaf) + this.#arena.freePlace(leaf, at, this.#count[leaf]!);
    taken.copy(entries, place, 0);
    this.places.delete(entries.ref[place]!);
    this.#count[leaf]!--;
    this.#size--;
    this.#edits++;
  }

  /** Halves a leaf. */
  split(d: number): void {
    const left = this.#leafAt[d]!;
    const right = this.#newLeaf();
    const keep = d === this.#length - 1 ? LAST_KEPT : LEAF / 2;
    this.#moveBetween(left, keep, right, 0, LEAF - keep);
    this.#count[left] = keep;
    this.#count[right] = LEAF - keep;
    if (this.#length === this.#leafAt.length) this.#leafAt = grown(this.#leafAt, new Int32Array(this.#length * 2));
    this.#leafAt.copyWithin(d + 2, d + 1, this.#length);
    this.#leafAt[d + 1] = right;
    this.#length++;
    this.#noteFirst(d + 1);
    this.#hints.forget(left);
    this.#hints.forget(right);
  }

  /**
   * Merges a run of entries with those there are, and writes all leaves anew.
   *
   * @param order the places of the entries of the run in order, so many of them
   */
  rebuild(run: Entries, order: Int32Array, length: number, sequence: Sequence): void {
    const { arena, firsts, count } = mergeRun(this, { entries: run, order, length }, sequence);
    // What comes into an empty tree is all there is: after a load, this takes just the room it needs.
    if (this.#size === 0) {
      const highest = run.ref.subarray(0, length).reduce((most, ref) => Math.max(most, ref), 0);
      this.places.clear(highest + 1);
    }
    this.#arena = arena;
    this.#leafAt = count.map((_, leaf) => leaf);
    this.firsts = firsts;
    this.#hints = new Hints();
    this.#count = count;
    this.#length = this.#used = count.length;
    this.#free.length = 0;
    this.#size += length;
    this.#edits++;
    for (let leaf = 0; leaf < count.length; leaf++) this.#notePlaces(leaf);
  }

  /** Moves a position before all entries (a side below 0) or after them. */
  toEnd(side: number, position: Position): void {
    position.leaf = side > 0 ? this.#length : 0;
    position.at = 0;
    this.settle(position);
  }

  /** Moves a position to the next entry. */
  next(position: Position): void {
    position.at++;
    this.settle(position);
  }

  /** Moves a position to the entry before; false when there is none. */
  previous(position: Position): boolean {
    while (position.at === 0) {
      if (position.leaf === 0) return false;
      position.leaf--;
      position.at = this.countOf(position.leaf);
    }
    position.at--;
    return true;
  }

  /** Steps over the end of a leaf. */
  settle(position: Position): void {
    while (position.leaf < this.#length && position.at >= this.countOf(position.leaf)) {
      position.leaf++;
      position.at = 0;
    }
  }

  /** True when the position is past the last entry. */
  ended(position: Position): boolean {
    return position.leaf >= this.#length;
  }

  /**
   * Fills `refs` with entries from one position on, up to another, at the most `room` of them, and moves the position
   * beyond them. Returns how many.
   */
  take(from: Position, end: Position, refs: Int32Array, room: number): number {
    let taken = 0;
    while (taken < room && (from.leaf < end.leaf || (from.leaf === end.leaf && from.at < end.at))) {
      const last = from.leaf === end.leaf ? end.at : this.countOf(from.leaf);
      const some = Math.min(last - from.at, room - taken);
      const { ref } = this.entriesOf(from.leaf);
      const order = this.orderOf(from.leaf);
      const start = this.startOf(from.leaf);
      for (let i = 0; i < some; i++) refs[taken + i] = ref[start + order[start + from.at + i]!]!;
      taken += some;
      from.at += some;
      this.settle(from);
    }
    return taken;
  }

  /**
   * Moves a position, up to another, over entries that a version does not see: born after it, or dead by then.
   *
   * @param died when the entry of each ref died; undefined where all of them live
   */
  skipUnseen(from: Position, end: Position, version: number, died: Float64Array | undefined): void {
    while (from.leaf < end.leaf || (from.leaf === end.leaf && from.at < end.at)) {
      const { numbers, ref } = this.entriesOf(from.leaf);
      const order = this.orderOf(from.leaf);
      const start = this.startOf(from.leaf);
      const last = from.leaf === end.leaf ? end.at : this.countOf(from.leaf);
      for (; from.at < last; from.at++) {
        const i = start + order[start + from.at]!;
        if (numbers[(i << ENTRY_BITS) + BORN]! > version || (died !== undefined && died[ref[i]!]! <= version)) continue;
        return;
      }
      this.settle(from);
    }
  }

  /** How many entries lie from one position to another; by leaves. */
  distance(from: Position, to: Position): number {
    if (from.leaf > to.leaf || (from.leaf === to.leaf && from.at >= to.at)) return 0;
    let entries = to.at - from.at;
    for (let d = from.leaf; d < to.leaf; d++) entries += this.countOf(d);
    return entries;
  }

  /** Verifies counts, orders and the directory; throws when they are broken. */
  check(): void {
    let size = 0;
    for (let d = 0; d < this.#length; d++) {
      const count = this.countOf(d);
      assert(count <= LEAF && (count > 0 || this.#length === 1), 'no leaf is empty or over-full');
      if (count > 0) this.#checkFirst(d);
      this.#checkOrder(this.#leafAt[d]!);
      this.#hints.check(this.#leafAt[d]!, this.#arena, count);
      size += count;
    }
    assert(size === this.#size, 'a tree has as many entries as it says');
    assert(this.places.balance === size, 'only entries that are there have a place');
    assert(this.#length + this.#free.length === this.#used, 'every leaf is in the directory or free');
  }

  #checkFirst(d: number): void {
    const first = this.#leafAt[d]! << ENTRY_BITS;
    const there = this.placeIn(d, 0) << ENTRY_BITS;
    for (let i = 0; i < BORN; i++) {
      const same = this.firsts.numbers[first + i] === this.entriesOf(d).numbers[there + i];
      assert(same, 'the directory has the first head of every leaf');
    }
  }

  #checkOrder(leaf: number): void {
    const entries = this.#arena.pieceOf(leaf);
    const start = this.#arena.startOf(leaf);
    const order = this.#arena.orderOf(leaf).subarray(start, start + LEAF);
    assert(new Set(order).size === order.length, 'the order of a leaf has each of its places once');
    for (const place of order.subarray(0, this.#count[leaf])) {
      const known = this.places.get(entries.ref[start + place]!) === (leaf << LEAF_BITS) + place;
      assert(known, 'the place of every entry is known');
    }
  }

  /** Notes where the entries of a leaf are. */
  #notePlaces(leaf: number): void {
    const refs = this.#arena.pieceOf(leaf).ref;
    const order = this.#arena.orderOf(leaf);
    const start = this.#arena.startOf(leaf);
    const end = start + this.#count[leaf]!;
    for (let i = start; i < end; i++) this.places.set(refs[start + order[i]!]!, (leaf << LEAF_BITS) + order[i]!);
  }

  #noteFirst(d: number): void {
    this.firsts.copy(this.entriesOf(d), this.placeIn(d, 0), this.#leafAt[d]!);
  }

  /** Joins a thin leaf with a neighbour, if both fit in one with room to spare. An empty leaf never stays. */
  #merge(d: number): void {
    const at = d === this.#length - 1 ? d - 1 : d;
    const left = this.#leafAt[at]!;
    const right = this.#leafAt[at + 1]!;
    const x = this.#count[left]!;
    const y = this.#count[right]!;
    if (x > 0 && y > 0 && x + y > LEAF - LEAF / 4) return;
    this.#moveBetween(right, 0, left, x, y);
    this.#count[left] = x + y;
    this.#count[right] = 0;
    this.#free.push(right);
    this.#leafAt.copyWithin(at + 1, at + 2, this.#length);
    this.#length--;
    this.#noteFirst(at);
    this.#hints.forget(left);
  }

  /** Copies entries of one leaf, in order from one on, to the end of another, which has so many. */
  #moveBetween(leaf: number, at: number, to: number, count: number, some: number): void {
    const from = this.#arena.pieceOf(leaf);
    const fromOrder = this.#arena.orderOf(leaf);
    const fromStart = this.#arena.startOf(leaf);
    const into = this.#arena.pieceOf(to);
    const order = this.#arena.orderOf(to);
    const start = this.#arena.startOf(to);
    for (let i = 0; i < some; i++) {
      const place = order[start + count + i]!;
      const was = fromStart + fromOrder[fromStart + at + i]!;
      into.copy(from, was, start + place);
      this.places.set(from.ref[was]!, (to << LEAF_BITS) + place);
    }
  }

  #newLeaf(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const leaf = this.#used++;
    this.#arena.reserve(leaf);
    if (this.#used > this.#count.length) {
      this.#count = grown(this.#count, new Int32Array(this.#used * 2));
      this.firsts.grow(this.#used * 2);
    }
    return leaf;
  }
}
