import type { ByteCodec } from '../codecs/byte-codec.js';
import type { SchemaToday } from '../codecs/evolution.js';
import { blame } from '../codecs/fault.js';
import { toHex } from '../codecs/hex.js';
import { json } from '../codecs/json-codec.js';
import { readingsOf } from '../codecs/row-reading.js';
import type { StoreSchema } from '../codecs/store-schema.js';
import { checkOptions, MemoirError } from '../errors.js';
import { decodeSnapshot, openSnapshot, type SnapshotFile, type SnapshotSink } from '../log/snapshot-decoder.js';
import { proveSnapshot, type VerifyingSink } from '../log/snapshot-proof.js';
import { inSlices, type Turns } from './slices.js';
import { sliceOf, type SnapshotOptions } from './snapshot.js';

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
    const images: SnapshotImage[] = [];
    for await (const image of inSlices(imageOf(file, also?.(file.schema)), sliceMs, turns)) images.push(image);
    return images[0]!;
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

/** The last step gives what came of it. */
function* imageOf(file: SnapshotFile, also: VerifyingSink | undefined): Generator<SnapshotImage | undefined> {
  const { rows, stateHash } = yield* proveSnapshot(file, also);
  yield new SnapshotImage(file, rows, toHex(stateHash));
}
