import { Buffer } from 'node:buffer';

import type avsc from 'avsc';

import type { ByteCodec, RowReader } from '../byte-codec.js';
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
  let end = type.encode(row, bufferOf(to.bytes), to.at);
  if (end < 0) {
    to.reserve(to.bytes.length - to.at - end);
    end = type.encode(row, bufferOf(to.bytes), to.at);
  }
  to.at = end;
}

function rowReader(type: avsc.Type, translate?: Translate): RowReader {
  return (from) => {
    const found = decode(type, bufferOf(from.bytes, from.end), from.at);
    if (found.offset < 0) throw new Fault('Damaged', `ends within a row that begins at byte ${from.at}`);
    from.at = found.offset;
    return translate === undefined ? found.value : translate(found.value);
  };
}

function decode(type: avsc.Type, bytes: Buffer, at: number): { readonly value: unknown; readonly offset: number } {
  try {
    return type.decode(bytes, at);
  } catch (error) {
    if (error instanceof Fault) throw error;
    // avsc's own errors, and nesting that is deeper than the stack.
    throw new Fault('Damaged', `makes no sense as a row at byte ${at}: ${(error as Error).message}`);
  }
}

/** avsc takes Buffers only; rows are written and read one after the other where they lie. */
const buffers = new WeakMap<Uint8Array, Buffer>();

function bufferOf(bytes: Uint8Array, end = bytes.length): Buffer {
  let buffer = buffers.get(bytes);
  if (buffer === undefined || buffer.length !== end) {
    buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end);
    buffers.set(bytes, buffer);
  }
  return buffer;
}
