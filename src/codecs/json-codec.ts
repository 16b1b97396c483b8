import type { ByteCodec, RowReader } from './byte-codec.js';
import type { ByteReader } from './byte-reader.js';
import { Fault } from './fault.js';
import { jsonReader, type FromJson } from './json-reader.js';
import { jsonWriter } from './json-writer.js';
import { sameRows } from './resolution.js';
import { translation } from './translation.js';

/** The codec of the core: a row is a string of Avro's, and its text is JSON. It needs no code generation. */
export const json: ByteCodec = {
  name: 'json',
  coder(shape) {
    const write = jsonWriter(shape);
    return {
      schema: { type: 'string', memoir: 'json' },
      write: (row, to) => to.string(write(row)),
      read: rowReader(jsonReader(shape, false)),
    };
  },
  resolver(writer, reader) {
    if (sameRows(writer, reader)) return rowReader(jsonReader(reader, false));
    const read = jsonReader(writer, true);
    const translate = translation(writer, reader);
    return rowReader((parsed) => translate(read(parsed)));
  },
};

function rowReader(read: FromJson): RowReader {
  return (from: ByteReader) => {
    const at = from.at;
    const text = from.string();
    try {
      return read(JSON.parse(text));
    } catch (error) {
      if (error instanceof Fault) throw error;
      // No JSON, or nested deeper than the stack.
      throw new Fault('Damaged', `has a row that is no JSON at byte ${at}`);
    }
  };
}
