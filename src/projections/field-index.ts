import { assert } from '../assert.js';
import type { IndexPlan, Row } from '../codecs/index-plan.js';
import { compareParts, isKeyPart, type Key, type KeyPart, type Place } from '../codecs/key.js';
import { Entries } from './entries.js';
import { HashTable, type KeyHolder } from './hash-table.js';
import { IndexHistory } from './index-history.js';
import { hashFields, hashKey } from './key-hash.js';
import { headOfFields } from './key-head.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';
import type { Conflict, TableIndex } from './table-index.js';

/** The entry that was removed last. */
const taken = new Entries(1);

/** An index whose keys are fields of the row: an entry's ref is its row's slot, and its key is read from there. */
export class FieldIndex implements TableIndex, EntryKeys, KeyHolder {
  readonly head = new OrderedTree(this);
  readonly history = new IndexHistory(
    (row: Row) => this.#keyOf(row),
    (row) => row,
  );
  readonly #hash: HashTable | undefined;
  readonly #rows: readonly (Row | undefined)[];
  readonly #path: readonly string[];
  readonly #place: Place;
  readonly width: number;
  touched = 0;
  doubts: number[] | undefined;

  /** @param hashed whether keys are found by hash, which a unique index needs unless it is the primary one */
  constructor(
    readonly plan: IndexPlan,
    rows: readonly (Row | undefined)[],
    primaryKey: readonly string[],
    place: Place,
    hashed: boolean,
  ) {
    this.#place = place;
    assert(plan.fields !== undefined, 'a field index has fields');
    this.#rows = rows;
    this.width = plan.fields.length;
    this.#path = [...plan.fields, ...primaryKey];
    this.#hash = hashed ? new HashTable(this) : undefined;
  }

  get bytes(): number {
    return this.head.bytes + (this.#hash?.bytes ?? 0);
  }

  slotOf(ref: number): number {
    return ref;
  }

  fullKey(ref: number): Key {
    return this.#keyOf(this.#rows[ref]!);
  }

  headOf(ref: number, skip: number, into: Float64Array): void {
    headOfFields(this.#rows[ref]!, this.#path, into, skip);
  }

  keysOf(row: Row): readonly Key[] {
    return this.#holds(row) ? [this.#keyOf(row)] : [];
  }

  hasKey(slot: number, key: Key): boolean {
    const row = this.#rows[slot]!;
    for (let i = 0; i < this.width; i++) {
      const part = row[this.#path[i]!] as KeyPart;
      if (part !== key[i] && compareParts(part, key[i]!) !== 0) return false;
    }
    return true;
  }

  holderOf(key: Key): number {
    return this.#hash!.find(hashKey(key, this.width), key);
  }

  conflict(slot: number, row: Row): Conflict | undefined {
    if (!this.#holds(row)) return undefined;
    const hash = this.#hashOf(row);
    // Almost no row comes as far as to need a list of its key.
    if (this.#hash!.find(hash, undefined, slot) < 0) return undefined;
    const key = this.#keyOf(row);
    const other = this.#hash!.find(hash, key, slot);
    return other < 0 ? undefined : { slot: other, key: key.slice(0, this.width) };
  }

  prepare(row: Row): void {
    for (let i = 0; i < this.width; i++) {
      const part = row[this.#path[i]!];
      // The plan knows how to say what is wrong.
      if (part === undefined ? !this.plan.sparse : !isKeyPart(part)) this.plan.keysOf(row, this.#place);
    }
  }

  admit(): void {
    // Keys of fields are all of one length.
  }

  changes(_slot: number, before: Row | undefined, after: Row | undefined): boolean {
    if (before === undefined || after === undefined) return true;
    for (let i = 0; i < this.width; i++) {
      const x = before[this.#path[i]!];
      const y = after[this.#path[i]!];
      if (x !== y && !(x instanceof Date && y instanceof Date && x.getTime() === y.getTime())) return true;
    }
    return false;
  }

  remove(slot: number, row: Row, version: number, since: number): void {
    if (!this.#holds(row)) return;
    this.head.remove(slot, taken);
    this.history.add(row, slot, taken, version, since);
    this.#hash?.remove(this.#hashOf(row), slot);
    this.touched = version;
  }

  insert(slot: number, row: Row, version: number): void {
    if (!this.#holds(row)) return;
    this.#add(slot, row, version);
    this.touched = version;
  }

  uninsert(slot: number, row: Row): void {
    if (!this.#holds(row)) return;
    this.head.remove(slot, taken);
    this.#hash?.remove(this.#hashOf(row), slot);
  }

  unremove(slot: number, row: Row): void {
    if (this.#holds(row)) this.#add(slot, row, this.history.takeBack());
  }

  settle(): void {
    this.head.settle();
    this.history.settle();
  }

  check(): void {
    this.head.check();
    this.history.check();
    // Of keys that are shared, while that is doubtful, the hash finds one.
    if (this.#hash === undefined || this.doubts !== undefined) return;
    for (const [slot] of this.head.entries()) {
      assert(this.holderOf(this.fullKey(slot)) === slot, 'the hash finds every key of a unique index');
    }
    assert(this.#hash.size === this.head.size, 'the hash of a unique index has nothing else');
  }

  #add(slot: number, row: Row, born: number): void {
    this.head.insert(slot, born);
    if (this.#hash?.add(this.#hashOf(row), slot) === true) this.doubts?.push(slot);
  }

  #hashOf(row: Row): number {
    return hashFields(row, this.#path, this.width);
  }

  /** A sparse index has no entry for a row without all of its fields. */
  #holds(row: Row): boolean {
    if (!this.plan.sparse) return true;
    for (let i = 0; i < this.width; i++) if (row[this.#path[i]!] === undefined) return false;
    return true;
  }

  #keyOf(row: Row): Key {
    const path = this.#path;
    // Written out, since a list that grows has room for 17 from its first element on.
    if (path.length === 1) return [row[path[0]!] as KeyPart];
    if (path.length === 2) return [row[path[0]!] as KeyPart, row[path[1]!] as KeyPart];
    return path.map((field) => row[field] as KeyPart);
  }
}
