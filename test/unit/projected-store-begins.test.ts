import { afterEach, describe, expect, it, vi } from 'vitest';

import { createStore, openStore, projection, readSnapshot, type MemoirError } from '../../src/index.js';
import { base, events, totalsTables } from '../support/ledger-projections.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const errors: MemoirError[] = [];
afterEach(() => {
  vi.useRealTimers();
  expect(errors.splice(0)).toEqual([]);
});

const make = (more = {}) =>
  createStore({ tables: base, events, onError: (error) => void errors.push(error as MemoirError), ...more });
type Made = ReturnType<typeof make>;
const put = (store: Made, n: number, cents = n) =>
  store.transact((tx) => void tx.orders.put({ id: `o${n}`, customer: 'ada', cents }));
const fill = (store: Made, from: number, to: number) => {
  for (let n = from; n <= to; n++) put(store, n);
};
/** Who keeps batches of it. */
const cursors = (store: Made) => store.holders().filter(({ kind }) => kind === 'cursor');
const quick = { retry: { times: 2, firstMs: 1 } };

/** One row for each order, by its id; what the fold throws cannot be folded. */
const copies = (fold: (id: string) => void, from: 'log' | 'rows' = 'rows') =>
  projection({
    ...{ name: 'totals', from, sources: base, tables: totalsTables },
    on: {
      changes: {
        orders(tx, { before, after }) {
          const { id, cents } = after ?? before;
          if (after === undefined) tx.totals.delete(id);
          else tx.totals.put({ customer: id, cents, orders: 1 });
          // Last, so that there is something to undo.
          fold(id);
        },
      },
    },
  });
const failing = (ids: ReadonlySet<string>, from: 'log' | 'rows' = 'rows') =>
  copies((id) => {
    if (ids.has(id)) throw new Error(`not ${id}`);
  }, from);
const ids = (follower: { now(): { readonly totals: { scan(): Iterable<{ readonly customer: string }> } } }) =>
  [...follower.now().totals.scan()].map(({ customer }) => customer);

describe('a projection that begins', () => {
  it('goes on without rows that it cannot fold, says which, and folds them when its folds are mended', async () => {
    const store = make();
    fill(store, 1, 5);
    const follower = await store.project(failing(new Set(['o1', 'o4'])), quick);
    expect(ids(follower)).toEqual(['o2', 'o3', 'o5']);
    expect(follower.now().orders.size).toBe(5);
    expect(follower.parked).toMatchObject(
      [1, 4].map((n) => ({
        offset: 5,
        change: { table: 'orders', kind: 'insert', key: `o${n}`, after: { cents: n } },
        error: { code: 'ProjectionFailed', projection: 'totals', table: 'orders', key: [`o${n}`], offset: 5 },
      })),
    );
    expect(errors.splice(0)).toHaveLength(2);
    fill(store, 6, 7);
    await follower.waitFor(7);
    expect(ids(follower)).toEqual(['o2', 'o3', 'o5', 'o6', 'o7']);

    const markers: unknown[] = [];
    follower.changes({ markers: true }).subscribe((item) => 'marker' in item && markers.push(item.marker));
    await follower.replay(
      5,
      copies(() => undefined),
    );
    await follower.waitFor(7);
    expect([follower.parked, follower.failure, ids(follower).length]).toEqual([[], undefined, 7]);
    expect(markers).toContain('reset');
    follower.check();
    follower.close();
    expect(cursors(store)).toEqual([]);
  });

  it('tries again what failed for a while', async () => {
    const store = make();
    fill(store, 1, 5);
    let failures = 2;
    const flaky = copies(() => {
      if (failures-- > 0) throw new Error('not yet');
    });
    const follower = await store.project(flaky, quick);
    expect([follower.parked, follower.now().totals.size]).toEqual([[], 5]);
    follower.close();
  });

  it('does not wait for what is no pure function', async () => {
    const store = make({ mode: 'development' });
    fill(store, 1, 3);
    const follower = await store.project(
      copies((id) => void (id === 'o2' && Math.random())),
      { retry: { times: 3, firstMs: 60_000 } },
    );
    expect(follower.parked).toMatchObject([{ change: { key: 'o2' }, error: { code: 'ImpureFold' } }]);
    expect(errors.splice(0)).toHaveLength(1);
    follower.close();
  });

  it('takes in what is written while it waits, and parks changes of that one by one', async () => {
    const store = make();
    fill(store, 1, 3);
    const bad = new Set(['o2']);
    const projecting = store.project(failing(bad), { retry: { times: 1, firstMs: 20 } });
    await new Promise((resolve) => setTimeout(resolve, 5));
    store.transact((tx) => {
      tx.orders.update('o2', { cents: 20 });
      tx.orders.update('o3', { cents: 30 });
    });
    const follower = await projecting;
    expect(follower.head).toBe(4);
    expect(follower.parked.map(({ offset, change }) => [offset, change?.kind, change?.key])).toEqual([
      [3, 'insert', 'o2'],
      [4, 'update', 'o2'],
    ]);
    expect([ids(follower), follower.now().totals.get('o3')?.cents]).toEqual([['o1', 'o3'], 30]);
    expect(follower.now().orders.get('o2')?.cents).toBe(20);
    expect(errors.splice(0)).toHaveLength(2);
    follower.check();
    follower.close();
  });

  it('ends where it would have to go on without more than parkedMax', async () => {
    const store = make();
    fill(store, 1, 5);
    const broken = copies(() => {
      throw new Error('broken');
    });
    const failure = { code: 'ProjectionFailed', projection: 'totals', limit: 3 };
    await expect(store.project(broken, { ...quick, parkedMax: 3 })).rejects.toMatchObject(failure);
    expect(errors.splice(0)).toHaveLength(3);
    expect([cursors(store), store.stats().subscribers]).toEqual([[], []]);

    const late = await store.project(failing(new Set(['o6', 'o7', 'o8', 'o9'])), { ...quick, parkedMax: 3 });
    fill(store, 6, 10);
    await expect(late.waitFor(10)).rejects.toMatchObject({ code: 'StoreClosed' });
    expect(late.failure).toMatchObject(failure);
    expect([late.head, late.parked.map(({ offset }) => offset)]).toEqual([8, [6, 7, 8]]);
    expect(errors.splice(0)).toHaveLength(4);
    await expect(store.project(broken, { parkedMax: -1 })).rejects.toMatchObject({ code: 'DefinitionInvalid' });
  });

  it('has what it went without in checkpoints, and begins anew to fold it', async () => {
    const store = make();
    fill(store, 1, 4);
    const bad = new Set(['o1', 'o4']);
    const first = await store.project(failing(bad), quick);
    const image = await readSnapshot(await first.snapshot().toBytes());
    first.close();
    const again = await store.project(failing(new Set(['o5'])), { ...quick, snapshot: image });
    fill(store, 5, 6);
    await again.waitFor(6);
    expect(again.parked.map(({ offset, change }) => [offset, change])).toEqual([
      [4, undefined],
      [5, undefined],
    ]);
    await again.replay(4, failing(new Set(['o2'])));
    await again.waitFor(6);
    expect(again.parked.map(({ change }) => change?.key)).toEqual(['o2']);
    expect(ids(again)).toEqual(['o1', 'o3', 'o4', 'o5', 'o6']);
    expect(errors.splice(0)).toHaveLength(4);
    again.close();
  });

  it('stays as it is where it cannot begin anew to fold what is parked', async () => {
    const store = make();
    fill(store, 1, 3);
    const first = await store.project(failing(new Set(['o2']), 'log'), quick);
    await first.waitFor(3);
    const image = await readSnapshot(await first.snapshot().toBytes());
    first.close();
    const again = await store.project(failing(new Set(['o4']), 'log'), { ...quick, snapshot: image });
    store.compact(3);
    await expect(again.replay(2, failing(new Set(), 'log'))).rejects.toMatchObject({ code: 'OffsetCompacted' });
    fill(store, 4, 5);
    await again.waitFor(5);
    expect([again.failure, again.parked.map(({ offset }) => offset), ids(again)]).toEqual([
      undefined,
      [2, 4],
      ['o1', 'o3', 'o5'],
    ]);
    expect(errors.splice(0)).toHaveLength(2);
    again.close();
  });

  it('goes on without rows that it cannot fold when it begins anew', async () => {
    const store = make();
    fill(store, 1, 3);
    const image = await readSnapshot(await store.snapshot().toBytes());
    const bad = new Set<string>();
    const follower = await store.project(failing(bad), quick);
    bad.add('o2');
    await store.restore(image);
    put(store, 4);
    await follower.waitFor(4);
    expect([follower.failure, follower.lineage, ids(follower)]).toEqual([undefined, store.lineage, ['o1', 'o3', 'o4']]);
    expect(errors.splice(0)).toHaveLength(1);
    follower.close();
  });

  it('may be closed, with its store, while it waits', async () => {
    const store = make();
    fill(store, 1, 3);
    const slow = { retry: { times: 1, firstMs: 10 } };
    const projecting = store.project(failing(new Set(['o2'])), slow);
    const outcome = expect(projecting).rejects.toMatchObject({ code: 'StoreClosed' });
    store.close();
    await outcome;
    expect(cursors(store)).toEqual([]);
  });

  it('does not wait any longer once it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const store = make();
    const slow = { retry: { times: 1, firstMs: 3_600_000 } };
    const follower = await store.project(failing(new Set(['o1'])), slow);
    put(store, 1);
    for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
    expect(vi.getTimerCount()).toBe(1);
    follower.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([2 ** 31, Infinity, -1])('refuses to wait for %d ms, which no timer does', async (firstMs) => {
    const refused = make().project(failing(new Set()), { retry: { firstMs } });
    await expect(refused).rejects.toMatchObject({ code: 'DefinitionInvalid', path: 'retry.firstMs' });
  });

  it('goes on without batches of a log outside the process that it cannot fold', async () => {
    const options = { tables: base, events, onError: (error: unknown) => void errors.push(error as MemoirError) };
    const store = await openStore({ ...options, log: new MemoryMedium().plan(), keep: { batches: 1 } });
    for (let n = 1; n <= 5; n++)
      await store.transact((tx) => void tx.orders.put({ id: `o${n}`, customer: 'ada', cents: n }));
    expect(store.floor).toBeGreaterThan(1);
    const follower = await store.project(failing(new Set(['o1', 'o3']), 'log'), quick);
    await follower.waitFor(5);
    expect(follower.parked.map(({ offset, change }) => [offset, change])).toEqual([
      [1, undefined],
      [3, undefined],
    ]);
    expect([ids(follower), follower.now().orders.size]).toEqual([['o2', 'o4', 'o5'], 5]);
    // From the log again, since the state before is not at hand.
    await follower.replay(3, failing(new Set(['o4']), 'log'));
    await follower.waitFor(5);
    expect([ids(follower), follower.parked.map(({ offset }) => offset)]).toEqual([['o1', 'o2', 'o3', 'o5'], [4]]);
    expect(errors.splice(0)).toHaveLength(3);
    follower.check();
    follower.close();
    await store.close();
  });
});
