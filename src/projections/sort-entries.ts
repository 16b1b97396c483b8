import { keepShape } from '../keep-shape.js';
import { Entries, ENTRY_BITS } from './entries.js';
import { HEAD_BYTES, SKIP_MAX } from './key-head.js';

/** Room to sort so many entries stays: to allocate it takes a tenth of a sort. */
const ROOM_MAX = 2 ** 14;

/** The numbers of a head. */
const HEAD_NUMBERS = 3;
/** Below so many entries, insertion is faster than radix. */
const RADIX_MIN = 24;
/** From so many entries on, wide digits pay for their counters. */
const WIDE_MIN = 4096;
/** A head is two halves of 24 bits, since the bits of a number end at 32; a digit is a part of one. */
const HALF_BITS = 24;
const NARROW = 8;
const WIDE = 12;

/** Who knows the order of entries whose heads tie. */
export interface Ties {
  compareRefs(a: number, b: number): number;
  /** The head of what follows in an entry's key after so many bytes. */
  headOf(ref: number, skip: number, into: Float64Array): void;
}

/** A head in the making. */
const head = new Float64Array(HEAD_NUMBERS);

/** How often each digit occurs, for all digits of a sort; one sort runs at a time. */
const counts = new Int32Array(Math.max((2 * HALF_BITS * 2 ** NARROW) / NARROW, (2 * HALF_BITS * 2 ** WIDE) / WIDE));

/**
 * Sorts entries by their heads, most significant first, and where heads tie by `ties`. Long stretches by radix,
 * least significant digit first (Knuth, 'The art of computer programming' 3, 5.2.5), short ones by insertion.
 *
 * @param count how many of the entries, from the first on
 * @returns their places in order, in an array that may be longer and that the next sort uses again
 */
export function sortEntries(entries: Entries, count: number, ties: Ties): Int32Array {
  const room = count > ROOM_MAX ? new Room(count) : (roomKept ??= new Room(ROOM_MAX));
  for (let i = 0; i < count; i++) room.order[i] = i;
  new Sort(entries, room, ties).sort(0, 0, count);
  return room.order;
}

/** What a sort works in. */
class Room {
  readonly order: Int32Array;
  readonly nextOrder: Int32Array;
  /** The numbers that are sorted by, in the order so far; and room for the next order. */
  readonly keys: Float64Array;
  readonly nextKeys: Float64Array;

  constructor(size: number) {
    this.order = new Int32Array(size);
    this.nextOrder = new Int32Array(size);
    this.keys = new Float64Array(size);
    this.nextKeys = new Float64Array(size);
  }
}

let roomKept: Room | undefined;

class Sort {
  readonly #entries: Entries;
  readonly #order: Int32Array;
  readonly #ties: Ties;
  readonly #keys: Float64Array;
  readonly #nextKeys: Float64Array;
  readonly #nextOrder: Int32Array;
  readonly #skip: number;

  /** @param skip how many bytes of the keys come before what the heads of the entries are of */
  constructor(entries: Entries, { order, nextOrder, keys, nextKeys }: Room, ties: Ties, skip = 0) {
    this.#skip = skip;
    this.#entries = entries;
    this.#order = order;
    this.#ties = ties;
    this.#keys = keys;
    this.#nextKeys = nextKeys;
    this.#nextOrder = nextOrder;
  }

  /** Sorts a stretch by one number of the heads, then each stretch of ties by the next. */
  sort(number: number, from: number, to: number): void {
    if (to - from < RADIX_MIN) {
      this.#insert(from, to);
      return;
    }
    if (number === HEAD_NUMBERS) {
      if (this.#skip < SKIP_MAX) this.#sortFurther(from, to);
      else this.#sortByKeys(from, to);
      return;
    }
    this.#readKeys(number, from, to);
    // Keys that grow come in order, and so do the rows of a snapshot.
    if (!this.#areInOrder(from, to)) this.#radix(from, to);
    this.#sortTies(number + 1, from, to);
  }

  /** Sorts a stretch whose heads tie by the heads of what follows in the keys. */
  #sortFurther(from: number, to: number): void {
    const { ref } = this.#entries;
    const skip = this.#skip + HEAD_BYTES;
    const order = this.#order.subarray(from, to);
    const further = new Entries(order.length);
    for (const [i, place] of order.entries()) {
      this.#ties.headOf(ref[place]!, skip, head);
      further.set(i, head, ref[place]!, 0);
    }
    const room = new Room(order.length);
    for (let i = 0; i < order.length; i++) room.order[i] = i;
    new Sort(further, room, this.#ties, skip).sort(0, 0, order.length);
    const places = order.slice();
    for (let i = 0; i < order.length; i++) order[i] = places[room.order[i]!]!;
  }

  #sortByKeys(from: number, to: number): void {
    const { ref } = this.#entries;
    this.#order.subarray(from, to).sort((a, b) => this.#ties.compareRefs(ref[a]!, ref[b]!));
  }

  // Each loop is a method of its own: code that V8 compiled while it was in a loop, before what follows had ever run,
  // is thrown away there, and taken up again at the next call (seen on Node 20).

  #readKeys(number: number, from: number, to: number): void {
    const { numbers } = this.#entries;
    for (let i = from; i < to; i++) this.#keys[i] = numbers[(this.#order[i]! << ENTRY_BITS) + number]!;
  }

  #areInOrder(from: number, to: number): boolean {
    const keys = this.#keys;
    for (let i = from + 1; i < to; i++) if (keys[i]! < keys[i - 1]!) return false;
    return true;
  }

  /** Sorts each stretch whose keys tie, which overwrites the keys of that stretch alone. */
  #sortTies(number: number, from: number, to: number): void {
    for (let start = from; start < to;) {
      const end = this.#endOfTies(start, to);
      if (end - start > 1) this.sort(number, start, end);
      start = end;
    }
  }

  #endOfTies(start: number, to: number): number {
    const keys = this.#keys;
    let end = start + 1;
    while (end < to && keys[end] === keys[start]) end++;
    return end;
  }

  #isBefore(a: number, b: number): boolean {
    const { numbers, ref } = this.#entries;
    const i = a << ENTRY_BITS;
    const j = b << ENTRY_BITS;
    const order = numbers[i]! - numbers[j]! || numbers[i + 1]! - numbers[j + 1]! || numbers[i + 2]! - numbers[j + 2]!;
    return (order || this.#ties.compareRefs(ref[a]!, ref[b]!)) < 0;
  }

  #insert(from: number, to: number): void {
    const order = this.#order;
    for (let i = from + 1; i < to; i++) {
      const entry = order[i]!;
      let at = i;
      for (; at > from && this.#isBefore(entry, order[at - 1]!); at--) order[at] = order[at - 1]!;
      order[at] = entry;
    }
  }

  /** Sorts a stretch of keys, whole numbers below 2 ** 48, and the order alongside. */
  #radix(from: number, to: number): void {
    const bits = to - from < WIDE_MIN ? NARROW : WIDE;
    const digits = (2 * HALF_BITS) / bits;
    this.#count(from, to, bits);
    let there = false;
    for (let digit = 0; digit < digits; digit++) {
      if (!this.#startPlaces(digit << bits, 1 << bits, from, to)) continue;
      if (there) this.#scatter(from, to, bits, digit, this.#nextKeys, this.#nextOrder, this.#keys, this.#order);
      else this.#scatter(from, to, bits, digit, this.#keys, this.#order, this.#nextKeys, this.#nextOrder);
      there = !there;
    }
    if (there) this.#takeOver(from, to);
  }

  /** Counts how often each digit occurs, from the least significant one on. */
  #count(from: number, to: number, bits: number): void {
    const mask = (1 << bits) - 1;
    const half = HALF_BITS / bits;
    counts.fill(0, 0, (2 * half) << bits);
    for (let i = from; i < to; i++) {
      const high = Math.floor(this.#keys[i]! / 0x1000000);
      const low = this.#keys[i]! - high * 0x1000000;
      for (let digit = 0; digit < half; digit++) {
        counts[(digit << bits) + ((low >>> (digit * bits)) & mask)]!++;
        counts[((digit + half) << bits) + ((high >>> (digit * bits)) & mask)]!++;
      }
    }
  }

  /** Turns how often each value of a digit occurs into where its first key goes; false when all keys share one. */
  #startPlaces(first: number, values: number, from: number, to: number): boolean {
    let start = from;
    for (let i = first; i < first + values; i++) {
      const count = counts[i]!;
      if (count === to - from) return false;
      counts[i] = start;
      start += count;
    }
    return true;
  }

  #scatter(
    from: number,
    to: number,
    bits: number,
    digit: number,
    keys: Float64Array,
    order: Int32Array,
    nextKeys: Float64Array,
    nextOrder: Int32Array,
  ): void {
    const half = HALF_BITS / bits;
    const shift = (digit % half) * bits;
    const mask = (1 << bits) - 1;
    const first = digit << bits;
    for (let i = from; i < to; i++) {
      const key = keys[i]!;
      const high = Math.floor(key / 0x1000000);
      const value = ((digit < half ? key - high * 0x1000000 : high) >>> shift) & mask;
      const place = counts[first + value]!++;
      nextKeys[place] = key;
      nextOrder[place] = order[i]!;
    }
  }

  #takeOver(from: number, to: number): void {
    this.#keys.set(this.#nextKeys.subarray(from, to), from);
    this.#order.set(this.#nextOrder.subarray(from, to), from);
  }
}

keepShape(new Sort(new Entries(0), new Room(0), { compareRefs: () => 0, headOf: () => {} }));
