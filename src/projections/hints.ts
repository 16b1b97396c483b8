import { assert } from '../assert.js';
import { LEAF, PIECE_BITS, type Arena } from './arena.js';
import { ENTRY_BITS, grown } from './entries.js';

/** The highest hint. */
const HINT_MAX = 0xffff;
/** The lowest one of the upper half. */
const HALF = 0x8000;

/** The numbers of a head. */
const NUMBERS = 3;

/** By how much the numbers of a leaf's scale begin at its number. */
const SCALE_BITS = 3;
/** Where in a scale the highest number stands, where hints count from in each half, and how many there are to one. */
const HIGHEST = 3;
const LOWEST = 4;
const RATE = 5;

/**
 * The *hints* of entries: the head of each, cut to sixteen bits for its leaf alone. Where the hints of two entries of a
 * leaf differ, so do their heads, and the same way; where they do not, the heads have to be compared. The hints of a
 * leaf fill four lines of the cache and its heads sixty-four, so that a search among hints waits for memory a few
 * times, and one among heads at nearly every step.
 *
 * A hint says how far, from the first entry of the leaf to the last, a head lies by the number in which these two
 * differ. Where that number has no more than their two values in the leaf, as that of a key whose first part is shared
 * by many, each value has a half of the hints, in which the next number counts. What lies beyond the two entries has
 * the lowest hint or the highest.
 */
export class Hints {
  /** As the leaves of an arena lie in pieces, so do their hints. */
  readonly #pieces: (Uint16Array | undefined)[] = [];
  /** By leaf, its *scale*: a head, and what the hints count from. */
  #scales = new Float64Array(0);
  /** By leaf: which number of the head tells its first entry from its last, plus one; 0 where there are no hints. */
  #digits = new Uint8Array(0);
  /** By leaf: 1 where two values of that number share the hints. */
  #halved = new Uint8Array(0);

  get bytes(): number {
    const pieces = this.#pieces.reduce((sum, piece) => sum + (piece?.byteLength ?? 0), 0);
    return pieces + this.#scales.byteLength + this.#digits.byteLength + this.#halved.byteLength;
  }

  /** True when the hints of a leaf have been noted. */
  areKnown(leaf: number): boolean {
    return leaf < this.#digits.length && this.#digits[leaf]! > 0;
  }

  /** Forgets the hints of a leaf, whose entries have become others. */
  forget(leaf: number): void {
    if (leaf < this.#digits.length) this.#digits[leaf] = 0;
  }

  /** The hints of a leaf that are known, each at its entry's place in the piece. */
  pieceOf(leaf: number): Uint16Array {
    return this.#pieces[leaf >> PIECE_BITS]!;
  }

  /** The hint, in a leaf, of a head whose numbers are given from a place on. */
  of(leaf: number, numbers: Float64Array, at: number): number {
    const scales = this.#scales;
    const scale = leaf << SCALE_BITS;
    const digit = this.#digits[leaf]! - 1;
    for (let i = 0; i < digit; i++) {
      if (numbers[at + i] !== scales[scale + i]) return numbers[at + i]! < scales[scale + i]! ? 0 : HINT_MAX;
    }
    const number = numbers[at + digit]!;
    const rate = scales[scale + RATE]!;
    if (this.#halved[leaf] === 0) {
      const next = digit === NUMBERS - 1 ? 0 : numbers[at + digit + 1]! - scales[scale + LOWEST]!;
      return hintAt(far(number - scales[scale + digit]!, next) * rate, HINT_MAX);
    }
    const next = (numbers[at + digit + 1]! - scales[scale + LOWEST]!) * rate;
    if (number === scales[scale + digit]) return hintAt(next, HALF - 1);
    if (number === scales[scale + HIGHEST]) return HALF + hintAt(next, HALF - 1);
    return number < scales[scale + digit]! ? 0 : number < scales[scale + HIGHEST]! ? HALF : HINT_MAX;
  }

  /** Fits the scale of a leaf to its entries, and notes the hint of each. */
  note(leaf: number, arena: Arena, count: number): void {
    this.#makeRoom(leaf, arena);
    const { numbers } = arena.pieceOf(leaf);
    const order = arena.orderOf(leaf);
    const start = arena.startOf(leaf);
    this.#fit(leaf, numbers, order, start, count);
    const hints = this.pieceOf(leaf);
    for (let i = start; i < start + count; i++) {
      const place = start + order[i]!;
      hints[place] = this.of(leaf, numbers, place << ENTRY_BITS);
    }
  }

  /** Verifies the hints of a leaf, if it has any; throws when they are broken. */
  check(leaf: number, arena: Arena, count: number): void {
    if (!this.areKnown(leaf)) return;
    const { numbers } = arena.pieceOf(leaf);
    const start = arena.startOf(leaf);
    let before = 0;
    for (const place of arena.orderOf(leaf).subarray(start, start + count)) {
      const hint = this.pieceOf(leaf)[start + place]!;
      assert(hint === this.of(leaf, numbers, (start + place) << ENTRY_BITS), 'every entry has the hint of its head');
      assert(hint >= before, 'hints go up as entries do');
      before = hint;
    }
  }

  #makeRoom(leaf: number, arena: Arena): void {
    const place = leaf >> PIECE_BITS;
    const room = Math.max(arena.pieceOf(leaf).capacity, arena.startOf(leaf) + LEAF);
    const piece = this.#pieces[place];
    if (piece === undefined) this.#pieces[place] = new Uint16Array(room);
    else if (piece.length < room) this.#pieces[place] = grown(piece, new Uint16Array(room));
    if (leaf < this.#digits.length) return;
    const leaves = Math.max(leaf + 1, this.#digits.length * 2);
    this.#scales = grown(this.#scales, new Float64Array(leaves << SCALE_BITS));
    this.#digits = grown(this.#digits, new Uint8Array(leaves));
    this.#halved = grown(this.#halved, new Uint8Array(leaves));
  }

  #fit(leaf: number, numbers: Float64Array, order: Uint8Array, start: number, count: number): void {
    const first = (start + order[start]!) << ENTRY_BITS;
    const last = (start + order[start + count - 1]!) << ENTRY_BITS;
    let digit = 0;
    while (digit < NUMBERS - 1 && numbers[first + digit] === numbers[last + digit]) digit++;
    const lowest = numbers[first + digit]!;
    const highest = numbers[last + digit]!;
    let halved = digit < NUMBERS - 1;
    let low = Infinity;
    let high = -Infinity;
    for (let i = start; i < start + count && halved; i++) {
      const at = (start + order[i]!) << ENTRY_BITS;
      halved = numbers[at + digit] === lowest || numbers[at + digit] === highest;
      low = Math.min(low, numbers[at + digit + 1]!);
      high = Math.max(high, numbers[at + digit + 1]!);
    }
    const scales = this.#scales;
    const scale = leaf << SCALE_BITS;
    for (let i = 0; i < NUMBERS; i++) scales[scale + i] = numbers[first + i]!;
    scales[scale + HIGHEST] = highest;
    if (!halved) low = digit === NUMBERS - 1 ? 0 : numbers[first + digit + 1]!;
    const next = digit === NUMBERS - 1 ? 0 : numbers[last + digit + 1]! - low;
    const range = halved ? high - low : far(highest - lowest, next);
    scales[scale + LOWEST] = low;
    scales[scale + RATE] = range === 0 ? 0 : (halved ? HALF - 1 : HINT_MAX) / range;
    this.#digits[leaf] = digit + 1;
    this.#halved[leaf] = halved ? 1 : 0;
  }
}

/** How far a head lies beyond another, by one number and the next: a power of two, so that the longer is the longer. */
function far(number: number, next: number): number {
  return number * 0x1000000000000 + next;
}

function hintAt(scaled: number, highest: number): number {
  return scaled <= 0 ? 0 : scaled >= highest ? highest : Math.floor(scaled);
}
