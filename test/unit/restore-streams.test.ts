import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, MemoirError, readSnapshot, table, type StoreOptions } from '../../src/index.js';

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' });
const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const tables = { items };

const open = (options: Partial<StoreOptions<typeof tables>> = {}) =>
  createStore({ tables, lineage: 'here', ...options });
type Items = ReturnType<typeof open>;
const put = (store: Items, id: string, n = 0) => store.transact((tx) => tx.items.put({ id, n })).offset;
const fill = (store: Items, batches: number) => {
  for (let i = 0; i < batches; i++) put(store, 'a', store.head + 1);
  return store;
};
const later = () => new Promise((resolve) => setTimeout(resolve));

async function verifiedOf(store: Items) {
  return readSnapshot(await store.snapshot().toBytes());
}
/** A snapshot of so many batches of another log. */
const foreign = async (batches: number) => verifiedOf(fill(open({ lineage: 'there' }), batches));

interface Item {
  readonly offset: number;
  readonly marker?: string;
  readonly lineage?: string;
}
const shown = ({ offset, marker, lineage }: Item): unknown =>
  marker === undefined ? offset : lineage === undefined ? `${marker} ${offset}` : [marker, offset, lineage];
const code = async (made: Promise<unknown>): Promise<unknown> => made.catch((error: MemoirError) => error.code);

function heard(store: Items, options: object): unknown[] {
  const told: unknown[] = [];
  store.changes(options).subscribe({
    next: (item: Item) => told.push(shown(item)),
    error: (error: MemoirError) => told.push(error.code),
    complete: () => told.push('end'),
  });
  return told;
}

/** Pulls until nothing comes any more, and goes on pulling. */
function pulled(store: Items, options: object): unknown[] {
  const told: unknown[] = [];
  void (async () => {
    try {
      for await (const item of store.follow(options)) told.push(shown(item));
      told.push('end');
    } catch (error) {
      told.push((error as MemoirError).code);
    }
  })();
  return told;
}

describe('a stream, at a restore of another log', () => {
  it('with markers is told once, and goes on without a gap', async () => {
    const store = fill(open(), 3);
    const told = [heard(store, { markers: true, from: 3 }), pulled(store, { markers: true, from: 3 })];
    await later();
    await store.restore(await foreign(7));
    await later();
    const here = store.lineage;
    fill(store, 2);
    await later();
    await store.restore(await foreign(2), { lineage: 'mine' });
    await later();
    fill(store, 2);
    await later();
    const wanted = [3, 'caughtUp 3', ['reset', 7, here], 8, 9, ['reset', 2, 'mine'], 3, 4];
    expect(told).toEqual([wanted, wanted]);
    store.close();
    await later();
    expect(told).toEqual([
      [...wanted, 'end'],
      [...wanted, 'end'],
    ]);
  });

  it('that is pulled late is told of the last one only, and where it is now', async () => {
    const store = fill(open(), 9);
    const follower = store.follow({ markers: true, from: 2, hold: true, label: 'late' });
    expect(shown((await follower.next()).value as Item)).toBe(2);
    await store.restore(await foreign(4));
    fill(store, 3);
    await store.restore(await foreign(5));
    fill(store, 2);
    expect(shown((await follower.next()).value as Item)).toEqual(['reset', 7, store.lineage]);
    fill(store, 1);
    expect(shown((await follower.next()).value as Item)).toBe(8);
    await follower.return!();
    expect(store.holders()).toEqual([]);
  });

  it('without markers ends with LineageChanged, waiting or not, behind or not, holding or not', async () => {
    const store = fill(open(), 5);
    const told = [heard(store, {}), heard(store, { from: 4 }), pulled(store, {}), pulled(store, { hold: true })];
    const behind = [store.follow({ from: 2 }), store.follow({ from: 2, hold: true })];
    for (const follower of behind) await follower.next();
    await later();
    await store.restore(await foreign(9));
    await later();
    expect(told).toEqual([['LineageChanged'], [4, 5, 'LineageChanged'], ['LineageChanged'], ['LineageChanged']]);
    fill(store, 1);
    for (const follower of behind) {
      expect(await code(follower.next())).toBe('LineageChanged');
      expect(await follower.next()).toEqual({ done: true, value: undefined });
    }
    expect([store.holders(), store.stats().subscribers]).toEqual([[], []]);
  });

  it('that was asked for and not yet subscribed to begins with the new one', async () => {
    const store = fill(open(), 5);
    const stream = store.changes();
    await store.restore(await foreign(2));
    const offsets: unknown[] = [];
    stream.subscribe(({ offset }) => offsets.push(offset));
    fill(store, 1);
    expect(offsets).toEqual([3]);
  });

  it('ends waits', async () => {
    const store = fill(open(), 5);
    const waits = [store.waitFor(6), store.waitFor(8), store.waitFor({ lineage: 'here', offset: 99 })].map(code);
    await store.restore(await foreign(7));
    expect(await Promise.all(waits)).toEqual(['LineageChanged', 'LineageChanged', 'LineageChanged']);
    await store.waitFor(7);
  });
});

describe('a stream, at a restore of its own log', () => {
  it('goes on where nothing lies between', async () => {
    const store = fill(open(), 5);
    const verified = await verifiedOf(store);
    const told = [heard(store, {}), pulled(store, {}), heard(store, { markers: true })];
    const wait = code(store.waitFor(6));
    await later();
    await store.restore(verified);
    expect(store.lineage).toBe('here');
    fill(store, 1);
    await later();
    expect(told).toEqual([[6], [6], ['caughtUp 5', ['reset', 5, 'here'], 6]]);
    expect(await wait).toBeUndefined();
  });

  it('says what is missing when the snapshot is ahead', async () => {
    const store = fill(open(), 5);
    const ahead = await verifiedOf(fill(open(), 9));
    const told = [heard(store, {}), pulled(store, {})];
    const waits = [store.waitFor(7), store.waitFor(10)].map(code);
    await later();
    await store.restore(ahead);
    expect([store.lineage, store.head, store.floor]).toEqual(['here', 9, 10]);
    fill(store, 1);
    await later();
    expect(told).toEqual([['OffsetCompacted'], ['OffsetCompacted']]);
    expect(await Promise.all(waits)).toEqual([undefined, undefined]);
  });

  it('ends when the snapshot is older, whatever the lineage is said to be', async () => {
    const store = fill(open(), 3);
    const old = await verifiedOf(store);
    fill(store, 5);
    const told = [heard(store, {}), pulled(store, {}), heard(store, { markers: true })];
    const behind = store.follow({ from: 8 });
    await behind.next();
    await later();
    await store.restore(old, { lineage: 'here' });
    fill(store, 6);
    await later();
    expect(told.slice(0, 2)).toEqual([['LineageChanged'], ['LineageChanged']]);
    expect(told[2]).toEqual(['caughtUp 8', ['reset', 3, 'here'], 4, 5, 6, 7, 8, 9]);
    expect(await code(behind.next())).toBe('LineageChanged');
    await store.restore(old);
    expect(store.lineage).not.toBe('here');
  });
});

describe('a store that was restored', () => {
  it('keeps history as retention says, and bounds what is pinned', async () => {
    const store = fill(open({ keep: { batches: 2 } }), 9);
    await store.restore(await foreign(4));
    fill(store, 9);
    expect([store.head, store.floor]).toEqual([13, 12]);
    using view = store.asOf(12);
    fill(store, 5);
    expect([view.items.get('a')?.n, store.floor, store.holders().length]).toEqual([12, 17, 1]);
    expect(() => store.asOf(11)).toThrow(expect.objectContaining({ code: 'OffsetCompacted' }) as Error);
    store.check();
  });

  it('never goes back in time', async () => {
    let now = 5000;
    const clock = () => now;
    const verified = await verifiedOf(fill(open({ clock }), 2));
    now = 100;
    const store = fill(open({ clock }), 2);
    await store.restore(verified);
    expect(store.transact((tx) => [tx.items.delete('a'), tx.at]).result).toEqual([true, 5000]);
    expect(store.asOf(new Date(9999)).offset).toBe(3);
    expect(() => store.asOf(new Date(4999))).toThrow(expect.objectContaining({ code: 'OffsetCompacted' }) as Error);
  });

  it('encodes a snapshot that was taken before as it was', async () => {
    const store = fill(open(), 4);
    const [taken, same] = [store.snapshot(), store.snapshot()];
    const wanted = await same.toBytes();
    await store.restore(await foreign(9));
    fill(store, 3);
    expect([taken.offset, taken.lineage]).toEqual([4, 'here']);
    expect(await taken.toBytes()).toEqual(wanted);
  });
});

describe('tables and indexes that were added or dropped', () => {
  it('before a restore stay so, with the rows of what is restored', async () => {
    const store = fill(open(), 3);
    const more = await store.addTable('notes', notes).addIndex('items', 'byN', ['n']);
    const other = createStore({ tables: { ...tables, notes } });
    other.transact((tx) => [tx.notes.put({ id: 'x' }), tx.items.put({ id: 'q', n: 8 })]);
    await more.restore(await other.snapshot().toBytes());
    expect([...more.now().items.scan('byN')]).toEqual([{ id: 'q', n: 8 }]);
    expect(more.now().notes.size).toBe(1);
    more.check();
    const less = more.dropIndex('items', 'byN');
    await less.restore(await foreign(2));
    expect(() => more.now().items.count('byN')).toThrow(MemoirError);
    expect([more.now().notes.size, more.now().items.size]).toEqual([0, 1]);
    more.check();
  });

  it('while it is read stay so', async () => {
    const store = await fill(open(), 3).addIndex('items', 'old', ['n']);
    const other = open({ lineage: 'there' });
    other.transact((tx) => {
      for (let n = 0; n < 600; n++) tx.items.put({ id: `i${n}`, n });
    });
    const verified = await verifiedOf(other);
    const restored = store.restore(verified, { sliceMs: 0.01 });
    store.dropIndex('items', 'old');
    const added = store.addTable('notes', notes);
    const building = added.addIndex('items', 'byN', ['n']);
    await restored;
    expect(added.now().notes.size).toBe(0);
    expect(() => store.now().items.count('old')).toThrow(MemoirError);
    const built = await building.catch((error: MemoirError) => error.code);
    // Either it was there in time, or it is told that it is not.
    if (typeof built === 'string') expect(built).toBe('WaitAborted');
    else expect(built.now().items.count('byN', { gte: [100] })).toBe(500);
    added.transact((tx) => [tx.notes.put({ id: 'x' }), tx.items.put({ id: 'y', n: 5000 })]);
    added.check();
    expect(added.now().items.size).toBe(601);
  });

  it('of which one is being built at a restore: it is told, and nothing is left', async () => {
    const store = open();
    store.transact((tx) => {
      for (let n = 0; n < 3000; n++) tx.items.put({ id: `i${n}`, n });
    });
    const verified = await foreign(3);
    const building = code(store.addIndex('items', 'byN', ['n'], { budgetMs: 0.001 }));
    await later();
    await store.restore(verified);
    expect(await building).toBe('WaitAborted');
    expect([...(await store.addIndex('items', 'byN', ['n'])).now().items.scan('byN')].length).toBe(1);
    store.check();
  });
});
