import type { ByteCodec } from '../codecs/byte-codec.js';
import type { Row } from '../codecs/index-plan.js';
import { blame, Fault } from '../codecs/fault.js';
import { toHex } from '../codecs/hex.js';
import { json } from '../codecs/json-codec.js';
import type { SchemaToday } from '../codecs/evolution.js';
import { plainReadingsOf, readingsOf, type RowReading } from '../codecs/row-reading.js';
import { ofTable, StateHash } from '../codecs/state-hash.js';
import type { StoreSchema } from '../codecs/store-schema.js';
import { checkOptions, MemoirError } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import {
  checkBytes,
  decodeSnapshot,
  openSnapshot,
  type SnapshotFile,
  type SnapshotSink,
  type WrittenState,
} from './snapshot-decoder.js';
import { inSlices, type Turns } from './slices.js';
import { sliceOf, type SnapshotOptions } from './snapshot.js';

/** Takes in what a snapshot holds while that is verified, and the hash of the rows when it has been. */
export interface VerifyingSink extends SnapshotSink {
  verified(rows: StateHash): void;
}

/** How a snapshot is read. */
export interface ReadSnapshotOptions extends SnapshotOptions {
  /** What it was written with, if that is not JSON: `avro` from `memoir/avro`. */
  readonly codec?: ByteCodec;
}

/** How a snapshot is verified, besides. */
export interface Verifying {
  /** True for bytes that nobody else has: others are copied, for whoever has them may change them later. */
  readonly isOurs?: boolean;
  /** Is asked for who else is to be given what the bytes hold as it was written, while they are verified. */
  readonly also?: (schema: StoreSchema) => VerifyingSink | undefined;
}

/** A snapshot whose bytes are what was written, and make sense: what `createStore` and `openStore` take. */
export interface VerifiedSnapshot {
  /** The newest batch that it has. */
  readonly offset: number;
  /** The id of the log that it was made from. */
  readonly lineage: string;
  /** How many rows it has, of all tables. */
  readonly rows: number;
  /** What two stores of the same state agree on, in hexadecimal. */
  readonly stateHash: string;
}

/** A verified snapshot with what it was read from. */
export class SnapshotImage implements VerifiedSnapshot {
  readonly #file: SnapshotFile;
  readonly rows: number;
  readonly stateHash: string;

  /** @param file verified by the caller */
  constructor(file: SnapshotFile, rows: number, stateHash: string) {
    this.#file = file;
    this.rows = rows;
    this.stateHash = stateHash;
  }

  get offset(): number {
    return this.#file.offset;
  }

  get lineage(): string {
    return this.#file.lineage;
  }

  /** What it was written with. */
  get schema(): StoreSchema {
    return this.#file.schema;
  }

  /**
   * Gives what it holds, as rows of the tables of today, step by step.
   *
   * @throws `SchemaIncompatible` with every reason, before anything is given
   */
  load(today: SchemaToday, sink: SnapshotSink): Generator<undefined> {
    const { codec, schema } = this.#file;
    return decodeSnapshot(this.#file, readingsOf(codec, schema, today, 'the snapshot'), sink);
  }
}

/** So many bytes are copied at a time. */
const COPIED = 1 << 18;

/** Reads a snapshot's bytes and verifies them, in slices. */
export async function verifySnapshot(
  bytes: Uint8Array,
  options: ReadSnapshotOptions,
  turns: Turns,
  { isOurs = false, also }: Verifying = {},
): Promise<SnapshotImage> {
  checkOptions('readSnapshot', options, ['codec', 'sliceMs']);
  const sliceMs = sliceOf(options);
  if (!(bytes instanceof Uint8Array)) throw new MemoirError('OptionInvalid', 'readSnapshot takes a Uint8Array');
  try {
    const own = isOurs ? bytes : new Uint8Array(bytes.length);
    if (!isOurs) for await (const _ of inSlices(copied(bytes, own), sliceMs, turns));
    const file = openSnapshot(own, options.codec === undefined ? [json] : [json, options.codec]);
    const verified: SnapshotImage[] = [];
    for await (const snapshot of inSlices(verify(file, also?.(file.schema)), sliceMs, turns)) verified.push(snapshot);
    return verified[0]!;
  } catch (error) {
    throw blame(error, 'the snapshot');
  }
}

function* copied(bytes: Uint8Array, to: Uint8Array): Generator<undefined> {
  for (let at = 0; at < bytes.length; at += COPIED) {
    to.set(bytes.subarray(at, at + COPIED), at);
    yield;
  }
}

/** Compares the bytes with their checksum, and what they say with their state hash. */
function* verify(file: SnapshotFile, also: VerifyingSink | undefined): Generator<SnapshotImage | undefined> {
  const { rows, stateHash } = yield* checkBytes(file);
  const readings = plainReadingsOf(file.codec, file.schema);
  const sum = new Summing(also);
  yield* decodeSnapshot(file, readings, sum);
  const hash = toHex(stateHash);
  if (sum.count !== rows || toHex(sum.digest()) !== hash)
    throw new Fault('Damaged', 'does not hold the state that its end tells of: the state hash differs');
  also?.verified(sum.rows);
  yield new SnapshotImage(file, rows, hash);
}

/** Sums up what it is given, and gives it on. */
class Summing implements SnapshotSink {
  /** The hash of the rows, and that of all else. */
  readonly rows = new StateHash();
  readonly #rest = new StateHash();
  /** How many rows there are. */
  count = 0;
  readonly #next: SnapshotSink | undefined;

  constructor(next: SnapshotSink | undefined) {
    this.#next = next;
  }

  /** The state hash: 16 bytes. */
  digest(): Uint8Array {
    const all = new StateHash();
    all.join(this.rows);
    all.join(this.#rest);
    return all.digest();
  }

  state(state: WrittenState): void {
    for (const sequence of state.sequences) this.#rest.add('sequence', sequence);
    for (const stream of state.streams) this.#rest.add('stream', stream);
    this.#next?.state(state);
  }

  row(row: Row, reading: RowReading): void {
    this.rows.add(ofTable(reading.table!), row);
    this.count++;
    this.#next?.row(row, reading);
  }

  batch(batch: AnyBatch): void {
    this.#rest.add('id', [batch.id, batch.offset]);
    this.#next?.batch(batch);
  }
}
