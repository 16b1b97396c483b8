import { bench, describe } from 'vitest';

import { filled, options, ROWS, rowOf, SMOKE, type TaskStore } from './workload.js';

/** A write that no live query below reads. */
function writeTo(store: TaskStore): () => void {
  let n = 0;
  const { id } = rowOf(1);
  return () => void store.transact((tx) => tx.tasks.update(id, { priority: 200_000 + (n++ % 1_000) }));
}

function withSubscribers(count: number): TaskStore {
  const store = filled(1_000);
  for (let i = 0; i < count; i++) store.changes().subscribe(() => undefined);
  return store;
}

/** Idle: each reads the tasks of one priority, and nothing is written there. */
function withIdleQueries(count: number): TaskStore {
  const store = filled(1_000);
  for (let i = 0; i < count; i++) {
    store.live((db) => [...db.tasks.scan('byPriority', { gte: [i], lt: [i + 1] })]).subscribe(() => undefined);
  }
  return store;
}

describe('a write that subscribers are told of', () => {
  bench('0 subscribers', writeTo(withSubscribers(0)), options);
  bench('1 subscriber', writeTo(withSubscribers(1)), options);
  bench('1,000 subscribers', writeTo(withSubscribers(1_000)), options);
});

describe('a write beside idle live queries on other ranges', () => {
  bench('0 live queries', writeTo(withIdleQueries(0)), options);
  bench('10,000 live queries', writeTo(withIdleQueries(SMOKE ? 100 : 10_000)), options);
});

describe('a live query that a write touches', () => {
  const store = filled(Math.min(ROWS, 10_000));
  store.live((db) => [...db.tasks.scan('byStatus', { prefix: ['open'], limit: 10 })]).subscribe(() => undefined);
  const first = store.read((db) => db.tasks.first('byStatus', { prefix: ['open'] }))!;
  let n = 0;
  bench('is run again', () => void store.transact((tx) => tx.tasks.update(first.id, { note: `note ${n++}` })), options);
});
