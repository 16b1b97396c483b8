import { invalidDefinition as invalid, show } from '../errors.js';
import { isObject } from './codec.js';
import type { Row } from './index-plan.js';
import type { Normalize } from './normal-form.js';
import type { StoreSchema, TableSchema } from './store-schema.js';
import type { Definition } from './table.js';
import type { RowOf, Tables } from './table-types.js';

/**
 * How rows of older versions of a table become rows of today, by the version that each step leads to:
 * `{ tasks: { 2: (row) => … } }` makes rows of version 2 of rows of version 1. A table is of the highest version that
 * it has a step to, or of version 1. Steps must be pure functions; the last one gives a row of today.
 */
export type Migrate<S extends Tables> = {
  readonly [N in keyof S]?: {
    readonly [version: number]: (row: never) => RowOf<S[N]> | Readonly<Record<string, unknown>>;
  };
};

/** A step from one version of a table's rows to the next. */
export type Upcast = (row: Row) => unknown;

/** A table as it is defined today, and how older rows become its own. */
export interface TableToday extends TableSchema {
  /** Names that it had before. */
  readonly aliases: readonly string[];
  /** The steps to versions 2, 3 …, in this order. */
  readonly upcasts: readonly Upcast[];
  readonly normalize: Normalize;
}

/** The tables of a store as they are defined today, in the order of their names. */
export type SchemaToday = readonly TableToday[];

/** The schema of a store's tables. @throws `DefinitionInvalid` for steps that are none, or that leave a version out */
export function schemaToday(definitions: ReadonlyMap<string, Definition>, migrate: unknown = {}): SchemaToday {
  if (!isObject(migrate)) throw invalid('migrate', `is ${show(migrate)}: give { table: { 2: (row) => … } }`);
  const strange = Object.keys(migrate).find((name) => !definitions.has(name));
  if (strange !== undefined) throw invalid(`migrate.${strange}`, 'is no table of the store');
  return [...definitions]
    .map(([name, { primaryKey, bare, shape, aliases, normalize }]): TableToday => {
      const upcasts = upcastsOf(name, (migrate as Readonly<Record<string, unknown>>)[name]);
      return { name, primaryKey, bare, version: upcasts.length + 1, row: shape, aliases, upcasts, normalize };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function upcastsOf(table: string, given: unknown = {}): readonly Upcast[] {
  const path = `migrate.${table}`;
  if (!isObject(given)) throw invalid(path, `is ${show(given)}: give { 2: (row) => … }`);
  return Object.entries(given).map(([version, upcast], i) => {
    if (version !== String(i + 2))
      throw invalid(`${path}.${version}`, `is no step to version ${i + 2}: give every one`);
    if (typeof upcast !== 'function')
      throw invalid(`${path}.${version}`, `is ${show(upcast)}: give a function of a row`);
    return upcast as Upcast;
  });
}

/** The table that has the rows of a written one today: of its name, or one that had it; undefined if there is none. */
export function tableFor(written: TableSchema, today: SchemaToday, schema: StoreSchema): TableToday | undefined {
  const namesake = today.find(({ name }) => name === written.name);
  if (namesake !== undefined) return namesake;
  // A name that some other table of the same bytes has is nobody's former one.
  const heir = today.find(({ aliases }) => aliases.includes(written.name));
  return heir !== undefined && schema.some(({ name }) => name === heir.name) ? undefined : heir;
}
