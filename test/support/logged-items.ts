import * as t from 'io-ts';
import { afterEach, expect } from 'vitest';

import { openStore, table, type DurableStore, type LogPlan, type OpenOptions } from '../../src/index.js';
import type { MemoryMedium } from './memory-byte-log.js';

// Stores of one table on a log in memory.

const Item = t.strict({ id: t.string, n: t.number });
const items = table(Item, { primaryKey: 'id', indexes: { byN: ['n'] } });
export const tables = { items };
type Store = DurableStore<typeof tables>;

/** What the stores were told of, where no test took it out. */
export const errors: unknown[] = [];
afterEach(() => expect(errors.splice(0)).toEqual([]));

export const openOn = (
  medium: MemoryMedium,
  options: Partial<OpenOptions<typeof tables>> = {},
  plan: Partial<LogPlan> = {},
) => openStore({ tables, log: medium.plan(plan), onError: (error) => errors.push(error), ...options });

export const put = (store: Store, id: string, n = 0, name?: string) =>
  store.transact((tx) => tx.items.put({ id, n }), name === undefined ? {} : { id: name });

/** Writes so many batches, one append each, and the same row always. */
export async function fill(store: Store, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await put(store, 'a', store.head + 1);
}
