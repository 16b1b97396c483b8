/**
 * The sort and the one of arrays, over runs from a few entries to thousands: long ones go by radix with wide digits,
 * middling ones with narrow digits, short ones by insertion. An operation is one entry.
 */
import { compareKeys, type Key } from '../../src/codecs/key.js';
import { Entries } from '../../src/projections/entries.js';
import { headOf } from '../../src/projections/key-head.js';
import { sortEntries } from '../../src/projections/sort-entries.js';
import { KEY_FAMILIES, type KeyFamily } from '../support/hurtful-keys.js';
import { drive, sameList, type Chance, type Trial } from '../support/structures.js';

const LENGTHS = [2, 23, 24, 25, 100, 900, 900, 4_095, 4_096, 6_000];

class SortTrial implements Trial {
  readonly #random: Chance;
  #keys: Key[] = [];
  #family: KeyFamily = KEY_FAMILIES[0]!;
  #order: 'up' | 'down' | 'any' = 'any';
  #length = 2;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    const n = this.#keys.length;
    const place = this.#order === 'up' ? n : this.#order === 'down' ? 10_000 - n : this.#random.below(2 ** 21);
    this.#keys.push(this.#family(this.#random, place));
    if (this.#keys.length < this.#length) return;
    this.check();
    this.#keys = [];
    this.#length = this.#random.pick(LENGTHS);
    this.#family = this.#random.pick(KEY_FAMILIES);
    if (this.#random.is(0.1)) this.#family = (random, n2) => random.pick(KEY_FAMILIES)(random, n2);
    this.#order = this.#random.pick(['up', 'down', 'any', 'any', 'any']);
  }

  check(): void {
    const keys = this.#keys;
    const compare = (a: number, b: number) => compareKeys(keys[a]!, keys[b]!) || a - b;
    const entries = new Entries(keys.length);
    const head = new Float64Array(3);
    for (const [ref, key] of keys.entries()) {
      headOf(key, false, 0x00, head);
      entries.set(ref, head, ref, 2 * ref);
    }
    // refs are places
    const ties = {
      compareRefs: compare,
      headOf: (ref: number, skip: number, into: Float64Array) => headOf(keys[ref]!, false, 0x00, into, skip),
    };
    const order = sortEntries(entries, keys.length, ties).subarray(0, keys.length);
    sameList(order, [...keys.keys()].sort(compare), 'places');
  }
}

drive('sortEntries', (random) => new SortTrial(random));
