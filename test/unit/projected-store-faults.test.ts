import { afterEach, describe, expect, it } from 'vitest';

import { createStore, projection, readSnapshot, type MemoirError, type ProjectOptions } from '../../src/index.js';
import { base, events, paid, totals, totalsTables } from '../support/ledger-projections.js';

const errors: MemoirError[] = [];
afterEach(() => expect(errors.splice(0)).toEqual([]));

const make = (more = {}) =>
  createStore({ tables: base, events, onError: (error) => void errors.push(error as MemoirError), ...more });
type Made = ReturnType<typeof make>;
const put = (store: Made, n: number, customer = `c${n % 3}`) =>
  store.transact((tx) => void tx.orders.put({ id: `o${n}`, customer, cents: n }));
const fill = (store: Made, from: number, to: number) => {
  for (let n = from; n <= to; n++) put(store, n);
};
const pay = (store: Made) => store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
/** Who keeps batches of it. */
const cursors = (store: Made) => store.holders().filter(({ kind }) => kind === 'cursor');
const turn = () => new Promise((resolve) => setImmediate(resolve));
const atOnce: ProjectOptions = { retry: { times: 0 } };

/** Totals with a fold of the test's own; what it throws is parked. */
const folded = (fold: (id: string) => number, from: 'log' | 'rows' = 'log') =>
  projection({
    ...{ name: 'totals', from, sources: base, tables: totalsTables },
    on: {
      changes: {
        orders: (tx, { after }) => {
          tx.totals.put({ customer: after!.id, cents: fold(after!.id), orders: 1 });
        },
      },
    },
  });

const failing = (ids: ReadonlySet<string>) =>
  folded((id) => {
    if (ids.has(id)) throw new Error(`not ${id}`);
    return 1;
  });

describe('a projection that follows a store of short retention', () => {
  it('is built from rows while more is written than retention keeps', async () => {
    const store = make({ keep: { batches: 2 } });
    store.transact((tx) => {
      for (let n = 1; n <= 3000; n++) tx.orders.put({ id: `o${n}`, customer: `c${n % 50}`, cents: 1 });
    });
    const progress = { isDone: false };
    const projecting = store.project(totals()).finally(() => (progress.isDone = true));
    for (let n = 1; !progress.isDone; n += 10) {
      if (n < 5000) fill(store, n, n + 9);
      await turn();
    }
    const follower = await projecting;
    await follower.waitFor(store.head);
    const sum = [...store.now().orders.scan()].reduce((all, { cents }) => all + cents, 0);
    expect([...follower.now().totals.scan()].reduce((all, { cents }) => all + cents, 0)).toBe(sum);
    follower.check();
    follower.close();
    expect(cursors(store)).toEqual([]);
  });

  it('folds the log up to where it has come to before retention overtakes it', async () => {
    const store = make({ keep: { batches: 100 } });
    for (let n = 1; n <= 100; n++) pay(store);
    const follower = await store.project(paid(), { batches: 10 });
    for (let n = 1; n <= 200; n++) {
      pay(store);
      if (n % 20 === 0) await turn();
    }
    await follower.waitFor(300);
    expect([follower.failure, follower.read(paid().read).cents]).toEqual([undefined, 300]);
    // From here on it is as far behind as it likes, and retention does not wait.
    while (cursors(store).length > 0) await turn();
    pay(store);
    expect(store.floor).toBe(202);
    follower.close();
  });
});

describe('what is parked', () => {
  it('stays so when a later batch is replayed', async () => {
    const store = make();
    const bad = new Set(['o1', 'o3']);
    const follower = await store.project(failing(bad), atOnce);
    fill(store, 1, 4);
    await follower.waitFor(4);
    expect(follower.parked.map(({ offset }) => offset)).toEqual([1, 3]);
    bad.clear();
    await follower.replay(3);
    await follower.waitFor(4);
    expect(follower.parked.map(({ offset }) => offset)).toEqual([1]);
    expect([...follower.now().totals.scan()].map(({ customer }) => customer)).toEqual(['o2', 'o3', 'o4']);
    expect(errors.splice(0)).toHaveLength(2);
    follower.close();
  });

  it('is known after a snapshot', async () => {
    const store = make();
    const first = await store.project(failing(new Set(['o2', 'o11'])), atOnce);
    fill(store, 1, 12);
    await first.waitFor(12);
    const image = await readSnapshot(await first.snapshot().toBytes());
    first.close();
    const again = await store.project(failing(new Set(['o13'])), { ...atOnce, snapshot: image });
    put(store, 13);
    await again.waitFor(13);
    expect(again.parked.map(({ offset, error }) => [offset, error.code, error.projection])).toEqual([
      [2, 'ProjectionFailed', 'totals'],
      [11, 'ProjectionFailed', 'totals'],
      [13, 'ProjectionFailed', 'totals'],
    ]);
    expect(again.now().totals.size).toBe(10);
    await expect(again.replay(3)).rejects.toMatchObject({ code: 'OffsetCompacted' });
    await again.replay(13, failing(new Set()));
    await again.waitFor(13);
    expect(again.parked.map(({ offset }) => offset)).toEqual([2, 11]);
    // The state before is not in the checkpoint: it begins anew.
    await again.replay(2);
    await again.waitFor(13);
    expect([again.parked, again.now().totals.size]).toEqual([[], 13]);
    again.check();
    again.close();
    expect(errors.splice(0)).toHaveLength(3);
  });

  it('is what folds are that are no pure functions, without another try', async () => {
    const store = make({ mode: 'development' });
    let calls = 0;
    const follower = await store.project(
      folded((id) => {
        calls++;
        return id === 'o1' ? Date.now() : 1;
      }),
    );
    fill(store, 1, 2);
    await follower.waitFor(2);
    expect(follower.parked).toMatchObject([{ offset: 1, error: { code: 'ImpureFold', projection: 'totals' } }]);
    expect([calls, follower.failure, follower.now().totals.size]).toEqual([2, undefined, 1]);
    expect(errors.splice(0)).toHaveLength(1);
    follower.close();
  });

  it.each([
    [Number.NaN, 'OffsetInvalid'],
    ['x', 'OffsetInvalid'],
    [1.5, 'OffsetInvalid'],
    [-1, 'OffsetInvalid'],
    [0, 'OffsetCompacted'],
    [99, 'OffsetInFuture'],
  ])('is not replayed from %j', async (offset, code) => {
    const store = make();
    fill(store, 1, 3);
    const follower = await store.project(totals());
    await expect(follower.replay(offset as number)).rejects.toMatchObject({ code });
    expect([follower.head, follower.failure]).toEqual([3, undefined]);
    follower.close();
    await expect(follower.replay(3)).rejects.toMatchObject({ code: 'StoreClosed' });
  });
});

describe('a source that begins anew or ends', () => {
  it('may do so twice in a row', async () => {
    const store = make();
    fill(store, 1, 3000);
    const image = await readSnapshot(await store.snapshot().toBytes());
    const follower = await store.project(totals());
    await store.restore(image);
    await turn();
    await store.restore(image);
    put(store, 3001);
    await follower.waitFor(3001);
    expect([follower.failure, follower.lineage, follower.now().orders.size]).toEqual([undefined, store.lineage, 3001]);
    follower.check();
    follower.close();
    expect(cursors(store)).toEqual([]);
  });

  it('folds with what was mended, though it begins anew twice in a row', async () => {
    const store = make();
    fill(store, 1, 3000);
    const image = await readSnapshot(await store.snapshot().toBytes());
    const follower = await store.project(folded(() => 1, 'rows'));
    await store.restore(image);
    const replayed = follower.replay(
      3000,
      folded(() => 2, 'rows'),
    );
    await turn();
    await store.restore(image);
    put(store, 3001);
    await replayed;
    await follower.waitFor(3001);
    expect(new Set([...follower.now().totals.scan()].map(({ cents }) => cents))).toEqual(new Set([2]));
    expect([follower.lineage, follower.now().totals.size]).toEqual([store.lineage, 3001]);
    follower.close();
  });

  it('is not passed over by a replay that cannot begin anew', async () => {
    const store = make();
    fill(store, 1, 3);
    const other = make();
    fill(other, 11, 13);
    const image = await readSnapshot(await other.snapshot().toBytes());
    const follower = await store.project(folded(() => 1));
    await store.restore(image);
    await expect(follower.replay(3)).rejects.toMatchObject({ code: 'OffsetCompacted' });
    for (let n = 0; n < 5; n++) await turn();
    // It has the rows of a log that is no more, at an offset of one that has others there.
    expect(follower.failure).toMatchObject({ code: 'OffsetCompacted' });
    expect(errors.splice(0)).toHaveLength(1);
  });

  it('has the time of the state that it goes back to, be it that before all batches', async () => {
    const store = make({ clock: () => 1000 });
    fill(store, 1, 3);
    const follower = await store.project(totals());
    store.compact(4);
    put(store, 4);
    await follower.waitFor(4);
    await follower.replay(4);
    expect(() => follower.asOf(new Date(999))).toThrow(expect.objectContaining({ code: 'OffsetCompacted' }));
    follower.close();
  });

  it.each([
    ['restored', (store: Made, image: never) => store.restore(image), 'WaitAborted'],
    ['closed', (store: Made) => store.close(), 'StoreClosed'],
  ])('may be %s while a projection is loaded', async (_, change, code) => {
    const store = make();
    put(store, 1);
    const image = await readSnapshot(await store.snapshot().toBytes());
    // So many that they are loaded in several slices, whatever the machine.
    fill(store, 2, 60_000);
    const first = await store.project(totals());
    const checkpoint = await readSnapshot(await first.snapshot().toBytes());
    first.close();
    const loading = store.project(totals(), { snapshot: checkpoint });
    const outcome = expect(loading).rejects.toMatchObject({ code });
    await change(store, image as never);
    await outcome;
    expect(store.stats().subscribers).toEqual([]);
    expect(cursors(store)).toEqual([]);
  });

  it('refuses a checkpoint that is ahead of it', async () => {
    const store = make();
    put(store, 1);
    const { lineage } = store;
    const image = await readSnapshot(await store.snapshot().toBytes());
    put(store, 2);
    const follower = await store.project(totals());
    const checkpoint = await readSnapshot(await follower.snapshot().toBytes());
    follower.close();
    await store.restore(image, { lineage });
    await expect(store.project(totals(), { snapshot: checkpoint })).rejects.toMatchObject({ code: 'OffsetInFuture' });
  });
});

describe('a fold beside the store', () => {
  it('may have a table of its own under the name of one that the store has', async () => {
    const store = createStore({ tables: { ...base, totals: base.orders } });
    store.transact((tx) => void tx.orders.put({ id: 'o1', customer: 'c', cents: 5 }));
    const follower = await store.project(totals(), atOnce);
    await follower.waitFor(1);
    const found = () => [...(follower.now().totals as { scan(): Iterable<unknown> }).scan()];
    expect([follower.parked, found()]).toEqual([[], [{ customer: 'c', cents: 5, orders: 1 }]]);
    const image = await readSnapshot(await follower.snapshot().toBytes());
    follower.close();
    const again = await store.project(totals(), { ...atOnce, snapshot: image });
    store.transact((tx) => void tx.orders.put({ id: 'o2', customer: 'c', cents: 5 }));
    await again.waitFor(2);
    expect([again.parked, again.now().totals.get('c')]).toEqual([[], { customer: 'c', cents: 10, orders: 2 }]);
    again.check();
    again.close();
  });

  it('does not write to it', async () => {
    const holder: { store?: Made } = {};
    const writing = folded((id) => {
      if (id === 'o2') pay(holder.store!);
      return 1;
    });
    const store = make({ mode: 'production' });
    holder.store = store;
    const follower = await store.project(writing, atOnce);
    fill(store, 1, 3);
    await follower.waitFor(3);
    const cause = { code: 'NestedTransaction' };
    expect(follower.parked).toMatchObject([{ offset: 2, error: { code: 'ProjectionFailed', cause } }]);
    follower.close();
    expect(errors.splice(0)).toHaveLength(1);
    expect(store.head).toBe(3);
  });

  it.each(['log', 'rows'] as const)('does not write to it in a rebuild from %s', async (from) => {
    const version = (number: number, fold: (id: string) => void) =>
      projection({
        ...{ name: 'totals', version: number, from, sources: base, tables: totalsTables },
        on: { changes: { orders: (_, { after }) => fold(after!.id) } },
      });
    const store = createStore({
      ...{ tables: base, events, mode: 'production' as const, projections: [version(1, () => {})] },
    });
    for (let n = 1; n <= 3; n++) store.transact((tx) => void tx.orders.put({ id: `o${n}`, customer: 'c', cents: n }));
    const writing = version(2, () => void store.transact((tx) => tx.emit('Paid', { customer: 'c', cents: 1 })));
    await expect(store.rebuild(writing)).rejects.toMatchObject({
      code: 'ProjectionFailed',
      cause: { code: 'NestedTransaction' },
    });
    expect(store.head).toBe(3);
  });
});
