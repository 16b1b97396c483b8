import { MemoirError, show } from '../errors.js';
import type { ByteCodec, RowReader } from './byte-codec.js';
import { tableFor, type SchemaToday, type TableToday } from './evolution.js';
import { Fault } from './fault.js';
import type { Row } from './index-plan.js';
import { resolutionFaults } from './resolution.js';
import { namespaceOf, type StoreSchema, type TableSchema } from './store-schema.js';
import { Walk } from './walk.js';

/** How the rows of one table, as they were written, become rows of today. */
export interface RowReading {
  /** The table that has them now; undefined where there is none any more. */
  readonly table: string | undefined;
  readonly read: RowReader;
  /** The primary key of a row, as callers write it. */
  readonly keyOf: (row: Row) => unknown;
}

/**
 * How the rows of every table of a schema are read today, in the order of that schema.
 *
 * @throws `SchemaIncompatible` with every reason at once; `what` names what was written
 */
export function readingsOf(
  codec: ByteCodec,
  written: StoreSchema,
  today: SchemaToday,
  what: string,
): readonly RowReading[] {
  const reasons = schemaFaults(written, today);
  if (reasons.length > 0) {
    throw new MemoirError(
      'SchemaIncompatible',
      `${what} cannot be read under these definitions: ${reasons.join('; ')}. Mend them, or say how with \`migrate\``,
      { reasons },
    );
  }
  return written.map((table) => {
    const now = tableFor(table, today, written);
    const namespace = namespaceOf(table.name);
    // What was in a table that is gone has to be read all the same, to be passed over.
    if (now === undefined) return readingOf(undefined, table, codec.coder(table.row, namespace).read);
    if (table.version === now.version) return readingOf(now.name, now, codec.resolver(table.row, now.row, namespace));
    return readingOf(now.name, now, raised(codec.coder(table.row, namespace).read, table.version, now));
  });
}

/** How the rows of a schema are read as they were written. */
export function plainReadingsOf(codec: ByteCodec, written: StoreSchema): readonly RowReading[] {
  return written.map((table) => readingOf(table.name, table, codec.coder(table.row, namespaceOf(table.name)).read));
}

/** Every reason why bytes of one schema cannot be read under today's; none if they can. */
export function schemaFaults(written: StoreSchema, today: SchemaToday): readonly string[] {
  return written.flatMap((table) => {
    const now = tableFor(table, today, written);
    return now === undefined ? [] : tableFaults(table, now).map((fault) => `${table.name}: ${fault}`);
  });
}

function tableFaults(written: TableSchema, now: TableToday): readonly string[] {
  if (written.version > now.version)
    return [`was written by version ${written.version} of the definition, and this is version ${now.version}`];
  // What upcasts make is checked row by row.
  if (written.version < now.version) return [];
  const fields = now.row.kind === 'record' ? now.row.fields : [];
  const formerly = (name: string): string | undefined =>
    fields.find((field) => field.name === name)?.aliases?.find((alias) => written.primaryKey.includes(alias));
  const isSame =
    written.primaryKey.length === now.primaryKey.length &&
    now.primaryKey.every((name, i) => [name, formerly(name)].includes(written.primaryKey[i]));
  const key = isSame
    ? []
    : [`its primary key was ${written.primaryKey.join(', ')}, and is ${now.primaryKey.join(', ')}`];
  return [...key, ...resolutionFaults(written.row, now.row)];
}

/** Rows of an older version, taken through every step to today's. */
function raised(read: RowReader, version: number, { name, upcasts, normalize }: TableToday): RowReader {
  const steps = upcasts.slice(version - 1);
  return (from) => {
    let row: unknown = read(from);
    for (const [i, step] of steps.entries()) row = stepped(row as Row, step, `${name} to version ${version + i + 1}`);
    try {
      return normalize(row, new Walk('SchemaIncompatible'));
    } catch (error) {
      throw incompatible(`what \`migrate\` made of ${name}, ${show(row)}, is no row of today`, error);
    }
  };
}

function stepped(row: Row, step: (row: Row) => unknown, what: string): unknown {
  try {
    return step(row);
  } catch (error) {
    throw incompatible(`the step of ${what} threw on ${show(row)}`, error);
  }
}

function incompatible(what: string, cause: unknown): MemoirError {
  const says =
    cause instanceof Fault ? `${cause.path.join('.')} ${cause.says}` : String((cause as Error | null)?.message);
  const reason = `${what}: ${says}`;
  return new MemoirError('SchemaIncompatible', reason, { reasons: [reason], cause });
}

function readingOf(table: string | undefined, { primaryKey, bare }: TableSchema, read: RowReader): RowReading {
  const [first] = primaryKey as [string];
  const keyOf = bare ? (row: Row) => part(row[first]) : (row: Row) => primaryKey.map((field) => part(row[field]));
  return { table, read, keyOf };
}

/** A key's Dates are copies: a reader who changes one changes no row. */
function part(value: unknown): unknown {
  return value instanceof Date ? new Date(value) : value;
}
