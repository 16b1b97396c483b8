import { MemoirError, show } from '../errors.js';
import { isStackFull } from '../stack-room.js';
import type { Row } from '../codecs/index-plan.js';
import { compareKeys, toKey, type Key } from '../codecs/key.js';
import { equalPlain } from '../codecs/equality.js';
import { blame, Fault } from '../codecs/fault.js';
import { freezePlain, isPlainObject, refuseAccessors, sizeOf } from '../codecs/plain-data.js';
import { PRIMARY } from '../codecs/index-check.js';
import { Walk } from '../codecs/walk.js';
import { TableReads } from '../projections/table-reader.js';
import type { TableState } from '../projections/table-state.js';
import type { Limits, WriteScope } from './write-scope.js';

/**
 * The writing side of a table. Each statement is whole or nothing: one that fails leaves the transaction as it was
 * before, so that an error which the body catches does not poison it. Its typed face is `TableWriter`.
 */
export class TableWrites extends TableReads {
  readonly #tx: WriteScope;

  constructor(table: TableState, tx: WriteScope) {
    super(table, tx);
    this.#tx = tx;
  }

  insert(row: unknown): Row {
    return this.#statement(() => {
      const { normal, key } = this.#normalize(row);
      const slot = this.table.slotOf(key);
      const present = slot < 0 ? undefined : this.table.rows[slot];
      if (present !== undefined) throw this.#violation(PRIMARY, key, present);
      return this.#write(normal, key, slot);
    });
  }

  put(row: unknown): Row {
    return this.#statement(() => {
      const { normal, key } = this.#normalize(row);
      return this.#write(normal, key, this.table.slotOf(key));
    });
  }

  update(key: unknown, change: unknown): Row {
    return this.#statement(() => {
      const own = this.table.toPrimaryKey(key);
      const slot = this.table.slotOf(own);
      const before = (slot < 0 ? undefined : this.table.rows[slot]) ?? this.notFound(PRIMARY, own);
      const { normal, key: after } = this.#normalize(
        typeof change === 'function'
          ? (change as (row: Row) => unknown)(before)
          : this.#guarded(() => this.#patched(before, change)),
      );
      if (compareKeys(own, after) !== 0) {
        throw new MemoirError(
          'KeyChanged',
          `update of ${this.table.name} ${show(key)} would change its primary key to ${after.map(show).join(', ')}: ` +
            'delete the row and insert another',
          { table: this.table.name, index: PRIMARY, key: this.table.keyOf(before) },
        );
      }
      return this.#write(normal, own, slot);
    });
  }

  delete(key: unknown): boolean {
    return this.#statement(() => {
      const slot = this.table.slotOf(this.table.toPrimaryKey(key));
      if (slot < 0 || this.table.rows[slot] === undefined) return false;
      this.#remove(slot);
      return true;
    });
  }

  deleteRange(...args: readonly [unknown?, unknown?]): number {
    return this.#statement(() => {
      const rows = [...this.pass(this.planFor(args, {}))];
      for (const row of rows) this.#remove(this.table.slotOf(this.table.keyOf(row)));
      return rows.length;
    });
  }

  #statement<A>(run: () => A): A {
    const tx = this.#tx;
    tx.guard();
    const { engine, bytes, changes } = tx;
    const { place } = engine;
    tx.statements++;
    try {
      const result = run();
      tx.statements--;
      return result;
    } catch (error) {
      if (isStackFull(error)) throw tx.spoil(error);
      engine.rollback(place);
      tx.statements--;
      tx.bytes = bytes;
      tx.changes = changes;
      const blamed = blame(error, `a row of ${this.table.name}`, { table: this.table.name });
      if (blamed instanceof MemoirError && !tx.violations.includes(blamed)) tx.violations.push(blamed);
      throw blamed;
    }
  }

  #patched(before: Row, patch: unknown): unknown {
    if (!isPlainObject(patch)) {
      throw new Fault('RowInvalid', `is to be changed by ${show(patch)}: give a patch of fields, or a function`);
    }
    if (this.#tx.development) refuseAccessors(patch, 'RowInvalid');
    return { ...before, ...patch };
  }

  #normalize(row: unknown): { readonly normal: Row; readonly key: Key } {
    const normal = this.#copied(row);
    return { normal, key: toKey(this.table.keyOf(normal), { table: this.table.name, index: PRIMARY }) };
  }

  #copied(row: unknown): Row {
    return this.#guarded(() => {
      if (this.#tx.development) refuseAccessors(row, 'RowInvalid');
      // An object counts eight bytes at the least, so a row with more of them is too large whatever they hold.
      const walk = new Walk('RowInvalid', 'RowTooLarge', this.#tx.limits.rowBytesMax / 8);
      return this.table.definition.normalize(row, walk) as Row;
    });
  }

  /** Reads what a caller gave: proxies and getters throw what they like, and a cycle may exhaust a codec's stack. */
  #guarded<A>(read: () => A): A {
    try {
      return read();
    } catch (error) {
      if (error instanceof Fault || error instanceof MemoirError) throw error;
      throw new MemoirError('RowInvalid', `a row of ${this.table.name} cannot be read: ${show(messageOf(error))}`, {
        table: this.table.name,
        cause: error,
      });
    }
  }

  /** Stores a row in its slot, −1 if it has none yet, unless the same is there already. */
  #write(row: Row, key: Key, slot: number): Row {
    const { table } = this;
    const present = slot < 0 ? undefined : table.rows[slot];
    if (present !== undefined && equalPlain(present, row)) return present;
    if (this.#tx.development) freezePlain(row);
    const { engine } = this.#tx;
    const { place } = engine;
    table.prepare(row);
    table.admit(row);
    // A definition's callback may have written, and even this row.
    const own = engine.place === place ? slot : table.slotOf(key);
    const conflict = table.conflict(own, row);
    if (conflict !== undefined)
      throw this.#violation(conflict.index.plan.name, conflict.key, table.rows[conflict.slot]!);
    this.#charge(own, row);
    engine.put(table, key, own, row);
    return row;
  }

  /** Counts a write against the limits, before anything is taken for it; `slot` is −1 for a key that has none. */
  #charge(slot: number, row: Row | undefined): void {
    const tx = this.#tx;
    const { rowBytesMax, batchChangesMax, batchBytesMax } = tx.limits;
    // A deleted row goes on costing what it did, until history lets go of it.
    const bytes = sizeOf(row ?? this.table.rows[slot]);
    if (row !== undefined && bytes > rowBytesMax)
      throw this.#tooLarge('RowTooLarge', 'the row has', bytes, 'rowBytesMax');
    tx.bytes += bytes;
    if (slot < 0 || this.table.placeOf(slot) < 0) tx.changes++;
    if (tx.changes > batchChangesMax)
      throw this.#tooLarge('BatchTooLarge', 'the changes number', tx.changes, 'batchChangesMax');
    if (tx.bytes > batchBytesMax) throw this.#tooLarge('BatchTooLarge', 'the rows have', tx.bytes, 'batchBytesMax');
  }

  #remove(slot: number): void {
    this.#charge(slot, undefined);
    this.#tx.engine.remove(this.table, slot);
  }

  #tooLarge(code: 'RowTooLarge' | 'BatchTooLarge', what: string, actual: number, name: keyof Limits): MemoirError {
    const limit = this.#tx.limits[name];
    const unit = name === 'batchChangesMax' ? '' : ' bytes';
    const mend = code === 'RowTooLarge' ? 'store less in it' : 'split the transaction';
    return new MemoirError(
      code,
      `${this.table.name}: ${what} ${actual}${unit}, and ${name} is ${limit}: ${mend}, or raise it`,
      {
        table: this.table.name,
        limit,
        actual,
      },
    );
  }

  #violation(index: string, key: Key, row: Row): MemoirError {
    const { name } = this.table;
    return new MemoirError(
      'UniqueViolation',
      `${name} already has a row with ${index} ${key.map(show).join(', ')}: ${show(row)}. ` +
        'Update that row, or choose another key',
      { table: name, index, key, row },
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'something that is no error was thrown';
}
