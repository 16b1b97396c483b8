import { invalidDefinition as invalid, show } from './errors.js';
import { isObject } from './codecs/codec.js';
import { eventDefinitionsOf, type EventDefinition } from './codecs/event.js';
import type { Events } from './codecs/event-types.js';
import { definitionOf, type Definition } from './codecs/table.js';
import { checkTableName } from './codecs/table-name.js';
import type { Tables } from './codecs/table-types.js';
import type { ByteCodec } from './codecs/byte-codec.js';
import { json } from './codecs/json-codec.js';
import { keepFault, type Keep } from './log/keep.js';
import type { HistorySettings } from './projections/horizon.js';
import { planProjections } from './projections/projection-plan.js';
import type { ProjectionDefinition } from './projections/projection.js';
import { SnapshotImage } from './projections/verified-snapshot.js';
import { platform } from './platform.js';
import type { StoreOptions } from './txn/contract.js';

/** The options of a store, checked and filled in. */
export interface StoreSettings extends Required<
  Omit<
    StoreOptions<Tables, Events>,
    'tables' | 'events' | 'projections' | 'mode' | 'checkPurity' | 'strict' | 'snapshot' | 'migrate' | 'history'
  >
> {
  readonly history: HistorySettings;
  readonly migrate: unknown;
  readonly filterRows: number;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly events: ReadonlyMap<string, EventDefinition>;
  /** Each after those whose tables it reads; their tables are among the definitions. */
  readonly projections: readonly ProjectionDefinition[];
  readonly development: boolean;
  /** Every so many batches, folds are run twice; never for 0. */
  readonly twiceEvery: number;
  /** What the store begins with, if not empty. */
  readonly snapshot: SnapshotImage | undefined;
}

const LIMITS = {
  rowBytesMax: 2 ** 20,
  batchChangesMax: 2 ** 24,
  batchBytesMax: 2 ** 32,
  idWindow: 100_000,
  pinnedBytesMax: 2 ** 28,
} as const;

const NAMES = new Set([
  'tables',
  'events',
  'projections',
  'keep',
  'history',
  'strict',
  'mode',
  'checkPurity',
  'clock',
  'lineage',
  'onError',
  'codec',
  'snapshot',
  'stateHash',
  'migrate',
  ...Object.keys(LIMITS),
]);

/** Checks the options of a store; everything wrong in them is found here. */
export function settingsOf(options: StoreOptions<Tables, Events>): StoreSettings {
  if (typeof options !== 'object' || (options as unknown) === null) throw invalid('createStore', 'takes { tables, … }');
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) throw invalid(name, `is no option of a store: use ${[...NAMES].join(', ')}`);
  }
  const { mode = 'development', keep = { batches: 100_000 } } = options;
  if (!['development', 'production'].includes(mode))
    throw invalid('mode', `is ${show(mode)}: use 'development' or 'production'`);
  checkKeep(keep);
  const { filterRows } = strictOf(options.strict);
  const { clock = platform.clock, onError = platform.onError, lineage = platform.lineage() } = options;
  for (const [name, given] of [
    ['clock', clock],
    ['onError', onError],
  ] as const) {
    if (typeof given !== 'function') throw invalid(name, `is ${show(given)}: give a function`);
  }
  if (typeof lineage !== 'string' || lineage === '')
    throw invalid('lineage', `is ${show(lineage)}: give a string that is not empty`);
  const { codec = json, snapshot, migrate, stateHash = false } = options;
  if (typeof stateHash !== 'boolean') throw invalid('stateHash', `is ${show(stateHash)}: give true or false`);
  if (typeof codec !== 'object' || typeof (codec as Partial<ByteCodec> | null)?.coder !== 'function')
    throw invalid('codec', `is ${show(codec)}: give \`avro\` from memoir/avro, or leave it out for JSON`);
  if (snapshot !== undefined && !(snapshot instanceof SnapshotImage))
    throw invalid('snapshot', `is ${show(snapshot)}: give what \`await readSnapshot(bytes)\` gave`);
  const events = eventDefinitionsOf(options.events === undefined ? {} : options.events);
  const { projections = [] } = options;
  return {
    ...planProjections(
      projections,
      raised(definitionsOf(options.tables, projections), migrate),
      new Set(events.keys()),
    ),
    events,
    development: mode === 'development',
    twiceEvery: twiceEveryOf(options.checkPurity),
    ...{ clock, lineage, filterRows, codec, snapshot, migrate, stateHash },
    keep: keep === 'all' ? keep : { ...keep },
    history: historyOf(options.history),
    onError: (error) => quietly(() => onError(error)),
    rowBytesMax: limit(options, 'rowBytesMax'),
    batchChangesMax: limit(options, 'batchChangesMax'),
    batchBytesMax: limit(options, 'batchBytesMax'),
    idWindow: limit(options, 'idWindow'),
    pinnedBytesMax: limit(options, 'pinnedBytesMax'),
  };
}

/** Even what is told of errors may throw one; there is nobody left to tell of that. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // By contract nothing a subscriber or its report does reaches the writer.
  }
}

/** The definitions of tables by name, checked. @throws `DefinitionInvalid` */
export function definitionsOf(tables: Tables, projections: unknown = []): ReadonlyMap<string, Definition> {
  if (typeof tables !== 'object' || (tables as unknown) === null)
    throw invalid('tables', 'must be an object of tables by name');
  const definitions = new Map<string, Definition>();
  for (const [name, table] of Object.entries(tables)) {
    checkTableName(name);
    definitions.set(name, definitionOf(name, table));
  }
  const isAll = !Array.isArray(projections) || projections.length === 0;
  if (definitions.size === 0 && isAll) throw invalid('tables', 'has no table: give at least one, or projections');
  return definitions;
}

/** The same, with a mark on those whose older rows `migrate` takes to today. */
function raised(definitions: ReadonlyMap<string, Definition>, migrate: unknown): ReadonlyMap<string, Definition> {
  if (!isObject(migrate)) return definitions;
  return new Map(
    [...definitions].map(([name, definition]) => [name, { ...definition, isRaised: Object.hasOwn(migrate, name) }]),
  );
}

/** Refuses what says not how much to keep. @throws `DefinitionInvalid` */
export function checkKeep(keep: Keep): void {
  const fault = keepFault(keep);
  if (fault !== undefined) throw invalid(fault.path, fault.says);
}

function historyOf(history: unknown = {}): HistorySettings {
  if (typeof history !== 'object' || history === null)
    throw invalid('history', `is ${show(history)}: use { batches, checkpointEvery }`);
  for (const name of Object.keys(history)) {
    if (!['batches', 'checkpointEvery'].includes(name))
      throw invalid(`history.${name}`, 'is no option: use batches, checkpointEvery');
  }
  const given = history as { readonly batches?: unknown; readonly checkpointEvery?: unknown };
  const batches = limitOf('history.batches', given.batches, Infinity);
  if (given.checkpointEvery === undefined) return { batches };
  const checkpointEvery = limitOf('history.checkpointEvery', given.checkpointEvery, 0);
  if (checkpointEvery === 0) throw invalid('history.checkpointEvery', 'is 0: give a whole number from 1');
  return { batches, checkpointEvery };
}

function strictOf(strict: unknown): { readonly filterRows: number } {
  if (strict === undefined) return { filterRows: Infinity };
  if (typeof strict !== 'object' || strict === null) throw invalid('strict', `is ${show(strict)}: use { filterRows }`);
  for (const name of Object.keys(strict)) {
    if (name !== 'filterRows') throw invalid(`strict.${name}`, 'is no option: use filterRows');
  }
  const { filterRows } = strict as { readonly filterRows?: unknown };
  if (!isCount(filterRows)) throw invalid('strict.filterRows', `is ${show(filterRows)}: give a whole number from 0`);
  return { filterRows };
}

function twiceEveryOf(given: unknown): number {
  if (given === undefined) return 0;
  const every = typeof given === 'object' ? given && Reflect.get(given, 'every') : undefined;
  if (isCount(every) && every > 0 && Object.keys(given as object).length === 1) return every;
  throw invalid('checkPurity', `is ${show(given)}: use { every: 100 }, say`);
}

function limit(options: StoreOptions<Tables, Events>, name: keyof typeof LIMITS): number {
  return limitOf(name, options[name], LIMITS[name]);
}

/** A limit, checked; the usual one where none is given. */
export function limitOf(name: string, given: unknown, usual: number): number {
  const count = given ?? usual;
  if (!isCount(count)) throw invalid(name, `is ${show(count)}: give a whole number from 0`);
  return count;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && (Number.isSafeInteger(value) || value === Infinity);
}
