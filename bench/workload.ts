import * as t from 'io-ts';

import { createStore, table, type Store } from 'memoir';

/** In CI a bench only has to run, not to measure. */
export const SMOKE = process.env['MEMOIR_BENCH'] === 'smoke';

/** How many rows the stores hold before anything is measured. */
export const ROWS = SMOKE ? 1_000 : 50_000;

/** How long each bench runs, in milliseconds. */
export const options = SMOKE ? { time: 1, iterations: 1, warmupTime: 0, warmupIterations: 0 } : { time: 500 };

const Task = t.strict({
  id: t.string,
  namespace: t.string,
  name: t.string,
  status: t.keyof({ open: null, running: null, done: null }),
  priority: t.number,
  owner: t.string,
  note: t.string,
});

/** Seven fields and four indexes, the primary one counted. */
export const tables = {
  tasks: table(Task, {
    primaryKey: 'id',
    indexes: { byName: { on: ['namespace', 'name'], unique: true }, byStatus: ['status'], byPriority: ['priority'] },
  }),
};

export type TaskStore = Store<typeof tables>;
export type TaskRow = t.TypeOf<typeof Task>;

const STATES = ['open', 'running', 'done'] as const;

/** The i-th row: ids without order, names with long common beginnings. */
export function rowOf(i: number): TaskRow {
  return {
    id: `${(Math.imul(i, 2654435761) >>> 0).toString(16).padStart(8, '0')}-${i}`,
    namespace: `namespace-${i % 50}`,
    name: `task-${i}`,
    status: STATES[i % 3]!,
    priority: Math.imul(i, 7919) % 100_000,
    owner: `owner-${i % 100}`,
    note: 'a few words about it',
  };
}

/** A store as it runs in production, with rows in it. */
export function filled(rows = ROWS): TaskStore {
  const store = createStore({ tables, mode: 'production' });
  store.transact((tx) => {
    for (let i = 0; i < rows; i++) tx.tasks.insert(rowOf(i));
  });
  return store;
}
