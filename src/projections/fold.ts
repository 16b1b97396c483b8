import { MemoirError, show } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import type { Engine } from './engine.js';

/**
 * Applies a batch to the state before it: the one way from a batch to state. Only `after` counts, and no constraint is
 * checked again: what the log holds has happened.
 */
export function fold(engine: Engine, batch: AnyBatch): void {
  engine.begin();
  for (const { table: name, key, after } of batch.changes) {
    const table = engine.tables.get(name);
    if (table === undefined) {
      throw new MemoirError(
        'DefinitionInvalid',
        `batch ${batch.offset} changes the table ${show(name)}, which is not defined`,
        {
          table: name,
          offset: batch.offset,
        },
      );
    }
    if (after !== undefined) table.prepare(after);
    engine.write(table, table.takeSlot(table.toPrimaryKey(key)), after);
  }
  engine.settle();
}
