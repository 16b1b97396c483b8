import { NO_EVENTS } from './batch-coder.js';
import type { AnyBatch, AnyChange, ChangeKind } from './batch.js';
import { MemoirError, show } from '../errors.js';

/** Which changes and events a stream is about; all of them where nothing is said. */
export interface AnyFilter {
  readonly tables?: readonly string[];
  readonly events?: readonly string[];
  readonly kinds?: readonly ChangeKind[];
  readonly where?: (change: never) => boolean;
}

/** The names that a filter may use. */
export interface KnownNames {
  /** The names of the tables; may grow. */
  readonly tables: ReadonlySet<string>;
  /** The types of events. */
  readonly events: ReadonlySet<string>;
}

/** Narrows a batch to the changes and events that a stream is about; undefined when there are none. */
export type Narrow = (batch: AnyBatch) => AnyBatch | undefined;

const KINDS: ReadonlySet<string> = new Set<ChangeKind>(['insert', 'update', 'delete']);

const NO_CHANGES: readonly AnyChange[] = Object.freeze([]);

/**
 * The narrowing of a filter. A stream without one gets the very batches that were appended; with one it gets what it
 * asks for alone: changes where it says which, events where it says which, both where it says so of both.
 */
export function narrowBy({ tables, events, kinds, where }: AnyFilter, known: KnownNames): Narrow {
  const { tables: all } = known;
  checkNames('tables', tables, all, (name) => `the store has no table ${name}: it has ${[...all].join(', ')}`);
  checkNames('kinds', kinds, KINDS, (name) => `${name} is none of ${[...KINDS].join(', ')}`);
  checkEvents(events, known.events);
  if (where !== undefined && typeof where !== 'function') {
    throw new MemoirError('OptionInvalid', `where is ${show(where)}: give a function of a change`);
  }
  const isOfChanges = tables !== undefined || kinds !== undefined || where !== undefined;
  if (!isOfChanges && events === undefined) return (batch) => batch;
  const wanted = (change: AnyChange): boolean =>
    (tables === undefined || tables.includes(change.table)) &&
    (kinds === undefined || kinds.includes(change.kind)) &&
    (where === undefined || where(change as never));
  return (batch) => {
    const changes = isOfChanges ? batch.changes.filter(wanted) : NO_CHANGES;
    const told = events === undefined ? NO_EVENTS : batch.events.filter(({ type }) => events.includes(type));
    if (changes.length === 0 && told.length === 0) return undefined;
    const isWhole = changes.length === batch.changes.length && told.length === batch.events.length;
    return isWhole ? batch : { ...batch, changes, events: told };
  };
}

function checkNames(
  option: 'tables' | 'kinds',
  given: unknown,
  known: ReadonlySet<string>,
  says: (name: string) => string,
): void {
  if (given === undefined) return;
  if (!Array.isArray(given)) throw new MemoirError('OptionInvalid', `${option} is ${show(given)}: give a list`);
  for (const name of given as unknown[]) {
    if (!known.has(name as string)) throw new MemoirError('OptionInvalid', `${option}: ${says(show(name))}`);
  }
}

function checkEvents(given: unknown, known: ReadonlySet<string>): void {
  if (given === undefined) return;
  if (!Array.isArray(given)) throw new MemoirError('OptionInvalid', `events is ${show(given)}: give a list`);
  for (const name of given as unknown[]) {
    if (known.has(name as string)) continue;
    const has = known.size === 0 ? 'none' : [...known].join(', ');
    throw new MemoirError('EventUnknown', `events: the store has no event type ${show(name)}: it has ${has}`, {
      ...(typeof name === 'string' && { event: name }),
    });
  }
}
