import { MemoirError, show } from '../errors.js';
import type { Row } from '../codecs/index-plan.js';
import { compareKeys, toKey, type Key } from '../codecs/key.js';
import { equalPlain } from '../codecs/equality.js';
import { blame } from '../codecs/fault.js';
import { freezePlain, isPlainObject, refuseAccessors, sizeOf } from '../codecs/plain-data.js';
import { PRIMARY } from '../codecs/index-check.js';
import { TableReads } from '../projections/table-reader.js';
import type { TableState } from '../projections/table-state.js';
import type { WriteScope } from './write-scope.js';

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
      return this.#write(normal, key);
    });
  }

  put(row: unknown): Row {
    return this.#statement(() => {
      const { normal, key } = this.#normalize(row);
      return this.#write(normal, key);
    });
  }

  update(key: unknown, change: unknown): Row {
    return this.#statement(() => {
      const before = this.getOrThrow(key);
      const { normal, key: after } = this.#normalize(this.#changed(before, change));
      if (compareKeys(this.table.keyOf(before), after) !== 0) {
        throw new MemoirError(
          'KeyChanged',
          `update of ${this.table.name} ${show(key)} would change its primary key to ${after.map(show).join(', ')}: ` +
            'delete the row and insert another',
          { table: this.table.name, index: PRIMARY, key: this.table.keyOf(before) },
        );
      }
      return this.#write(normal, after);
    });
  }

  delete(key: unknown): boolean {
    return this.#statement(() => {
      const slot = this.table.slotOf(this.toPrimaryKey(key));
      if (slot < 0 || this.table.rows[slot] === undefined) return false;
      this.#put(slot, undefined);
      return true;
    });
  }

  deleteRange(...args: readonly [unknown?, unknown?]): number {
    return this.#statement(() => {
      const rows = [...this.pass(this.planFor(args, {}).plan)];
      for (const row of rows) this.#put(this.table.slotOf(this.table.keyOf(row)), undefined);
      return rows.length;
    });
  }

  #statement<A>(run: () => A): A {
    const tx = this.#tx;
    tx.guard();
    const { engine, bytes, changes } = tx;
    const { place } = engine;
    try {
      return run();
    } catch (error) {
      engine.rollback(place);
      tx.bytes = bytes;
      tx.changes = changes;
      const blamed = blame(error, `a row of ${this.table.name}`, { table: this.table.name });
      if (blamed instanceof MemoirError && !tx.violations.includes(blamed)) tx.violations.push(blamed);
      throw blamed;
    }
  }

  #changed(before: Row, change: unknown): unknown {
    if (typeof change === 'function') return (change as (row: Row) => unknown)(before);
    if (isPlainObject(change)) {
      if (this.#tx.development) refuseAccessors(change, 'RowInvalid');
      return { ...before, ...change };
    }
    throw new MemoirError(
      'RowInvalid',
      `update of ${this.table.name}: give a patch of fields or a function, not ${show(change)}`,
      {
        table: this.table.name,
      },
    );
  }

  #normalize(row: unknown): { readonly normal: Row; readonly key: Key } {
    if (this.#tx.development) refuseAccessors(row, 'RowInvalid');
    const normal = this.table.definition.normalize(row, 0) as Row;
    const bytes = sizeOf(normal);
    const { rowBytesMax } = this.#tx.limits;
    if (bytes > rowBytesMax) {
      throw new MemoirError(
        'RowTooLarge',
        `a row of ${this.table.name} has ${bytes} bytes, and rowBytesMax is ${rowBytesMax}`,
        {
          table: this.table.name,
          limit: rowBytesMax,
          actual: bytes,
        },
      );
    }
    this.#tx.bytes += bytes;
    return { normal, key: toKey(this.table.keyOf(normal), `${this.table.name}.${PRIMARY}`) };
  }

  /** Stores a row in its slot, unless the same is there already. */
  #write(row: Row, key: Key): Row {
    const { table } = this;
    const known = table.slotOf(key);
    const present = known < 0 ? undefined : table.rows[known];
    if (present !== undefined && equalPlain(present, row)) return present;
    if (this.#tx.development) freezePlain(row);
    for (const index of table.indexes) index.prepare(row);
    const conflict = table.conflict(known, row);
    if (conflict !== undefined)
      throw this.#violation(conflict.index.plan.name, conflict.key, table.rows[conflict.slot]!);
    this.#put(table.takeSlot(key), row);
    return row;
  }

  #put(slot: number, row: Row | undefined): void {
    const tx = this.#tx;
    const { batchChangesMax, batchBytesMax } = tx.limits;
    if (this.table.placeOf(slot) < 0) tx.changes++;
    // A deleted row goes on costing what it did, until history lets go of it.
    if (row === undefined) tx.bytes += sizeOf(this.table.rows[slot]);
    tx.engine.write(this.table, slot, row);
    if (tx.changes > batchChangesMax) throw tooLarge('changes', tx.changes, 'batchChangesMax', batchChangesMax);
    if (tx.bytes > batchBytesMax) throw tooLarge('bytes', tx.bytes, 'batchBytesMax', batchBytesMax);
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

function tooLarge(what: string, actual: number, name: string, limit: number): MemoirError {
  return new MemoirError('BatchTooLarge', `the transaction has ${actual} ${what}, and ${name} is ${limit}: split it`, {
    limit,
    actual,
  });
}
