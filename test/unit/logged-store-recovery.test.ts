import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { MemoirError, openStore, table } from '../../src/index.js';
import { fill, openOn, put, tables } from '../support/logged-items.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const codeOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error instanceof MemoirError ? [error.code, error.floor] : error;
  }
  return undefined;
};

describe('opening', () => {
  it('finds rows, indexes, batches, ids, sequences and time as they were', async () => {
    const medium = new MemoryMedium();
    let now = 1000;
    const store = await openOn(medium, { clock: () => now });
    await put(store, 'a', 1, 'first');
    const second = await store.transact((tx) => {
      tx.items.delete('a');
      return tx.items.put({ id: `b${tx.nextId('b')}${tx.nextId('b')}`, n: 2 }).id;
    });
    await store.transact((tx) => tx.nextId('alone'), { meta: { who: 'me', when: new Date(5), big: 7n } });
    const batches = [1, 2, 3].map((offset) => store.batch(offset));
    await store.close();
    now = 10;
    const again = await openOn(medium, { clock: () => now });
    expect([again.head, again.floor, again.lineage]).toEqual([3, 1, store.lineage]);
    expect([1, 2, 3].map((offset) => again.batch(offset))).toEqual(batches);
    expect([...again.now().items.scan('byN')]).toEqual([{ id: second.result, n: 2 }]);
    expect(again.asOf(1).items.get('a')).toEqual({ id: 'a', n: 1 });
    expect((await put(again, 'x', 1, 'first')).repeated).toBe(true);
    const next = await again.transact((tx) => [tx.nextId('b'), tx.nextId('alone'), tx.at]);
    expect(next.result).toEqual([3, 2, 1000]);
    again.check();
    await again.close();
  });

  it('twice at once is refused, and harms the one that is open in nothing', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium);
    await expect(openOn(medium)).rejects.toMatchObject({ code: 'LogLocked' });
    await put(store, 'a');
    await store.close();
  });

  it('gives the log free when it fails', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium);
    await put(store, 'a');
    await store.close();
    const changed = { items: table(t.strict({ id: t.string, n: t.number, more: t.string }), { primaryKey: 'id' }) };
    const opening = openStore({ tables: changed, log: medium.plan() });
    await expect(opening).rejects.toMatchObject({ code: 'SchemaIncompatible', reasons: [expect.any(String)] });
    expect(medium.isOpen).toBe(false);
    const again = await openOn(medium);
    expect(again.now().items.size).toBe(1);
    await again.close();
  });

  it('remembers the ids that its own window has, and no more, whatever the snapshot remembers', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium);
    for (let n = 1; n <= 5; n++) await put(store, 'a', n, `t${n}`);
    await store.saveSnapshot();
    await store.close();
    const again = await openOn(medium, { idWindow: 2 });
    expect((await put(again, 'a', 9, 't4')).repeated).toBe(true);
    expect((await put(again, 'a', 9, 't3')).repeated).toBeUndefined();
    await again.close();
  });

  it('takes tables away and adds them', async () => {
    const medium = new MemoryMedium();
    const both = { ...tables, notes: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
    const store = await openStore({ tables: both, log: medium.plan() });
    await store.transact((tx) => [tx.items.put({ id: 'a', n: 1 }), tx.notes.put({ id: 'x' })]);
    await store.transact((tx) => tx.notes.put({ id: 'y' }));
    await store.close();
    const less = await openOn(medium);
    expect([less.head, less.now().items.size, less.batch(2).changes]).toEqual([2, 1, []]);
    await less.close();
    const again = await openStore({ tables: both, log: medium.plan() });
    expect(again.now().notes.size).toBe(2);
    await again.close();
  });
});

describe('history', () => {
  it('before the snapshot that a store was opened from is had from it, as far back as batches reach', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium);
    await fill(store, 5);
    await store.saveSnapshot();
    await fill(store, 3);
    await store.close();
    const again = await openOn(medium);
    expect([again.floor, again.head]).toEqual([1, 8]);
    expect(again.batch(2)).toMatchObject({ offset: 2 });
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    expect(all.map((offset) => again.asOf(offset).items.get('a')?.n ?? 0)).toEqual(all);
    const told = again.history('items', 'a').map(({ offset, before, after }) => [offset, before?.n ?? 0, after?.n]);
    expect(told).toEqual(all.slice(1).map((n) => [n, n - 1, n]));
    const offsets: number[] = [];
    again.changes({ from: 2 }).subscribe(({ offset }) => offsets.push(offset));
    expect(offsets).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(again.diff(2, 5)).toMatchObject([{ before: { n: 2 }, after: { n: 5 } }]);
    again.compact(8);
    expect([again.floor, codeOf(() => again.asOf(6))]).toEqual([8, ['OffsetCompacted', 8]]);
    expect(again.asOf(7).items.get('a')?.n).toBe(7);
    await again.close();
  });

  it('stays in the log for a cursor that holds, and goes when it lets go', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium, { keep: { batches: 2 } });
    await fill(store, 3);
    const held = store.follow({ from: 2, hold: true });
    await fill(store, 5);
    await store.saveSnapshot();
    await fill(store, 5);
    await store.saveSnapshot();
    expect(medium.floor).toBe(2);
    expect((await held.next()).value).toMatchObject({ offset: 2 });
    await held.return!();
    await fill(store, 1);
    await store.saveSnapshot();
    expect([medium.floor, store.floor]).toEqual([13, 13]);
    await store.close();
    const again = await openOn(medium, { keep: { batches: 2 } });
    expect([again.floor, again.head, again.now().items.get('a')?.n]).toEqual([13, 14, 14]);
    await again.close();
  });

  it('is what an open view needs, whatever the log lets go', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium, { keep: { batches: 1 } });
    await fill(store, 3);
    using view = store.asOf(3);
    for (let i = 0; i < 2; i++) {
      await fill(store, 4);
      await store.saveSnapshot();
    }
    expect([medium.floor, view.items.get('a')?.n]).toEqual([8, 3]);
    await store.close();
    expect(view.items.get('a')?.n).toBe(3);
  });
});

it.each(['snapshot', 'lineage'])('openStore refuses the option %s, which is of stores in memory', async (name) => {
  const options = { tables, log: new MemoryMedium().plan(), [name]: 'x' };
  await expect(openStore(options as never)).rejects.toMatchObject({ code: 'DefinitionInvalid', path: name });
});

it('is refused under an index that has become unique, wherever in its hash the two rows stand', async () => {
  const Row = t.strict({ id: t.string, n: t.Int });
  const open = (medium: MemoryMedium, unique: boolean) =>
    openStore({
      tables: { rows: table(Row, { primaryKey: 'id', indexes: { byN: { on: ['n'], unique } } }) },
      log: medium.plan(),
      keep: { batches: 1 },
    });
  for (let first = 0; first < 64; first++) {
    const medium = new MemoryMedium();
    const store = await open(medium, false);
    const set = (id: string, n: number) => store.transact((tx) => tx.rows.put({ id, n }));
    // Where both begin in the same place, one that goes leaves it free before the other.
    await set('gone', 10 + first);
    await set('one', 7);
    await set('gone', 1000 + first);
    await set('other', 7);
    await store.close();
    await expect(open(medium, true)).rejects.toMatchObject({ code: 'UniqueViolation', index: 'byN', key: [7] });
  }
});

it.each([false, true])(
  'has what shared a key in the past that is unique today, opened by a snapshot: %s',
  async (saved) => {
    const Row = t.strict({ id: t.string, n: t.Int });
    const open = (medium: MemoryMedium, unique: boolean) =>
      openStore({
        tables: { rows: table(Row, { primaryKey: 'id', indexes: { byN: { on: ['n'], unique } } }) },
        log: medium.plan(),
      });
    const medium = new MemoryMedium();
    const older = await open(medium, false);
    await older.transact((tx) => tx.rows.put({ id: 'a', n: 7 }));
    await older.transact((tx) => tx.rows.put({ id: 'b', n: 7 }));
    await older.transact((tx) => tx.rows.delete('a'));
    if (saved) await older.saveSnapshot();
    await older.close();
    await using store = await open(medium, true);
    const ids = (offset: number, key: [] | [number]) =>
      [...store.asOf(offset).rows.scan('byN', { prefix: key })].map((r) => r.id);
    for (const offset of [3, 2, 1, 0, 2]) {
      const wanted = [[], ['a'], ['a', 'b'], ['b']][offset];
      expect([ids(offset, []), ids(offset, [7])]).toEqual([wanted, wanted]);
      store.check();
    }
  },
);
