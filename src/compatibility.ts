import { eventDefinitionsOf } from './codecs/event.js';
import type { Events } from './codecs/event-types.js';
import { schemaToday, type Migrate, type SchemaToday } from './codecs/evolution.js';
import { blame } from './codecs/fault.js';
import { schemaFaults } from './codecs/row-reading.js';
import { readSchema, schemaText } from './codecs/store-schema.js';
import type { Tables } from './codecs/table-types.js';
import { definitionsOf } from './store-options.js';

/** The tables and event types of a store, and how older rows become theirs. */
export interface SchemaSource<S extends Tables> {
  readonly tables: S;
  /** The domain events, by the names of their types. */
  readonly events?: Events;
  readonly migrate?: Migrate<S>;
}

/**
 * What the files of a store say of its tables and events, as text: how rows lie in bytes, and their versions. Keep it
 * beside the code, and let {@link checkCompatibility} compare it with what the code has become. Equal definitions give
 * equal texts; indexes are no part of it.
 *
 * @param source the tables, and `migrate` where there is one
 * @throws `DefinitionInvalid`
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { describeSchema, table } from 'memoir';
 *
 * const tasks = table(t.strict({ id: t.string, done: t.boolean }), { primaryKey: 'id' });
 * console.log(describeSchema({ tables: { tasks } }).startsWith('[{"name":"tasks"')); // true
 * ```
 */
export function describeSchema<const S extends Tables>(source: SchemaSource<S>): string {
  return schemaText(todayOf(source));
}

/**
 * Says whether logs and snapshots that were written under older definitions can be opened under newer ones: what
 * `openStore` would say, before anything is deployed.
 *
 * @param older the text that {@link describeSchema} gave then, or the tables themselves
 * @param newer the tables now, and `migrate` where there is one
 * @returns every reason why they cannot, none if they can; what `migrate` makes of rows is not known before it runs
 * @throws `DefinitionInvalid`; `Damaged` when the text is no schema
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { checkCompatibility, table } from 'memoir';
 *
 * const before = { tasks: table(t.strict({ id: t.string, name: t.string }), { primaryKey: 'id' }) };
 * const Task = t.strict({ id: t.string, title: t.string });
 * const after = { tasks: table(Task, { primaryKey: 'id' }) };
 * console.log(checkCompatibility({ tables: before }, { tables: after }).length); // 1
 *
 * const renamed = { tasks: table(Task, { primaryKey: 'id', fields: { title: { aliases: ['name'] } } }) };
 * console.log(checkCompatibility({ tables: before }, { tables: renamed }).length); // 0
 * ```
 */
export function checkCompatibility<const S extends Tables>(
  older: string | SchemaSource<Tables>,
  newer: SchemaSource<S>,
): readonly string[] {
  const today = todayOf(newer);
  if (typeof older !== 'string') return schemaFaults(todayOf(older), today);
  try {
    return schemaFaults(readSchema(older), today);
  } catch (error) {
    throw blame(error, 'the older schema');
  }
}

function todayOf({ tables, events = {}, migrate }: SchemaSource<Tables>): SchemaToday {
  return schemaToday({ definitions: definitionsOf(tables), events: eventDefinitionsOf(events), migrate });
}
