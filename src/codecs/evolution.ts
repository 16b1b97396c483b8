import { invalidDefinition as invalid, show } from '../errors.js';
import { isObject } from './codec.js';
import type { EventDefinition } from './event.js';
import type { Normalize } from './normal-form.js';
import type { RowSchema, TableSchema } from './store-schema.js';
import type { Definition } from './table.js';
import type { RowOf, Tables } from './table-types.js';
import { upcastsOf, type Upcast } from './upcast.js';

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

/** What has a schema as it is defined today, and how older rows become its own. */
export interface RowToday extends RowSchema {
  /** Names that it had before. */
  readonly aliases: readonly string[];
  /** The steps to versions 2, 3 …, in this order. */
  readonly upcasts: readonly Upcast[];
  readonly normalize: Normalize;
}

/** A table as it is defined today. */
export interface TableToday extends TableSchema, RowToday {}

/** The tables and event types of a store as they are defined today, each in the order of their names. */
export interface SchemaToday {
  readonly tables: readonly TableToday[];
  /** Undefined where there are none, as in a store that knows of no events. */
  readonly events: readonly RowToday[] | undefined;
}

/** What a store defines, and how older rows become its own. */
export interface Defined {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly events?: ReadonlyMap<string, EventDefinition>;
  readonly migrate?: unknown;
}

/** The schema of what a store defines. @throws `DefinitionInvalid` for steps that are none, or that leave one out */
export function schemaToday({ definitions, events, migrate = {} }: Defined): SchemaToday {
  if (!isObject(migrate)) throw invalid('migrate', `is ${show(migrate)}: give { table: { 2: (row) => … } }`);
  const strange = Object.keys(migrate).find((name) => !definitions.has(name));
  if (strange !== undefined) throw invalid(`migrate.${strange}`, 'is no table of the store');
  const tables = [...definitions].map(([name, { primaryKey, bare, shape, aliases, normalize }]): TableToday => {
    const upcasts = upcastsOf(`migrate.${name}`, (migrate as Readonly<Record<string, unknown>>)[name]);
    return { name, primaryKey, bare, version: upcasts.length + 1, row: shape, aliases, upcasts, normalize };
  });
  return { tables: tables.sort(byName), events: eventsToday(events) };
}

function eventsToday(events: Defined['events']): readonly RowToday[] | undefined {
  if (events === undefined || events.size === 0) return undefined;
  return [...events]
    .map(([name, { shape: row, aliases, upcasts, normalize }]): RowToday => {
      return { name, version: upcasts.length + 1, row, aliases, upcasts, normalize };
    })
    .sort(byName);
}

function byName(a: RowSchema, b: RowSchema): number {
  return a.name < b.name ? -1 : 1;
}

/** What has the rows of a written one today: of its name, or one that had it; undefined if there is none. */
export function heirOf<T extends RowToday>(
  written: RowSchema,
  today: readonly T[],
  all: readonly RowSchema[],
): T | undefined {
  const namesake = today.find(({ name }) => name === written.name);
  if (namesake !== undefined) return namesake;
  // A name that some other one of the same bytes has is nobody's former one.
  const heir = today.find(({ aliases }) => aliases.includes(written.name));
  return heir !== undefined && all.some(({ name }) => name === heir.name) ? undefined : heir;
}
