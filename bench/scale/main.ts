import { parseArgs } from 'node:util';

import { Figures } from '../harness/figures.js';
import { build, run, type Order } from '../harness/launch.js';
import { report } from './report.js';

const USAGE = `npm run bench:scale -- [options]
  --rows 10000,100000,1000000,10000000   sizes at which operations are timed
  --rounds 5           how often, each time in a process of its own; sizes from 3,000,000 run once
  --load 10000000      how many rows are loaded, in one transaction and in transactions of 100
  --changes 1000000    how many changes the transaction has that is undone, and how many rows memory is told of
  --only a,b           of operations, load, abort, memory
  --smoke              tiny sizes, once: shows only that everything runs`;

type Job = Order & { readonly rounds: number };

interface Options {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly load: number;
  readonly changes: number;
  readonly only: readonly string[];
}

const PARTS = ['operations', 'load', 'abort', 'memory'];

/** How much old space a process gets, in MiB: what rows take, their changes and a transaction's journal. */
function heapFor(rows: number): number {
  return Math.max(2048, Math.ceil(rows / 1_000_000) * 550);
}

function jobs({ sizes, rounds, load, changes, only }: Options): readonly Job[] {
  const roundsFor = (rows: number) => (rows >= 3_000_000 ? 1 : rounds);
  const parts: Readonly<Record<string, () => readonly Job[]>> = {
    operations: () => sizes.map((rows) => ({ part: 'operations', rows, heap: heapFor(rows), rounds: roundsFor(rows) })),
    load: () =>
      [load, 100].map((size) => ({ part: 'load', rows: load, size, heap: heapFor(load), rounds: roundsFor(load) })),
    abort: () => [{ part: 'abort', rows: changes, heap: heapFor(4 * changes), rounds: Math.min(3, rounds) }],
    memory: () => memoryJobs(changes),
  };
  return PARTS.filter((part) => only.includes(part)).flatMap((part) => parts[part]!());
}

function memoryJobs(rows: number): readonly Job[] {
  const same = { rows, heap: heapFor(8 * rows), rounds: 1 };
  const none = { batches: 0 };
  return [
    { part: 'plainRows', ...same },
    ...[0, 1, 2, 3, 4].map((indexes) => ({ part: 'rowMemory', ...same, indexes, keep: none })),
    { part: 'rowMemory', ...same, indexes: 3, keep: 'all' },
    ...[1, 100].flatMap((size) => [false, true].map((indexed) => ({ part: 'versionMemory', ...same, size, indexed }))),
  ];
}

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    ...{ rows: text, rounds: text, load: text, changes: text, only: text },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const { smoke } = values;
  const sizes = (values.rows ?? (smoke ? '1000,2000' : '10000,100000,1000000,10000000')).split(',').map(Number);
  const options: Options = {
    sizes,
    rounds: Number(values.rounds ?? (smoke ? 1 : 5)),
    load: Number(values.load ?? (smoke ? 2000 : 10_000_000)),
    changes: Number(values.changes ?? (smoke ? 2000 : 1_000_000)),
    only: values.only?.split(',') ?? PARTS,
  };
  build();
  console.log(report(new Figures([run('scale', jobs(options), smoke)])));
}
