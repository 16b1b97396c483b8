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

/** What the n-th transaction is called. */
const named = (n: number): { readonly id: string; readonly meta: { readonly n: number } } => ({
  id: `n${n}`,
  meta: { n },
});

/** Writes the n-th transaction. */
export async function submit(store: DurableStore<Tables>, n: number): Promise<void> {
  await store.transact(body(n), named(n));
}

/** A store in memory that had the same transactions, and nothing else. */
export class CrashTwin {
  readonly #store = createStore({ tables: crashTables, stateHash: true });

  /** Its rows and its state hash after the first so many transactions. */
  after(count: number): { readonly rows: readonly unknown[]; readonly stateHash: string } {
    for (let n = this.#store.head + 1; n <= count; n++) this.#store.transact(body(n) as never, named(n));
    using view = this.#store.asOf(count);
    return { rows: [...view.items.scan()], stateHash: this.#store.stateHash(count) };
  }
}
