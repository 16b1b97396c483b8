import * as t from 'io-ts';

import { createStore, table, type DurableStore } from '../../src/index.js';

/** What the process that is killed writes to. */
export const crashTables = {
  items: table(t.strict({ id: t.string, n: t.Int, tags: t.array(t.string) }), {
    primaryKey: 'id',
    indexes: { byN: { on: ['n'], unique: true }, byTag: { each: 'tags' } },
  }),
};
type Tables = typeof crashTables;

/** The n-th transaction: all of them follow from their numbers, so that anyone can tell what there must be. */
function body(n: number): Parameters<DurableStore<Tables>['transact']>[0] {
  return (tx) => {
    tx.items.put({ id: `i${n % 37}`, n, tags: [`t${n % 5}`, 'all'] });
    if (n % 4 === 0) tx.items.delete(`i${(n + 11) % 37}`);
    if (n % 6 === 0) tx.nextId('sixth');
    return undefined;
  };
}

/** Writes the n-th transaction. */
export async function submit(store: DurableStore<Tables>, n: number): Promise<void> {
  await store.transact(body(n), { id: `n${n}`, meta: { n } });
}

/** The rows after the first so many transactions, of a store in memory that had just these. */
export function rowsAfter(count: number): readonly unknown[] {
  const store = createStore({ tables: crashTables });
  for (let n = 1; n <= count; n++) store.transact(body(n) as never);
  return store.read((db) => [...db.items.scan()]);
}
