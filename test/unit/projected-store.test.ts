import { afterEach, describe, expect, it } from 'vitest';

import { createStore, projection, readSnapshot, type MemoirError } from '../../src/index.js';
import { base, debts, events, paid, totals, totalsTables } from '../support/ledger-projections.js';

const errors: MemoirError[] = [];
afterEach(() => expect(errors.splice(0)).toEqual([]));

const make = (more = {}) =>
  createStore({ tables: base, events, onError: (error) => void errors.push(error as MemoirError), ...more });
type Made = ReturnType<typeof make>;
const put = (store: Made, n: number, customer = `c${n % 3}`) =>
  store.transact((tx) => void tx.orders.put({ id: `o${n}`, customer, cents: n }));
const turn = () => new Promise((resolve) => setImmediate(resolve));
const quick = { retry: { times: 2, firstMs: 1 } };

describe('a projection that follows a store', () => {
  it('has its tables and those it follows at its own offset, in views, streams and live queries', async () => {
    const store = make();
    for (let n = 1; n <= 10; n++) put(store, n);
    const follower = await store.project(totals(), { batches: 2 });
    const told: number[] = [];
    follower.changes({ tables: ['totals'] }).subscribe(({ offset }) => told.push(offset));
    expect(follower.lag).toBe(store.head - follower.head);
    expect(store.stats().subscribers).toContainEqual(expect.objectContaining({ kind: 'project', label: 'totals' }));
    put(store, 11);
    put(store, 12);
    await follower.waitFor(12);
    expect(follower.lag).toBe(0);
    expect(told).toEqual([11, 12]);
    const view = follower.now();
    expect([view.offset, view.orders.size, view.totals.get('c0')]).toEqual([
      12,
      12,
      { customer: 'c0', cents: 30, orders: 4 },
    ]);
    expect(follower.asOf(11).totals.get('c0')?.cents).toBe(18);
    expect(follower.batch(12)).toMatchObject({ offset: 12, at: store.batch(12).at });
    // The store knows nothing of its tables.
    expect(store.now()).not.toHaveProperty('totals');
    follower.check();
    follower.close();
    put(store, 13);
    await turn();
    expect(follower.head).toBe(12);
    expect(store.stats().subscribers).toEqual([]);
  });

  it('goes on without a batch that it cannot fold, says so, and folds it when its folds are mended', async () => {
    const store = make();
    const follower = await store.project(totals(), quick);
    put(store, 1);
    put(store, 2, 'poison');
    put(store, 3);
    await follower.waitFor(3);
    expect(follower.parked).toEqual([
      { offset: 2, error: expect.objectContaining({ code: 'ProjectionFailed' }) as Error },
    ]);
    expect(errors.splice(0)).toHaveLength(1);
    expect([...follower.now().totals.scan()].map(({ customer }) => customer)).toEqual(['c0', 'c1']);
    expect(follower.now().orders.size).toBe(3);

    const markers: unknown[] = [];
    follower.changes({ markers: true }).subscribe((item) => 'marker' in item && markers.push(item.marker));
    const { on: _, ...mended } = { ...totals(), on: undefined };
    await expect(follower.replay(2, mended as never)).rejects.toMatchObject({ code: 'DefinitionInvalid' });
    const forgiving = projection({
      ...{ name: 'totals', sources: base, tables: totalsTables },
      on: {
        changes: { orders: (tx, { after }) => void tx.totals.put({ customer: after!.customer, cents: 1, orders: 1 }) },
      },
    });
    const ended: string[] = [];
    follower.changes().subscribe({ error: ({ message }: MemoirError) => void ended.push(message) });
    await follower.replay(2, forgiving);
    await follower.waitFor(3);
    expect(follower.parked).toEqual([]);
    expect(follower.now().totals.has('poison')).toBe(true);
    expect(follower.now().totals.get('c1')?.cents).toBe(1);
    expect(markers).toContain('reset');
    expect(ended).toEqual([expect.stringMatching(/^the log .* has gone back to batch 1:/)]);
    follower.check();
    follower.close();
  });

  it('tries again what failed for a while', async () => {
    const store = make();
    let failures = 2;
    const flaky = projection({
      ...{ name: 'totals', sources: base, tables: totalsTables },
      on: {
        changes: {
          orders(tx, { after }) {
            if (failures-- > 0) throw new Error('not yet');
            tx.totals.put({ customer: after!.customer, cents: 1, orders: 1 });
          },
        },
      },
    });
    const follower = await store.project(flaky, quick);
    put(store, 1);
    await follower.waitFor(1);
    expect([follower.parked, follower.now().totals.size]).toEqual([[], 1]);
    follower.close();
  });

  it('goes on from a snapshot of it, of its version and its log', async () => {
    const store = make();
    for (let n = 1; n <= 5; n++) put(store, n);
    const first = await store.project(paid());
    await first.waitFor(5);
    const image = await readSnapshot(await first.snapshot().toBytes());
    first.close();
    store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 5 }));
    store.compact(6);
    await expect(store.project(paid())).rejects.toMatchObject({ code: 'OffsetCompacted' });
    const second = await store.project(paid(), { snapshot: image });
    await second.waitFor(6);
    expect(second.read(paid().read).cents).toBe(5);
    second.close();
    await expect(store.project(paid(2), { snapshot: image })).rejects.toMatchObject({ code: 'ProjectionStale' });
    await expect(make().project(paid(), { snapshot: image })).rejects.toMatchObject({ code: 'LineageChanged' });
    await expect(store.project(paid(), { snapshot: {} as never })).rejects.toMatchObject({ code: 'OptionInvalid' });
    await expect(store.project(debts())).rejects.toMatchObject({ code: 'DefinitionInvalid' });
  });

  it('begins anew when the store does, and when it is overtaken, where rows are enough', async () => {
    const store = make();
    for (let n = 1; n <= 5; n++) put(store, n);
    const image = await readSnapshot(await store.snapshot().toBytes());
    const [rows, log] = [await store.project(totals()), await store.project(paid())];
    put(store, 6);
    await rows.waitFor(6);
    await store.restore(image);
    put(store, 7);
    await turn();
    await turn();
    await rows.waitFor(6);
    expect(rows.lineage).toBe(store.lineage);
    expect(rows.now().totals.get('c1')).toEqual({ customer: 'c1', cents: 12, orders: 3 });
    expect(log.failure).toMatchObject({ code: 'OffsetCompacted' });
    expect(errors.splice(0)).toHaveLength(1);
    for (let n = 8; n <= 20; n++) put(store, n);
    store.compact(18);
    put(store, 21);
    await rows.waitFor(20);
    expect(rows.now().orders.size).toBe(20);
    rows.check();
    rows.close();
  });

  it('holds the batches it has yet to fold, where it is told to', async () => {
    const store = make({ keep: { batches: 2 } });
    const [held, free] = [await store.project(paid(), { hold: true }), await store.project(paid())];
    for (let n = 1; n <= 20; n++) put(store, n);
    expect(store.floor).toBe(1);
    await Promise.all([held.waitFor(20), free.waitFor(20)]);
    expect([held.failure, free.head]).toEqual([undefined, 20]);
    held.close();
    put(store, 21);
    expect(store.floor).toBe(20);
    free.close();
    store.close();
  });

  it.each([[{ batches: 'x' }], [{ retry: 3 }], [{ retry: { times: -1 } }], [{ from: 1 }], [{ keep: {} }]])(
    'refuses %j',
    async (options) => {
      await expect(make().project(totals(), options as never)).rejects.toMatchObject({
        code: expect.stringMatching(/OptionInvalid|DefinitionInvalid/) as string,
      });
    },
  );
});
