import * as t from 'io-ts';
import { createStore, table, type ByteCodec, type HistoryOptions, type Store, type ViewOf } from 'memoir';

import { Stopwatch } from '../harness/measure.js';
import { STATUSES } from '../peers/rows.js';
import { rowOf } from './rows.js';

/** The codec of their rows. */
export const Task = t.strict({
  id: t.string,
  namespace: t.string,
  name: t.string,
  status: t.string,
  priority: t.number,
  createdAt: t.number,
  tags: t.readonlyArray(t.string),
});

const INDEXES = {
  byName: { on: ['namespace', 'name'], unique: true },
  byStatus: ['status'],
  byPriority: ['priority'],
} as const;

/** The table of seven fields and four indexes. */
export const tasksTable = () => table(Task, { primaryKey: 'id', indexes: INDEXES });
type Tables = { readonly tasks: ReturnType<typeof tasksTable> };

export type TaskStore = Store<Tables>;
export type TaskView = ViewOf<TaskStore>;

/** How much a store keeps of the past. */
export type Keep = 'all' | { readonly batches: number };

/** What may differ from how stores are mostly measured. */
interface TaskStoreOptions {
  readonly codec?: ByteCodec;
  readonly history?: HistoryOptions;
}

/** A store with the table of seven fields and four indexes, the primary one counted, as it runs in production. */
export function tasksStore(keep: Keep = { batches: 100_000 }, options: TaskStoreOptions = {}): TaskStore {
  // What is kept beyond that for a view that is held is measured here, not refused.
  return createStore({
    tables: { tasks: tasksTable() },
    mode: 'production',
    keep,
    pinnedBytesMax: Infinity,
    ...options,
  });
}

/** The indexes of a table beside the primary one, in the order in which they are added to measure what each takes. */
export const ADDED = ['byStatus', 'byPriority', 'byName', 'byCreated'] as const;

/** A store with the first so many of the indexes in `ADDED`. */
export function storeWithIndexes(count: number, keep: Keep): TaskStore {
  const all: Readonly<Record<string, unknown>> = { ...INDEXES, byCreated: ['createdAt'] };
  const indexes = Object.fromEntries(ADDED.slice(0, count).map((name) => [name, all[name]])) as typeof INDEXES;
  const tasks = table(Task, { primaryKey: 'id', indexes });
  return createStore({ tables: { tasks }, mode: 'production', keep, pinnedBytesMax: Infinity });
}

/** Has a subscriber told of everything, and a live query; returns what proves that they were, and ends them. */
export function watched(store: Pick<TaskStore, 'head' | 'changes' | 'live'>): () => void {
  let [batches, answers] = [0, 0];
  const { head } = store;
  const told = store.changes().subscribe(() => batches++);
  const live = store.live((db) => db.tasks.first('byStatus', { prefix: [STATUSES[1]] })?.id);
  const asked = live.subscribe(() => answers++);
  return () => {
    told.unsubscribe();
    asked.unsubscribe();
    if (batches !== store.head - head) throw new Error(`the subscriber was told of ${batches} batches`);
    if (answers === 0) throw new Error('the live query has never answered');
  };
}

const CHUNK = 10_000;

/** Inserts the rows of these numbers in one transaction; returns the milliseconds that it took without making rows. */
export function insertAll(store: TaskStore, from: number, to: number): number {
  const whole = new Stopwatch().start();
  const watch = new Stopwatch();
  let making = 0;
  store.transact((tx) => {
    for (let i = from; i < to; i += CHUNK) {
      watch.start();
      const rows = Array.from({ length: Math.min(CHUNK, to - i) }, (_, k) => rowOf(i + k));
      making += watch.stop();
      for (const row of rows) tx.tasks.insert(row);
    }
  });
  return whole.stop() - making;
}

/** What a scan of all rows sees: how many there are, and a sum that depends on their order. */
export function fingerprint(view: TaskView): string {
  let [count, hash] = [0, 0];
  for (const { priority, createdAt } of view.tasks.scan()) {
    hash = (Math.imul(hash, 31) + priority + createdAt) | 0;
    count++;
  }
  return `${count} ${hash}`;
}
