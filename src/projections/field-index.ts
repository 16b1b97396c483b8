import { assert } from '../assert.js';
import type { IndexPlan, Row } from '../codecs/index-plan.js';
import { isKeyPart, type Key, type KeyPart, type Place } from '../codecs/key.js';
import { IndexHistory } from './index-history.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';
import type { TableIndex } from './table-index.js';

/** An index whose keys are fields of the row: an entry's ref is its row's slot, and its key is read from there. */
export class FieldIndex implements TableIndex, EntryKeys {
  readonly head = new OrderedTree(this);
  readonly history = new IndexHistory();
  readonly #rows: readonly (Row | undefined)[];
  readonly #path: readonly string[];
  readonly #place: Place;
  readonly #width: number;
  touched = 0;

  constructor(
    readonly plan: IndexPlan,
    rows: readonly (Row | undefined)[],
    primaryKey: readonly string[],
    place: Place,
  ) {
    this.#place = place;
    assert(plan.fields !== undefined, 'a field index has fields');
    this.#rows = rows;
    this.#width = plan.fields.length;
    this.#path = [...plan.fields, ...primaryKey];
  }

  part(ref: number, i: number): KeyPart {
    return this.#rows[ref]![this.#path[i]!] as KeyPart;
  }

  slotOf(ref: number): number {
    return ref;
  }

  fullKey(ref: number): Key {
    return this.#keyOf(this.#rows[ref]!);
  }

  keysOf(row: Row): readonly Key[] {
    return this.#holds(row) ? [this.#keyOf(row)] : [];
  }

  prepare(row: Row): void {
    for (let i = 0; i < this.#width; i++) {
      const part = row[this.#path[i]!];
      // The plan knows how to say what is wrong.
      if (part === undefined ? !this.plan.sparse : !isKeyPart(part)) this.plan.keysOf(row, this.#place);
    }
  }

  changes(_slot: number, before: Row | undefined, after: Row | undefined): boolean {
    if (before === undefined || after === undefined) return true;
    for (let i = 0; i < this.#width; i++) {
      const x = before[this.#path[i]!];
      const y = after[this.#path[i]!];
      if (x !== y && !(x instanceof Date && y instanceof Date && x.getTime() === y.getTime())) return true;
    }
    return false;
  }

  remove(slot: number, row: Row, version: number): void {
    if (!this.#holds(row)) return;
    const key = this.#keyOf(row);
    this.history.add(key, slot, this.head.remove(key, slot), version);
    this.touched = version;
  }

  insert(slot: number, row: Row, version: number): void {
    if (!this.#holds(row)) return;
    this.head.insert(this.#keyOf(row), slot, version);
    this.touched = version;
  }

  uninsert(slot: number, row: Row): void {
    if (this.#holds(row)) this.head.remove(this.#keyOf(row), slot);
  }

  unremove(slot: number, row: Row): void {
    if (this.#holds(row)) this.head.insert(this.#keyOf(row), slot, this.history.takeBack());
  }

  settle(): void {
    this.history.settle();
  }

  check(): void {
    this.head.check(() => this.#path.length);
  }

  /** A sparse index has no entry for a row without all of its fields. */
  #holds(row: Row): boolean {
    if (!this.plan.sparse) return true;
    for (let i = 0; i < this.#width; i++) if (row[this.#path[i]!] === undefined) return false;
    return true;
  }

  #keyOf(row: Row): Key {
    return this.#path.map((field) => row[field] as KeyPart);
  }
}
