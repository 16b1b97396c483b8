import { describe, expect, it } from 'vitest';

import { createStore, readSnapshot, type ProjectOptions } from '../../src/index.js';
import { base, events, paid, totals } from '../support/ledger-projections.js';

const make = () => createStore({ tables: base, events, stateHash: true, onError: () => {} });
type Made = ReturnType<typeof make>;
const put = (store: Made, n: number, customer = `c${n % 3}`) =>
  store.transact((tx) => void tx.orders.put({ id: `o${n}`, customer, cents: n }));
const fill = (store: Made, from: number, to: number) => {
  for (let n = from; n <= to; n++) put(store, n);
};
type Follower = Awaited<ReturnType<Made['project']>>;
const imageOf = async (follower: Pick<Follower, 'snapshot'>) => readSnapshot(await follower.snapshot().toBytes());
const atOnce: ProjectOptions = { retry: { times: 0 } };

describe('the state hash of a projection that follows', () => {
  it('has the rows that it began with, from rows, from the log and from a checkpoint', async () => {
    const store = make();
    fill(store, 1, 5);
    store.transact((tx) => tx.emit('Paid', { customer: 'c1', cents: 2 }));
    for (const projection of [totals(), paid()]) {
      const follower = await store.project(projection as ReturnType<typeof totals>);
      await follower.waitFor(6);
      const image = await imageOf(follower);
      expect(follower.stateHash()).toBe(image.stateHash);
      follower.close();
      const again = await store.project(projection as ReturnType<typeof totals>, { snapshot: image });
      expect(again.stateHash()).toBe(image.stateHash);
      again.close();
    }
  });

  it('is that of each offset that it has come to, parked batches and replays among them', async () => {
    const store = make();
    fill(store, 1, 3);
    const follower = await store.project(totals(), atOnce);
    put(store, 4, 'poison');
    fill(store, 5, 6);
    await follower.waitFor(6);
    expect(follower.stateHash()).toBe((await imageOf(follower)).stateHash);
    const before = follower.stateHash(3);
    await follower.replay(4);
    expect(follower.stateHash(3)).toBe(before);
    await follower.waitFor(6);
    expect(follower.stateHash()).toBe((await imageOf(follower)).stateHash);
    follower.close();
  });

  it('is that of the state that it begins anew with, where the store is restored', async () => {
    const store = make();
    fill(store, 1, 3);
    const image = await readSnapshot(await store.snapshot().toBytes());
    const follower = await store.project(totals());
    fill(store, 4, 9);
    await follower.waitFor(9);
    await store.restore(image);
    put(store, 10);
    while (follower.lineage !== store.lineage) await new Promise((resolve) => setImmediate(resolve));
    await follower.waitFor(4);
    expect(follower.stateHash()).toBe((await imageOf(follower)).stateHash);
    follower.close();
  });
});
