import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Fault } from './fault.js';
import { hash128 } from './hash128.js';

// Avro's object container files (the specification of Avro 1.11, 'Object Container Files'): a header that says with
// which schema the rest was written, and blocks of entries, each closed by a marker that only this file has.

const MAGIC = Uint8Array.of(0x4f, 0x62, 0x6a, 1);
const SYNC = 16;
const SCHEMA = 'avro.schema';
const CODEC = 'avro.codec';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a header, and the marker that closes each block after it. */
export interface ContainerHead {
  readonly bytes: Uint8Array;
  readonly sync: Uint8Array;
}

/** What a header says. */
export interface ContainerNotes {
  /** The Avro schema of the entries, as JSON. */
  readonly schema: string;
  /** Whatever else it says, by name. */
  readonly notes: ReadonlyMap<string, string>;
  readonly sync: Uint8Array;
}

/** A block of a container. */
export interface ContainerBlock {
  /** The byte at which it begins. */
  readonly at: number;
  /** How many entries it has. */
  readonly count: number;
  /** Its entries. */
  readonly data: ByteReader;
}

/** The header of a file. The marker comes from what the header says, so that equal headers are equal bytes. */
export function containerHead(schema: string, notes: Readonly<Record<string, string>>): ContainerHead {
  const all = Object.entries({ ...notes, [SCHEMA]: schema, [CODEC]: 'null' }).sort(([a], [b]) => (a < b ? -1 : 1));
  const to = new ByteWriter(1024);
  to.fixed(MAGIC);
  to.long(all.length);
  for (const [name, value] of all) {
    to.string(name);
    to.counted(encoder.encode(value));
  }
  to.long(0);
  const sync = hash128(to.bytes.subarray(0, to.at));
  to.fixed(sync);
  return { bytes: to.since(0), sync };
}

/** Writes a block of so many entries. */
export function writeBlock(to: ByteWriter, count: number, data: Uint8Array, sync: Uint8Array): void {
  to.long(count);
  to.counted(data);
  to.fixed(sync);
}

/** Reads a header. Throws a `Fault`: `FormatUnknown` where it is none that can be read, or `Damaged`. */
export function readHead(from: ByteReader): ContainerNotes {
  const magic = from.end - from.at < MAGIC.length ? [] : from.fixed(MAGIC.length);
  if (!MAGIC.every((byte, i) => byte === magic[i])) throw new Fault('FormatUnknown', 'is no Avro container file');
  const notes = new Map<string, string>();
  for (let count = from.long(); count !== 0; count = from.long()) {
    // A negative count is followed by the bytes of what it counts.
    if (count < 0) from.count();
    for (let i = Math.abs(count); i > 0; i--) notes.set(from.string(), decoder.decode(from.counted()));
  }
  const sync = from.fixed(SYNC).slice();
  const schema = notes.get(SCHEMA);
  if (schema === undefined) throw new Fault('Damaged', 'has no schema in its header');
  const codec = notes.get(CODEC) ?? 'null';
  if (codec !== 'null') throw new Fault('FormatUnknown', `is compressed with ${codec}, which memoir does not read`);
  return { schema, notes, sync };
}

/** Reads the blocks after the header, up to the end. Throws a `Fault` `Damaged`. */
export function* readBlocks(from: ByteReader, sync: Uint8Array): Generator<ContainerBlock> {
  while (!from.done) yield readBlock(from, sync);
}

/** Reads one block. Throws a `Fault` `Damaged`. */
export function readBlock(from: ByteReader, sync: Uint8Array): ContainerBlock {
  const { at } = from;
  const count = from.long();
  const size = from.count();
  if (count <= 0 || count > size) throw new Fault('Damaged', `has a block of ${count} entries, at byte ${at}`);
  const begin = from.at;
  from.fixed(size);
  const mark = from.fixed(SYNC);
  if (!sync.every((byte, i) => byte === mark[i]))
    throw new Fault('Damaged', `has a block without its end, at byte ${at}`);
  return { at, count, data: new ByteReader(from.bytes, begin, begin + size) };
}
