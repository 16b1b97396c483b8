import { equalPlain } from '../codecs/equality.js';
import type { AnyChange } from '../log/batch.js';
import type { ProjectionDefinition } from '../projections/projection.js';
import { TableReads } from '../projections/table-reader.js';
import type { TableState } from '../projections/table-state.js';
import type { Vantage } from '../projections/vantage.js';
import { changeOf } from './change-of.js';
import type { ProjectedState } from './projected-state.js';
import type { Projector } from './projector.js';
import { versionSequence } from './sequence-names.js';
import type { OpenTransaction } from './transaction.js';

/**
 * Puts the tables of a projection as its state has them in the place of those that a store has, by the writes of rows
 * that differ; and lets those projections fold that which read them. Returns all that has changed.
 */
export function swapIn(tx: OpenTransaction, state: ProjectedState, projector: Projector): readonly AnyChange[] {
  const { definition } = state;
  for (const name of definition.tables.keys()) {
    replaceRows(tx, tx.engine.tables.get(name)!, state.engine.tables.get(name)!);
  }
  tx.record(versionSequence(definition.name), definition.version);
  // Where it is the first batch of all, nothing has said yet which versions the others are of.
  projector.record(tx);
  return projector.fold(tx, tx.engine.changes(changeOf), []);
}

/** In the order of the keys, so that every replica writes the same batch. */
function replaceRows(tx: OpenTransaction, into: TableState, from: TableState): void {
  const { engine } = tx;
  const wanted = [...new TableReads(from, HEAD).scan()];
  for (const row of [...new TableReads(into, tx).scan()]) {
    const key = into.keyOf(row);
    if (from.slotOf(key) < 0 || from.rows[from.slotOf(key)] === undefined) engine.remove(into, into.slotOf(key));
  }
  for (const row of wanted) {
    const key = into.keyOf(row);
    const slot = into.slotOf(key);
    if (slot >= 0 && equalPlain(into.rows[slot], row)) continue;
    into.prepare(row);
    engine.put(into, key, into.slotOf(key), row);
  }
}

/** Where whoever reads a state stands that nobody writes meanwhile. */
export const HEAD: Vantage = {
  version: Infinity,
  offset: 0,
  lineage: '',
  fix: () => Infinity,
  guard: () => {},
  reads: undefined,
  filterRows: Infinity,
};

/** The projections of a store with one in the place of that of its name. */
export function replaced(
  projections: readonly ProjectionDefinition[],
  by: ProjectionDefinition,
): readonly ProjectionDefinition[] {
  return projections.map((one) => (one.name === by.name ? by : one));
}
