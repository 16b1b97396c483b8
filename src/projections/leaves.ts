import { assert } from '../assert.js';
import { Arena, LEAF } from './arena.js';
import { BORN, Entries, ENTRY_BITS, grown } from './entries.js';

/** How full leaves are made when all of them are written anew. */
const LEAF_FILLED = LEAF - LEAF / 8;

/** The order of entries, as whoever keeps them in leaves knows it. */
export interface Sequence {
  /** True when an entry comes before another. */
  isBefore(a: Entries, aAt: number, b: Entries, bAt: number): boolean;
}

/** A place among leaves: which leaf of the directory, and where in it. */
export interface Position {
  leaf: number;
  at: number;
}

/**
 * Entries in order, in leaves of at most 128: a directory of leaves over one arena. Knows where entries stand and
 * nothing of their order; whoever searches reads the numbers. Each ref is there once at the most.
 */
export class Leaves {
  #arena = new Arena();
  /** The first entry of each leaf, in order; `ref` is the leaf's number in the arena. */
  directory = new Entries(1);
  #count = new Int32Array(2);
  /** By ref, the leaf in which its entry is, plus one; 0 when there is none; −1 less the place of one that waits. */
  #leafOf = new Int32Array(8);
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
    return this.#arena.bytes + this.directory.bytes + this.#count.byteLength + this.#leafOf.byteLength;
  }

  /** Goes up when entries move, after which positions are void. */
  get edits(): number {
    return this.#edits;
  }

  /** Where the entries of a leaf lie, beside others: they begin at `startOf`. */
  entriesOf(d: number): Entries {
    return this.#arena.pieceOf(this.directory.ref[d]!);
  }

  /** Where a leaf begins in `entriesOf`. */
  startOf(d: number): number {
    return this.#arena.startOf(this.directory.ref[d]!);
  }

  /** How many entries a leaf has. */
  countOf(d: number): number {
    return this.#count[this.directory.ref[d]!]!;
  }

  /** The leaf, by its number in the arena, in which the entry of a ref is; −1 when it is in none. */
  leafOf(ref: number): number {
    return ref < this.#leafOf.length ? this.#leafOf[ref]! - 1 : -1;
  }

  /** Notes at which place an entry waits to come into a leaf. */
  noteWaiting(ref: number, place: number): void {
    if (ref >= this.#leafOf.length) this.#growRefs(ref + 1);
    this.#leafOf[ref] = -1 - place;
  }

  /** Notes that an entry does not wait any more, and returns the place at which it did. */
  stopWaiting(ref: number): number {
    const place = -1 - this.#leafOf[ref]!;
    this.#leafOf[ref] = 0;
    return place;
  }

  /** Where in its leaf the entry of a ref is. */
  placeIn(leaf: number, ref: number): number {
    const refs = this.#arena.pieceOf(leaf).ref;
    const start = this.#arena.startOf(leaf);
    let at = start;
    while (refs[at] !== ref) at++;
    return at - start;
  }

  /** True when the entry at a place can be removed without a look at the directory. */
  isInner(leaf: number, at: number): boolean {
    return at > 0 && this.#count[leaf]! > LEAF / 4;
  }

  isFull(d: number): boolean {
    return this.countOf(d) === LEAF;
  }

  /** Puts an entry, whose head is given, into a leaf that is not full. */
  put(d: number, at: number, head: Float64Array, ref: number, born: number): void {
    const leaf = this.directory.ref[d]!;
    const count = this.#count[leaf]!;
    const to = this.#arena.startOf(leaf) + at;
    if (leaf === 0) this.#arena.reserveFirst(count + 1);
    const entries = this.#arena.pieceOf(leaf);
    entries.move(to, to + 1, count - at);
    entries.set(to, head, ref, born);
    this.#leafOf[ref] = leaf + 1;
    this.#count[leaf] = count + 1;
    this.#size++;
    this.#edits++;
    if (at === 0) this.#noteFirst(d);
  }

  /** Removes an inner entry, which becomes the first of `taken`. */
  takeInner(leaf: number, at: number, taken: Entries): void {
    const entries = this.#arena.pieceOf(leaf);
    const from = this.#arena.startOf(leaf) + at;
    taken.copy(entries, from, 0);
    const count = this.#count[leaf]! - 1;
    this.#leafOf[entries.ref[from]!] = 0;
    entries.move(from + 1, from, count - at);
    this.#count[leaf] = count;
    this.#size--;
    this.#edits++;
  }

  /** Removes any entry, which becomes the first of `taken`. */
  takeOut(d: number, at: number, taken: Entries): void {
    const leaf = this.directory.ref[d]!;
    this.takeInner(leaf, at, taken);
    const count = this.#count[leaf]!;
    if (at === 0 && count > 0) this.#noteFirst(d);
    if (count < LEAF / 4 && this.#length > 1) this.#merge(d);
  }

  /** Halves a leaf. */
  split(d: number): void {
    const left = this.directory.ref[d]!;
    const right = this.#newLeaf();
    // Keys that grow (ids, times) fill the last leaf from the left: split it late, and leaves stay full.
    const keep = d === this.#length - 1 ? LEAF_FILLED : LEAF / 2;
    this.#moveBetween(left, keep, right, 0, LEAF - keep);
    this.#count[left] = keep;
    this.#count[right] = LEAF - keep;
    this.#noteLeaf(right, 0);
    if (this.#length === this.directory.capacity) this.directory.grow(this.#length * 2);
    this.directory.move(d + 1, d + 2, this.#length - d - 1);
    this.directory.ref[d + 1] = right;
    this.#length++;
    this.#noteFirst(d + 1);
  }

  /**
   * Merges a run of entries with those there are, and writes all leaves anew.
   *
   * @param order the places of the entries of the run in order, so many of them
   */
  rebuild(run: Entries, order: Int32Array, length: number, sequence: Sequence): void {
    const size = this.#size + length;
    const leaves = Math.ceil(size / LEAF_FILLED);
    const arena = new Arena(leaves);
    const directory = new Entries(leaves);
    const count = new Int32Array(leaves);
    const old: Position = { leaf: 0, at: 0 };
    this.toEnd(-1, old);
    let next = 0;
    for (let d = 0; d < leaves; d++) {
      const entries = arena.pieceOf(d);
      const start = arena.startOf(d);
      const end = start + Math.floor((size * (d + 1)) / leaves) - Math.floor((size * d) / leaves);
      // Leaf by leaf: each is a call, which V8 compiles while the run goes on.
      if (this.#size === 0) next = fill(entries, start, end, run, order, next);
      else next = this.#fillFromBoth(entries, start, end, old, run, order, next, length, sequence);
      count[d] = end - start;
      directory.copy(entries, start, d);
      directory.ref[d] = d;
    }
    // What comes into an empty tree is all there is: after a load, this takes just the room it needs.
    if (this.#size === 0) {
      const highest = run.ref.subarray(0, length).reduce((most, ref) => Math.max(most, ref), 0);
      this.#leafOf = new Int32Array(highest + 1);
    }
    this.#arena = arena;
    this.directory = directory;
    this.#count = count;
    this.#length = this.#used = leaves;
    this.#free.length = 0;
    this.#size = size;
    this.#edits++;
    for (let leaf = 0; leaf < leaves; leaf++) this.#noteLeaf(leaf, 0);
  }

  /** Fills a stretch with what comes next of those there are, from `old` on, and of a run, from `next` on. */
  #fillFromBoth(
    into: Entries,
    start: number,
    end: number,
    old: Position,
    run: Entries,
    order: Int32Array,
    from: number,
    length: number,
    sequence: Sequence,
  ): number {
    let next = from;
    for (let at = start; at < end; at++) {
      const theirs = this.ended(old) ? undefined : this.entriesOf(old.leaf);
      const place = theirs === undefined ? -1 : this.startOf(old.leaf) + old.at;
      if (theirs === undefined || (next < length && !sequence.isBefore(theirs, place, run, order[next]!))) {
        into.copy(run, order[next++]!, at);
      } else {
        into.copy(theirs, place, at);
        this.next(old);
      }
    }
    return next;
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
      const start = this.startOf(from.leaf) + from.at;
      for (let i = 0; i < some; i++) refs[taken + i] = ref[start + i]!;
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
      const start = this.startOf(from.leaf);
      const last = start + (from.leaf === end.leaf ? end.at : this.countOf(from.leaf));
      for (let i = start + from.at; i < last; i++) {
        if (numbers[(i << ENTRY_BITS) + BORN]! > version || (died !== undefined && died[ref[i]!]! <= version)) continue;
        from.at = i - start;
        return;
      }
      from.at = last - start;
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

  /** Verifies counts and the directory; throws when they are broken. */
  check(): void {
    let size = 0;
    for (let d = 0; d < this.#length; d++) {
      const count = this.countOf(d);
      assert(count <= LEAF && (count > 0 || this.#length === 1), 'no leaf is empty or over-full');
      if (count > 0) this.#checkFirst(d);
      for (let at = this.startOf(d); at < this.startOf(d) + count; at++) {
        const known = this.leafOf(this.entriesOf(d).ref[at]!) === this.directory.ref[d];
        assert(known, 'the leaf of every entry is known');
      }
      size += count;
    }
    assert(size === this.#size, 'a tree has as many entries as it says');
    const known = this.#leafOf.reduce((sum, leaf) => sum + Math.sign(leaf), 0);
    assert(known === size, 'only entries that are there have a leaf');
    assert(this.#length + this.#free.length === this.#used, 'every leaf is in the directory or free');
  }

  #checkFirst(d: number): void {
    const at = this.startOf(d) << ENTRY_BITS;
    for (let i = 0; i < BORN; i++) {
      const same = this.directory.numbers[(d << ENTRY_BITS) + i] === this.entriesOf(d).numbers[at + i];
      assert(same, 'the directory has the first head of every leaf');
    }
  }

  /** Notes, for the entries of a leaf from a place on, that they are in it. */
  #noteLeaf(leaf: number, from: number): void {
    const refs = this.#arena.pieceOf(leaf).ref;
    const start = this.#arena.startOf(leaf);
    const end = start + this.#count[leaf]!;
    for (let at = start + from; at < end; at++) this.#leafOf[refs[at]!] = leaf + 1;
  }

  #growRefs(length: number): void {
    const room = this.#leafOf.length;
    if (length > room) this.#leafOf = grown(this.#leafOf, new Int32Array(Math.max(length, Math.ceil(room * 1.5))));
  }

  #noteFirst(d: number): void {
    const leaf = this.directory.ref[d]!;
    this.directory.copy(this.#arena.pieceOf(leaf), this.#arena.startOf(leaf), d);
    this.directory.ref[d] = leaf;
  }

  /** Joins a thin leaf with a neighbour, if both fit in one with room to spare. An empty leaf never stays. */
  #merge(d: number): void {
    const at = d === this.#length - 1 ? d - 1 : d;
    const left = this.directory.ref[at]!;
    const right = this.directory.ref[at + 1]!;
    const x = this.#count[left]!;
    const y = this.#count[right]!;
    if (x > 0 && y > 0 && x + y > LEAF - LEAF / 4) return;
    this.#moveBetween(right, 0, left, x, y);
    this.#count[left] = x + y;
    this.#count[right] = 0;
    this.#noteLeaf(left, x);
    this.#free.push(right);
    this.directory.move(at + 2, at + 1, this.#length - at - 2);
    this.#length--;
    this.#noteFirst(at);
  }

  /** Copies entries of one leaf to a place in another. */
  #moveBetween(leaf: number, at: number, to: number, place: number, count: number): void {
    const from = this.#arena.startOf(leaf) + at;
    this.#arena.pieceOf(leaf).copyTo(this.#arena.pieceOf(to), from, this.#arena.startOf(to) + place, count);
  }

  #newLeaf(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const leaf = this.#used++;
    this.#arena.reserve(leaf);
    if (this.#used > this.#count.length) this.#count = grown(this.#count, new Int32Array(this.#used * 2));
    return leaf;
  }
}

/** Fills a stretch with what comes next of a run; returns the place after it. */
function fill(into: Entries, start: number, end: number, run: Entries, order: Int32Array, from: number): number {
  let next = from;
  for (let at = start; at < end; at++) into.copy(run, order[next++]!, at);
  return next;
}
