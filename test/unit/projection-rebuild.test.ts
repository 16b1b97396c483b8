import * as t from 'io-ts';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, openStore, projection, readSnapshot, table, valueProjection } from '../../src/index.js';
import { base, debts, events, paid, totals } from '../support/ledger-projections.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const errors: unknown[] = [];
afterEach(() => expect(errors.splice(0)).toEqual([]));

const options = { tables: base, events, onError: (error: unknown) => void errors.push(error) };
const make = (more = {}) => createStore({ ...options, ...more, projections: [totals(), debts(), paid()] });
type Made = ReturnType<typeof make>;
const put = (store: Made, n: number) =>
  store.transact((tx) => {
    tx.orders.put({ id: `o${n % 50}`, customer: `c${n % 7}`, cents: n });
    tx.emit('Paid', { customer: `c${n % 3}`, cents: 1 });
  });
/** Paused by whoever else has something to do, as servers are. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('rebuild', () => {
  it('swaps in another version while the store is written to, and says which rows differ', async () => {
    const store = make();
    for (let n = 0; n < 2000; n++) put(store, n);
    const rebuilding = store.rebuild(paid(2), { sliceMs: 1 });
    let n = 2000;
    const progress = { isDone: false };
    void rebuilding.finally(() => (progress.isDone = true));
    for (; !progress.isDone; n++) {
      put(store, n);
      await turn();
    }
    const report = await rebuilding;
    expect(report).toMatchObject({ projection: 'paid', from: 1, to: 2 });
    expect(report.changes).toHaveLength(1);
    expect(report.offset).toBeGreaterThan(2000);
    expect(store.batch(report.offset).changes).toEqual(report.changes);
    // As many were folded before the swap as after it, by the same folds.
    expect(store.read(paid().read).cents).toBe(2 * n);
    expect(store.asOf(report.offset - 1).paid.get('value')?.value.cents).toBe(report.offset - 1);
    store.check();
    // The old one can be put back.
    expect(await store.rebuild(paid(1))).toMatchObject({ from: 2, to: 1 });
    expect(store.read(paid().read).cents).toBe(n);
    put(store, n);
    expect(store.read(paid().read).cents).toBe(n + 1);
  });

  it('lets those fold what has changed that read its tables', async () => {
    const store = make();
    for (let n = 0; n < 20; n++) put(store, n);
    const before = store.now().debts.get('c1')!.cents;
    const { changes } = await store.rebuild(totals(2, 10));
    expect(changes.map((change) => change.table)).toEqual(Array(7).fill('totals'));
    expect(store.now().debts.get('c1')!.cents).toBe(before + 9 * (1 + 8 + 15));
    store.check();
  });

  it('changes nothing when a fold throws, it is given up, or what it needs is gone', async () => {
    const store = make();
    for (let n = 0; n < 200; n++) put(store, n);
    const { head } = store;
    const signal = { aborted: true, addEventListener: () => {} };
    await expect(store.rebuild(paid(2), { signal })).rejects.toMatchObject({ code: 'WaitAborted' });
    await expect(store.rebuild(totals(2, Number.NaN))).rejects.toMatchObject({ code: 'ProjectionFailed' });
    store.compact(100);
    await expect(store.rebuild(paid(2))).rejects.toMatchObject({ code: 'OffsetCompacted' });
    expect(store.head).toBe(head);
    expect(store.read(paid().read).cents).toBe(200);
    await expect(store.rebuild(totals(3), { sliceMs: 0 })).rejects.toMatchObject({ code: 'OptionInvalid' });
    await expect(createStore(options).rebuild(totals())).rejects.toMatchObject({ code: 'OptionInvalid' });
    const closed = make();
    closed.close();
    await expect(closed.rebuild(totals())).rejects.toMatchObject({ code: 'StoreClosed' });
  });

  it('leaves a state that says of all projections which versions it has, though it is the first batch', async () => {
    const store = make();
    await store.rebuild(paid(2));
    const snapshot = await readSnapshot(await store.snapshot().toBytes());
    const again = createStore({ ...options, projections: [totals(), debts(), paid(2)], snapshot });
    expect([again.head, again.read(paid().read).cents]).toEqual([1, 0]);
  });

  it('refuses other tables in the place of those there are', async () => {
    const other = { ...totals(), tables: {} };
    await expect(make().rebuild(other as never)).rejects.toMatchObject({ code: 'DefinitionInvalid' });
  });

  it.each<[string, object]>([
    ['none', {}],
    ['one more', { byCents: ['cents'], byOrders: ['orders'] }],
    ['a unique one', { byCents: { on: ['cents'], unique: true } }],
    ['one of other fields', { byCents: ['orders'] }],
    ['one of some rows', { byCents: { on: ['cents'], where: () => true } }],
    ['one in lower case', { byCents: { on: ['customer'], lower: true } }],
  ])('refuses other indexes: %s', async (_, indexes) => {
    const Total = t.strict({ customer: t.string, cents: t.number, orders: t.number });
    const made = table(Total, { primaryKey: 'customer', indexes: indexes as never });
    const next = projection({
      ...{ name: 'totals', version: 2, sources: base, tables: { totals: made } },
      on: { changes: { orders: () => {} } },
    });
    await expect(make().rebuild(next)).rejects.toMatchObject({
      code: 'DefinitionInvalid',
      message: expect.stringContaining('addIndex') as string,
    });
  });

  it('says what to do when what differs is too much for one batch of the log', async () => {
    const medium = new MemoryMedium();
    const store = await openStore({ ...options, log: medium.plan(), projections: [paid(), totals()] });
    for (let n = 0; n < 12_000; n += 1000)
      await store.transact((tx) => {
        for (let i = n; i < n + 1000; i++) tx.orders.put({ id: `o${i}`, customer: `customer ${i}`, cents: 1 });
      });
    await expect(store.rebuild(totals(2, 2))).rejects.toMatchObject({
      code: 'BatchTooLarge',
      projection: 'totals',
      limit: 1 << 20,
      message: expect.stringContaining('store.project') as string,
    });
    expect(store.now().totals.get('customer 7')?.cents).toBe(1);
    await store.transact((tx) => tx.orders.put({ id: 'o7', customer: 'customer 7', cents: 3 }));
    expect(store.now().totals.get('customer 7')?.cents).toBe(3);
    await store.close();
  });

  it('folds what only the log has any more in slices, too', async () => {
    const medium = new MemoryMedium();
    const counted = { folds: 0, most: 0 };
    const counting = (version: number) =>
      valueProjection({
        ...{ name: 'paid', version, events, value: t.number, initial: 0 },
        on: { Paid: (sum) => (counted.folds++, sum + 1) },
      });
    const log = medium.plan({ keep: { batches: 3 } });
    const store = await openStore({ ...options, log, projections: [counting(1)] });
    const pays = Array.from({ length: 2000 }, () =>
      store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 })),
    );
    await Promise.all(pays);
    const progress = { isDone: false };
    const rebuilding = store.rebuild(counting(2), { sliceMs: 0.001 });
    void rebuilding.finally(() => (progress.isDone = true));
    while (!progress.isDone) {
      counted.folds = 0;
      await turn();
      counted.most = Math.max(counted.most, counted.folds);
    }
    expect(await rebuilding).toMatchObject({ to: 2, changes: [] });
    // Little is left to be folded at once at the end.
    expect(counted.most).toBeLessThan(100);
    await store.close();
  });

  it('is as safe as a transaction of a store on a log, and folds what is on its way there', async () => {
    const medium = new MemoryMedium();
    const open = async (version: number) =>
      openStore({
        ...options,
        log: medium.plan({ keep: { batches: 3 } }),
        projections: [totals(), debts(), paid(version)],
      });
    const store = await open(1);
    const pay = () => store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
    for (let n = 0; n < 100; n++) await pay();
    // The log goes back further than the memory does.
    expect(store.floor).toBeGreaterThan(1);
    const [, , report] = await Promise.all([pay(), pay(), store.rebuild(paid(2)), pay(), pay()]);
    expect(report).toMatchObject({ from: 1, to: 2 });
    expect(store.read(paid().read).cents).toBe(208);
    store.check();
    await store.close();
    const again = await open(2);
    expect(again.head).toBe(105);
    expect(again.read(paid().read).cents).toBe(208);
    medium.trouble = 'refused';
    await expect(again.rebuild(paid(1))).rejects.toMatchObject({ code: 'LogRefused' });
    expect(again.read(paid().read).cents).toBe(208);
    await again.close();
  });
});
