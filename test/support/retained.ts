/**
 * Says what a retained batch of one row with an id takes, in memory and as Avro, for
 * test/integration/retained.test.ts: `memory` for a store in memory, `log` for one on a log in files.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as t from 'io-ts';

import { avro } from '../../src/avro.js';
import { writtenBatches } from '../../src/log/batch-schema.js';
import { readSchema } from '../../src/codecs/store-schema.js';
import { createStore, describeSchema, openStore, table, type Store, type DurableStore } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';

/** The newest batches are objects, however many there are; what each of the others takes is seen from here on. */
const BEFORE = 30_000;
const BATCHES = 90_000;
/** So many are in flight at a time. */
const GROUP = 500;

const Task = t.strict({
  id: t.string,
  namespace: t.string,
  name: t.string,
  status: t.keyof({ open: null, running: null, done: null }),
  priority: t.number,
  owner: t.string,
  note: t.string,
});
const tables = { tasks: table(Task, { primaryKey: 'id' }) };
const options = { tables, mode: 'production', history: { batches: 0 } } as const;

function rowOf(i: number): t.TypeOf<typeof Task> {
  const [id, name] = [`t${i % 10}`, `task ${i}`];
  return { id, namespace: 'default', name, status: 'open', priority: i % 100, owner: 'ada', note: 'as ever' };
}

/** Bytes of all that is alive, on the heap and beside it. */
async function alive(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => void setTimeout(resolve, 20));
    globalThis.gc!();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

type Either = Pick<Store<typeof tables>, 'batch' | 'stats'> & { transact: DurableStore<typeof tables>['transact'] };

async function measure(open: () => Promise<Either>): Promise<void> {
  const store = await open();
  await fill(store, 0, BEFORE);
  const before = await alive();
  await fill(store, BEFORE, BATCHES);
  const each = ((await alive()) - before) / (BATCHES - BEFORE);
  const { writer } = writtenBatches(avro, readSchema(describeSchema({ tables })));
  const body = writer.body(store.batch(BATCHES / 2)).length;
  console.log(JSON.stringify({ each, body }));
}

/** Appends batches, and waits until those that are old have been sealed. */
async function fill(store: Either, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += GROUP) {
    const group = Array.from({ length: GROUP }, (_, j) =>
      store.transact((tx) => tx.tasks.put(rowOf(i + j)), { id: `request ${i + j}` }),
    );
    await Promise.all(group);
    await new Promise<void>((resolve) => void setTimeout(resolve, 0));
  }
  const old = 1024 * (Math.floor(to / 1024) - 5);
  while (store.batch(old) === store.batch(old)) await new Promise((resolve) => void setTimeout(resolve, 10));
}

const dir = mkdtempSync(join(tmpdir(), 'memoir-'));
await measure(
  process.argv[2] === 'log'
    ? () => openStore({ ...options, log: fileLog({ dir, fsync: 'never' }) })
    : () => Promise.resolve(createStore({ ...options, codec: avro }) as unknown as Either),
);
process.exit(0);
