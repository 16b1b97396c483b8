import { ByteReader } from '../../codecs/byte-reader.js';
import { containerHead, readHead } from '../../codecs/container.js';
import { Fault } from '../../codecs/fault.js';
import type { WrittenSchema } from '../byte-log.js';
import { DIGEST_BYTES, equalBytes } from '../frame.js';
import type { DiskFile } from './disk.js';
import { SegmentFault } from './segment-reader.js';
import { readStretch } from './whole-file.js';

/** When appended bytes are made to last: before the append resolves, every so often, or when the system likes. */
export type SyncPolicy = 'always' | 'timed' | 'never';

/** What the head of a segment says. */
export interface SegmentHead {
  /** The offset of the first entry, once there is one. */
  readonly base: number;
  readonly lineage: string;
  /** The digest of the entry before the first. */
  readonly previous: Uint8Array;
  /** How it is synced, so that a reader knows whether what was visible may have been lost. */
  readonly policy: SyncPolicy;
  readonly schema: WrittenSchema;
}

/** The head of a segment as it was read. */
export interface WrittenHead extends SegmentHead {
  readonly bytes: Uint8Array;
  readonly sync: Uint8Array;
}

const FORMAT = '1';
/** No head is larger; one that says so is damaged. */
const HEAD_BYTES_MAX = 2 ** 26;
const FIRST_BYTES = 2 ** 14;

/** What only this file writes and reads; all other notes are those of the schema. */
const OWN = ['kind', 'format', 'lineage', 'base', 'previous', 'fsync'].map((name) => `memoir.${name}`);

/** The bytes that a segment begins with. */
export function writtenHead(head: SegmentHead): WrittenHead {
  const { bytes, sync } = containerHead(head.schema.avro, {
    ...head.schema.notes,
    'memoir.fingerprint': head.schema.fingerprint,
    'memoir.kind': 'log',
    'memoir.format': FORMAT,
    'memoir.lineage': head.lineage,
    'memoir.base': String(head.base),
    'memoir.previous': toHex(head.previous),
    'memoir.fsync': head.policy,
  });
  return { ...head, bytes, sync };
}

/** Reads what a segment begins with. @throws a `Fault`: `FormatUnknown`, `Damaged` */
export async function readSegmentHead(file: DiskFile, size: number): Promise<WrittenHead> {
  for (let count = FIRST_BYTES; ; count *= 8) {
    const bytes = await readStretch(file, 0, Math.min(count, size)).catch((cause: unknown) => {
      throw new SegmentFault('cannot be read', 0, cause);
    });
    try {
      return headIn(bytes);
    } catch (error) {
      if (count >= size || count >= HEAD_BYTES_MAX || !(error instanceof Fault) || error.code !== 'Damaged')
        throw error;
    }
  }
}

/** The head that bytes begin with; the marker, which follows from the rest, proves it. */
function headIn(bytes: Uint8Array): WrittenHead {
  const reader = new ByteReader(bytes);
  const { schema, notes, isChanged } = readHead(reader);
  if (isChanged) throw new SegmentFault('has a head that is not what was written', 0);
  if (notes.get('memoir.kind') !== 'log') throw new Fault('FormatUnknown', 'is an Avro file, and no segment of a log');
  const format = notes.get('memoir.format');
  if (format !== FORMAT) throw new Fault('FormatUnknown', `has the format ${format}, and ${FORMAT} is known`);
  const base = Number(notes.get('memoir.base'));
  const fsync = notes.get('memoir.fsync');
  const head = writtenHead({
    base,
    lineage: notes.get('memoir.lineage') ?? '',
    previous: fromHex(notes.get('memoir.previous') ?? ''),
    policy: fsync === 'always' || fsync === 'timed' ? fsync : 'never',
    schema: {
      avro: schema,
      notes: Object.fromEntries([...notes].filter(([name]) => !OWN.includes(name))),
      fingerprint: notes.get('memoir.fingerprint') ?? '',
    },
  });
  if (!Number.isSafeInteger(base) || !equalBytes(head.bytes, bytes.subarray(0, reader.at)))
    throw new SegmentFault('has a head that is not what was written', 0);
  return head;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function fromHex(text: string): Uint8Array {
  if (text.length !== 2 * DIGEST_BYTES || !/^[0-9a-f]*$/.test(text))
    throw new Fault('Damaged', 'has a digest that is none');
  return Uint8Array.from({ length: DIGEST_BYTES }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
