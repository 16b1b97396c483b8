import { bytesInUse, type Measured } from '../harness/measure.js';
import { randomFrom } from '../peers/random.js';
import { PRIORITIES, type Row } from '../peers/rows.js';
import { idOf, rowOf } from './rows.js';
import { insertAll, storeWithIndexes, tasksStore, type Keep } from './tasks.js';

/** What rows take without any store. */
export function plainRows({ rows }: { readonly rows: number }): Measured {
  const held: Row[] = [];
  const before = bytesInUse();
  for (let i = 0; i < rows; i++) held.push(rowOf(i));
  const bytes = (bytesInUse() - before) / rows;
  return { figures: { bytes: bytes - (8 * roomOf(held.length)) / rows } };
}

/** What rows take in a store with so many indexes beside the primary one, in one batch that the log keeps or not. */
export function rowMemory({ rows, indexes, keep }: { rows: number; indexes: number; keep: Keep }): Measured {
  insertAll(storeWithIndexes(indexes, keep), 0, Math.min(rows, 1000)); // what is made once for all stores
  const before = bytesInUse();
  const store = storeWithIndexes(indexes, keep);
  insertAll(store, 0, rows);
  const bytes = (bytesInUse() - before) / rows;
  return { figures: { bytes, stated: stated(store) / rows } };
}

/** What a store says of its slots and indexes. */
function stated(store: ReturnType<typeof storeWithIndexes>): number {
  const { bytes, indexes } = store.stats().tables.tasks;
  return Object.values(indexes).reduce((sum, index) => sum + index.bytes, bytes);
}

/** What each version of a row takes that is kept: the row, its change in the log, its place in chains and indexes. */
export function versionMemory({ rows, size, indexed }: { rows: number; size: number; indexed: boolean }): Measured {
  const store = tasksStore('all');
  insertAll(store, 0, rows);
  const random = randomFrom(7);
  const before = bytesInUse();
  for (let i = 0; i < rows; i += size) {
    store.transact((tx) => {
      for (let k = 0; k < size; k++) {
        const id = idOf(random() % rows);
        if (indexed) tx.tasks.update(id, ({ priority, ...row }) => ({ ...row, priority: (priority + 1) % PRIORITIES }));
        else tx.tasks.update(id, ({ createdAt, ...row }) => ({ ...row, createdAt: createdAt + 1 }));
      }
    });
  }
  const bytes = (bytesInUse() - before) / rows;
  return { figures: { bytes, past: store.stats().tables.tasks.past } };
}

/** The room that V8 makes for an array which grows by one at a time. */
function roomOf(length: number): number {
  let room = 0;
  while (room < length) room = room + (room >> 1) + 16;
  return room;
}
