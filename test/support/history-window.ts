/** A store of which ten rows change in turn, so that anybody knows every state; and what is asked of it. */
import * as t from 'io-ts';
import { vi } from 'vitest';

import {
  createStore,
  MemoirError,
  table,
  type HistoryOptions,
  type Store,
  type StoreOptions,
  type View,
} from '../../src/index.js';
import { MemoryLog } from '../../src/log/memory-log.js';

export const Item = t.intersection([t.strict({ id: t.string, n: t.number }), t.partial({ note: t.string })]);
export const tables = {
  items: table(Item, { primaryKey: 'id', indexes: { byN: ['n'], odd: { by: ({ n }) => [n % 2] } } }),
  counts: table(t.strict({ id: t.string, n: t.bigint }), { primaryKey: 'id' }),
};
export type Items = Store<typeof tables>;

/** A store whose clock goes ten milliseconds a batch. */
export function open(history: HistoryOptions, more: Partial<StoreOptions<typeof tables>> = {}): Items {
  let now = 0;
  return createStore({ tables, history, lineage: 'here', clock: () => (now += 10), ...more });
}

/** So many batches: the row `i`, one of ten, gets the offset as its number. */
export function fill(store: Items, count: number): void {
  for (let i = 0; i < count; i++) {
    const n = store.head + 1;
    store.transact((tx) => tx.items.put({ id: `i${n % 10}`, n }));
  }
}

/** Lets checkpoints be laid down. */
export async function idle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => void setTimeout(resolve, 0));
}

export async function filled(history: HistoryOptions, more?: Partial<StoreOptions<typeof tables>>, count = 100) {
  const store = open(history, more);
  for (let done = 0; done < count; done += 10) {
    fill(store, 10);
    await idle();
  }
  return store;
}

/** What a view has to give, by `fill`. */
export function wanted(offset: number): number[] {
  return Array.from({ length: Math.min(10, offset) }, (_, i) => offset - i).toSorted((a, b) => a - b);
}

export const numbers = (db: View<typeof tables>): number[] => [...db.items.scan('byN')].map(({ n }) => n);

/** The code that a call is refused with. */
export function refused(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error instanceof MemoirError ? error.code : error;
  }
  return undefined;
}

/** How many batches are read while something is done. */
export function batchesRead(act: () => unknown): number {
  const at = vi.spyOn(MemoryLog.prototype, 'at');
  act();
  const { length } = at.mock.calls;
  at.mockRestore();
  return length;
}
