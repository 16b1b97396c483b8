import type { AnyBatch, AnyChange, ChangeKind } from './batch.js';
import { MemoirError, show } from '../errors.js';

/** Which changes a stream is about; all of them where nothing is said. */
export interface AnyFilter {
  readonly tables?: readonly string[];
  readonly kinds?: readonly ChangeKind[];
  readonly where?: (change: never) => boolean;
}

/** Narrows a batch to the changes that a stream is about; undefined when there are none. */
export type Narrow = (batch: AnyBatch) => AnyBatch | undefined;

/** The narrowing of a filter. A stream without one gets the very batches that were appended. */
export function narrowBy({ tables, kinds, where }: AnyFilter, known: ReadonlySet<string>): Narrow {
  const kindsKnown = ['insert', 'update', 'delete'];
  for (const [option, given] of [
    ['tables', tables],
    ['kinds', kinds],
  ] as const) {
    if (given === undefined || Array.isArray(given)) continue;
    throw new MemoirError('OptionInvalid', `${option} is ${show(given)}: give a list`);
  }
  for (const kind of kinds ?? []) {
    if (!kindsKnown.includes(kind))
      throw new MemoirError('OptionInvalid', `kinds: ${show(kind)} is none of ${kindsKnown.join(', ')}`);
  }
  if (where !== undefined && typeof where !== 'function') {
    throw new MemoirError('OptionInvalid', `where is ${show(where)}: give a function of a change`);
  }
  for (const name of tables ?? []) {
    if (!known.has(name)) {
      throw new MemoirError(
        'OptionInvalid',
        `tables: the store has no table ${show(name)}: it has ${[...known].join(', ')}`,
      );
    }
  }
  if (tables === undefined && kinds === undefined && where === undefined) return (batch) => batch;
  const wanted = (change: AnyChange): boolean =>
    (tables === undefined || tables.includes(change.table)) &&
    (kinds === undefined || kinds.includes(change.kind)) &&
    (where === undefined || where(change as never));
  return (batch) => {
    const changes = batch.changes.filter(wanted);
    if (changes.length === 0) return undefined;
    return changes.length === batch.changes.length ? batch : { ...batch, changes };
  };
}
