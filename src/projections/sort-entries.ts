import { EntryColumns } from './entry-columns.js';

/** From so many entries on, a radix sort pays for its counters. */
const RADIX_MIN = 1024;
const DIGIT_BITS = 12;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Sorts entries by their heads, most significant first, and where heads tie by `compare`. Long stretches by radix,
 * least significant digit first (Knuth, 'The art of computer programming' 3, 5.2.5), short ones by merging.
 *
 * @param compare the order of two refs whose heads tie
 * @returns the entries in order, in new columns
 */
export function sortEntries(entries: EntryColumns, compare: (a: number, b: number) => number): EntryColumns {
  const { head0, head1, head2, ref, capacity } = entries;
  // Gives −1 or 1 rather than a difference, which V8 would put on the heap at every call.
  const byHeads = (a: number, b: number): number => {
    if (head0[a] !== head0[b]) return head0[a]! < head0[b]! ? -1 : 1;
    if (head1[a] !== head1[b]) return head1[a]! < head1[b]! ? -1 : 1;
    if (head2[a] !== head2[b]) return head2[a]! < head2[b]! ? -1 : 1;
    return compare(ref[a]!, ref[b]!);
  };
  const order = new Int32Array(capacity);
  for (let i = 0; i < capacity; i++) order[i] = i;
  if (capacity < RADIX_MIN) order.sort(byHeads);
  else sortByColumn([head0, head1, head2], 0, order, byHeads);
  const sorted = new EntryColumns(capacity);
  sorted.gather(entries, order);
  return sorted;
}

/** Sorts a stretch by one column, then each stretch of ties by the next. */
function sortByColumn(
  columns: readonly Float64Array[],
  first: number,
  order: Int32Array,
  compare: (a: number, b: number) => number,
): void {
  const column = columns[first]!;
  const keys = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) keys[i] = column[order[i]!]!;
  radixSort(keys, order);
  for (let from = 0, to = 1; from < order.length; from = to++) {
    while (to < order.length && keys[to] === keys[from]) to++;
    if (to - from === 1) continue;
    const ties = order.subarray(from, to);
    if (ties.length >= RADIX_MIN && first + 1 < columns.length) sortByColumn(columns, first + 1, ties, compare);
    else ties.sort(compare);
  }
}

/** Sorts whole numbers below 2 ** 48 in place, and `order` alongside. */
function radixSort(keys: Float64Array, order: Int32Array): void {
  const counts = new Int32Array(4 * DIGITS);
  for (const key of keys) {
    const high = Math.floor(key / 0x1000000);
    const low = key - high * 0x1000000;
    counts[low & (DIGITS - 1)]!++;
    counts[DIGITS + (low >>> DIGIT_BITS)]!++;
    counts[2 * DIGITS + (high & (DIGITS - 1))]!++;
    counts[3 * DIGITS + (high >>> DIGIT_BITS)]!++;
  }
  let from: Keyed = { keys, order };
  let to: Keyed = { keys: new Float64Array(keys.length), order: new Int32Array(order.length) };
  for (let digit = 0; digit < 4; digit++) {
    const places = counts.subarray(digit * DIGITS, (digit + 1) * DIGITS);
    if (places.includes(keys.length)) continue;
    startPlaces(places);
    scatter(from, to, places, digit);
    [from, to] = [to, from];
  }
  if (from.keys === keys) return;
  keys.set(from.keys);
  order.set(from.order);
}

/** Turns how often each digit occurs into where its first key goes. */
function startPlaces(counts: Int32Array): void {
  let start = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    counts[i] = start;
    start += count;
  }
}

interface Keyed {
  readonly keys: Float64Array;
  readonly order: Int32Array;
}

function scatter(from: Keyed, to: Keyed, places: Int32Array, digit: number): void {
  const shift = digit % 2 === 0 ? 0 : DIGIT_BITS;
  for (let i = 0; i < from.keys.length; i++) {
    const key = from.keys[i]!;
    // Two halves of 24 bits, since the bits of a number end at 32.
    const high = Math.floor(key / 0x1000000);
    const half = digit < 2 ? key - high * 0x1000000 : high;
    const place = places[(half >>> shift) & (DIGITS - 1)]!++;
    to.keys[place] = key;
    to.order[place] = from.order[i]!;
  }
}
