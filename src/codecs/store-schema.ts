import { Fault } from './fault.js';
import { isPlainObject } from './plain-data.js';
import { avroName } from './shape-name.js';
import { shapeText } from './shape-text.js';
import type { Shape } from './shape.js';
import { readShape } from './stored-shape.js';

/** How rows lie in bytes, those of a table or the data of an event type, and what tells them apart. */
export interface RowSchema {
  readonly name: string;
  /** Raised by whoever writes an upcast from the one before. */
  readonly version: number;
  readonly row: Shape;
}

/** How the rows of a table lie in bytes. */
export interface TableSchema extends RowSchema {
  readonly primaryKey: readonly string[];
  /** True when callers write the primary key as a bare value. */
  readonly bare: boolean;
}

/** What bytes of a store were written with: plain data, kept in the header of every file. */
export interface StoreSchema {
  readonly tables: readonly TableSchema[];
  /** The event types; undefined for a store that knows of no events, whose batches have no place for them. */
  readonly events: readonly RowSchema[] | undefined;
}

/** The namespace of what Avro must know of a table. */
export function namespaceOf(table: string): string {
  return `memoir.${avroName(table)}`;
}

/** The namespace of what Avro must know of an event type. */
export function eventNamespace(type: string): string {
  return `memoir.events.${avroName(type)}`;
}

/** A schema as text: the same for equal ones. Without events it is a list of tables, as before there were any. */
export function schemaText({ tables, events }: StoreSchema): string {
  const tableTexts = tables.map(({ name, primaryKey, bare, version, row }) =>
    rowText({ name, primaryKey, bare, version }, row),
  );
  const list = `[${tableTexts.join(',')}]`;
  if (events === undefined) return list;
  const eventTexts = events.map(({ name, version, row }) => rowText({ name, version }, row));
  return `{"tables":${list},"events":[${eventTexts.join(',')}]}`;
}

function rowText(head: object, row: Shape): string {
  return `${JSON.stringify(head).slice(0, -1)},"row":${shapeText(row)}}`;
}

/** The schema that a text says. Throws a `Fault` `Damaged` when it says none. */
export function readSchema(text: string): StoreSchema {
  const given = parsed(text);
  const { tables, events } = isPlainObject(given) ? given : { tables: given, events: undefined };
  if (!Array.isArray(tables)) throw new Fault('Damaged', 'has no list of tables');
  if (Array.isArray(given)) return { tables: tables.map(readTable), events: undefined };
  if (!Array.isArray(events)) throw new Fault('Damaged', 'has no list of events');
  return { tables: tables.map(readTable), events: events.map(readEvent) };
}

function readTable(table: unknown): TableSchema {
  if (!isPlainObject(table)) throw new Fault('Damaged', 'has a table that is none');
  const { name, primaryKey, bare, version, row } = table;
  const isWhole =
    typeof name === 'string' &&
    Array.isArray(primaryKey) &&
    primaryKey.length > 0 &&
    primaryKey.every((field) => typeof field === 'string') &&
    typeof bare === 'boolean' &&
    typeof version === 'number';
  if (!isWhole) throw new Fault('Damaged', 'has a table without name, key or version');
  return { name, primaryKey, bare, version, row: readShape(row) };
}

function readEvent(event: unknown): RowSchema {
  if (!isPlainObject(event)) throw new Fault('Damaged', 'has an event type that is none');
  const { name, version, row } = event;
  if (typeof name !== 'string' || typeof version !== 'number')
    throw new Fault('Damaged', 'has an event type without name or version');
  return { name, version, row: readShape(row) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault('Damaged', 'has a schema that is no JSON');
  }
}
