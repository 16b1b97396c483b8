/**
 * Makes the files of a format, once, when it is new: `npx tsx test/golden/make.ts format-1`. What is there is never
 * made anew: it is what stores out there have on their disks.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { avro } from '../../src/avro.js';
import { json, openStore, type DurableStore } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';
import { goldenTables, timeAfter, write } from './history.js';

const folder = join(import.meta.dirname, process.argv[2]!);
if (existsSync(folder)) throw new Error(`${folder} is there: files of a format are made once`);
for (const codec of [avro, json]) {
  const dir = join(folder, codec.name);
  const store: DurableStore<typeof goldenTables> = await openStore({
    tables: goldenTables,
    log: fileLog({ dir, codec }),
    clock: () => timeAfter(store.head),
  });
  await write(store);
  await store.close();
  // It says who wrote, and on which machine.
  for (const file of readdirSync(dir)) if (file.startsWith('lock')) rmSync(join(dir, file));
}
