import type { ByteCodec, RowReader } from './byte-codec.js';
import { resolutionFaults } from './resolution.js';
import { namespaceOf, type StoreSchema, type TableSchema } from './store-schema.js';

type Row = Readonly<Record<string, unknown>>;

/** How the rows of one table, as they were written, become rows of today. */
export interface RowReading {
  /** The table that has them now; undefined where there is none any more. */
  readonly table: string | undefined;
  readonly read: RowReader;
  /** The primary key of a row, as callers write it. */
  readonly keyOf: (row: Row) => unknown;
}

/**
 * How the rows of every table of one schema are read in another, in the order of the first; or every reason why they
 * cannot be.
 */
export function readingsOf(
  codec: ByteCodec,
  writer: StoreSchema,
  reader: StoreSchema,
): { readonly readings: readonly RowReading[]; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const readings = writer.map((written): RowReading => {
    const namespace = namespaceOf(written.name);
    const now = reader.find(({ name }) => name === written.name);
    // What was in a table that is gone has to be read all the same, to be passed over.
    if (now === undefined) return readingOf(undefined, written, codec.coder(written.row, namespace).read);
    const found = [...keyFaults(written, now), ...resolutionFaults(written.row, now.row)];
    faults.push(...found.map((fault) => `${written.name}: ${fault}`));
    if (found.length > 0) return readingOf(undefined, written, codec.coder(written.row, namespace).read);
    return readingOf(now.name, now, codec.resolver(written.row, now.row, namespace));
  });
  return { readings, faults };
}

function keyFaults(written: TableSchema, now: TableSchema): readonly string[] {
  const [then, today] = [written.primaryKey, now.primaryKey].map((fields) => fields.join(', '));
  return then === today ? [] : [`its primary key was ${then}, and is ${today}`];
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
