import { bench, describe } from 'vitest';

import { filled, options, ROWS, rowOf } from './workload.js';

const store = filled();
const now = store.now();
const changed = filled();
const held = changed.now();
for (let i = 0; i < ROWS; i += 10) changed.transact((tx) => tx.tasks.update(rowOf(i).id, { priority: i }));

let place = 0;
const someRow = (): ReturnType<typeof rowOf> => rowOf((place = (place + 7919) % ROWS));
const count = (rows: Iterable<unknown>): number => {
  let n = 0;
  for (const _ of rows) n++;
  return n;
};

describe('reads', () => {
  bench('get by primary key', () => void now.tasks.get(someRow().id), options);
  bench(
    'find by a unique compound key',
    () => void now.tasks.find('byName', someRow().namespace, someRow().name),
    options,
  );
  bench(
    'scan of 100 rows from a priority on',
    () => void count(now.tasks.scan('byPriority', { gte: [500], limit: 100 })),
    options,
  );
  bench('scan of a compound prefix', () => void count(now.tasks.scan('byName', { prefix: ['namespace-7'] })), options);
  bench('scan of the whole table', () => void count(now.tasks.scan()), options);
});

describe('reads of a held view, a tenth of its rows changed since', () => {
  bench('get by primary key', () => void held.tasks.get(someRow().id), options);
  bench(
    'scan of 100 rows from a priority on',
    () => void count(held.tasks.scan('byPriority', { gte: [500], limit: 100 })),
    options,
  );
});
