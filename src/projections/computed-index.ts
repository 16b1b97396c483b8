import { assert } from '../assert.js';
import type { IndexPlan, Row } from '../codecs/index-plan.js';
import { compareKeys, compareParts, errorAt, type Key, type Place } from '../codecs/key.js';
import { Entries } from './entries.js';
import { HashTable, type KeyHolder } from './hash-table.js';
import { IndexHistory } from './index-history.js';
import { hashKey } from './key-hash.js';
import { headOf } from './key-head.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';
import type { Conflict, TableIndex } from './table-index.js';

/** The entry that was removed last. */
const taken = new Entries(1);

/** What an entry keeps beside the tree, by estimate: a key of two parts, where it stands, and the list of its row. */
const KEPT_BYTES = 96;

/** An index whose keys are computed from the row, none or many: they are kept, so that callbacks run once a row. */
export class ComputedIndex implements TableIndex, EntryKeys, KeyHolder {
  readonly head = new OrderedTree(this);
  readonly history = new IndexHistory(
    (key: Key) => key,
    () => undefined,
  );
  readonly #hash: HashTable | undefined;
  readonly #tailOf: (row: Row) => Key;
  /** How many parts of a full key are the primary key's. */
  readonly #tail: number;
  readonly #place: Place;
  /** How many parts the keys have that came in last. */
  #width = 0;
  readonly #keys: (Key | undefined)[] = [];
  readonly #slots: number[] = [];
  readonly #free: number[] = [];
  /** The refs of each slot's entries, in key order. */
  readonly #refs: (readonly number[] | undefined)[] = [];
  /** The row that was last prepared, and its full keys. */
  #row: Row | undefined;
  #prepared: readonly Key[] = [];
  /** The key lists of removed rows, for `unremove`, newest last; emptied when a transaction ends. */
  readonly #removed: (readonly Key[])[] = [];
  touched = 0;
  doubts: number[] | undefined;

  /** @param hashed whether keys are found by hash, which a unique index needs unless it is the primary one */
  constructor(
    readonly plan: IndexPlan,
    { tailOf, tail }: { readonly tailOf: (row: Row) => Key; readonly tail: number },
    place: Place,
    hashed: boolean,
  ) {
    this.#tailOf = tailOf;
    this.#tail = tail;
    this.#place = place;
    this.#hash = hashed ? new HashTable(this) : undefined;
  }

  get bytes(): number {
    return this.head.bytes + (this.#hash?.bytes ?? 0) + this.#keys.length * KEPT_BYTES;
  }

  slotOf(ref: number): number {
    return this.#slots[ref]!;
  }

  fullKey(ref: number): Key {
    return this.#keys[ref]!;
  }

  headOf(ref: number, skip: number, into: Float64Array): void {
    headOf(this.#keys[ref]!, false, 0x00, into, skip);
  }

  keysOf(row: Row): readonly Key[] {
    this.prepare(row);
    return this.#prepared;
  }

  get width(): number {
    return this.plan.width > 0 || this.head.size + this.history.size === 0 ? this.plan.width : this.#width;
  }

  hasKey(ref: number, key: Key): boolean {
    const own = this.#keys[ref]!;
    const width = own.length - this.#tail;
    for (let i = 0; i < width; i++) if (i >= key.length || compareParts(own[i]!, key[i]!) !== 0) return false;
    return true;
  }

  holderOf(key: Key): number {
    const ref = this.#hash!.find(hashKey(key), key);
    return ref < 0 ? -1 : this.#slots[ref]!;
  }

  conflict(slot: number, row: Row): Conflict | undefined {
    for (const full of this.keysOf(row)) {
      const key = full.slice(0, full.length - this.#tail);
      const found = this.#hash!.find(hashKey(key), key);
      const own = found >= 0 && this.#slots[found] === slot;
      const other = own ? this.#hash!.find(hashKey(key), key, found) : found;
      if (other >= 0) return { slot: this.#slots[other]!, key };
    }
    return undefined;
  }

  prepare(row: Row): void {
    if (this.#row === row) return;
    const tail = this.#tailOf(row);
    const keys = this.plan.keysOf(row, this.#place).map((key) => [...key, ...tail]);
    this.#prepared = keys;
    this.#row = row;
  }

  /** Keys of one index are of one length, or parts of one key would be compared with the primary key of another. */
  admit(row: Row): void {
    const { width } = this;
    for (const key of this.keysOf(row)) {
      const own = key.length - this.#tail;
      if (width > 0 && own !== width) {
        throw errorAt(
          'KeyInvalid',
          this.#place,
          `\`by\` gave a key of ${own} parts, and the index has keys of ${width}: give all one length`,
          { key: key.slice(0, own) },
        );
      }
    }
  }

  changes(slot: number, _before: Row | undefined, after: Row | undefined): boolean {
    const refs = this.#refs[slot] ?? [];
    const keys = after === undefined ? [] : this.keysOf(after);
    return refs.length !== keys.length || keys.some((key, i) => compareKeys(key, this.#keys[refs[i]!]!) !== 0);
  }

  remove(slot: number, _row: Row, version: number, since: number): void {
    const refs = this.#refs[slot] ?? [];
    this.#removed.push(refs.map((ref) => this.#keys[ref]!));
    for (const ref of refs) {
      const key = this.#keys[ref]!;
      this.#take(ref);
      this.history.add(key, slot, taken, version, since);
    }
    this.#refs[slot] = undefined;
    if (refs.length > 0) this.touched = version;
  }

  insert(slot: number, row: Row, version: number): void {
    const keys = this.keysOf(row);
    this.#put(slot, keys, () => version);
    if (keys.length > 0) this.touched = version;
  }

  uninsert(slot: number): void {
    for (const ref of this.#refs[slot] ?? []) this.#take(ref);
    this.#refs[slot] = undefined;
  }

  unremove(slot: number): void {
    const keys = this.#removed.pop()!;
    const born = keys.map(() => this.history.takeBack()).reverse();
    this.#put(slot, keys, (i) => born[i]!);
  }

  settle(): void {
    if (this.#removed.length > 0) this.#removed.length = 0;
    this.head.settle();
    this.history.settle();
  }

  check(): void {
    this.head.check();
    this.history.check();
    // Of keys that are shared, while that is doubtful, the hash finds one.
    for (const [ref] of this.#hash === undefined || this.doubts !== undefined ? [] : this.head.entries()) {
      const key = this.fullKey(ref);
      const holder = this.holderOf(key.slice(0, key.length - this.#tail));
      assert(holder === this.#slots[ref], 'the hash finds every key of a unique index');
    }
    assert((this.#hash?.size ?? this.head.size) === this.head.size, 'the hash of a unique index has nothing else');
    const held = this.#refs.flatMap((refs, slot) => (refs ?? []).filter((ref) => this.#slots[ref] === slot));
    const entries = [...this.head.entries()].map(([ref]) => ref);
    const isHeld = held.length === entries.length && new Set([...held, ...entries]).size === held.length;
    assert(isHeld, 'every entry of a computed index belongs to a row');
  }

  #put(slot: number, keys: readonly Key[], born: (i: number) => number): void {
    if (keys.length === 0) return;
    this.#width = keys[0]!.length - this.#tail;
    this.#refs[slot] = keys.map((key, i) => {
      const ref = this.#free.pop() ?? this.#keys.length;
      this.#keys[ref] = key;
      this.#slots[ref] = slot;
      this.head.insert(ref, born(i));
      if (this.#hash?.add(this.#hashOf(key), ref) === true) this.doubts?.push(slot);
      return ref;
    });
  }

  /** Removes an entry, which is then in `taken`. */
  #take(ref: number): void {
    const key = this.#keys[ref]!;
    this.head.remove(ref, taken);
    this.#hash?.remove(this.#hashOf(key), ref);
    this.#keys[ref] = undefined;
    this.#free.push(ref);
  }

  #hashOf(key: Key): number {
    return hashKey(key, key.length - this.#tail);
  }
}
