import { MemoirError, show } from '../errors.js';
import type { IndexPlan, Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import { intervalOf } from '../codecs/range.js';
import { checkEntries } from './entry-check.js';
import type { PastEntries } from './index-history.js';
import type { Position } from './merge-run.js';
import type { OrderedTree } from './ordered-tree.js';
import type { Conflict, TableIndex } from './table-index.js';

/** The table for which an index is built. */
export interface BuildSite {
  readonly name: string;
  readonly rows: readonly (Row | undefined)[];
  keyOf(row: Row): Key;
}

/** So many rows are taken in between two looks at the clock. */
const STRIDE = 8;

/** So many entries may wait to be put in their places: to sort them is little beside a slice. */
const WAITING_MAX = 64;

/** So many rows that share a key are named at the most. */
const NAMED_MAX = 8;

/**
 * An index on its way: slots before a *front* are in it, those beyond are not yet. Writes to the former are taken over
 * as they are made and undone as they are undone; the others the front will meet as they then are. A write is never
 * refused for the sake of an index that is not there: rows that do not fit are set aside, and looked at again between
 * transactions, when what has stayed is settled.
 *
 * Nobody can read the index before it is adopted, so nothing goes to its history side.
 */
export class IndexBuild implements TableIndex {
  readonly #site: BuildSite;
  /** The version from which the entries of rows count that are met, not written. */
  readonly #born: number;
  /** The first slot that is not in the index yet. */
  #front = 0;
  /** Slots before the front whose row has no entries, because it has no key. */
  readonly #unfit = new Set<number>();
  /** Slots before the front whose row, when it was written, had a key of another's. */
  readonly #doubtful = new Set<number>();

  /** The row that was last found to have no keys. */
  #misfit: Row | undefined;

  constructor(
    readonly index: TableIndex,
    site: BuildSite,
    born: number,
  ) {
    this.#site = site;
    this.#born = born;
  }

  /**
   * Takes rows in until told to stop. Call between transactions.
   *
   * @returns true when the index has every row
   * @throws `UniqueViolation` naming the rows that share a key, `MissingValue`, `KeyInvalid`, and what callbacks throw
   */
  advance(isOver: () => boolean): boolean {
    this.#lookAgain();
    const { rows } = this.#site;
    while (this.#front < rows.length) {
      const slot = this.#front++;
      const row = rows[slot];
      if (row !== undefined) this.#take(slot, row);
      if (this.#front % STRIDE !== 0) continue;
      this.index.head.settle(WAITING_MAX);
      if (isOver()) return false;
    }
    return true;
  }

  /** How many slots are done, and of how many. */
  get progress(): { readonly done: number; readonly of: number } {
    return { done: this.#front, of: this.#site.rows.length };
  }

  get plan(): IndexPlan {
    return this.index.plan;
  }

  get head(): OrderedTree {
    return this.index.head;
  }

  get history(): PastEntries {
    return this.index.history;
  }

  get touched(): number {
    return this.index.touched;
  }

  get bytes(): number {
    return this.index.bytes;
  }

  get doubts(): number[] | undefined {
    return this.index.doubts;
  }

  get width(): number {
    return this.index.width;
  }

  slotOf(ref: number): number {
    return this.index.slotOf(ref);
  }

  fullKey(ref: number): Key {
    return this.index.fullKey(ref);
  }

  keysOf(row: Row): readonly Key[] {
    return this.index.keysOf(row);
  }

  holderOf(key: Key): number {
    return this.index.holderOf(key);
  }

  conflict(slot: number, row: Row): Conflict | undefined {
    return this.index.conflict(slot, row);
  }

  /** Runs callbacks before anything changes. What is not there yet refuses no row. */
  prepare(row: Row): void {
    this.#fits(row);
  }

  admit(): void {
    // Nor does it refuse keys that cannot stand among the others.
  }

  changes(slot: number, before: Row | undefined, after: Row | undefined): boolean {
    if (slot >= this.#front) return false;
    try {
      return this.index.changes(slot, before, after);
    } catch {
      return true;
    }
  }

  remove(slot: number, row: Row): void {
    if (slot >= this.#front || this.#unfit.delete(slot)) return;
    this.#doubtful.delete(slot);
    this.index.uninsert(slot, row);
  }

  insert(slot: number, row: Row, version: number): void {
    if (slot >= this.#front) return;
    if (!this.#fits(row)) {
      this.#unfit.add(slot);
      return;
    }
    if (this.plan.unique && this.index.conflict(slot, row) !== undefined) this.#doubtful.add(slot);
    this.index.insert(slot, row, version);
  }

  uninsert(slot: number, row: Row): void {
    this.remove(slot, row);
  }

  unremove(slot: number, row: Row): void {
    this.insert(slot, row, this.#born);
  }

  settle(): void {
    this.index.settle();
  }

  check(): void {
    if (this.#doubtful.size === 0) this.index.check();
    const isIn = (slot: number): boolean => slot < this.#front && !this.#unfit.has(slot);
    const { rows } = this.#site;
    // Nobody can tell when what it has came in.
    checkEntries(this.index, rows.length, (slot) => (isIn(slot) ? [[0, rows[slot]]] : []), Number.MAX_SAFE_INTEGER);
  }

  /** True when a row has keys that can stand in the index. */
  #fits(row: Row): boolean {
    if (this.#misfit === row) return false;
    try {
      this.index.prepare(row);
      this.index.admit(row);
      return true;
    } catch {
      this.#misfit = row;
      return false;
    }
  }

  /** Takes a settled row in. */
  #take(slot: number, row: Row): void {
    this.index.prepare(row);
    this.index.admit(row);
    const conflict = this.plan.unique ? this.index.conflict(slot, row) : undefined;
    this.index.insert(slot, row, this.#born);
    if (conflict !== undefined) throw this.#violation(conflict);
  }

  /** What did not fit when it was written may have been undone or mended since; what has stayed is refused. */
  #lookAgain(): void {
    for (const slot of [...this.#unfit]) {
      this.#unfit.delete(slot);
      this.#take(slot, this.#site.rows[slot]!);
    }
    for (const slot of [...this.#doubtful]) {
      this.#doubtful.delete(slot);
      const row = this.#site.rows[slot]!;
      this.index.uninsert(slot, row);
      this.#take(slot, row);
    }
  }

  #violation({ slot, key }: Conflict): MemoirError {
    const { name, rows } = this.#site;
    const keys = this.#sharing(key);
    const who = keys.map((one) => one.map(show).join(', ')).join(' and ');
    return new MemoirError(
      'UniqueViolation',
      `the index ${name}.${this.plan.name} cannot be unique: the rows of primary key ${who} share the key ` +
        `${key.map(show).join(', ')}. Give them keys of their own, or leave some out with \`where\``,
      { table: name, index: this.plan.name, key, keys, row: rows[slot] },
    );
  }

  /** The primary keys of rows that share a key. */
  #sharing(key: Key): readonly Key[] {
    const { head } = this.index;
    const { rows } = this.#site;
    const { low, high } = intervalOf(key);
    const position: Position = { leaf: 0, at: 0 };
    const keys: Key[] = [];
    for (head.seek(low, position); !head.ended(position) && keys.length < NAMED_MAX; head.next(position)) {
      if (head.orderAt(position, high) > 0) break;
      keys.push(this.#site.keyOf(rows[this.slotOf(head.refAt(position))]!));
    }
    return keys;
  }
}
