/**
 * Projections are what a plain fold of the log says, at every offset, whatever happens to the store.
 *
 * Strategy: random transactions on a store with three projections (of changes, of events and of another projection's
 * tables, of one value), some of which are thrown out by their body or by a fold. Now and then the store is closed and
 * opened again on its log, is made anew from a snapshot, restores one, or rebuilds a projection with the same folds;
 * beside it the same projections follow at their own pace.
 *
 * Invariants: each projection is the naive fold of the batches up to each offset that can be read; a transaction that a
 * fold throws out has changed nothing; a replay of the log is the state (`check`); the state hash of a store that has
 * lived is that of one that was only replayed.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createStore, MemoirError, openStore, readSnapshot } from '../../src/index.js';
import { base, debts, events, found, naive, paid, totals } from '../support/ledger-projections.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { runs } from '../support/runs.js';

const projections = () => [debts(), totals(), paid()] as const;

const customer = fc.constantFrom('ada', 'bob', 'cy', 'poison');
const order = fc.record({
  id: fc.constantFrom('o1', 'o2', 'o3', 'o4'),
  customer,
  cents: fc.integer({ min: -5, max: 9 }),
});
type Step =
  | { readonly put: readonly Order[]; readonly throws: boolean }
  | { readonly remove: string }
  | { readonly pay: { readonly customer: string; readonly cents: number } };
type Order = { readonly id: string; readonly customer: string; readonly cents: number };
const step: fc.Arbitrary<Step | 'reopen' | 'rebuild' | 'restore'> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: fc.array(order, { minLength: 1, maxLength: 3 }), throws: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.constantFrom('o1', 'o2', 'o3', 'o4') }) },
  {
    weight: 3,
    arbitrary: fc.record({ pay: fc.record({ customer: fc.constantFrom('ada', 'bob'), cents: fc.nat(9) }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom('reopen' as const, 'rebuild' as const, 'restore' as const) },
);

async function openOn(medium: MemoryMedium) {
  return openStore({
    tables: base,
    events,
    projections: projections(),
    log: medium.plan({ keep: 'all' }),
    stateHash: true,
  });
}
type Opened = Awaited<ReturnType<typeof openOn>>;

/** Does a step that is a transaction. */
async function transact(store: Opened, one: Step): Promise<void> {
  try {
    await store.transact((tx) => {
      if ('put' in one) for (const row of one.put) tx.orders.put(row);
      if ('remove' in one) tx.orders.delete(one.remove);
      if ('pay' in one) tx.emit('Paid', one.pay);
      if ('throws' in one && one.throws) throw new Error('thrown out');
    });
  } catch (error) {
    const isPoison = error instanceof MemoirError && error.code === 'ProjectionFailed';
    if (!isPoison) expect((error as Error).message).toBe('thrown out');
    else expect(error).toMatchObject({ projection: 'totals', table: 'orders', cause: { message: 'poison' } });
  }
}

/** All that the log has. */
function batchesOf(store: Pick<Opened, 'floor' | 'head' | 'batch'>) {
  return Array.from({ length: store.head - store.floor + 1 }, (_, i) => store.batch(store.floor + i));
}

it('projections are the naive fold of the log at every offset, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const medium = new MemoryMedium();
      let store = await openOn(medium);
      for (const one of steps) {
        if (one === 'reopen') {
          await store.close();
          store = await openOn(medium);
        } else if (one === 'rebuild') {
          expect((await store.rebuild(totals())).changes).toEqual([]);
          if (store.floor === 1) {
            expect((await store.rebuild(debts())).changes).toEqual([]);
            expect((await store.rebuild(paid())).changes).toEqual([]);
          } else await expect(store.rebuild(paid())).rejects.toMatchObject({ code: 'OffsetCompacted' });
        } else if (one === 'restore') {
          const { lineage } = store;
          await store.restore(await readSnapshot(await store.snapshot().toBytes()), { lineage });
        } else await transact(store, one);
      }
      store.check();
      const { floor, head } = store;
      // A restore leaves no batches from before it.
      if (floor === 1) {
        const batches = batchesOf(store);
        for (let offset = 0; offset <= head; offset++)
          expect(found(store.asOf(offset))).toEqual(naive(batches.slice(0, offset)));
        const follower = await store.project(totals());
        await follower.waitFor(head);
        expect([...follower.now().totals.scan()]).toEqual([...store.now().totals.scan()]);
        follower.check();
        follower.close();
      }
      const image = await readSnapshot(await store.snapshot().toBytes());
      const again = createStore({ tables: base, events, projections: projections(), snapshot: image, stateHash: true });
      expect(found(again.now())).toEqual(found(store.now()));
      expect(again.stateHash()).toBe(store.stateHash());
      await store.close();
    }),
    { numRuns: runs(60) },
  );
});
