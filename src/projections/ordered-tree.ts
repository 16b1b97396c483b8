import { assert } from '../assert.js';
import { compareParts, type KeyPart } from '../codecs/key.js';
import { beginsWith, type Edge } from '../codecs/range.js';
import { hasExactHead, headOf, lastHead } from './sort-key.js';

const LEAF = 128;
const LEAF_BITS = 7;

/** Where a tree finds the key of an entry, when heads alone do not decide. */
export interface EntryKeys {
  /** Part `i` of the full key of the entry `ref`. */
  part(ref: number, i: number): KeyPart;
}

/**
 * An ordered set of entries `(key, ref, born)` in typed arrays alone: the heads of the key's first two parts, a
 * number that stands for the entry, and the version at which it came in. Two levels: a directory of leaves over one
 * arena, so that the collector has nothing to trace. Keys are ordered by heads, and where heads tie by the parts
 * themselves, read through `EntryKeys`; equal keys by ref.
 */
export class OrderedTree {
  readonly #keys: EntryKeys;
  // Small at first: there are many small trees on the history side.
  #first = new Float64Array(8);
  #second = new Float64Array(8);
  #born = new Float64Array(8);
  #ref = new Int32Array(8);
  #count = new Int32Array(2);
  #directory = new Int32Array(8);
  #leaves = 1;
  #used = 1;
  readonly #free: number[] = [];
  /** False once a head came in that other parts may share. */
  #firstExact = true;
  #secondExact = true;
  #size = 0;
  #edits = 0;

  constructor(keys: EntryKeys) {
    this.#keys = keys;
  }

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Goes up at each insertion and removal, after which positions are void. */
  get edits(): number {
    return this.#edits;
  }

  /** Adds an entry that is not there yet. */
  insert(parts: readonly KeyPart[], ref: number, born: number): void {
    this.#aim(parts, -1, false, ref);
    if (parts.length > 0) this.#firstExact &&= hasExactHead(parts[0]!);
    if (parts.length > 1) this.#secondExact &&= hasExactHead(parts[1]!);
    let d = this.#leafFor();
    if (this.#count[this.#directory[d]!] === LEAF) {
      this.#split(d);
      d = this.#leafFor();
    }
    const leaf = this.#directory[d]!;
    const start = leaf << LEAF_BITS;
    const end = start + this.#count[leaf]!;
    const at = this.#firstNotBefore(start, end);
    if (end === this.#first.length) this.#resize(end * 2);
    this.#move(at, at + 1, end - at);
    this.#first[at] = this.#head0;
    this.#second[at] = this.#head1;
    this.#born[at] = born;
    this.#ref[at] = ref;
    this.#count[leaf]!++;
    this.#size++;
    this.#edits++;
  }

  /** Removes an entry and returns the version at which it came in. */
  remove(parts: readonly KeyPart[], ref: number): number {
    this.#aim(parts, -1, false, ref);
    let d = this.#leafFor();
    let leaf = this.#directory[d]!;
    let start = leaf << LEAF_BITS;
    let at = this.#firstNotBefore(start, start + this.#count[leaf]!);
    if (at === start + this.#count[leaf]! && d + 1 < this.#leaves) {
      leaf = this.#directory[++d]!;
      at = start = leaf << LEAF_BITS;
    }
    const end = start + this.#count[leaf]!;
    assert(at < end && this.#ref[at] === ref, 'an index has an entry for every key of its rows');
    const born = this.#born[at]!;
    this.#move(at + 1, at, end - at - 1);
    this.#count[leaf]!--;
    this.#size--;
    this.#edits++;
    if (this.#count[leaf]! < LEAF / 4 && this.#leaves > 1) this.#merge(d);
    return born;
  }

  /** The position of the first entry after the edge; `size` of the last leaf's end when there is none. */
  seek(edge: Edge, position: Position): void {
    this.#aim(edge.parts, edge.side, edge.cut, -1);
    const d = this.#leafFor();
    const leaf = this.#directory[d]!;
    const start = leaf << LEAF_BITS;
    position.leaf = d;
    position.at = this.#firstNotBefore(start, start + this.#count[leaf]!) - start;
    this.#settle(position);
  }

  /** Moves a position to the next entry. */
  next(position: Position): void {
    position.at++;
    this.#settle(position);
  }

  /** Moves a position to the entry before; false when there is none. */
  previous(position: Position): boolean {
    while (position.at === 0) {
      if (position.leaf === 0) return false;
      position.leaf--;
      position.at = this.#count[this.#directory[position.leaf]!]!;
    }
    position.at--;
    return true;
  }

  /** True when the position is past the last entry. */
  ended(position: Position): boolean {
    return position.leaf >= this.#leaves;
  }

  refAt(position: Position): number {
    return this.#ref[(this.#directory[position.leaf]! << LEAF_BITS) + position.at]!;
  }

  bornAt(position: Position): number {
    return this.#born[(this.#directory[position.leaf]! << LEAF_BITS) + position.at]!;
  }

  /** Where the entry at a position stands to an edge: negative before it, positive after. */
  orderAt(position: Position, edge: Edge): number {
    this.#aim(edge.parts, edge.side, edge.cut, -1);
    return this.#order((this.#directory[position.leaf]! << LEAF_BITS) + position.at);
  }

  /** Every entry's ref in order, for checks. */
  *refs(): Generator<number> {
    const position: Position = { leaf: 0, at: 0 };
    for (this.#settle(position); !this.ended(position); this.next(position)) yield this.refAt(position);
  }

  /** Verifies order and counts; throws when the tree is broken. */
  check(width: (ref: number) => number): void {
    let size = 0;
    let before: readonly KeyPart[] | undefined;
    for (const ref of this.refs()) {
      const parts = Array.from({ length: width(ref) }, (_, i) => this.#keys.part(ref, i));
      if (before !== undefined) assert(compareTuples(before, parts) <= 0, 'the entries of a tree are in order');
      before = parts;
      size++;
    }
    assert(size === this.#size, 'a tree has as many entries as it says');
  }

  // What is being looked for. Fields rather than an object per search: every write searches several trees.
  #parts: readonly KeyPart[] = [];
  #side: -1 | 0 | 1 = -1;
  #cut = false;
  #aimRef = -1;
  #head0 = 0;
  #head1 = 0;
  #exact0 = false;
  #exact1 = false;

  #aim(parts: readonly KeyPart[], side: -1 | 0 | 1, cut: boolean, ref: number): void {
    this.#parts = parts;
    this.#side = side;
    this.#cut = cut;
    this.#aimRef = ref;
    const n = parts.length;
    this.#head0 = n > 0 ? this.#headFor(parts[0]!, cut && n === 1) : side < 0 ? -Infinity : Infinity;
    this.#head1 = n > 1 ? this.#headFor(parts[1]!, cut && n === 2) : 0;
    this.#exact0 = n > 0 && !(cut && n === 1) && this.#firstExact && hasExactHead(parts[0]!);
    this.#exact1 = n > 1 && !(cut && n === 2) && this.#secondExact && hasExactHead(parts[1]!);
  }

  #headFor(part: KeyPart, cut: boolean): number {
    return cut && this.#side > 0 ? lastHead(part as string) : headOf(part);
  }

  /** Where the entry at an arena index stands to what is aimed at. */
  #order(at: number): number {
    const head = this.#first[at]!;
    if (head < this.#head0) return -1;
    if (head > this.#head0) return 1;
    return this.#orderOfTie(at);
  }

  #orderOfTie(at: number): number {
    const parts = this.#parts;
    const n = parts.length;
    let i = 0;
    if (this.#exact0) {
      i = 1;
      if (n > 1) {
        const head = this.#second[at]!;
        if (head < this.#head1) return -1;
        if (head > this.#head1) return 1;
        if (this.#exact1) i = 2;
      }
    }
    const ref = this.#ref[at]!;
    for (; i < n; i++) {
      const part = this.#keys.part(ref, i);
      if (this.#cut && i === n - 1 && beginsWith(part, parts[i]!)) break;
      const order = compareParts(part, parts[i]!);
      if (order !== 0) return order;
    }
    // The key begins with what is aimed at: an entry is before itself by ref, and a cut lies to one side of all.
    return this.#aimRef < 0 ? -this.#side : ref - this.#aimRef;
  }

  /** The place in the directory of the leaf in which the aim would stand. */
  #leafFor(): number {
    let low = 0;
    let high = this.#leaves - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#order(this.#directory[middle]! << LEAF_BITS) < 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The first arena index in a leaf whose entry is not before the aim. */
  #firstNotBefore(start: number, end: number): number {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#order(middle) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Steps over the end of a leaf. */
  #settle(position: Position): void {
    while (position.leaf < this.#leaves && position.at >= this.#count[this.#directory[position.leaf]!]!) {
      position.leaf++;
      position.at = 0;
    }
  }

  #move(from: number, to: number, count: number): void {
    // Up to here a loop is faster than four calls into the engine (measured on Node 20).
    if (count <= 40) this.#moveEach(from, to, count);
    else this.#moveAll(from, to, count);
  }

  #moveEach(from: number, to: number, count: number): void {
    const first = this.#first;
    const second = this.#second;
    const born = this.#born;
    const ref = this.#ref;
    const step = from < to ? -1 : 1;
    let i = from < to ? count - 1 : 0;
    for (let left = count; left > 0; left--, i += step) {
      first[to + i] = first[from + i]!;
      second[to + i] = second[from + i]!;
      born[to + i] = born[from + i]!;
      ref[to + i] = ref[from + i]!;
    }
  }

  #moveAll(from: number, to: number, count: number): void {
    this.#first.copyWithin(to, from, from + count);
    this.#second.copyWithin(to, from, from + count);
    this.#born.copyWithin(to, from, from + count);
    this.#ref.copyWithin(to, from, from + count);
  }

  #split(d: number): void {
    const left = this.#directory[d]!;
    const right = this.#newLeaf();
    // Keys that grow (ids, times) fill the last leaf from the left: split it late, and leaves stay full.
    const keep = d === this.#leaves - 1 ? LEAF - LEAF / 8 : LEAF / 2;
    this.#move((left << LEAF_BITS) + keep, right << LEAF_BITS, LEAF - keep);
    this.#count[left] = keep;
    this.#count[right] = LEAF - keep;
    if (this.#leaves === this.#directory.length) {
      const wider = new Int32Array(this.#leaves * 2);
      wider.set(this.#directory);
      this.#directory = wider;
    }
    this.#directory.copyWithin(d + 2, d + 1, this.#leaves);
    this.#directory[d + 1] = right;
    this.#leaves++;
  }

  /** Joins a thin leaf with a neighbour, if both fit in one with room to spare. An empty leaf never stays. */
  #merge(d: number): void {
    const at = d === this.#leaves - 1 ? d - 1 : d;
    const left = this.#directory[at]!;
    const right = this.#directory[at + 1]!;
    const x = this.#count[left]!;
    const y = this.#count[right]!;
    if (x > 0 && y > 0 && x + y > LEAF - LEAF / 4) return;
    this.#move(right << LEAF_BITS, (left << LEAF_BITS) + x, y);
    this.#count[left] = x + y;
    this.#count[right] = 0;
    this.#free.push(right);
    this.#directory.copyWithin(at + 1, at + 2, this.#leaves);
    this.#leaves--;
  }

  #newLeaf(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const leaf = this.#used++;
    if (this.#used << LEAF_BITS > this.#first.length) this.#resize(Math.max(this.#first.length * 2, LEAF * 2));
    if (this.#used > this.#count.length) this.#count = grown(this.#count, new Int32Array(this.#used * 2));
    return leaf;
  }

  #resize(entries: number): void {
    this.#first = grown(this.#first, new Float64Array(entries));
    this.#second = grown(this.#second, new Float64Array(entries));
    this.#born = grown(this.#born, new Float64Array(entries));
    this.#ref = grown(this.#ref, new Int32Array(entries));
  }
}

/** A place in a tree: which leaf of the directory, and where in it. */
export interface Position {
  leaf: number;
  at: number;
}

function grown<A extends Float64Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

function compareTuples(a: readonly KeyPart[], b: readonly KeyPart[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareParts(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
