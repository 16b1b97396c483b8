import { assert } from '../assert.js';
import { BORN, Entries, ENTRY_BITS, grown } from './entries.js';

const LEAF = 128;
const LEAF_BITS = 7;
/** How full leaves are made when all of them are written anew. */
const LEAF_FILLED = LEAF - LEAF / 8;

/** From so many entries on, an arena is large. */
const LARGE = 2 ** 16;

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
  // Small at first: there are many small trees on the history side.
  arena = new Entries(8);
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
    return this.arena.bytes + this.directory.bytes + this.#count.byteLength + this.#leafOf.byteLength;
  }

  /** Goes up when entries move, after which positions are void. */
  get edits(): number {
    return this.#edits;
  }

  /** Where a leaf begins in the arena. */
  startOf(d: number): number {
    return this.directory.ref[d]! << LEAF_BITS;
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
    const refs = this.arena.ref;
    const start = leaf << LEAF_BITS;
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
    const to = (leaf << LEAF_BITS) + at;
    const after = this.#count[leaf]! - at;
    if (to + after === this.arena.capacity) this.arena.grow(this.arena.capacity * 2);
    this.arena.move(to, to + 1, after);
    this.arena.set(to, head, ref, born);
    this.#leafOf[ref] = leaf + 1;
    this.#count[leaf]!++;
    this.#size++;
    this.#edits++;
    if (at === 0) this.#noteFirst(d);
  }

  /** Removes an inner entry, which becomes the first of `taken`. */
  takeInner(leaf: number, at: number, taken: Entries): void {
    const from = (leaf << LEAF_BITS) + at;
    taken.copy(this.arena, from, 0);
    const count = this.#count[leaf]! - 1;
    this.#leafOf[this.arena.ref[from]!] = 0;
    this.arena.move(from + 1, from, count - at);
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
    this.arena.move((left << LEAF_BITS) + keep, right << LEAF_BITS, LEAF - keep);
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
  rebuild(
    run: Entries,
    order: Int32Array,
    length: number,
    isBefore: (aAt: number, b: Entries, bAt: number) => boolean,
  ): void {
    const size = this.#size + length;
    const leaves = Math.ceil(size / LEAF_FILLED);
    const arena = new Entries(leaves << LEAF_BITS);
    const directory = new Entries(leaves);
    const count = new Int32Array(leaves);
    const old: Position = { leaf: 0, at: 0 };
    this.toEnd(-1, old);
    let next = 0;
    for (let d = 0; d < leaves; d++) {
      const start = d << LEAF_BITS;
      const end = start + Math.floor((size * (d + 1)) / leaves) - Math.floor((size * d) / leaves);
      if (this.#size === 0) for (let at = start; at < end; at++) arena.copy(run, order[next++]!, at);
      for (let at = start; at < end && this.#size > 0; at++) {
        const place = this.ended(old) ? -1 : this.startOf(old.leaf) + old.at;
        if (place < 0 || (next < length && !isBefore(place, run, order[next]!))) arena.copy(run, order[next++]!, at);
        else {
          arena.copy(this.arena, place, at);
          this.next(old);
        }
      }
      count[d] = end - start;
      directory.copy(arena, start, d);
      directory.ref[d] = d;
    }
    this.arena = arena;
    this.directory = directory;
    this.#count = count;
    this.#length = this.#used = leaves;
    this.#free.length = 0;
    this.#size = size;
    this.#edits++;
    for (let leaf = 0; leaf < leaves; leaf++) this.#noteLeaf(leaf, 0);
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
    const { ref } = this.arena;
    let taken = 0;
    while (taken < room && (from.leaf < end.leaf || (from.leaf === end.leaf && from.at < end.at))) {
      const last = from.leaf === end.leaf ? end.at : this.countOf(from.leaf);
      const some = Math.min(last - from.at, room - taken);
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
  skipUnseen(from: Position, end: Position, version: number, died: readonly number[] | undefined): void {
    const { numbers, ref } = this.arena;
    while (from.leaf < end.leaf || (from.leaf === end.leaf && from.at < end.at)) {
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
        const known = this.leafOf(this.arena.ref[at]!) === this.directory.ref[d];
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
      const same = this.directory.numbers[(d << ENTRY_BITS) + i] === this.arena.numbers[at + i];
      assert(same, 'the directory has the first head of every leaf');
    }
  }

  /** Notes, for the entries of a leaf from a place on, that they are in it. */
  #noteLeaf(leaf: number, from: number): void {
    const refs = this.arena.ref;
    const start = leaf << LEAF_BITS;
    const end = start + this.#count[leaf]!;
    for (let at = start + from; at < end; at++) this.#leafOf[refs[at]!] = leaf + 1;
  }

  #growRefs(length: number): void {
    const room = this.#leafOf.length;
    if (length > room) this.#leafOf = grown(this.#leafOf, new Int32Array(Math.max(length, Math.ceil(room * 1.5))));
  }

  #noteFirst(d: number): void {
    const leaf = this.directory.ref[d]!;
    this.directory.copy(this.arena, leaf << LEAF_BITS, d);
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
    this.arena.move(right << LEAF_BITS, (left << LEAF_BITS) + x, y);
    this.#count[left] = x + y;
    this.#count[right] = 0;
    this.#noteLeaf(left, x);
    this.#free.push(right);
    this.directory.move(at + 2, at + 1, this.#length - at - 2);
    this.#length--;
    this.#noteFirst(at);
  }

  #newLeaf(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const leaf = this.#used++;
    const { capacity } = this.arena;
    // Large arenas grow by half, so that no more than a third stands empty.
    if (this.#used << LEAF_BITS > capacity) {
      this.arena.grow(Math.max(Math.ceil((capacity * (capacity < LARGE ? 2 : 1.5)) / LEAF) * LEAF, LEAF * 2));
    }
    if (this.#used > this.#count.length) this.#count = grown(this.#count, new Int32Array(this.#used * 2));
    return leaf;
  }
}
