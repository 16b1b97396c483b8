import * as t from 'io-ts';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { avro } from '../../src/avro.js';
import { createStore, date, json, table, type HistoryOptions, type View } from '../../src/index.js';
import { open, fill, idle, filled, wanted, numbers, refused, batchesRead } from '../support/history-window.js';
import { stepwise, turn } from '../support/slices.js';

afterEach(() => void vi.restoreAllMocks());

describe('history', () => {
  it.each<[unknown, string]>([
    [null, 'history'],
    [5, 'history'],
    [{ batch: 5 }, 'history.batch'],
    [{ batches: -1 }, 'history.batches'],
    [{ batches: 1.5 }, 'history.batches'],
    [{ batches: NaN }, 'history.batches'],
    [{ checkpointEvery: 0 }, 'history.checkpointEvery'],
    [{ checkpointEvery: '10' }, 'history.checkpointEvery'],
  ])('refuses %j', (history, path) => {
    expect(() => open(history as HistoryOptions)).toThrow(expect.objectContaining({ code: 'DefinitionInvalid', path }));
  });

  it('gives row versions back, and still every state', async () => {
    const store = await filled({ batches: 20, checkpointEvery: 25 });
    const all = open({});
    fill(all, 100);
    expect([store.stats().tables.items.past, all.stats().tables.items.past]).toEqual([20, 90]);
    expect(store.stats().history).toMatchObject({ from: 80, checkpoints: 3, made: 0 });
    expect(all.stats().history).toEqual({ from: 0, checkpoints: 0, checkpointBytes: 0, made: 0 });
    for (let offset = 0; offset <= 100; offset++) expect(numbers(store.asOf(offset))).toEqual(wanted(offset));
    expect(store.stats().history.made).toBe(2);
    store.check();
  });

  it('waits for the checkpoint that is due, however long that takes', async () => {
    stepwise();
    const store = open({ batches: 5, checkpointEvery: 10 });
    fill(store, 50);
    expect(store.stats().history).toMatchObject({ from: 10, checkpoints: 0 });
    expect(store.holders()).toEqual([]);
    for (let i = 0; i < 3; i++) await turn();
    const { from, checkpoints } = store.stats().history;
    expect(from).toBe(10 * checkpoints + 10);
    for (let i = 0; i < 40; i++) await turn();
    expect(store.stats().history).toMatchObject({ from: 45, checkpoints: 4 });
    expect(store.holders()).toEqual([]);
  });

  it('gives back what a long burst has left, when there is time, and no batch comes', async () => {
    const store = open({ batches: 5, checkpointEvery: 10_000 });
    fill(store, 25_000);
    expect(store.stats().tables.items.past).toBeGreaterThan(10_000);
    await idle();
    expect(store.stats().tables.items.past).toBe(5);
    expect(store.stats().history).toMatchObject({ from: 24_995, checkpoints: 2 });
    expect([10_000, 10_001, 4000, 24_000].map((offset) => numbers(store.asOf(offset)).at(-1))).toEqual([
      10_000, 10_001, 4000, 24_000,
    ]);
  });

  it('has checkpoints as far apart as there are rows, when that is far', async () => {
    const store = open({ batches: 5 });
    store.transact((tx) => {
      for (let i = 0; i < 12_000; i++) tx.counts.put({ id: `c${i}`, n: 0n });
    });
    fill(store, 33_000);
    await vi.waitFor(() => expect(store.stats().history.from).toBe(32_996), { timeout: 5000 });
    // The first one was due before there were rows.
    expect(store.stats().history).toMatchObject({ checkpoints: 2 });
    expect(batchesRead(() => store.asOf(10_001))).toBe(1);
    expect(batchesRead(() => store.asOf(22_011))).toBe(1);
  });

  it('with no checkpoints goes the whole way, and lets go of row versions on it', async () => {
    const store = await filled({ batches: 0, checkpointEvery: Infinity });
    expect(store.stats().history).toMatchObject({ from: 100, checkpoints: 0 });
    expect(store.stats().tables.items.past).toBe(0);
    expect(batchesRead(() => store.asOf(40))).toBe(40);
    expect(numbers(store.asOf(40))).toEqual(wanted(40));
  });

  it('keeps what an open view needs, as ever', async () => {
    const store = open({ batches: 5, checkpointEvery: 10 });
    fill(store, 7);
    const view = store.asOf(7, { label: 'mine' });
    fill(store, 60);
    await idle();
    expect([store.stats().history.from, numbers(view)]).toEqual([7, wanted(7)]);
    expect(store.holders()).toMatchObject([{ label: 'mine', offset: 7 }]);
    view.close();
    fill(store, 1);
    await idle();
    fill(store, 1);
    expect(store.stats().history.from).toBe(64);
  });
});

describe('a state below the window', () => {
  it('takes no more batches than lie between checkpoints, and its neighbours one or none', async () => {
    const store = await filled({ batches: 20, checkpointEvery: 25 });
    for (const offset of [1, 3, 26, 38, 49, 51, 63, 74, 76, 79]) {
      const read = batchesRead(() => store.asOf(offset));
      expect(read, `asOf(${offset})`).toBeLessThanOrEqual(25);
    }
    const fresh = await filled({ batches: 20, checkpointEvery: 25 });
    expect(batchesRead(() => fresh.asOf(40))).toBe(10);
    expect(batchesRead(() => fresh.asOf(41))).toBe(0);
    for (let offset = 39; offset >= 26; offset--) expect(batchesRead(() => fresh.asOf(offset))).toBe(1);
    for (let offset = 26; offset <= 50; offset++) expect(batchesRead(() => fresh.asOf(offset))).toBe(0);
    expect(batchesRead(() => fresh.asOf(51))).toBeLessThanOrEqual(1);
    expect(fresh.stats().history.made).toBeLessThanOrEqual(2);
  });

  it('is a view like any other: scans, keys, pages, tokens, plans and positions', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    const db = store.asOf(33, { label: 'old' });
    expect([db.offset, db.lineage, db.items.size]).toEqual([33, 'here', 10]);
    expect([db.items.get('i3')?.n, db.items.getOrThrow('i4').n, db.items.has('x')]).toEqual([33, 24, false]);
    expect([...db.items.scan('odd', { prefix: [1] })].length).toBe(5);
    expect(db.items.last('byN')).toEqual({ id: 'i3', n: 33 });
    const { rows, next } = db.items.page('byN', { limit: 6 });
    expect(rows.map(({ n }) => n)).toEqual([24, 25, 26, 27, 28, 29]);
    store.asOf(90);
    const again = store.asOf(next!).items.page('byN', { limit: 6, after: next! });
    expect([again.rows.map(({ n }) => n), again.next]).toEqual([[30, 31, 32, 33], undefined]);
    expect(db.items.explain('byN')).toMatchObject({ offset: 33, entries: 10, tableRows: 10 });
    expect(store.asOf(new Date(store.batch(21).at)).offset).toBe(21);
    expect(refused(() => store.asOf({ lineage: 'there', offset: 33 }))).toBe('LineageChanged');
    expect(refused(() => db.items.page('byN', { limit: 1, after: { ...next!, offset: 34 } }))).toBe('TokenInvalid');
  });

  it.each([json, avro])('has every kind of key and index, whatever the codec ($name)', async (codec) => {
    const Stop = t.strict({ line: t.string, at: date, names: t.array(t.string), seat: t.union([t.bigint, t.null]) });
    const stops = table(Stop, {
      primaryKey: ['line', 'at'],
      indexes: {
        byName: { each: 'names' },
        bySeat: { on: ['seat'], unique: true, sparse: 'null' },
        early: { on: ['at'], where: ({ at }) => at.getTime() < 8 },
      },
    });
    const store = createStore({ tables: { stops }, codec, history: { batches: 2, checkpointEvery: 7 } });
    const row = (n: number, names: string[]) => ({ line: '__proto__', at: new Date(n % 16), names, seat: null });
    for (let n = 1; n <= 40; n++) {
      store.transact((tx) => {
        // Two rows exchange what is unique, in one batch.
        for (const { line, at } of [...tx.stops.scan()]) tx.stops.update([line, at], { seat: null });
        tx.stops.put({ ...row(n, [`a${n % 3}`, 'all']), seat: BigInt(n % 2) });
        if (n > 1) tx.stops.put({ ...row(n - 1, ['all']), seat: BigInt((n + 1) % 2) });
      });
      if (n % 10 === 0) await idle();
    }
    expect(store.stats().history.checkpoints).toBeGreaterThan(3);
    for (const offset of [1, 39, 30, 12, 11, 13, 25, 14, 15]) {
      const { stops: then } = store.asOf(offset);
      const count = Math.min(16, offset);
      expect([then.size, then.count('byName', { prefix: ['all'] })], `asOf(${offset})`).toEqual([count, count]);
      expect(then.get(['__proto__', new Date(offset % 16)])).toMatchObject({ seat: BigInt(offset % 2) });
      expect(then.find('bySeat', BigInt(offset % 2))?.at).toEqual(new Date(offset % 16));
      expect(then.find('bySeat', BigInt((offset + 1) % 2))?.names).toEqual(offset === 1 ? undefined : ['all']);
      expect(then.count('early')).toBe([...then.scan()].filter(({ at }) => at.getTime() < 8).length);
    }
    store.check();
  });

  it('is open until it is closed, and holds nothing of the store', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    const [db, scan] = [store.asOf(33), store.asOf(34).items.scan('byN')[Symbol.iterator]()];
    expect(scan.next().value?.n).toBe(25);
    expect([store.holders(), store.stats().pinnedBytes]).toEqual([[], 0]);
    for (const offset of [5, 70, 50, 12]) store.asOf(offset);
    store.compact(90);
    expect(store.stats().history).toMatchObject({ made: 0, checkpoints: 1 });
    fill(store, 20);
    expect(numbers(db)).toEqual(wanted(33));
    expect([...{ [Symbol.iterator]: () => scan }].map(({ n }) => n)).toEqual(wanted(34).slice(1));
    db.close();
    db.close();
    expect(refused(() => db.items.get('i3'))).toBe('ViewClosed');
    expect(refused(() => store.asOf(33))).toBe('OffsetCompacted');
  });

  it('is there for as long as its batches, to the one before the floor', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 }, { keep: { batches: 32 } });
    expect([store.floor, store.stats().history.checkpoints]).toEqual([69, 3]);
    expect(numbers(store.asOf(68))).toEqual(wanted(68));
    expect(refused(() => store.asOf(67))).toBe('OffsetCompacted');
    expect(refused(() => store.asOf(101))).toBe('OffsetInFuture');
    fill(store, 1);
    expect([numbers(store.asOf(69)), refused(() => store.asOf(68))]).toEqual([wanted(69), 'OffsetCompacted']);
  });

  it('can be read when the store is closed', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    fill(store, 30);
    store.close();
    await idle();
    expect(store.holders()).toEqual([]);
    for (let offset = 0; offset <= 130; offset += 7) expect(numbers(store.asOf(offset))).toEqual(wanted(offset));
  });

  it('can be read by whoever is told of a batch, and inside a transaction', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    const seen: unknown[] = [];
    store.changes().subscribe(({ offset }) => seen.push(numbers(store.asOf(offset - 60)).at(-1)));
    store.transact((tx) => {
      tx.items.delete('i1');
      seen.push(numbers(store.asOf(2)), numbers(store.asOf(94)).at(-1));
    });
    expect(seen).toEqual([[1, 2], 94, 41]);
  });

  it('is not read by live queries, which read what they are given', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    const told: unknown[] = [];
    store.live(() => store.asOf(2).offset).subscribe({ error: ({ code }: { code: unknown }) => told.push(code) });
    expect(told).toEqual(['UntrackedRead']);
  });
});

describe('what is told of a row and between states', () => {
  it('reaches as far as batches do', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    store.transact((tx) => tx.items.delete('i3'));
    fill(store, 20);
    const told = store
      .history('items', 'i3')
      .map(({ offset, kind, before, after }) => [offset, kind, before?.n, after?.n]);
    expect(told.slice(0, 2)).toEqual([
      [3, 'insert', undefined, 3],
      [13, 'update', 3, 13],
    ]);
    expect(told.slice(-3)).toEqual([
      [101, 'delete', 93, undefined],
      [103, 'insert', undefined, 103],
      [113, 'update', 103, 113],
    ]);
    expect(told.map(([offset]) => offset)).toEqual([3, 13, 23, 33, 43, 53, 63, 73, 83, 93, 101, 103, 113]);
    expect(store.history('items', 'never')).toEqual([]);
    expect(store.diff(10, 12)).toMatchObject([
      { key: 'i1', before: { n: 1 }, after: { n: 11 } },
      { key: 'i2', before: { n: 2 }, after: { n: 12 } },
    ]);
    expect(store.diff(12, 10)).toMatchObject([{ key: 'i2' }, { key: 'i1', before: { n: 11 }, after: { n: 1 } }]);
  });
});

describe('tables and indexes that come and go', () => {
  it('answer below the window as they do within', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    const early = store.asOf(33);
    fill(store, 2);
    store.transact((tx) => {
      for (let i = 0; i < 10; i++) tx.items.update(`i${i}`, { note: `${i}` });
    });
    // No row of before 103 fits it: the checkpoint at 100 is of no use to views that can read it.
    const noted = await store.addIndex('items', 'byNote', ['note']);
    for (let n = 104; n <= 200; n++) noted.transact((tx) => tx.items.put({ id: `i${n % 10}`, n, note: `${n}` }));
    await idle();
    noted.transact((tx) => tx.items.delete('i0'));
    expect(store.stats().history.from).toBe(196);
    expect(refused(() => noted.asOf(102).items.count('byNote'))).toBe('IndexNotYet');
    expect(refused(() => early.items.count('byNote' as never))).toBe('IndexNotYet');
    const counts = [104, 103, 118, 145, 112].map((offset) => noted.asOf(offset).items.count('byNote'));
    expect(counts).toEqual([10, 10, 10, 10, 10]);
    const late = noted.asOf(145);
    const scan = late.items.scan('byNote')[Symbol.iterator]();
    scan.next();
    expect(numbers(early)).toEqual(wanted(33));
    const without = noted.dropIndex('items', 'byNote');
    expect(refused(() => late.items.count('byNote'))).toBe('IndexDropped');
    expect(refused(() => [...{ [Symbol.iterator]: () => scan }].length)).toBe('IndexDropped');
    expect(numbers(without.asOf(145))).toEqual(numbers(late as never));
    expect(refused(() => noted.asOf(145).items.count('byNote'))).toBe('IndexDropped');
    expect(refused(() => noted.asOf(145).items.count('nothing' as never))).toBe('RangeInvalid');
    store.check();
  });

  it('have no rows at offsets before they came, and theirs after', async () => {
    const store = await filled({ batches: 5, checkpointEvery: 10 });
    const before = store.asOf(50);
    const more = store.addTable('more', table(t.strict({ k: t.Int }), { primaryKey: 'k' }));
    expect((before as View<never>)['more' as never]).toMatchObject({ size: 0 });
    for (let k = 101; k <= 150; k++) more.transact((tx) => tx.more.put({ k }));
    await idle();
    more.transact((tx) => tx.more.delete(101));
    expect(more.stats().history.from).toBe(146);
    const sizes = [50, 99, 100, 101, 125, 140].map((offset) => more.asOf(offset).more.size);
    expect(sizes).toEqual([0, 0, 0, 1, 25, 40]);
    expect(numbers(more.asOf(50) as never)).toEqual(wanted(50));
  });
});
