import { MemoirError, show } from '../errors.js';
import type { ByteCodec, RowReader } from './byte-codec.js';
import { heirOf, type RowToday, type SchemaToday, type TableToday } from './evolution.js';
import { Fault } from './fault.js';
import type { Row } from './index-plan.js';
import { resolutionFaults } from './resolution.js';
import { eventNamespace, namespaceOf, type RowSchema, type StoreSchema, type TableSchema } from './store-schema.js';
import { Walk } from './walk.js';

/** How the rows of one table, as they were written, become rows of today. */
export interface RowReading {
  /** The table that has them now; undefined where there is none any more. */
  readonly table: string | undefined;
  readonly read: RowReader;
  /** The primary key of a row, as callers write it. */
  readonly keyOf: (row: Row) => unknown;
  /** True where steps of `migrate` make the rows: they may have been written under other keys. */
  readonly isRaised: boolean;
}

/** How the data of one event type, as they were written, become data of today. */
export interface EventReading {
  /** The type that has them now; undefined where there is none any more. */
  readonly type: string | undefined;
  readonly read: RowReader;
}

/** How all that was written in one schema is read, each in the order of that schema. */
export interface SchemaReadings {
  readonly tables: readonly RowReading[];
  /** Undefined where batches have no place for events. */
  readonly events: readonly EventReading[] | undefined;
}

/**
 * How all that was written in a schema is read today.
 *
 * @throws `SchemaIncompatible` with every reason at once; `what` names what was written
 */
export function readingsOf(codec: ByteCodec, written: StoreSchema, today: SchemaToday, what: string): SchemaReadings {
  const reasons = schemaFaults(written, today);
  if (reasons.length > 0) {
    throw new MemoirError(
      'SchemaIncompatible',
      `${what} cannot be read under these definitions: ${reasons.join('; ')}. Mend them, or say how with \`migrate\``,
      { reasons },
    );
  }
  return {
    tables: written.tables.map((table) => {
      const now = heirOf(table, today.tables, written.tables);
      const read = readerOf(codec, table, now, namespaceOf(table.name));
      return readingOf(now?.name, now ?? table, read, now !== undefined && now.version !== table.version);
    }),
    events: written.events?.map((event, _, all) => {
      const now = heirOf(event, today.events ?? [], all);
      return { type: now?.name, read: readerOf(codec, event, now, eventNamespace(event.name)) };
    }),
  };
}

function readerOf(codec: ByteCodec, written: RowSchema, now: RowToday | undefined, namespace: string): RowReader {
  // What is gone has to be read all the same, to be passed over.
  if (now === undefined) return codec.coder(written.row, namespace).read;
  if (written.version === now.version) return codec.resolver(written.row, now.row, namespace);
  return raised(codec.coder(written.row, namespace).read, written.version, now);
}

/** How all that was written in a schema is read as it was written. */
export function plainReadingsOf(codec: ByteCodec, { tables, events }: StoreSchema): SchemaReadings {
  return {
    tables: tables.map((table) => readingOf(table.name, table, codec.coder(table.row, namespaceOf(table.name)).read)),
    events: events?.map(({ name, row }) => ({ type: name, read: codec.coder(row, eventNamespace(name)).read })),
  };
}

/** Every reason why bytes of one schema cannot be read under today's; none if they can. */
export function schemaFaults(written: StoreSchema, today: SchemaToday): readonly string[] {
  const inTables = written.tables.flatMap((table) => {
    const now = heirOf(table, today.tables, written.tables);
    return now === undefined ? [] : tableFaults(table, now).map((fault) => `${table.name}: ${fault}`);
  });
  const inEvents = (written.events ?? []).flatMap((event, _, all) => {
    const now = heirOf(event, today.events ?? [], all);
    return now === undefined ? [] : rowFaults(event, now, 'data').map((fault) => `event ${event.name}: ${fault}`);
  });
  return [
    ...inTables,
    ...inEvents,
    ...sharedFaults(written.tables, today.tables, ''),
    ...sharedFaults(written.events ?? [], today.events ?? [], 'event '),
  ];
}

/** What has the rows of several that were written side by side: which of them they were of would be lost. */
function sharedFaults(written: readonly RowSchema[], today: readonly RowToday[], kind: string): readonly string[] {
  return today.flatMap((now) => {
    const names = written.filter((one) => heirOf(one, today, written) === now).map(({ name }) => name);
    return names.length < 2
      ? []
      : [`${kind}${now.name}: is named as what has become of ${names.join(' and ')}, and can be that of one alone`];
  });
}

function rowFaults(written: RowSchema, now: RowToday, what?: string): readonly string[] {
  if (written.version > now.version)
    return [`was written by version ${written.version} of the definition, and this is version ${now.version}`];
  // What upcasts make is checked row by row.
  return written.version < now.version ? [] : resolutionFaults(written.row, now.row, what);
}

function tableFaults(written: TableSchema, now: TableToday): readonly string[] {
  if (written.version !== now.version) return rowFaults(written, now);
  const fields = now.row.kind === 'record' ? now.row.fields : [];
  const formerly = (name: string): string | undefined =>
    fields.find((field) => field.name === name)?.aliases?.find((alias) => written.primaryKey.includes(alias));
  const isSame =
    written.primaryKey.length === now.primaryKey.length &&
    now.primaryKey.every((name, i) => [name, formerly(name)].includes(written.primaryKey[i]));
  const key = isSame
    ? []
    : [`its primary key was ${written.primaryKey.join(', ')}, and is ${now.primaryKey.join(', ')}`];
  return [...key, ...rowFaults(written, now)];
}

/** Rows of an older version, taken through every step to today's. */
function raised(read: RowReader, version: number, { name, upcasts, normalize }: RowToday): RowReader {
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

function readingOf(
  table: string | undefined,
  { primaryKey, bare }: TableSchema,
  read: RowReader,
  isRaised = false,
): RowReading {
  const [first] = primaryKey as [string];
  const keyOf = bare ? (row: Row) => part(row[first]) : (row: Row) => primaryKey.map((field) => part(row[field]));
  return { table, read, keyOf, isRaised };
}

/** A key's Dates are copies: a reader who changes one changes no row. */
function part(value: unknown): unknown {
  return value instanceof Date ? new Date(value) : value;
}
