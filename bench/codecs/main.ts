import { parseArgs } from 'node:util';

import avsc from 'avsc';
import * as t from 'io-ts';

import { avro } from 'memoir/avro';

import type { RowCoder } from '../../src/codecs/byte-codec.js';
import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { json } from '../../src/codecs/json-codec.js';
import { shapeOf } from '../../src/codecs/shape-of.js';
import type { Shape } from '../../src/codecs/shape.js';
import { definitionOf } from '../../src/codecs/table.js';
import { digits, table } from '../harness/markdown.js';
import { median, meets, ratioOf } from '../peers/statistics.js';
import { rowOf, tables } from '../workload.js';

// What a codec takes beside avsc with a schema by hand, which checks nothing and writes into one buffer, too.

/** How many times as long as avsc by hand Avro may take for a flat row. */
const BAR = 1.3;

const { values } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } });
const [rounds, repeats] = values.smoke ? [1, 1] : [9, 300];

/** Rows, their shape, and what avsc is given by hand for them. */
interface Case {
  readonly what: string;
  readonly rows: readonly object[];
  readonly shape: Shape;
  readonly fields: readonly object[];
  /** The rows as avsc takes them: what is absent is null. */
  readonly full: readonly object[];
}

const flat = Array.from({ length: 1000 }, (_, i) => rowOf(i));
const Partial = t.intersection([
  t.strict({ id: t.string, namespace: t.string, name: t.string, priority: t.number }),
  t.exact(t.partial({ owner: t.string, note: t.string, due: t.number })),
]);
const partial = flat.map(({ id, namespace, name, priority, owner, note }, i): t.TypeOf<typeof Partial> => ({
  ...{ id, namespace, name, priority },
  ...(i % 2 === 0 && { owner }),
  ...(i % 3 === 0 && { note }),
  ...(i % 5 === 0 && { due: i / 3 }),
}));
const texts = ['id', 'namespace', 'name'].map((name) => ({ name, type: 'string' }));

const cases: readonly Case[] = [
  {
    ...{ what: 'a strict codec of 7 fields', rows: flat, full: flat, shape: definitionOf('tasks', tables.tasks).shape },
    fields: [
      ...texts,
      { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['open', 'running', 'done'] } },
      { name: 'priority', type: 'double' },
      { name: 'owner', type: 'string' },
      { name: 'note', type: 'string' },
    ],
  },
  {
    ...{ what: '4 fields and 3 optional ones', rows: partial, shape: shapeOf(Partial) },
    full: partial.map((row) => ({ owner: null, note: null, due: null, ...row })),
    fields: [
      ...texts,
      { name: 'priority', type: 'double' },
      ...['owner', 'note'].map((name) => ({ name, type: ['null', 'string'] })),
      { name: 'due', type: ['null', 'double'] },
    ],
  },
];

/** Writes all rows, and reads them again. */
interface Way {
  readonly write: () => unknown;
  readonly read: () => unknown;
}

function avscByHand({ fields, full }: Case): Way {
  const byHand = avsc.Type.forSchema({ type: 'record', name: 'Task', fields } as unknown as avsc.Schema);
  const buffer = Buffer.alloc(1 << 20);
  const write = (): number => full.reduce((at, row) => byHand.encode(row, buffer, at), 0);
  write();
  return { write, read: () => full.reduce((at) => byHand.decode(buffer, at).offset, 0) };
}

function coderOf({ rows }: Case, coder: RowCoder): Way {
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
type Ways = Readonly<Record<string, Way>>;
const waysOf = (one: Case): Ways => ({
  [HAND]: avscByHand(one),
  Avro: coderOf(one, avro.coder(one.shape, 'bench')),
  JSON: coderOf(one, json.coder(one.shape, 'bench')),
});

/** Nanoseconds a row, of each round; each way has its turn in each round. */
function measured(ways: Ways, what: keyof Way): ReadonlyMap<string, readonly number[]> {
  const all = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const begin = performance.now();
      for (let i = 0; i < repeats; i++) way[what]();
      // The first round is for the compiler.
      if (round > 0) all.get(name)!.push(((performance.now() - begin) * 1e6) / (repeats * flat.length));
    }
  }
  return all;
}

const linesOf = (ways: Ways, what: keyof Way, hasBar: boolean) => {
  const all = measured(ways, what);
  return [...all].map(([name, ns]) => {
    // How many times as fast, turned round: how many times as long.
    const ratio = ratioOf(all.get(HAND)!, ns);
    const text = `${digits(ratio.ratio)} [${digits(ratio.low)}, ${digits(ratio.high)}]`;
    const verdict =
      name !== 'Avro' || !hasBar ? '' : meets(ratioOf(ns, all.get(HAND)!), 1 / BAR) ? `${BAR}: met` : `${BAR}: missed`;
    return [`${what}, ${name}`, digits(median(ns)), name === HAND ? '' : text, verdict];
  });
};
for (const one of cases) {
  const ways = waysOf(one);
  const hasBar = one === cases[0];
  const lines = [...linesOf(ways, 'write', hasBar), ...linesOf(ways, 'read', hasBar)];
  console.log(`Rows of ${one.what}, ${flat.length} at a time, ${rounds} rounds, Node ${process.versions.node}.\n`);
  console.log(`${table(['', 'ns a row', `times as long as ${HAND}`, ''], lines)}\n`);
}
