import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { Shape } from './shape.js';

/**
 * How rows become bytes and come back: `json` in the core, `avro` from `memoir/avro`. What lies around the rows, in
 * batches and snapshots, is laid down by memoir itself, the same for every codec.
 */
export interface ByteCodec {
  /** Stands in the headers of files, and says who can read them. */
  readonly name: string;
  /**
   * Compiles the coder of rows.
   *
   * @param shape of what is written; its names stand within the namespace
   * @param namespace of the table, a name of Avro's
   */
  coder(shape: Shape, namespace: string): RowCoder;
  /**
   * Compiles what reads rows that were written in one shape as those of another, by Avro's rules of schema resolution,
   * which `resolutionFaults` has found to hold. A row that it has warned of is refused when it is met.
   */
  resolver(writer: Shape, reader: Shape, namespace: string): RowReader;
}

/**
 * Takes a row from bytes. It throws a `Fault` `Damaged` where they make no sense, and reads nothing past their end; one
 * that resolves throws a `Fault` `SchemaIncompatible` for a row that its reader cannot hold.
 */
export type RowReader = (from: ByteReader) => unknown;

/**
 * Writes and reads the rows of one shape.
 *
 * It gives: the same bytes for equal rows, on every platform; and a row that deep-equals the one that was written, with
 * plain prototypes. A caller holds to this: rows are in normal form.
 */
export interface RowCoder {
  /** What an Avro tool needs to read the rows: an Avro schema, as plain data. */
  readonly schema: unknown;
  /** Throws a `Fault` `RowInvalid` for what bytes of this codec cannot hold, and has then written nothing. */
  readonly write: (row: unknown, to: ByteWriter) => void;
  readonly read: RowReader;
}
