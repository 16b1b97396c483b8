import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Fault } from './fault.js';
import { hash128 } from './hash128.js';

// Avro object container files (Avro 1.11, "Object Container Files"), with codec `null`. A file is a head (magic, a map
// of names to bytes, a sync marker) and blocks, each a count of objects, a size, so many bytes and the marker again.

const MAGIC = Uint8Array.of(0x4f, 0x62, 0x6a, 0x01); // Obj 1
const SYNC_BYTES = 16;
const SCHEMA = 'avro.schema';
const CODEC = 'avro.codec';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the head of a container file says. */
export interface ContainerHead {
  /** The Avro schema of the objects, as JSON. */
  readonly schema: string;
  /** What else its writer wanted to be known, by name. */
  readonly notes: ReadonlyMap<string, string>;
  /** The bytes that stand after each block, so that a reader knows where it is. */
  readonly sync: Uint8Array;
  /** True for one that memoir has written, and that is not as it was: nothing else it says is to be believed. */
  readonly isChanged: boolean;
}

/** Some objects of a container file, as they lie there. */
export interface ContainerBlock {
  /** How many objects there are. */
  readonly count: number;
  /** Where in the bytes that were read the block begins. */
  readonly at: number;
  /** Reads the objects, and nothing after them. */
  readonly data: ByteReader;
}

/**
 * The head of a container file. The sync marker follows from the rest of it, and names stand in order, so that equal
 * contents make equal files.
 */
export function containerHead(
  schema: string,
  notes: Readonly<Record<string, string>>,
): { readonly bytes: Uint8Array; readonly sync: Uint8Array } {
  const named: Readonly<Record<string, string>> = { ...notes, [SCHEMA]: schema, [CODEC]: 'null' };
  const names = Object.keys(named).sort();
  const to = new ByteWriter(1024);
  to.fixed(MAGIC);
  to.long(names.length);
  for (const name of names) {
    to.string(name);
    to.string(named[name]!);
  }
  to.long(0);
  const sync = hash128(to.since(0));
  to.fixed(sync);
  return { bytes: to.since(0), sync };
}

/** Adds a block of so many objects to a container file. */
export function writeBlock(to: ByteWriter, count: number, data: Uint8Array, sync: Uint8Array): void {
  to.long(count);
  to.counted(data);
  to.fixed(sync);
}

/** Reads the head of a container file, whoever wrote it. @throws a `Fault`: `FormatUnknown`, `Damaged` */
export function readHead(reader: ByteReader): ContainerHead {
  const { values, sync, isChanged } = rawHead(reader);
  const codec = values.get(CODEC);
  if (!isChanged && codec !== undefined && text(codec, CODEC) !== 'null')
    throw new Fault('FormatUnknown', `has the Avro codec ${JSON.stringify(text(codec, CODEC))}: only null is known`);
  const schema = values.get(SCHEMA);
  if (schema === undefined) throw new Fault('Damaged', `has no ${SCHEMA} in its head`);
  const others = [...values].filter(([name]) => name !== SCHEMA && name !== CODEC);
  return {
    schema: text(schema, SCHEMA),
    notes: new Map(others.map(([name, value]) => [name, text(value, name)])),
    sync,
    isChanged,
  };
}

/** True for bytes that begin with a head of memoir's, as it was written: this memoir's, or one of a newer format. */
export function isWritten(bytes: Uint8Array): boolean {
  try {
    const { isOurs, isChanged } = rawHead(new ByteReader(bytes));
    return isOurs && !isChanged;
  } catch {
    return false;
  }
}

/** Reads block after block, up to the end. @throws a `Fault` `Damaged` */
export function* readBlocks(reader: ByteReader, sync: Uint8Array): Generator<ContainerBlock> {
  while (!reader.done) yield readBlock(reader, sync);
}

/** Reads one block. @throws a `Fault` `Damaged` */
export function readBlock(reader: ByteReader, sync: Uint8Array): ContainerBlock {
  const { at } = reader;
  const count = reader.long();
  if (count < 0) throw new Fault('Damaged', `has a block of ${count} objects at byte ${at}`);
  const size = reader.count();
  const within = reader.window(size);
  const marker = reader.at;
  const found = reader.fixed(SYNC_BYTES);
  if (!isSame(sync, found))
    throw new Fault('Damaged', `has no sync marker at byte ${marker}, where the block of byte ${at} ends`);
  return { count, at, data: within };
}

/** What a head has, as it lies there. */
interface RawHead {
  readonly values: ReadonlyMap<string, Uint8Array>;
  readonly sync: Uint8Array;
  /** Whether memoir has written it, and whether it is other than it was then. */
  readonly isOurs: boolean;
  readonly isChanged: boolean;
}

/** Whose head it is, its notes tell, also where the first four bytes are damaged. */
function rawHead(reader: ByteReader): RawHead {
  const from = reader.at;
  const isMagic = begins(reader);
  try {
    const values = readMap(reader);
    const { at } = reader;
    const sync = reader.fixed(SYNC_BYTES).slice();
    const isOurs = [...values.keys()].some((name) => name.startsWith('memoir.'));
    const isChanged = isOurs && !isSame(hash128(reader.bytes.subarray(from, at)), sync);
    if (isMagic || isOurs) return { values, sync, isOurs, isChanged };
  } catch (error) {
    if (isMagic) throw error;
  }
  throw new Fault('FormatUnknown', 'is no Avro container file: it does not begin with Obj and 1');
}

/** Whether the first bytes are those of a container file; passes over them. */
function begins(reader: ByteReader): boolean {
  return isSame(MAGIC, reader.fixed(Math.min(MAGIC.length, reader.end - reader.at)));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, i) => byte === other[i]);
}

/** A map stands in blocks of its own; a negative count says that the block's size in bytes follows. */
function readMap(reader: ByteReader): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (;;) {
    const at = reader.at;
    const said = reader.long();
    if (said === 0) return values;
    const size = said < 0 ? reader.count() : undefined;
    const count = Math.abs(said);
    const from = reader.at;
    // each takes two bytes at the least, so that a count that is too large ends at the end of the bytes
    for (let i = 0; i < count; i++) values.set(reader.string(), reader.counted());
    if (size !== undefined && reader.at - from !== size)
      throw new Fault('Damaged', `says at byte ${at} that ${size} bytes follow, and ${reader.at - from} do`);
  }
}

function text(bytes: Uint8Array, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault('Damaged', `has text that is no UTF-8 under ${name}`);
  }
}
