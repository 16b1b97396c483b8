import { MemoirError, show } from '../errors.js';
import type { AnyBatch, AnyChange } from '../log/batch.js';
import { inverted } from './diff.js';
import type { Engine } from './engine.js';

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
  for (const { table: name, key, after } of changes) {
    const table = engine.tables.get(name);
    if (table === undefined) {
      throw new MemoirError(
        'DefinitionInvalid',
        `batch ${offset} changes the table ${show(name)}, which is not defined`,
        {
          table: name,
          offset,
        },
      );
    }
    if (after !== undefined) table.prepare(after);
    engine.write(table, table.takeSlot(table.toPrimaryKey(key)), after);
  }
  engine.settle();
}
