/** An entry's numbers begin at its place times four: the three of its key's head, then when it came in. */
export const ENTRY_BITS = 2;
/** Where, among an entry's numbers, the version stands at which it came in. */
export const BORN = 3;

/**
 * Entries of an index: the three numbers of the key's head, the version at which the entry came in, and the ref that
 * stands for it. Typed arrays alone, so that the collector has nothing to trace; the numbers of an entry lie side by
 * side, so that a look at one of them has the others in the cache, and to move entries is to move one stretch.
 */
export class Entries {
  /** Four of each entry. */
  numbers: Float64Array;
  ref: Int32Array;

  constructor(capacity: number) {
    this.numbers = new Float64Array(capacity << ENTRY_BITS);
    this.ref = new Int32Array(capacity);
  }

  get capacity(): number {
    return this.ref.length;
  }

  get bytes(): number {
    return this.numbers.byteLength + this.ref.byteLength;
  }

  bornAt(at: number): number {
    return this.numbers[(at << ENTRY_BITS) + BORN]!;
  }

  /** Makes room for more entries; those there are stay. */
  grow(capacity: number): void {
    this.numbers = grown(this.numbers, new Float64Array(capacity << ENTRY_BITS));
    this.ref = grown(this.ref, new Int32Array(capacity));
  }

  /** Moves entries; the two stretches may overlap. */
  move(from: number, to: number, count: number): void {
    this.numbers.copyWithin(to << ENTRY_BITS, from << ENTRY_BITS, (from + count) << ENTRY_BITS);
    this.ref.copyWithin(to, from, from + count);
  }

  /** Writes one entry. */
  set(at: number, head: Float64Array, ref: number, born: number): void {
    const { numbers } = this;
    const first = at << ENTRY_BITS;
    numbers[first] = head[0]!;
    numbers[first + 1] = head[1]!;
    numbers[first + 2] = head[2]!;
    numbers[first + BORN] = born;
    this.ref[at] = ref;
  }

  /** Copies one entry of others to a place in these. */
  copy(from: Entries, at: number, to: number): void {
    copyNumbers(from.numbers, at << ENTRY_BITS, this.numbers, to << ENTRY_BITS);
    this.ref[to] = from.ref[at]!;
  }
}

function copyNumbers(from: Float64Array, at: number, into: Float64Array, to: number): void {
  into[to] = from[at]!;
  into[to + 1] = from[at + 1]!;
  into[to + 2] = from[at + 2]!;
  into[to + BORN] = from[at + BORN]!;
}

/** The same elements in a longer array. */
export function grown<A extends Float64Array | Int32Array | Uint16Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
