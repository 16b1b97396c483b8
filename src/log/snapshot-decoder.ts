import type { ByteCodec } from '../codecs/byte-codec.js';
import { ByteReader } from '../codecs/byte-reader.js';
import { readBlocks, readHead } from '../codecs/container.js';
import { crc32c } from '../codecs/crc32c.js';
import { Fault } from '../codecs/fault.js';
import type { RowReading, SchemaReadings } from '../codecs/row-reading.js';
import { readSchema, type StoreSchema } from '../codecs/store-schema.js';
import type { AnyBatch } from './batch.js';
import { BatchReader, readSequences } from './batch-coder.js';
import { branchOf } from './branch-of.js';
import { SNAPSHOT_FORMAT } from './snapshot-layout.js';

type Row = Readonly<Record<string, unknown>>;

/** A snapshot's bytes and what their header says. */
export interface SnapshotFile {
  readonly bytes: Uint8Array;
  readonly codec: ByteCodec;
  readonly schema: StoreSchema;
  readonly lineage: string;
  readonly offset: number;
}

/** The state that a snapshot has besides its rows. */
export interface WrittenState {
  /** When the newest batch was made, −Infinity before all. */
  readonly at: number;
  readonly sequences: ReadonlyMap<string, number>;
  /** The last position of each event stream. */
  readonly streams: ReadonlyMap<string, number>;
  /** The tables of today that it has rows of, or could have. */
  readonly tables: ReadonlySet<string>;
}

/** Takes in what a snapshot holds, in its order. */
export interface SnapshotSink {
  /** Comes first. */
  state(state: WrittenState): void;
  /** A row; `of` is its place among the readings. */
  row(row: Row, of: RowReading): void;
  /** A batch whose id is remembered. */
  batch(batch: AnyBatch): void;
}

/** What stands at the end of a snapshot. */
export interface SnapshotEnd {
  readonly rows: number;
  readonly stateHash: Uint8Array;
}

/** Reads the header. Throws a `Fault` `Damaged`, or `FormatUnknown` when it takes another codec or a newer memoir. */
export function openSnapshot(bytes: Uint8Array, codecs: readonly ByteCodec[]): SnapshotFile {
  const { notes, isChanged } = readHead(new ByteReader(bytes));
  const note = (name: string): string => notes.get(`memoir.${name}`) ?? '';
  // Before what it says is believed: a format or a codec that nobody knows may be a flipped bit.
  if (isChanged) throw new Fault('Damaged', 'has a head that is not what was written');
  if (note('kind') !== 'snapshot') throw new Fault('FormatUnknown', 'is no snapshot of memoir');
  if (Number(note('format')) > SNAPSHOT_FORMAT)
    throw new Fault('FormatUnknown', `is of format ${note('format')}: use the newer memoir that wrote it`);
  const codec = codecs.find(({ name }) => name === note('codec'));
  if (codec === undefined)
    throw new Fault('FormatUnknown', `was written with the codec ${note('codec')}: pass it as { codec }`);
  const offset = Number(note('offset'));
  if (!Number.isSafeInteger(offset) || offset < 0) throw new Fault('Damaged', 'has no offset in its header');
  return { bytes, codec, schema: readSchema(note('schema')), lineage: note('lineage'), offset };
}

/** Walks over the bytes and compares them with their checksum, before anything is made of them; gives the end. */
export function* checkBytes(file: SnapshotFile): Generator<undefined, SnapshotEnd> {
  const reader = new ByteReader(file.bytes);
  const { sync } = readHead(reader);
  let crc = crc32c(file.bytes, 0, reader.at);
  let end: SnapshotEnd | undefined;
  for (const { count, data, at } of readBlocks(reader, sync)) {
    if (end !== undefined) throw new Fault('Damaged', `goes on after its end, at byte ${at}`);
    end = endOf(file, data, crc);
    if (end !== undefined && count !== 1) throw new Fault('Damaged', `has ${count} ends, at byte ${at}`);
    crc = crc32c(file.bytes, at, reader.at, crc);
    yield;
  }
  if (end === undefined) throw new Fault('Damaged', 'is not whole: its end is missing');
  return end;
}

/** Gives what the snapshot holds to a sink, entry by entry. Call when its bytes were checked. */
export function* decodeSnapshot(
  file: SnapshotFile,
  readings: SchemaReadings,
  sink: SnapshotSink,
): Generator<undefined> {
  const reader = new ByteReader(file.bytes);
  const { sync } = readHead(reader);
  const batches = new BatchReader(readings);
  const rows = readings.tables;
  const tables = rows.length;
  for (const { count, data } of readBlocks(reader, sync)) {
    for (let i = 0; i < count; i++) {
      const branch = branchOf(data, tables + 3);
      if (branch === 0) readState(file, data, rows, sink);
      else if (branch <= tables) sink.row(rows[branch - 1]!.read(data) as Row, rows[branch - 1]!);
      else if (branch === tables + 1) sink.batch(batches.read(data));
      else return;
      yield;
    }
    if (!data.done) throw new Fault('Damaged', `has a block that goes on after its entries, at byte ${data.at}`);
  }
}

function readState(file: SnapshotFile, data: ByteReader, rows: readonly RowReading[], sink: SnapshotSink): void {
  if (data.long() !== file.offset) throw new Fault('Damaged', 'has another offset in its header than in its state');
  const at = branchOf(data, 2) === 0 ? -Infinity : data.long();
  const sequences = new Map(readSequences(data));
  const streams = new Map(file.schema.events === undefined ? [] : readSequences(data));
  const tables = new Set(rows.flatMap(({ table }) => table ?? []));
  sink.state({ at, sequences, streams, tables });
}

/** What a block says of the end, if that is what it has; it is compared with the checksum of all before it. */
function endOf({ schema }: SnapshotFile, data: ByteReader, crc: number): SnapshotEnd | undefined {
  if (data.long() !== schema.tables.length + 2) return undefined;
  const rows = data.long();
  const stateHash = data.fixed(16).slice();
  if (data.uint32() !== crc) throw new Fault('Damaged', 'is not what was written: its checksum differs');
  if (!data.done) throw new Fault('Damaged', `has an end that goes on, at byte ${data.at}`);
  return { rows, stateHash };
}
