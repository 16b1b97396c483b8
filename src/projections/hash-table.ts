import type { Key } from '../codecs/key.js';

const FILL_MAX = 0.6;

/** Where a hash table finds whether an entry has a key. */
export interface KeyHolder {
  /** True when the entry's key is this one, or begins with it where the holder says so. */
  hasKey(ref: number, key: Key): boolean;
}

/**
 * From a key's hash to the number of an entry, by open addressing in one typed array of `(hash, ref + 1)` pairs. Keys
 * are not stored: their holder says whether an entry has the key.
 */
export class HashTable {
  readonly #holder: KeyHolder;
  #pairs = new Int32Array(32);
  #mask = 15;
  /** Places that are not empty, tombstones counted. */
  #used = 0;
  #size = 0;

  constructor(holder: KeyHolder) {
    this.#holder = holder;
  }

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of typed arrays. */
  get bytes(): number {
    return this.#pairs.byteLength;
  }

  /** The entry that has a key, or −1; of several, any but `except`. Without the key, one that may have it. */
  find(hash: number, key: Key | undefined, except = -1): number {
    const pairs = this.#pairs;
    const mask = this.#mask;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const ref = pairs[2 * at + 1]!;
      if (ref === 0) return -1;
      if (ref <= 0 || pairs[2 * at] !== hash || ref - 1 === except) continue;
      if (key === undefined || this.#holder.hasKey(ref - 1, key)) return ref - 1;
    }
  }

  /** Adds an entry that is not there yet; returns true when there may be another one of its key. */
  add(hash: number, ref: number): boolean {
    if (this.#used >= (this.#mask + 1) * FILL_MAX) this.#rehash();
    let at = hash & this.#mask;
    let doubtful = false;
    for (; this.#pairs[2 * at + 1]! > 0; at = (at + 1) & this.#mask) {
      if (this.#pairs[2 * at] === hash) doubtful = true;
    }
    // It is put in the place of a tombstone, behind which there may be another one.
    if (this.#pairs[2 * at + 1] === 0) this.#used++;
    else doubtful = true;
    this.#pairs[2 * at] = hash;
    this.#pairs[2 * at + 1] = ref + 1;
    this.#size++;
    return doubtful;
  }

  /** Removes an entry that is there. A tombstone (−1) stays where a chain of probes passes through. */
  remove(hash: number, ref: number): void {
    let at = hash & this.#mask;
    while (this.#pairs[2 * at + 1] !== ref + 1) at = (at + 1) & this.#mask;
    const last = this.#pairs[2 * ((at + 1) & this.#mask) + 1] === 0;
    this.#pairs[2 * at + 1] = last ? 0 : -1;
    if (last) this.#used--;
    this.#size--;
  }

  /** Twice the room if it is needed, else the same without tombstones. */
  #rehash(): void {
    const old = this.#pairs;
    let capacity = 16;
    while (this.#size >= capacity * FILL_MAX * 0.5) capacity *= 2;
    this.#pairs = new Int32Array(capacity * 2);
    this.#mask = capacity - 1;
    this.#used = this.#size = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1]! > 0) this.add(old[i]!, old[i + 1]! - 1);
  }
}
