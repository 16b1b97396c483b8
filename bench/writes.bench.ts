import { bench, describe } from 'vitest';

import { createStore } from 'memoir';

import { filled, options, ROWS, rowOf, tables } from './workload.js';

describe('writes', () => {
  const store = filled();
  let next = ROWS;
  let touched = 0;

  bench('insert, 1 row a transaction', () => void store.transact((tx) => tx.tasks.insert(rowOf(next++))), options);

  bench(
    'insert, 100 rows a transaction',
    () =>
      void store.transact((tx) => {
        for (let i = 0; i < 100; i++) tx.tasks.insert(rowOf(next++));
      }),
    options,
  );

  bench(
    'update of an indexed field, 1 row a transaction',
    () => {
      const { id, priority } = rowOf(touched++ % ROWS);
      store.transact((tx) => tx.tasks.update(id, { priority: priority + touched }));
    },
    options,
  );

  bench(
    'insert and delete, 1 row a transaction each',
    () => {
      const row = rowOf(next++);
      store.transact((tx) => tx.tasks.insert(row));
      store.transact((tx) => tx.tasks.delete(row.id));
    },
    options,
  );

  bench(
    'load of 1,000 rows in one transaction, into an empty store',
    () => {
      const empty = createStore({ tables, mode: 'production' });
      empty.transact((tx) => {
        for (let i = 0; i < 1_000; i++) tx.tasks.insert(rowOf(i));
      });
    },
    options,
  );
});
