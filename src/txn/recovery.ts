import { isWritten } from '../codecs/container.js';
import { blame } from '../codecs/fault.js';
import { freezePlain, sizeOf } from '../codecs/plain-data.js';
import { json } from '../codecs/json-codec.js';
import type { ByteCodec } from '../codecs/byte-codec.js';
import { readingsOf } from '../codecs/row-reading.js';
import type { SchemaToday } from '../codecs/evolution.js';
import { readSchema } from '../codecs/store-schema.js';
import { MemoirError } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import { BatchReader } from '../log/batch-coder.js';
import type { Passed } from '../log/event-coder.js';
import type { ByteLog, Entry, ReadableLog, WrittenSchema } from '../log/byte-log.js';
import type { Engine } from '../projections/engine.js';
import { Loaded } from '../projections/snapshot-load.js';
import type { Turns } from '../projections/slices.js';

/** How long recovery goes on before everything else has its turn, in milliseconds. */
const SLICE_MS = 8;

/** What a store on a log is recovered with. */
export interface RecoveryParts {
  readonly outside: ReadableLog;
  readonly codec: ByteCodec;
  readonly today: SchemaToday;
  readonly development: boolean;
  readonly stateHash: boolean;
  readonly onError: (error: unknown) => void;
  readonly turns: Turns;
  /** Told of events whose type is gone: they are passed over, but the streams that they are of have had them. */
  readonly passed: Passed;
}

/** Snapshots of batches that the log has lost go, lest they be taken for ones of those that come in their place. */
export async function dropSnapshotsAhead({ shelf, head }: ByteLog): Promise<void> {
  if ((await shelf.list()).some((offset) => offset > head)) await shelf.dropAfter(head);
}

/**
 * What the newest snapshot beside a log holds that is whole, in an engine made for it; a damaged one is reported, and
 * passed over for an older one. Where that is found, or the log goes back to its beginning, the damaged ones are set
 * aside, if the log is open for writing: they would be counted among those that are kept to fall back on.
 *
 * @throws `Damaged` when there is none and the log does not go back to its beginning
 */
export async function newestSnapshot(parts: RecoveryParts, make: () => Engine): Promise<Loaded | undefined> {
  const { outside, codec, onError } = parts;
  const damaged: number[] = [];
  let last: MemoirError | undefined;
  for (const offset of await outside.shelf.list()) {
    // One with a gap before the log's beginning is of no use.
    if (offset > outside.head || offset < outside.floor - 1) continue;
    let bytes: Uint8Array | undefined;
    try {
      bytes = await outside.shelf.open(offset);
      const plan = { ...parts, sliceMs: SLICE_MS, isOurs: true };
      const { loaded } = await Loaded.verified(bytes, { codec, sliceMs: SLICE_MS }, make(), plan);
      await setAside(outside, damaged);
      return loaded;
    } catch (error) {
      last = unusable(error, offset, outside.shelf, bytes);
      onError(last);
      if (last.code === 'Damaged') damaged.push(offset);
    }
  }
  if (outside.floor === 1) {
    await setAside(outside, damaged);
    return undefined;
  }
  throw new MemoirError(
    'Damaged',
    `the log begins at offset ${outside.floor}, and there is no whole snapshot of the state before: ` +
      'bring one back from a copy',
    { floor: outside.floor, head: outside.head, ...(last !== undefined && { cause: last }) },
  );
}

/**
 * Why a snapshot is of no use, and where it lies. What a newer memoir has written, or another codec, is not damaged:
 * its head is as it was. Anything else in its place is. @throws what says nothing of the snapshot
 */
function unusable(
  error: unknown,
  offset: number,
  { pathOf }: ReadableLog['shelf'],
  bytes: Uint8Array | undefined,
): MemoirError {
  if (!(error instanceof MemoirError) || (error.code !== 'Damaged' && error.code !== 'FormatUnknown')) throw error;
  const isDamaged = error.code === 'Damaged' || bytes === undefined || !isWritten(bytes);
  const file = error.file ?? pathOf?.(offset);
  const at = file === undefined ? `the snapshot of offset ${offset}` : file;
  return new MemoirError(isDamaged ? 'Damaged' : 'FormatUnknown', `${at} is of no use: ${error.message}`, {
    ...(file !== undefined && { file }),
    ...(isDamaged && { byte: error.byte ?? 0 }),
    offset,
    cause: error,
  });
}

async function setAside({ shelf }: ReadableLog, damaged: readonly number[]): Promise<void> {
  for (const offset of damaged) await shelf.setAside?.(offset);
}

/**
 * The batches of a log, from an offset on, as batches of the tables of today.
 *
 * @throws `SchemaIncompatible` with every reason, `FormatUnknown`, `Damaged`
 */
export async function* batchesOf(parts: RecoveryParts, from: number): AsyncGenerator<AnyBatch, void, undefined> {
  if (from <= parts.outside.head) yield* batchesIn(parts, parts.outside.read(from));
}

/** The batches that entries hold, as batches of the tables of today. @throws as `batchesOf` */
export async function* batchesIn(
  parts: Omit<RecoveryParts, 'outside'>,
  entries: AsyncIterable<Entry>,
): AsyncGenerator<AnyBatch, void, undefined> {
  const readers = new Map<string, BatchReader>();
  for await (const { offset, body, schema } of entries) {
    let reader = readers.get(schema.fingerprint);
    if (reader === undefined) readers.set(schema.fingerprint, (reader = readerOf(schema, parts)));
    const batch = batchIn(reader, body, offset);
    if (parts.development) for (const part of [...batch.changes, ...batch.events]) freezePlain(part);
    yield batch;
  }
}

/** The rough size of a batch's rows and events, as the transaction that made it counted them. */
export function roughBytes({ changes, events }: AnyBatch): number {
  const rows = changes.reduce((sum, { before, after }) => sum + sizeOf(after ?? before), 0);
  return events.reduce((sum, { data }) => sum + sizeOf(data), rows);
}

function batchIn(reader: BatchReader, body: Uint8Array, offset: number): AnyBatch {
  try {
    return reader.batch(body);
  } catch (error) {
    throw blame(error, `batch ${offset}`);
  }
}

function readerOf(
  { notes }: WrittenSchema,
  { codec, today, passed }: Pick<RecoveryParts, 'codec' | 'today' | 'passed'>,
): BatchReader {
  const name = notes['memoir.codec'];
  const found = [codec, json].find((known) => known.name === name);
  if (found === undefined)
    throw new MemoirError('FormatUnknown', `batches were written with the codec ${name}: pass it as { codec }`);
  try {
    return new BatchReader(readingsOf(found, readSchema(notes['memoir.schema'] ?? ''), today, 'the log'), passed);
  } catch (error) {
    throw blame(error, 'the header of a log file');
  }
}
