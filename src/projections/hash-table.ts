import type { Key, KeyPart } from '../codecs/key.js';

const FILL_MAX = 0.6;

/**
 * From a key's hash to a slot, by open addressing in one typed array of `(hash, slot + 1)` pairs. Keys are not stored:
 * whoever looks up says whether a slot has the key.
 */
export class HashTable {
  #pairs = new Int32Array(32);
  #mask = 15;
  #used = 0;

  /** The slot whose key `matches` accepts, or −1. */
  find(hash: number, matches: (slot: number) => boolean): number {
    const pairs = this.#pairs;
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = pairs[2 * at + 1]!;
      if (slot === 0) return -1;
      if (slot > 0 && pairs[2 * at] === hash && matches(slot - 1)) return slot - 1;
    }
  }

  /** Adds a slot that is not there yet. */
  add(hash: number, slot: number): void {
    if (this.#used >= (this.#mask + 1) * FILL_MAX) this.#rehash();
    let at = hash & this.#mask;
    while (this.#pairs[2 * at + 1]! > 0) at = (at + 1) & this.#mask;
    if (this.#pairs[2 * at + 1] === 0) this.#used++;
    this.#pairs[2 * at] = hash;
    this.#pairs[2 * at + 1] = slot + 1;
  }

  /** Removes a slot that is there. A tombstone (−1) stays where a chain of probes passes through. */
  remove(hash: number, slot: number): void {
    let at = hash & this.#mask;
    while (this.#pairs[2 * at + 1] !== slot + 1) at = (at + 1) & this.#mask;
    const last = this.#pairs[2 * ((at + 1) & this.#mask) + 1] === 0;
    this.#pairs[2 * at + 1] = last ? 0 : -1;
    if (last) this.#used--;
  }

  /** Twice the room if it is needed, else the same without tombstones. */
  #rehash(): void {
    const old = this.#pairs;
    let live = 0;
    for (let i = 1; i < old.length; i += 2) if (old[i]! > 0) live++;
    let capacity = 16;
    while (live >= capacity * FILL_MAX * 0.5) capacity *= 2;
    this.#pairs = new Int32Array(capacity * 2);
    this.#mask = capacity - 1;
    this.#used = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1]! > 0) this.add(old[i]!, old[i + 1]! - 1);
  }
}

/** A hash of a key under which equal keys (−0 and 0, equal Dates) agree. */
export function hashKey(key: Key): number {
  let hash = key.length;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ hashPart(key[i]!), 0x9e3779b1);
  return finish(hash);
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

function hashPart(part: KeyPart): number {
  switch (typeof part) {
    case 'string':
      return hashString(part);
    case 'number':
      return hashNumber(part);
    case 'bigint':
      return hashString(part.toString(36)) + 1;
    case 'boolean':
      return part ? 3 : 5;
    default:
      return part === null ? 7 : hashNumber(part.getTime()) + 1;
  }
}

function hashNumber(n: number): number {
  if ((n | 0) === n) return Math.imul(n | 0, 0x85ebca6b);
  double[0] = n;
  return Math.imul(words[0]! ^ Math.imul(words[1]!, 0x9e3779b1), 0x85ebca6b);
}

/** Four units a step; see the avalanche of MurmurHash3 (Austin Appleby, public domain). */
function hashString(text: string): number {
  const n = text.length;
  let hash = 0x811c9dc5 ^ n;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four =
      text.charCodeAt(i) |
      (text.charCodeAt(i + 1) << 8) |
      (text.charCodeAt(i + 2) << 16) |
      (text.charCodeAt(i + 3) << 24);
    hash = Math.imul(hash ^ four, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < n; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  return mixed | 0;
}
