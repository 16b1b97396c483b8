import { createStore, json, readSnapshot, type ByteCodec, type VerifiedSnapshot } from 'memoir';
import { avro } from 'memoir/avro';

import { collect, peakResident, Stopwatch, type Measured } from '../harness/measure.js';
import { quiet, Turns } from '../harness/turns.js';
import { idOf, rowOf } from '../scale/rows.js';
import { fingerprint, insertAll, tasksStore, tasksTable, watched } from '../scale/tasks.js';

interface SnapshotOrder {
  readonly part: 'snapshot' | 'inserts';
  readonly rows: number;
  readonly codec: 'json' | 'avro';
}

const codecs: Readonly<Record<string, ByteCodec>> = { json, avro };

/** Encodes, verifies and loads a store of so many rows, with a write in every turn of the event loop meanwhile. */
async function snapshot({ rows, codec: name }: SnapshotOrder): Promise<Measured> {
  const codec = codecs[name]!;
  const store = tasksStore({ batches: 100_000 }, { codec });
  const check = watched(store);
  insertAll(store, 0, rows);
  collect();
  await quiet();
  const print = store.read(fingerprint);
  const turns = new Turns();
  const taken = store.snapshot();
  const watch = new Stopwatch().start();
  const capture = timed(() => store.snapshot().close());
  let writes = 0;
  const writing = turns.run(() => {
    const id = idOf((writes++ * 7919) % rows);
    store.transact((tx) => tx.tasks.update(id, { priority: writes % 1000 }));
  });
  const bytes = await taken.toBytes();
  const encode = watch.stop();
  turns.stop();
  await writing;
  const slices = await turns.slices();
  check();
  const verifying = new Stopwatch().start();
  const image = await readSnapshot(bytes, { codec });
  const verify = verifying.stop();
  const loading = new Stopwatch().start();
  const again = loaded(image);
  const load = loading.stop();
  if (again.read(fingerprint) !== print) throw new Error('what was loaded is not what was there');
  const figures = { encode, verify, load, capture, writes, bytes: bytes.length / rows, resident: peakResident() };
  return { figures: { ...figures, ...slices } };
}

function loaded(image: VerifiedSnapshot) {
  return createStore({ tables: { tasks: tasksTable() }, mode: 'production', snapshot: image });
}

/** Inserts the same rows, one a transaction: what loading a snapshot is compared with. */
function inserts({ rows }: SnapshotOrder): Measured {
  const store = tasksStore();
  const all = Array.from({ length: rows }, (_, i) => rowOf(i));
  const watch = new Stopwatch().start();
  for (const row of all) store.transact((tx) => tx.tasks.insert(row));
  return { figures: { insert: watch.stop() } };
}

function timed(body: () => void): number {
  const watch = new Stopwatch().start();
  body();
  return watch.stop();
}

const PARTS = { snapshot, inserts };
const order = JSON.parse(process.argv[2]!) as SnapshotOrder;
console.log(JSON.stringify(await PARTS[order.part](order)));
process.exit(0);
