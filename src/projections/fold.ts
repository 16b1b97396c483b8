import { MemoirError, show } from '../errors.js';
import type { Key } from '../codecs/key.js';
import type { AnyBatch, AnyChange } from '../log/batch.js';
import { twins } from '../log/rekeyed.js';
import { inverted } from './diff.js';
import type { Engine } from './engine.js';
import type { TableState } from './table-state.js';

/**
 * Applies a batch to the state before it: the one way from a batch to state. Only `after` counts, and no constraint is
 * checked again: what the log holds has happened.
 */
export function fold(engine: Engine, { offset, changes }: AnyBatch): void {
  apply(engine, offset, changes);
}

/** Takes a batch back from the state after it: folds what it did, the other way round. */
export function unfold(engine: Engine, { offset, changes }: AnyBatch): void {
  apply(engine, offset, changes.toReversed().map(inverted));
}

function apply(engine: Engine, offset: number, changes: readonly AnyChange[]): void {
  engine.begin();
  try {
    for (const change of changes) applyChange(engine, offset, change);
  } catch (error) {
    engine.rollback(0);
    throw error;
  } finally {
    engine.settle();
  }
}

/**
 * Puts what a change left in the place of the row, within a transaction of the engine.
 *
 * @throws `SchemaIncompatible` where `migrate` has made one row of two
 */
export function applyChange(engine: Engine, offset: number, change: AnyChange): void {
  const table = tableOf(engine, offset, change);
  const own = table.toPrimaryKey(change.key);
  engine.put(table, own, slotFor(table, own, offset, change), change.after);
}

/**
 * Applies batches of which only the last one's state will be asked for: it takes no note of what was there. After the
 * last one, `engine.settle()` makes the state known.
 */
export function load(engine: Engine, { offset, changes }: AnyBatch): void {
  for (const change of changes) {
    const table = tableOf(engine, offset, change);
    const own = table.toPrimaryKey(change.key);
    engine.load(table, table.takeSlot(own, slotFor(table, own, offset, change)), change.after);
  }
}

/** Where the row of a change is, −1 if nowhere; rows that were written under other keys may meet there. */
function slotFor(table: TableState, own: Key, offset: number, { key, before }: AnyChange): number {
  const slot = table.slotOf(own);
  if (before === undefined && slot >= 0 && table.definition.isRaised === true && table.rows[slot] !== undefined)
    throw twins(table.name, key, offset);
  return slot;
}

/** The table of a change, whose row is prepared. */
function tableOf(engine: Engine, offset: number, { table: name, after }: AnyChange): TableState {
  const table = engine.tables.get(name);
  if (table === undefined) {
    throw new MemoirError(
      'DefinitionInvalid',
      `batch ${offset} changes the table ${show(name)}, which is not defined`,
      { table: name, offset },
    );
  }
  if (after !== undefined) table.prepare(after);
  return table;
}
