/**
 * Makes the files of a format, once, when it is new: `npx tsx test/golden/make.ts format-1`, or `events-1` for those of
 * a store with events. What is there is never made anew: it is what stores out there have on their disks.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { avro } from '../../src/avro.js';
import { json, openStore, type DurableStore } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';
import { eventTables, goldenEvents, writeEvents } from './event-history.js';
import { goldenTables, timeAfter, write } from './history.js';

const name = process.argv[2]!;
const folder = join(import.meta.dirname, name);
if (existsSync(folder)) throw new Error(`${folder} is there: files of a format are made once`);
for (const codec of [avro, json]) {
  const dir = join(folder, codec.name);
  const log = fileLog({ dir, codec });
  if (name.startsWith('events')) {
    const options = { tables: eventTables, events: goldenEvents, log, clock: () => timeAfter(store.head) };
    const store: DurableStore<typeof eventTables, typeof goldenEvents> = await openStore(options);
    await writeEvents(store);
    await store.close();
  } else {
    const options = { tables: goldenTables, log, clock: () => timeAfter(store.head) };
    const store: DurableStore<typeof goldenTables> = await openStore(options);
    await write(store);
    await store.close();
  }
  // It says who wrote, and on which machine.
  for (const file of readdirSync(dir)) if (file.startsWith('lock')) rmSync(join(dir, file));
}
