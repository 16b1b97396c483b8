import { MemoirError } from '../errors.js';
import type { ProjectionDefinition } from '../projections/projection.js';
import { versionSequence } from './sequence-names.js';

/** The state that a snapshot holds, as far as it tells of projections. */
interface WrittenVersions {
  sequences: ReadonlyMap<string, number>;
  readonly tables: ReadonlySet<string>;
}

/**
 * Has a state say nothing of projections whose tables are not in it: a store that did not know them any more has made
 * the snapshot, and has passed on their versions as its log has them.
 */
export function forgetLost(state: WrittenVersions, projections: readonly ProjectionDefinition[]): void {
  const lost = projections.filter(({ tables }) => [...tables.keys()].some((name) => !state.tables.has(name)));
  if (lost.length === 0) return;
  const names = new Set(lost.map(({ name }) => versionSequence(name)));
  state.sequences = new Map([...state.sequences].filter(([name]) => !names.has(name)));
}

/** Refuses a state whose projections are of other versions. @throws `ProjectionStale` */
export function refuseStale(
  projections: readonly ProjectionDefinition[],
  sequences: ReadonlyMap<string, number>,
): void {
  for (const { name, version } of projections) {
    const has = sequences.get(versionSequence(name));
    if (has === version) continue;
    const there = has === undefined ? 'nothing' : `version ${has}`;
    throw new MemoirError(
      'ProjectionStale',
      `the state has ${there} of the projection ${name}, and this is version ${version}: go on with what made it and ` +
        '`rebuild`, or open the store on its log, which builds it',
      { projection: name },
    );
  }
}
