import { MemoirError } from '../errors.js';
import type { ProjectionDefinition } from '../projections/projection.js';
import { versionSequence } from './sequence-names.js';

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
