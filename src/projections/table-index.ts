import { assert } from '../assert.js';
import type { IndexPlan, Row } from '../codecs/index-plan.js';
import { compareKeys, isKeyPart, type Key, type KeyPart } from '../codecs/key.js';
import { IndexHistory } from './index-history.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';

/**
 * One index of a table: the head, an ordered tree with an entry for every key of every row, and the history side.
 * A *full key* is the index's parts followed by the primary key's, so that entries never tie and every reader, on every
 * machine, sees one order.
 *
 * Callers hold to this: `remove` runs while the row is still in its slot, `insert` once the new one is.
 */
export interface TableIndex {
  readonly plan: IndexPlan;
  readonly head: OrderedTree;
  readonly history: IndexHistory;
  /** The version of the newest change to the head or the history side. */
  readonly touched: number;
  slotOf(ref: number): number;
  /** The full key of an entry of the head. */
  fullKey(ref: number): Key;
  /** The row's own keys in this index, as full keys. */
  keysOf(row: Row): readonly Key[];
  /** Computes and checks a row's keys, which all that follows uses. Throws `MissingValue` or `KeyInvalid`. */
  prepare(row: Row): void;
  /** True when the entries of a slot must change for its row to be replaced; `after` was prepared. */
  changes(slot: number, before: Row | undefined, after: Row | undefined): boolean;
  /** Moves the entries of the row in a slot to the history side. */
  remove(slot: number, row: Row, version: number): void;
  /** Adds entries for the row now in the slot. */
  insert(slot: number, row: Row, version: number): void;
  /** Removes, without history, what `insert` added. */
  uninsert(slot: number, row: Row): void;
  /** Brings back from the history side what `remove` took. Undoes in reverse order only. */
  unremove(slot: number, row: Row): void;
  /** Forgets what only an undo would need. */
  settle(): void;
  /** Verifies the tree; throws when it is broken. */
  check(): void;
}

/** An index whose keys are fields of the row: an entry's ref is its row's slot, and its key is read from there. */
export class FieldIndex implements TableIndex, EntryKeys {
  readonly head = new OrderedTree(this);
  readonly history = new IndexHistory();
  readonly #rows: readonly (Row | undefined)[];
  readonly #path: readonly string[];
  readonly #where: string;
  readonly #width: number;
  touched = 0;

  constructor(
    readonly plan: IndexPlan,
    rows: readonly (Row | undefined)[],
    primaryKey: readonly string[],
    where: string,
  ) {
    this.#where = where;
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
      if (part === undefined ? !this.plan.sparse : !isKeyPart(part)) this.plan.keysOf(row, this.#where);
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

/** An index whose keys are computed from the row, none or many: they are kept, so that callbacks run once a row. */
export class ComputedIndex implements TableIndex, EntryKeys {
  readonly head = new OrderedTree(this);
  readonly history = new IndexHistory();
  readonly #primaryKey: readonly string[];
  readonly #where: string;
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

  constructor(
    readonly plan: IndexPlan,
    primaryKey: readonly string[],
    where: string,
  ) {
    this.#primaryKey = primaryKey;
    this.#where = where;
  }

  part(ref: number, i: number): KeyPart {
    return this.#keys[ref]![i]!;
  }

  slotOf(ref: number): number {
    return this.#slots[ref]!;
  }

  fullKey(ref: number): Key {
    return this.#keys[ref]!;
  }

  keysOf(row: Row): readonly Key[] {
    this.prepare(row);
    return this.#prepared;
  }

  prepare(row: Row): void {
    if (this.#row === row) return;
    const tail = this.#primaryKey.map((field) => row[field] as KeyPart);
    this.#prepared = this.plan.keysOf(row, this.#where).map((key) => [...key, ...tail]);
    this.#row = row;
  }

  changes(slot: number, _before: Row | undefined, after: Row | undefined): boolean {
    const refs = this.#refs[slot] ?? [];
    const keys = after === undefined ? [] : this.keysOf(after);
    return refs.length !== keys.length || keys.some((key, i) => compareKeys(key, this.#keys[refs[i]!]!) !== 0);
  }

  remove(slot: number, _row: Row, version: number): void {
    const refs = this.#refs[slot] ?? [];
    this.#removed.push(refs.map((ref) => this.#keys[ref]!));
    for (const ref of refs) {
      const key = this.#keys[ref]!;
      this.history.add(key, slot, this.#take(ref), version);
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

  /** Forgets what only an undo would need. */
  settle(): void {
    this.#removed.length = 0;
    this.history.settle();
  }

  check(): void {
    this.head.check((ref) => this.#keys[ref]!.length);
    const held = this.#refs.reduce((sum, refs) => sum + (refs?.length ?? 0), 0);
    assert(held === this.head.size, 'every entry of a computed index belongs to a row');
  }

  #put(slot: number, keys: readonly Key[], born: (i: number) => number): void {
    if (keys.length === 0) return;
    this.#refs[slot] = keys.map((key, i) => {
      const ref = this.#free.pop() ?? this.#keys.length;
      this.#keys[ref] = key;
      this.#slots[ref] = slot;
      this.head.insert(key, ref, born(i));
      return ref;
    });
  }

  #take(ref: number): number {
    const born = this.head.remove(this.#keys[ref]!, ref);
    this.#keys[ref] = undefined;
    this.#free.push(ref);
    return born;
  }
}
