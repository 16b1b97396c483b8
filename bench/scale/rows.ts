import { NAMESPACES, PRIORITIES, STATUSES, type Row } from '../peers/rows.js';

const TAGS = Array.from({ length: 40 }, (_, i) => `tag${i}`);
const bytes = Buffer.alloc(12);

/**
 * The i-th row: one like those of `bench/peers`, but made of its number alone, so that ten million of them need not be
 * held beside the store. Ids and names are unique and without order.
 */
export function rowOf(i: number): Row {
  const [a, b] = [mix(i + 1), mix(i ^ 0x5bd1e995)];
  // An array that grows would have room to spare.
  const tags = Array.from({ length: b & 3 }, (_, k) => TAGS[((b >>> (8 + k)) + 13 * k) % TAGS.length]!);
  return {
    id: idOf(i),
    namespace: NAMESPACES[a % NAMESPACES.length]!,
    name: textOf(b, a, 8),
    status: STATUSES[(a >>> 8) % STATUSES.length]!,
    priority: (b >>> 4) % PRIORITIES,
    createdAt: 1_700_000_000_000 + i * 37 + (a % 37),
    tags,
  };
}

/** The id of the i-th row, a new string each time. */
export function idOf(i: number): string {
  return textOf(mix(i), mix(i + 0x9e37), 12);
}

/** So many bytes as hexadecimal digits: the first number, the second, and both. */
function textOf(first: number, second: number, length: number): string {
  bytes.writeUInt32BE(first, 0);
  bytes.writeUInt32BE(second, 4);
  bytes.writeUInt32BE((first ^ second) >>> 0, 8);
  return bytes.toString('hex', 0, length);
}

/** Takes each number below 2^32 to another one. */
function mix(i: number): number {
  let x = i | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
