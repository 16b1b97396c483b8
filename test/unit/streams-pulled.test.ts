import * as t from 'io-ts';
import type { Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type StoreOptions } from '../../src/index.js';

/** What a call is refused with; any other error goes on. */
function refusal(act: () => unknown): MemoirError {
  try {
    act();
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' });
const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const tables = { items, notes };

/** What subscribers threw: an expectation that fails in one of them would go unnoticed. */
const thrown: unknown[] = [];
afterEach(() => expect(thrown.splice(0)).toEqual([]));

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, lineage: 'here', onError: (error) => thrown.push(error), ...options });
  const put = (id: string, n = store.head + 1) => store.transact((tx) => tx.items.put({ id, n })).offset;
  const fill = (batches: number) => {
    for (let i = 0; i < batches; i++) put('a');
  };
  return { store, put, fill };
}
type Store = ReturnType<typeof open>['store'];

/** What a stream gives, as it comes: offsets, markers, and in the end 'end' or the code of an error. */
function collect(stream: Observable<{ readonly offset: number; readonly marker?: string }>): (number | string)[] {
  const told: (number | string)[] = [];
  stream.subscribe({
    next: ({ offset, marker }) => told.push(marker === undefined ? offset : `${marker} ${offset}`),
    error: (error: MemoirError) => told.push(error.code),
    complete: () => told.push('end'),
  });
  return told;
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const later = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('a filter', () => {
  const filled = () => {
    const { store } = open();
    store.transact((tx) => [tx.items.put({ id: 'a', n: 1 }), tx.notes.put({ id: 'x' })]);
    store.transact((tx) => tx.items.put({ id: 'a', n: 2 }));
    store.transact((tx) => tx.nextId('n'));
    store.transact((tx) => [tx.items.delete('a'), tx.items.put({ id: 'b', n: 3 }), tx.notes.delete('x')]);
    return store;
  };
  it.each<[string, Parameters<Store['changes']>[0], string]>([
    ['none', {}, '1: a x, 2: a, 3:, 4: a b x'],
    ['by table', { tables: ['items'] }, '1: a, 2: a, 4: a b'],
    ['by tables', { tables: ['items', 'notes'] }, '1: a x, 2: a, 4: a b x'],
    ['by no table', { tables: [] }, ''],
    ['by kind', { kinds: ['delete'] }, '4: a x'],
    ['by kinds', { kinds: ['insert', 'update'] }, '1: a x, 2: a, 4: b'],
    ['by predicate', { where: ({ after }) => after !== undefined && 'n' in after && after.n > 1 }, '2: a, 4: b'],
    ['by all of them', { tables: ['items'], kinds: ['insert'], where: ({ key }) => key === 'b' }, '4: b'],
  ])('passes over what it is not about, and narrows a batch to what it is: %s', (_what, filter, expected) => {
    const store = filled();
    const told: string[] = [];
    store
      .changes({ from: 1, ...filter })
      .subscribe(({ offset, changes }) => told.push([`${offset}:`, ...changes.map(({ key }) => key)].join(' ')));
    expect(told.join(', ')).toBe(expected);
    expect(store.batch(4).changes).toHaveLength(3);
  });

  it.each<[string, object]>([
    ['a table that is not there', { tables: ['item'] }],
    ['a table of every object', { tables: ['toString'] }],
    ['a bare table', { tables: 'items' }],
    ['a number of tables', { tables: 5 }],
    ['a kind that is not there', { kinds: ['upsert'] }],
    ['a bare kind', { kinds: 'insert' }],
    ['a number of kinds', { kinds: 5 }],
    ['what is no predicate', { where: { id: 'a' } }],
    ['a misspelt option', { table: ['items'] }],
    ['progress too often', { markers: true, progressEvery: 0 }],
    ['progress in parts', { markers: true, progressEvery: 1.5 }],
  ])('of %s is refused', (_what, filter) => {
    const { store } = open();
    expect(refusal(() => store.changes(filter)).code).toBe('OptionInvalid');
    expect(refusal(() => store.follow(filter)).code).toBe('OptionInvalid');
  });
});

describe('markers', () => {
  it('say when history is over, once, and how far a stream has come where nothing was for it', () => {
    const { store, fill, put } = open();
    fill(4);
    store.transact((tx) => tx.notes.put({ id: 'x' }));
    const all = collect(store.changes({ from: 1, markers: true }));
    const live = collect(store.changes({ markers: true }));
    const some = collect(store.changes({ from: 1, markers: true, tables: ['notes'], progressEvery: 2 }));
    fill(3);
    store.transact((tx) => tx.notes.put({ id: 'y' }));
    put('b');
    expect(all).toEqual([1, 2, 3, 4, 5, 'caughtUp 5', 6, 7, 8, 9, 10]);
    expect(live).toEqual(['caughtUp 5', 6, 7, 8, 9, 10]);
    expect(some).toEqual(['progress 2', 'progress 4', 5, 'caughtUp 5', 'progress 7', 9]);
  });

  it('come in what is pulled, too', async () => {
    const { store, fill } = open();
    fill(1);
    const follower = store.follow({ from: 1, markers: true });
    const told = [await follower.next(), await follower.next()].map(({ value }) => value as object);
    expect(told).toEqual([store.batch(1), { marker: 'caughtUp', offset: 1 }]);
  });

  it('are not there unless asked for', () => {
    const { store, fill } = open();
    fill(1);
    expect(collect(store.changes({ from: 1, markers: false } as object))).toEqual([1]);
  });
});

describe('a stream that is pulled', () => {
  it('gives history, then waits for what comes, each once, in order', async () => {
    const { store, fill } = open();
    fill(3);
    const told: number[] = [];
    const reading = (async () => {
      for await (const { offset } of store.follow({ from: 2 })) {
        told.push(offset);
        if (offset === 4) fill(2);
        if (offset === 6) break;
      }
    })();
    await later();
    expect(told).toEqual([2, 3]);
    fill(1);
    await reading;
    expect([told, store.head]).toEqual([range(2, 6), 6]);
  });

  it('reads nothing before it is asked for', async () => {
    const { store, fill } = open();
    const seen: number[] = [];
    const follower = store.follow({ from: 1, where: ({ after }) => seen.push(Number(after !== undefined)) > 0 });
    fill(3);
    await later();
    expect(seen).toEqual([]);
    await follower.next();
    expect(seen).toEqual([1]);
  });

  it('answers calls in their order, however many wait', async () => {
    const { store, fill } = open();
    const follower = store.follow();
    const waiting = [follower.next(), follower.next()];
    fill(1);
    waiting.push(follower.next());
    fill(3);
    waiting.push(follower.next());
    const told = (await Promise.all(waiting)).map(({ value }) => (value as { offset: number }).offset);
    expect(told).toEqual([1, 2, 3, 4]);
  });

  it('ends all calls that wait when it is returned, and takes no more', async () => {
    const { store, fill } = open();
    const follower = store.follow({ hold: true, label: 'mine' });
    const waiting = [follower.next(), follower.next()];
    await later();
    expect(store.holders()).toMatchObject([{ kind: 'cursor', label: 'mine', offset: 0 }]);
    expect(await follower.return!()).toEqual({ done: true, value: undefined });
    expect(await Promise.all(waiting)).toEqual([1, 2].map(() => ({ done: true, value: undefined })));
    fill(1);
    expect(await follower.next()).toEqual({ done: true, value: undefined });
    expect([await follower.return!(), store.holders()]).toEqual([{ done: true, value: undefined }, []]);
  });

  it('is its own iterator, so that two loops share it', async () => {
    const { store, fill } = open();
    fill(4);
    const follower = store.follow({ from: 1 });
    const told: number[][] = [[], []];
    const loop = async (mine: number[]) => {
      for (let i = 0; i < 2; i++) mine.push(((await follower.next()).value as { offset: number }).offset);
    };
    await Promise.all(told.map(loop));
    expect(new Set(told.flat())).toEqual(new Set([1, 2, 3, 4]));
    expect(follower[Symbol.asyncIterator]()).toBe(follower);
  });

  it('has what is still due when the store closes, then ends', async () => {
    const { store, fill } = open();
    fill(2);
    const [behind, waiting] = [store.follow({ from: 2 }), store.follow()];
    const next = waiting.next();
    await later();
    store.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect((await behind.next()).value).toMatchObject({ offset: 2 });
    expect((await behind.next()).done).toBe(true);
  });

  it('without a hold is overtaken by retention, with a typed end; with one it is not', async () => {
    const { store, fill } = open({ keep: { batches: 2 } });
    fill(2);
    const [loose, held] = [store.follow({ from: 1 }), store.follow({ from: 1, hold: true })];
    expect((await loose.next()).value).toMatchObject({ offset: 1 });
    fill(4);
    expect([store.floor, store.holders().length]).toEqual([1, 1]);
    for (const offset of range(1, 6)) expect((await held.next()).value).toMatchObject({ offset });
    fill(1);
    expect(store.floor).toBe(6);
    await expect(loose.next()).rejects.toMatchObject({ code: 'OffsetCompacted', requested: 2, floor: 6 });
    expect((await loose.next()).done).toBe(true);
    expect((await held.next()).value).toMatchObject({ offset: 7 });
  });

  it('that holds too much stops the writer, not memory', async () => {
    const { store, put, fill } = open({ keep: { batches: 1 }, pinnedBytesMax: 200 });
    fill(1);
    const held = store.follow({ from: 1, hold: true, label: 'slow' });
    const error = refusal(() => fill(50));
    expect(error).toMatchObject({ code: 'HistoryFull', holder: 'slow', offset: 0 });
    const { head } = store;
    expect(head).toBeLessThan(12);
    for (let n = 0; n < head; n++) await held.next();
    expect(put('b')).toBe(head + 1);
  });

  it('whose predicate throws ends with that error', async () => {
    const { store, fill } = open();
    fill(1);
    const mine = new Error('mine');
    const follower = store.follow({
      from: 1,
      hold: true,
      where: () => {
        throw mine;
      },
    });
    await expect(follower.next()).rejects.toBe(mine);
    expect([await follower.next(), store.holders()]).toEqual([{ done: true, value: undefined }, []]);
  });
});

describe('waitFor', () => {
  it('resolves once a batch has been appended and everyone told', async () => {
    const { store, fill } = open();
    fill(1);
    await store.waitFor(0);
    await store.waitFor({ lineage: 'here', offset: 1 });
    const done: string[] = [];
    const waiting = [2, 3].map(async (offset) => store.waitFor(offset).then(() => done.push(`waited ${offset}`)));
    store.changes().subscribe(({ offset }) => done.push(`told ${offset}`));
    fill(1);
    await later();
    expect(done).toEqual(['told 2', 'waited 2']);
    fill(1);
    await Promise.all(waiting);
    expect(done.slice(2)).toEqual(['told 3', 'waited 3']);
  });

  it('is aborted by a signal, before or while it waits', async () => {
    const { store, fill } = open();
    const [before, during, after] = [new AbortController(), new AbortController(), new AbortController()];
    before.abort();
    await expect(store.waitFor(1, { signal: before.signal })).rejects.toMatchObject({ code: 'WaitAborted', offset: 1 });
    const waiting = store.waitFor(1, { signal: during.signal });
    const other = store.waitFor(1, { signal: after.signal });
    during.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'WaitAborted' });
    fill(1);
    await other;
    after.abort();
    await store.waitFor(1, { signal: before.signal });
  });

  it('is ended by the end of the store, unless the batch is there', async () => {
    const { store, fill } = open();
    fill(1);
    const waiting = store.waitFor(2);
    store.close();
    await expect(waiting).rejects.toMatchObject({ code: 'StoreClosed' });
    await expect(store.waitFor(2)).rejects.toMatchObject({ code: 'StoreClosed' });
    await store.waitFor(1);
  });

  it.each<[unknown, string]>([
    [-1, 'OffsetInvalid'],
    ['1', 'OffsetInvalid'],
    [undefined, 'OffsetInvalid'],
    [{ lineage: 'there', offset: 1 }, 'LineageChanged'],
  ])('rejects %j', async (offset, code) => {
    await expect(open().store.waitFor(offset as number)).rejects.toMatchObject({ code });
  });
});

describe('snapshotThenFollow', () => {
  it('loses nothing and repeats nothing between the answer and what follows', () => {
    const { store, put } = open();
    const copies: Map<string, number>[] = [];
    const copy = () => {
      const { value, next } = store.snapshotThenFollow((db) =>
        Array.from(db.items.scan(), ({ id, n }) => [id, n] as const),
      );
      const mine = new Map(value);
      copies.push(mine);
      put('between');
      store.changes({ from: next }).subscribe(({ changes }) => {
        for (const { table: name, key, after } of changes) {
          if (name !== 'items') continue;
          if (after === undefined) mine.delete(key);
          else mine.set(key, after.n);
        }
      });
    };
    copy();
    for (let i = 0; i < 40; i++) {
      if (i % 3 === 0) store.transact((tx) => tx.items.delete(`k${(i * 2) % 7}`));
      else put(`k${i % 7}`, i);
      if (i % 10 === 0) copy();
      if (i === 25) store.changes({ from: store.head }).subscribe(({ offset }) => offset === store.head - 1 && copy());
    }
    const rows = Array.from(store.now().items.scan(), ({ id, n }) => [id, n]);
    expect(copies.length).toBeGreaterThan(4);
    for (const mine of copies) expect([...mine].toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual(rows);
  });

  it('says where to go on, in which log', () => {
    const { store, fill } = open();
    fill(2);
    expect(store.snapshotThenFollow((db) => db.offset)).toEqual({ value: 2, next: { lineage: 'here', offset: 3 } });
    expect(store.holders()).toEqual([]);
  });
});
