import { assert } from '../assert.js';
import type { IndexPlan, Row } from '../codecs/index-plan.js';
import { compareKeys, errorAt, type Key, type KeyPart, type Place } from '../codecs/key.js';
import { IndexHistory } from './index-history.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';
import type { TableIndex } from './table-index.js';

/** An index whose keys are computed from the row, none or many: they are kept, so that callbacks run once a row. */
export class ComputedIndex implements TableIndex, EntryKeys {
  readonly head = new OrderedTree(this);
  readonly history = new IndexHistory();
  readonly #tailOf: (row: Row) => Key;
  readonly #place: Place;
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
    tailOf: (row: Row) => Key,
    place: Place,
  ) {
    this.#tailOf = tailOf;
    this.#place = place;
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
    const tail = this.#tailOf(row);
    const keys = this.plan.keysOf(row, this.#place).map((key) => [...key, ...tail]);
    if (this.plan.width === 0 && keys.length > 0) this.#checkWidth(keys[0]!, tail.length);
    this.#prepared = keys;
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

  /** Keys of one index are of one length, or parts of one key would be compared with the primary key of another. */
  #checkWidth(key: Key, tail: number): void {
    if (this.head.size === 0) return;
    const other = this.#keys[this.head.refAt({ leaf: 0, at: 0 })]!;
    if (key.length === other.length) return;
    throw errorAt(
      'KeyInvalid',
      this.#place,
      `\`by\` gave a key of ${key.length - tail} parts, ` +
        `and other rows have keys of ${other.length - tail}: give all one length`,
      { key: key.slice(0, key.length - tail) },
    );
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
