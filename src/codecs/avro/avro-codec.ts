import { Buffer } from 'node:buffer';

import type avsc from 'avsc';

import type { ByteCodec, RowReader } from '../byte-codec.js';
import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';
import { Fault } from '../fault.js';
import { sameRows } from '../resolution.js';
import { translation, type Translate } from '../translation.js';
import { typeOf } from './type-of.js';

/**
 * Rows as Avro, which any tool of Avro's reads by the schema that stands beside them: half the size of JSON, and less
 * to read and write. It compiles code at run time: where a Content Security Policy forbids that, rows stay JSON.
 */
export const avro: ByteCodec = {
  name: 'avro',
  coder(shape, namespace) {
    const { type, schema } = typeOf(shape, namespace, false);
    return { schema, write: (row, to) => write(type, row, to), read: rowReader(type) };
  },
  resolver(writer, reader, namespace) {
    if (sameRows(writer, reader)) return rowReader(typeOf(reader, namespace, false).type);
    return rowReader(typeOf(writer, namespace, true).type, translation(writer, reader));
  },
};

/** Encodes in place; what does not fit is encoded again, once there is room. */
function write(type: avsc.Type, row: unknown, to: ByteWriter): void {
  // A writer's bytes are a buffer of their own.
  let end = type.encode(row, bufferOf(to.bytes), to.at);
  if (end < 0) {
    to.reserve(to.bytes.length - to.at - end);
    end = type.encode(row, bufferOf(to.bytes), to.at);
  }
  to.at = end;
}

function rowReader(type: avsc.Type, translate?: Translate): RowReader {
  return (from) => {
    const { byteOffset } = from.bytes;
    const found = decode(type, from, byteOffset);
    const end = found.offset - byteOffset;
    // avsc gives −1 beyond the buffer, which may go on behind what is to be read.
    if (found.offset < 0 || end > from.end)
      throw new Fault('Damaged', `ends within a row that begins at byte ${from.at}`);
    from.at = end;
    return translate === undefined ? found.value : translate(found.value);
  };
}

function decode(
  type: avsc.Type,
  { bytes, at }: ByteReader,
  start: number,
): { readonly value: unknown; readonly offset: number } {
  try {
    return type.decode(bufferOf(bytes), start + at);
  } catch (error) {
    if (error instanceof Fault) throw error;
    // avsc's own errors, and nesting that is deeper than the stack.
    throw new Fault('Damaged', `makes no sense as a row at byte ${at}: ${(error as Error).message}`);
  }
}

/** avsc takes Buffers only; rows are written and read one after the other where they lie, often in the same bytes. */
const buffers = new WeakMap<ArrayBufferLike, Buffer>();

function bufferOf({ buffer: whole }: Uint8Array): Buffer {
  let buffer = buffers.get(whole);
  if (buffer === undefined) buffers.set(whole, (buffer = Buffer.from(whole)));
  return buffer;
}
