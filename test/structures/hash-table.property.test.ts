/**
 * The table and a Map by the bytes of keys; hashes are good, or few, so that chains of probes are long and tombstones
 * lie in them. Equal keys that are not the same objects find each other.
 */
import { encodeKey } from '../../src/codecs/key-bytes.js';
import type { Key, KeyPart } from '../../src/codecs/key.js';
import { HashTable } from '../../src/projections/hash-table.js';
import { hashKey } from '../../src/projections/key-hash.js';
import { KEY_FAMILIES, type KeyFamily } from '../support/hurtful-keys.js';
import { drive, same, type Chance, type Trial } from '../support/structures.js';

/** How hashes are made of good ones, and how many entries a table with them can bear. */
const HASHES: readonly (readonly [make: (hash: number) => number, most: number])[] = [
  [(hash) => hash, 8_000],
  [(hash) => hash & 0xfff, 2_000],
  [(hash) => -(hash & 0x7), 100],
  [() => 15, 30],
];

const nameOf = (key: Key) => Buffer.from(encodeKey(key)).toString('latin1');

class TableTrial implements Trial {
  readonly #random: Chance;
  readonly #twin = new Map<string, number>();
  readonly #keys: Key[] = [];
  readonly #names: string[] = [];
  readonly #freeRefs: number[] = [];
  #table = this.#newTable();
  #hash = HASHES[0]![0];
  #most = 0;
  #peak = 0;
  #family: KeyFamily = KEY_FAMILIES[0]!;
  #adds = 0.5;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const dice = this.#random.next();
    if (dice < 0.3) this.#find();
    else if (this.#random.is(this.#adds) && this.#twin.size < this.#most) this.#add();
    else this.#remove();
    same(this.#table.size, this.#twin.size, 'size');
    this.#peak = Math.max(this.#peak, this.#twin.size);
    if (this.#table.bytes > 8 * Math.max(16, (2 * (this.#peak + 1)) / 0.3))
      throw new Error(`${this.#table.bytes} bytes for ${this.#peak} entries`);
  }

  check(): void {
    for (const ref of this.#twin.values()) this.#agree(this.#keys[ref]!);
  }

  #newTable(): HashTable {
    return new HashTable({ hasKey: (ref, key) => this.#names[ref] === nameOf(key) });
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 500 + random.below(4_000);
    this.#adds = random.pick([0.1, 0.3, 0.5, 0.5, 0.7, 0.95]);
    this.#family = random.pick(KEY_FAMILIES);
    if (!random.is(0.25)) return;
    this.check();
    this.#table = this.#newTable();
    this.#twin.clear();
    this.#peak = 0;
    [this.#hash, this.#most] = random.pick(HASHES);
    if (random.is(0.3)) this.#most = 10;
  }

  #hashOf(key: Key): number {
    return this.#hash(hashKey(key));
  }

  /** Both find the same entry, by a key that is equal and yet not the same. */
  #agree(key: Key): void {
    const equal = key.map(equalPart);
    same(hashKey(equal), hashKey(key), 'the hash of an equal key');
    same(hashKey([...equal, 1], key.length), hashKey(key), 'the hash of the first parts');
    same(this.#table.find(this.#hashOf(equal), equal), this.#twin.get(nameOf(key)) ?? -1, 'find');
  }

  #find(): void {
    const some = this.#keys.length > 0 && this.#random.is(0.6);
    this.#agree(some ? this.#random.pick(this.#keys) : this.#newKey());
  }

  #newKey(): Key {
    return this.#family(this.#random, this.#random.below(2 ** 21));
  }

  #add(): void {
    const key = this.#newKey();
    if (this.#twin.has(nameOf(key))) return this.#agree(key);
    const ref = this.#freeRefs.pop() ?? this.#keys.length;
    this.#keys[ref] = key;
    this.#names[ref] = nameOf(key);
    this.#twin.set(nameOf(key), ref);
    this.#table.add(this.#hashOf(key), ref);
    return this.#agree(key);
  }

  #remove(): void {
    const ref = this.#keys.length > 0 ? this.#random.below(this.#keys.length) : 0;
    const key = this.#keys[ref];
    if (key === undefined || this.#twin.get(nameOf(key)) !== ref) return;
    this.#twin.delete(nameOf(key));
    this.#table.remove(this.#hashOf(key), ref);
    this.#agree(key);
    this.#freeRefs.push(ref);
  }
}

function equalPart(part: KeyPart): KeyPart {
  if (part === 0) return -part;
  return part instanceof Date ? new Date(part) : part;
}

drive('HashTable', (random) => new TableTrial(random));
