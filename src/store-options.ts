import { invalidDefinition as invalid, show } from './errors.js';
import { definitionOf, type Definition } from './codecs/table.js';
import { checkTableName } from './codecs/table-name.js';
import type { Tables } from './codecs/table-types.js';
import type { Keep } from './log/keep.js';
import { platform } from './platform.js';
import type { StoreOptions } from './txn/contract.js';

/** The options of a store, checked and filled in. */
export interface StoreSettings extends Required<Omit<StoreOptions<Tables>, 'tables' | 'mode' | 'strict'>> {
  readonly filterRows: number;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly development: boolean;
}

const LIMITS = {
  rowBytesMax: 2 ** 20,
  batchChangesMax: 2 ** 24,
  batchBytesMax: 2 ** 32,
  idWindow: 100_000,
  pinnedBytesMax: 2 ** 28,
} as const;

const NAMES = new Set(['tables', 'keep', 'strict', 'mode', 'clock', 'lineage', 'onError', ...Object.keys(LIMITS)]);

/** Checks the options of a store; everything wrong in them is found here. */
export function settingsOf(options: StoreOptions<Tables>): StoreSettings {
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
  return {
    definitions: definitionsOf(options.tables),
    development: mode === 'development',
    ...{ clock, lineage, filterRows },
    keep: keep === 'all' ? keep : { ...keep },
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

function definitionsOf(tables: Tables): ReadonlyMap<string, Definition> {
  if (typeof tables !== 'object' || (tables as unknown) === null)
    throw invalid('tables', 'must be an object of tables by name');
  const definitions = new Map<string, Definition>();
  for (const [name, table] of Object.entries(tables)) {
    checkTableName(name);
    definitions.set(name, definitionOf(name, table));
  }
  if (definitions.size === 0) throw invalid('tables', 'has no table: give at least one');
  return definitions;
}

function checkKeep(keep: Keep): void {
  if (keep === 'all') return;
  if (typeof keep !== 'object' || (keep as unknown) === null)
    throw invalid('keep', `is ${show(keep)}: use 'all' or { batches, ageMs, bytes }`);
  const entries = Object.entries(keep);
  if (entries.length === 0) throw invalid('keep', "is empty: use 'all' to keep everything");
  for (const [name, value] of entries) {
    if (!['batches', 'ageMs', 'bytes'].includes(name))
      throw invalid(`keep.${name}`, 'is no option: use batches, ageMs, bytes');
    if (!isCount(value)) throw invalid(`keep.${name}`, `is ${show(value)}: give a whole number from 0`);
  }
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

function limit(options: StoreOptions<Tables>, name: keyof typeof LIMITS): number {
  const given = options[name] ?? LIMITS[name];
  if (!isCount(given)) throw invalid(name, `is ${show(given)}: give a whole number from 0`);
  return given;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && (Number.isSafeInteger(value) || value === Infinity);
}
