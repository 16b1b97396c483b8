import avsc from 'avsc';
import { bench, describe } from 'vitest';

import { avro } from 'memoir/avro';

import type { RowCoder } from '../src/codecs/byte-codec.js';
import { ByteReader } from '../src/codecs/byte-reader.js';
import { ByteWriter } from '../src/codecs/byte-writer.js';
import { json } from '../src/codecs/json-codec.js';
import { definitionOf } from '../src/codecs/table.js';
import { options, rowOf, tables } from './workload.js';

// What a codec costs over the least there is: avsc with a schema written by hand, and JSON with no checks.

const rows = Array.from({ length: 100 }, (_, i) => rowOf(i));
const { shape } = definitionOf('tasks', tables.tasks);

const byHand = avsc.Type.forSchema({
  type: 'record',
  name: 'Task',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'namespace', type: 'string' },
    { name: 'name', type: 'string' },
    { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['open', 'running', 'done'] } },
    { name: 'priority', type: 'double' },
    { name: 'owner', type: 'string' },
    { name: 'note', type: 'string' },
  ],
});
const buffers = rows.map((row) => byHand.toBuffer(row));
const texts = rows.map((row) => JSON.stringify(row));

function writeAll(coder: RowCoder): Uint8Array {
  const to = new ByteWriter(16_384);
  for (const row of rows) coder.write(row, to);
  return to.since(0);
}

function readAll(coder: RowCoder, bytes: Uint8Array): unknown[] {
  const from = new ByteReader(bytes);
  return rows.map(() => coder.read(from));
}

const coders = { avro: avro.coder(shape, 'bench'), json: json.coder(shape, 'bench') };
const written = { avro: writeAll(coders.avro), json: writeAll(coders.json) };

describe('encode 100 rows', () => {
  bench('avsc, by hand', () => void rows.map((row) => byHand.toBuffer(row)), options);
  bench('avro', () => void writeAll(coders.avro), options);
  bench('JSON.stringify', () => void rows.map((row) => JSON.stringify(row)), options);
  bench('json', () => void writeAll(coders.json), options);
});

describe('decode 100 rows', () => {
  bench('avsc, by hand', () => void buffers.map((buffer) => byHand.fromBuffer(buffer)), options);
  bench('avro', () => void readAll(coders.avro, written.avro), options);
  bench('JSON.parse', () => void texts.map((text) => JSON.parse(text) as unknown), options);
  bench('json', () => void readAll(coders.json, written.json), options);
});
