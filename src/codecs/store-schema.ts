import { Fault } from './fault.js';
import { isPlainObject } from './plain-data.js';
import { avroName } from './shape-name.js';
import { shapeText } from './shape-text.js';
import type { Shape } from './shape.js';
import { readShape } from './stored-shape.js';

/** How the rows of a table lie in bytes, and what tells them apart. */
export interface TableSchema {
  readonly name: string;
  readonly primaryKey: readonly string[];
  /** True when callers write the primary key as a bare value. */
  readonly bare: boolean;
  /** Raised by whoever writes an upcast from the one before. */
  readonly version: number;
  readonly row: Shape;
}

/** What bytes of a store were written with: plain data, kept in the header of every file. */
export type StoreSchema = readonly TableSchema[];

/** The namespace of what Avro must know of a table. */
export function namespaceOf(table: string): string {
  return `memoir.${avroName(table)}`;
}

/** A schema as text: the same for equal ones. */
export function schemaText(schema: StoreSchema): string {
  const tables = schema.map(({ name, primaryKey, bare, version, row }) => {
    const head = JSON.stringify({ name, primaryKey, bare, version });
    return `${head.slice(0, -1)},"row":${shapeText(row)}}`;
  });
  return `[${tables.join(',')}]`;
}

/** The schema that a text says. Throws a `Fault` `Damaged` when it says none. */
export function readSchema(text: string): StoreSchema {
  const given = parsed(text);
  if (!Array.isArray(given)) throw new Fault('Damaged', 'has no list of tables');
  return given.map((table: unknown): TableSchema => {
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
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault('Damaged', 'has a schema that is no JSON');
  }
}
