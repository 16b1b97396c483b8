import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

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
const routes = table(t.strict({ host: t.string, path: t.string }), { primaryKey: ['host', 'path'] });
const tables = { items, routes };

/** A store whose clock is set by hand. */
function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const time = { now: 100 };
  const store = createStore({ tables, clock: () => time.now, lineage: 'here', ...options });
  return { store, time, put: (id: string, n = 0) => store.transact((tx) => tx.items.put({ id, n })).offset };
}

describe('batch', () => {
  it('gives one batch of the log, as it was told of', () => {
    const { store, put } = open();
    const told: unknown[] = [];
    store.changes().subscribe((batch) => told.push(batch));
    put('a', 1);
    put('b', 2);
    expect([store.batch(1), store.batch({ lineage: 'here', offset: 2 })]).toEqual(told);
  });

  it.each<[unknown, string]>([
    [3, 'OffsetInFuture'],
    [-1, 'OffsetInvalid'],
    ['1', 'OffsetInvalid'],
    [null, 'OffsetInvalid'],
    [{ lineage: 'there', offset: 1 }, 'LineageChanged'],
  ])('refuses %j', (offset, code) => {
    const { store, put } = open();
    put('a');
    expect(refusal(() => store.batch(offset as number)).code).toBe(code);
  });
});

describe('diff', () => {
  it('tells the net changes between two states, either way round', () => {
    const { store, put } = open();
    put('a', 1); // 1
    put('b', 1); // 2
    put('a', 2); // 3
    store.transact((tx) => [tx.items.delete('b'), tx.routes.insert({ host: 'h', path: '/' })]); // 4
    put('c', 1); // 5
    store.transact((tx) => tx.items.delete('c')); // 6
    const told = (from: number, to: number) =>
      store.diff(from, to).map(({ table: name, key, kind, before, after }) => {
        expect([before === undefined, after === undefined]).toEqual([kind === 'insert', kind === 'delete']);
        return `${kind} ${name} ${String(key)}`;
      });
    expect(told(0, 6)).toEqual(['insert items a', 'insert routes h,/']);
    expect(told(6, 0)).toEqual(['delete routes h,/', 'delete items a']);
    expect(told(1, 4)).toEqual(['update items a', 'insert routes h,/']);
    expect(told(2, 4)).toEqual(['update items a', 'delete items b', 'insert routes h,/']);
    expect(told(4, 2)).toEqual(['delete routes h,/', 'insert items b', 'update items a']);
    expect([told(4, 6), told(3, 3)]).toEqual([[], []]);
    expect([told(0, 3), told(3, 0)]).toEqual([
      ['insert items b', 'insert items a'],
      ['delete items a', 'delete items b'],
    ]);
    expect(store.diff(3, 1)).toMatchObject([
      { kind: 'update', before: { n: 2 }, after: { n: 1 } },
      { kind: 'delete', key: 'b' },
    ]);
  });

  it('reaches from the state before the floor to the head, and no further', () => {
    const { store, put } = open({ keep: { batches: 2 } });
    for (let n = 1; n <= 5; n++) put('a', n);
    expect(store.diff(3, 5)).toMatchObject([{ before: { n: 3 }, after: { n: 5 } }]);
    expect(refusal(() => store.diff(2, 5))).toMatchObject({ code: 'OffsetCompacted', floor: 4 });
    expect(refusal(() => store.diff(5, 2))).toMatchObject({ code: 'OffsetCompacted', floor: 4 });
    expect(refusal(() => store.diff(3, 6)).code).toBe('OffsetInFuture');
    expect(refusal(() => store.diff({ lineage: 'there', offset: 4 }, 5)).code).toBe('LineageChanged');
  });
});

describe('history', () => {
  it('tells every change of a row: what it was, who changed it, when', () => {
    const { store, time } = open();
    const write = (n: number, actor: string) => {
      time.now += 5;
      store.transact((tx) => (n === 0 ? tx.items.delete('a') : tx.items.put({ id: 'a', n })), {
        meta: { actor },
        id: actor,
      });
    };
    write(1, 'ada');
    store.transact((tx) => tx.items.put({ id: 'b', n: 1 }));
    write(2, 'bob');
    write(0, 'cyd');
    write(4, 'dan');
    const told = store.history('items', 'a');
    expect(told.map(({ offset, at, kind, before, after }) => [offset, at, kind, before?.n, after?.n])).toEqual([
      [1, 105, 'insert', undefined, 1],
      [3, 110, 'update', 1, 2],
      [4, 115, 'delete', 2, undefined],
      [5, 120, 'insert', undefined, 4],
    ]);
    expect(told.map(({ id, meta }) => [id, meta.actor])).toEqual(['ada', 'bob', 'cyd', 'dan'].map((who) => [who, who]));
  });

  it('tells nothing of what a batch did and undid, even where an iterator saw it', () => {
    const { store, put } = open();
    put('a', 1);
    store.transact((tx) => {
      for (const n of [2, 1]) {
        tx.items.put({ id: 'a', n });
        tx.items.scan();
      }
      tx.items.put({ id: 'b', n: 1 });
    });
    expect(store.history('items', 'a').map(({ offset }) => offset)).toEqual([1]);
  });

  it('begins at the floor, knowing what was before it', () => {
    const { store, put } = open({ keep: { batches: 2 } });
    for (let n = 1; n <= 5; n++) put('a', n);
    expect(store.history('items', 'a').map(({ offset, before, after }) => [offset, before?.n, after?.n])).toEqual([
      [4, 3, 4],
      [5, 4, 5],
    ]);
    store.compact(6);
    expect(store.history('items', 'a')).toEqual([]);
  });

  it.each<[unknown, unknown, string | undefined]>([
    ['items', 'never', undefined],
    ['routes', ['h', '/'], undefined],
    ['nothing', 'a', 'OptionInvalid'],
    ['toString', 'a', 'OptionInvalid'],
    ['items', NaN, 'KeyInvalid'],
    ['items', ['a'], 'KeyInvalid'],
    ['items', undefined, 'KeyInvalid'],
    ['routes', 'h', 'KeyInvalid'],
    ['routes', ['h'], 'KeyInvalid'],
    ['routes', ['h', '/', 'x'], 'KeyInvalid'],
  ])('of %j %j is empty, or refused (%s)', (name, key, code) => {
    const { store } = open();
    const ask = () => store.history(name as 'items', key as string);
    if (code === undefined) expect(ask()).toEqual([]);
    else expect(refusal(ask).code).toBe(code);
  });
});
