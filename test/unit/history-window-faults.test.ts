import * as t from 'io-ts';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { avro } from '../../src/avro.js';
import { createStore, openStore, table } from '../../src/index.js';
import { open, fill, idle, filled, wanted, numbers, refused, Item } from '../support/history-window.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { stepwise, turn } from '../support/slices.js';

afterEach(() => void vi.restoreAllMocks());

describe('below the window', () => {
  it('a checkpoint that retention overtakes is given up', async () => {
    stepwise();
    const onError = vi.fn<(error: unknown) => void>();
    const store = open({ batches: 5, checkpointEvery: 10 }, { keep: { batches: 20 }, pinnedBytesMax: 0, onError });
    fill(store, 20);
    await turn();
    fill(store, 15);
    expect([store.floor, store.stats().history]).toMatchObject([16, { from: 20, checkpoints: 0 }]);
    fill(store, 80);
    for (let i = 0; i < 20; i++) await turn();
    expect(store.holders()).toEqual([]);
    expect(store.stats().history).toMatchObject({ from: 110, checkpoints: 2 });
    expect(onError).not.toHaveBeenCalled();
    for (let offset = 95; offset <= 115; offset++) expect(numbers(store.asOf(offset))).toEqual(wanted(offset));
  });

  it('a state that the codec cannot take is reported, and had all the same', async () => {
    const told: unknown[] = [];
    const onError = (error: unknown): unknown => told.push(error);
    const store = open({ batches: 5, checkpointEvery: 10 }, { onError, codec: avro });
    fill(store, 18);
    store.transact((tx) => tx.counts.put({ id: 'large', n: 2n ** 80n }));
    fill(store, 5);
    store.transact((tx) => tx.counts.delete('large'));
    fill(store, 30);
    await idle();
    expect(told).toMatchObject([{ name: 'MemoirError', message: expect.stringContaining('offset 20') as string }]);
    expect(store.stats().history).toMatchObject({ from: 50, checkpoints: 4 });
    const large = [18, 19, 24, 25].map((offset) => store.asOf(offset).counts.get('large')?.n);
    expect(large).toEqual([undefined, 2n ** 80n, 2n ** 80n, undefined]);
  });

  it('a restore forgets it all, and an open view stays what it is', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    const bytes = await store.snapshot().toBytes();
    fill(store, 30);
    const view = store.asOf(33);
    await store.restore(bytes);
    expect(store.stats().history).toEqual({ from: 100, checkpoints: 0, checkpointBytes: 0, made: 0 });
    expect([store.head, refused(() => store.asOf(99))]).toEqual([100, 'OffsetCompacted']);
    fill(store, 50);
    await idle();
    fill(store, 1);
    for (let offset = 100; offset <= 151; offset++) expect(numbers(store.asOf(offset))).toEqual(wanted(offset));
    expect(numbers(view)).toEqual(wanted(33));
  });

  it('a callback of a definition that looks at the past is refused, and one that throws harms nothing', () => {
    let act: () => unknown = () => undefined;
    const items = table(t.strict({ id: t.string, n: t.number }), {
      primaryKey: 'id',
      indexes: { byN: { by: ({ n }) => (act(), [n]) } },
    });
    const store = createStore({ tables: { items }, history: { batches: 0, checkpointEvery: Infinity } });
    for (let n = 1; n <= 40; n++) store.transact((tx) => tx.items.put({ id: `i${n % 10}`, n }));
    act = () => store.asOf(3);
    expect(refused(() => store.asOf(30))).toBe('NestedTransaction');
    act = () => undefined;
    const view = store.asOf(30);
    let calls = 0;
    act = () => {
      if (++calls > 5) throw new RangeError('five are enough');
    };
    expect(() => store.asOf(20)).toThrow('five are enough');
    act = () => undefined;
    expect([30, 25, 20].map((offset) => store.asOf(offset).items.last('byN')?.n)).toEqual([30, 25, 20]);
    expect(view.items.size).toBe(10);
    store.check();
  });

  it('a store that is opened lays down what is due, though nothing is written', async () => {
    const medium = new MemoryMedium();
    const items = { items: table(Item, { primaryKey: 'id' }) };
    const first = await openStore({ tables: items, log: medium.plan() });
    for (let n = 1; n <= 60; n++) {
      await first.transact((tx) => tx.items.put({ id: 'a', n }));
      if (n === 23) await first.saveSnapshot();
    }
    await first.close();
    const history = { batches: 5, checkpointEvery: 10 };
    const store = await openStore({ tables: items, log: medium.plan(), history });
    await vi.waitFor(() => expect(store.stats().history).toMatchObject({ from: 55, checkpoints: 3 }));
    expect(store.stats().tables.items.past).toBe(5);
    const all = Array.from({ length: 61 }, (_, n) => n);
    expect(all.map((offset) => store.asOf(offset).items.get('a')?.n ?? 0)).toEqual(all);
    await store.close();
  });

  it('rows of old that no index of today fits are refused by name, and the rest can be had', async () => {
    const medium = new MemoryMedium();
    const before = { items: table(Item, { primaryKey: 'id' }) };
    const first = await openStore({ tables: before, log: medium.plan() });
    await first.transact((tx) => tx.items.put({ id: 'a', n: 1 }));
    await first.transact((tx) => tx.items.put({ id: 'a', n: 2, note: 'x' }));
    await first.transact((tx) => tx.items.put({ id: 'a', n: 3, note: 'y' }));
    await first.saveSnapshot();
    await first.close();
    const now = { items: table(Item, { primaryKey: 'id', indexes: { byNote: ['note'] } }) };
    const store = await openStore({ tables: now, log: medium.plan() });
    expect(() => store.asOf(1)).toThrow(expect.objectContaining({ code: 'MissingValue', index: 'byNote' }));
    expect([2, 3].map((offset) => store.asOf(offset).items.first('byNote')?.note)).toEqual(['x', 'y']);
    expect(store.history('items', 'a').map(({ after }) => after?.n)).toEqual([1, 2, 3]);
    await store.close();
  });
});
