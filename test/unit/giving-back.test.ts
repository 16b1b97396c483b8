import * as t from 'io-ts';
import { describe, expect, it, vi } from 'vitest';

import { createStore, table } from 'memoir';

const tables = { items: table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } }) };

/** A store that keeps ten batches, in which a row was updated many times while a view was held. */
function heldLong(updates: number) {
  const store = createStore({ tables, keep: { batches: 10 }, pinnedBytesMax: Infinity });
  store.transact((tx) => tx.items.put({ id: 'a', n: 0 }));
  const view = store.asOf(store.head);
  for (let n = 1; n <= updates; n++) store.transact((tx) => tx.items.put({ id: 'a', n }));
  return { store, view };
}

describe('a large transaction', () => {
  it('that is undone leaves no more behind than there was', () => {
    const store = createStore({ tables, mode: 'production' });
    const ids = Array.from({ length: 80_000 }, (_, n) => `i${n}`);
    store.transact((tx) => ids.forEach((id, n) => tx.items.insert({ id, n })));
    const before = store.stats().tables.items;
    const rows = store.read((db) => [...db.items.scan()]);
    const undone = (): unknown =>
      store.transact((tx) => {
        for (const [n, id] of ids.entries()) {
          tx.items.put({ id, n: -n - 1 });
          tx.items.insert({ id: `new ${id}`, n });
          tx.items.put({ id, n: -n - 2 });
          tx.items.delete(id);
        }
        throw new Error('no');
      });
    expect(undone).toThrow('no');
    store.check();
    expect(store.read((db) => [...db.items.scan()])).toEqual(rows);
    const { indexes, ...rest } = store.stats().tables.items;
    expect(rest).toMatchObject({ rows: before.rows, past: 0 });
    for (const name of ['primaryKey', 'byN'] as const) {
      expect(indexes[name]).toMatchObject({ entries: before.indexes[name].entries, past: 0 });
      expect(indexes[name].pastBytes).toBeLessThan(4096);
      expect(indexes[name].bytes).toBeLessThan(1.5 * before.indexes[name].bytes);
    }
  });
});

describe('history that a view held', () => {
  it('is given back in slices, as transactions end, and all of it', () => {
    const { store, view } = heldLong(10_000);
    const past = () => store.stats().tables.items.past;
    expect(past()).toBe(10_000);
    expect(view.items.get('a')?.n).toBe(0);
    view.close();
    expect(past()).toBe(10_000);
    const left: number[] = [];
    for (let n = 0; n < 4; n++) {
      store.transact((tx) => tx.items.put({ id: 'a', n: -n }));
      left.push(past());
    }
    // 4,096 at a time; ten batches stay, and the row as it was before them.
    expect(left).toEqual([10_001 - 4096, 10_002 - 2 * 4096, 10, 10]);
    store.check();
  });

  it('goes with the batches, for the floor moves when the view lets go', () => {
    const { store, view } = heldLong(5_000);
    const { floor } = store;
    expect(floor).toBe(5_001 - 10 + 1);
    view.close();
    store.transact((tx) => tx.items.put({ id: 'a', n: -1 }));
    store.transact((tx) => tx.items.put({ id: 'a', n: -2 }));
    expect(store.floor).toBe(5_003 - 10 + 1);
    expect(store.asOf(store.floor - 1).items.get('a')?.n).toBe(5_003 - 10 - 1);
    store.check();
  });

  it('is given back by a store that is idle, all of it, when the view closes', async () => {
    const { store, view } = heldLong(20_000);
    view.close();
    expect(store.stats().tables.items.past).toBe(20_000);
    await vi.waitFor(() => expect(store.stats().tables.items.past).toBe(10));
    store.check();
  });

  it('is given back when a follower that held it ends, with its batches', async () => {
    const store = createStore({ tables, keep: { batches: 10 }, pinnedBytesMax: Infinity });
    const follower = store.follow({ from: 1, hold: true })[Symbol.asyncIterator]();
    for (let n = 1; n <= 20_000; n++) store.transact((tx) => tx.items.put({ id: 'a', n }));
    await follower.next();
    expect(store.floor).toBeLessThan(3);
    await follower.return?.();
    await vi.waitFor(() => expect([store.floor, store.stats().tables.items.past]).toEqual([19_991, 10]));
    store.check();
  });

  it('goes slice by slice when a store is told to compact', async () => {
    const store = createStore({ tables, keep: 'all' });
    for (let n = 1; n <= 20_000; n++) store.transact((tx) => tx.items.put({ id: 'a', n }));
    store.compact(store.head);
    expect(store.stats().log.batches).toBe(20_000 - 4096);
    await vi.waitFor(() => expect([store.stats().log.batches, store.stats().tables.items.past]).toEqual([1, 1]));
    store.check();
  });
});
