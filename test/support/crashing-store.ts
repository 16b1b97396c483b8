/**
 * A process that commits to a store on a disk until it is killed, and says of each transaction when it is acknowledged:
 * `node crashing-store DIR SEED`. Transactions are many in flight; each line is the number of an acknowledged one.
 */
import { writeSync } from 'node:fs';

import { openStore } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';
import { crashTables, submit } from './crash-workload.js';

const [dir, seed] = process.argv.slice(2) as [string, string];
const store = await openStore({
  tables: crashTables,
  log: fileLog({ dir, segmentBytes: 20_000, snapshotEvery: { batches: 40 } }),
});
const random = randomOf(Number(seed));
writeSync(1, `open ${store.head}\n`);
for (let n = store.head + 1; ;) {
  const group = Array.from({ length: 1 + Math.floor(random() * 12) }, () => n++);
  await Promise.all(
    group.map(async (number) => {
      await submit(store, number);
      writeSync(1, `${number}\n`);
    }),
  );
}

/** Mulberry32 (Tommy Ettinger, public domain). */
function randomOf(state: number): () => number {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
