import { Engine } from '../projections/engine.js';
import type { ProjectionDefinition } from '../projections/projection.js';
import type { Loaded } from '../projections/snapshot-load.js';
import { TableReads } from '../projections/table-reader.js';
import { ofTable } from '../codecs/state-hash.js';
import { definitionsFor, insertsOf, ProjectedState, type ProjectedParts } from './projected-state.js';
import { HEAD, swapIn } from './projection-swap.js';
import { Projector } from './projector.js';
import { refuseStale } from './stale-projections.js';
import { OpenTransaction } from './transaction.js';

type Settings = ProjectedParts['settings'] & { readonly filterRows: number };

/**
 * Builds the tables of projections that a loaded state has as other versions made them, or not at all, from its rows,
 * step by step. Nobody has seen the state, so that it is of the same offset then, and no batch is made.
 *
 * @param definitions each after those whose tables it reads
 * @throws `ProjectionStale` where one is folded from the log, `ProjectionFailed`, `ImpureFold`
 */
export function* buildStale(
  loaded: Loaded,
  definitions: readonly ProjectionDefinition[],
  settings: Settings,
): Generator<undefined> {
  const projector = new Projector(definitions, settings);
  const stale = projector.stale(loaded.sequences);
  refuseStale(
    stale.filter(({ from }) => from === 'log'),
    loaded.sequences,
  );
  for (const { name } of stale) projector.suspend(name);
  for (const definition of stale) {
    const state = stateFor(definition, loaded.engine, settings);
    for (const name of definition.sources.keys()) {
      const source = loaded.engine.tables.get(name)!;
      const rows = new TableReads(source, HEAD).scan();
      for (const batch of insertsOf(source, rows, { offset: loaded.head, at: loaded.at })) {
        state.build(batch);
        yield undefined;
      }
    }
    swapInto(loaded, state, projector, settings);
    projector.resume(definition.name);
  }
}

/** The state of a projection, empty, with room for a copy of what it reads. */
function stateFor(definition: ProjectionDefinition, engine: Engine, settings: Settings): ProjectedState {
  const made = new Engine(definitionsFor(definition, engine), settings.filterRows);
  return new ProjectedState({ engine: made, definition, settings });
}

/** Puts what was built into the loaded state, which keeps nothing of what it had before. */
function swapInto(loaded: Loaded, state: ProjectedState, projector: Projector, settings: Settings): void {
  const { engine, head: offset, at, rows, sequences } = loaded;
  const { development } = settings;
  engine.begin();
  const about = { offset, at, id: undefined, meta: {}, lineage: '' };
  const tx = new OpenTransaction({ engine, limits: settings, sequences, facts: undefined, development, ...about });
  for (const { table, before, after } of swapIn(tx, state, projector)) {
    if (before !== undefined) rows?.remove(ofTable(table), before);
    if (after !== undefined) rows?.add(ofTable(table), after);
  }
  tx.end();
  engine.settle();
  engine.trim(engine.version, Infinity);
  loaded.sequences = new Map([...sequences, ...(tx.moved ?? [])]);
}
