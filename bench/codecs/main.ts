import { parseArgs } from 'node:util';

import avsc from 'avsc';

import { avro } from 'memoir/avro';

import type { RowCoder } from '../../src/codecs/byte-codec.js';
import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { json } from '../../src/codecs/json-codec.js';
import { definitionOf } from '../../src/codecs/table.js';
import { digits, table } from '../harness/markdown.js';
import { median, meets, ratioOf } from '../peers/statistics.js';
import { rowOf, tables } from '../workload.js';

// What a codec takes beside avsc with a schema by hand, which checks nothing and writes into one buffer, too.

/** How many times as long as avsc by hand Avro may take. */
const BAR = 1.3;

const { values } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } });
const [rounds, repeats] = values.smoke ? [1, 1] : [9, 300];

const rows = Array.from({ length: 1000 }, (_, i) => rowOf(i));
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

/** Writes all rows, and reads them again. */
interface Way {
  readonly write: () => unknown;
  readonly read: () => unknown;
}

function avscByHand(): Way {
  const buffer = Buffer.alloc(1 << 20);
  const write = (): number => rows.reduce((at, row) => byHand.encode(row, buffer, at), 0);
  write();
  return { write, read: () => rows.reduce((at) => byHand.decode(buffer, at).offset, 0) };
}

function coderOf(coder: RowCoder): Way {
  const to = new ByteWriter(1 << 20);
  const write = (): void => {
    to.at = 0;
    for (const row of rows) coder.write(row, to);
  };
  write();
  const bytes = to.since(0);
  const read = (): void => {
    const from = new ByteReader(bytes);
    for (let i = 0; i < rows.length; i++) coder.read(from);
  };
  return { write, read };
}

const HAND = 'avsc, by hand';
const ways = {
  [HAND]: avscByHand(),
  Avro: coderOf(avro.coder(shape, 'bench')),
  JSON: coderOf(json.coder(shape, 'bench')),
};

/** Nanoseconds a row, of each round; each way has its turn in each round. */
function measured(what: keyof Way): ReadonlyMap<string, readonly number[]> {
  const all = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const begin = performance.now();
      for (let i = 0; i < repeats; i++) way[what]();
      // The first round is for the compiler.
      if (round > 0) all.get(name)!.push(((performance.now() - begin) * 1e6) / (repeats * rows.length));
    }
  }
  return all;
}

const lines = (['write', 'read'] as const).flatMap((what) => {
  const all = measured(what);
  return [...all].map(([name, ns]) => {
    // How many times as fast, turned round: how many times as long.
    const ratio = ratioOf(all.get(HAND)!, ns);
    const text = `${digits(ratio.ratio)} [${digits(ratio.low)}, ${digits(ratio.high)}]`;
    const verdict =
      name !== 'Avro' ? '' : meets(ratioOf(ns, all.get(HAND)!), 1 / BAR) ? `${BAR}: met` : `${BAR}: missed`;
    return [`${what}, ${name}`, digits(median(ns)), name === HAND ? '' : text, verdict];
  });
});
console.log(
  `A strict codec of 7 fields, ${rows.length} rows at a time, ${rounds} rounds, Node ${process.versions.node}.\n`,
);
console.log(table(['', 'ns a row', `times as long as ${HAND}`, ''], lines));
