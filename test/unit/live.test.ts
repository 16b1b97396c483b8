import * as t from 'io-ts';
import type { Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type StoreOptions, type ViewOf } from '../../src/index.js';

const items = table(t.strict({ id: t.string, n: t.number, group: t.string, tags: t.array(t.string) }), {
  primaryKey: 'id',
  indexes: {
    byN: ['n'],
    one: { on: ['group', 'n'], unique: true },
    byTag: { each: 'tags' },
    high: { on: ['n'], where: ({ n }) => n > 50 },
    tens: { by: ({ n }) => [Math.floor(n / 10), n] },
  },
});
const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const tables = { items, notes };

/** What subscribers threw: an expectation that fails in one of them would go unnoticed. */
const thrown: unknown[] = [];
afterEach(() => expect(thrown.splice(0)).toEqual([]));

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, onError: (error) => thrown.push(error), ...options });
  const put = (id: string, n: number, group = 'g', tags: string[] = []) =>
    store.transact((tx) => tx.items.put({ id, n, group, tags }));
  const drop = (...ids: string[]) => store.transact((tx) => ids.map((id) => tx.items.delete(id)));
  /** Six rows, k1 to k6, with n from 10 to 60. */
  const fill = () => {
    for (let i = 1; i <= 6; i++) put(`k${i}`, i * 10, i % 2 === 0 ? 'even' : 'odd', [`t${i}`, 'all']);
  };
  return { store, put, drop, fill };
}
type Opened = ReturnType<typeof open>;
type Db = ViewOf<Opened['store']>;
const ids = (rows: Iterable<{ readonly id: string }>) => Array.from(rows, ({ id }) => id).join(' ');

/** What a live query answers, as it comes; an error by its code or message. */
function answers<A>(stream: Observable<A>): unknown[] {
  const told: unknown[] = [];
  stream.subscribe({
    next: (value) => told.push(value),
    error: (error: Error) => told.push(error instanceof MemoirError ? error.code : error.message),
    complete: () => told.push('end'),
  });
  return told;
}

describe('a live query', () => {
  type Write = (store: Opened) => unknown;
  const cases: [string, (db: Db) => unknown, readonly Write[], readonly Write[]][] = [
    [
      'a row',
      (db) => db.items.get('k2'),
      [(s) => s.put('k1', 1), (s) => s.drop('k3'), (s) => s.put('k22', 2)],
      [(s) => s.put('k2', 21), (s) => s.drop('k2'), (s) => s.put('k2', 5)],
    ],
    [
      'whether a row is there',
      (db) => db.items.has('x'),
      [(s) => s.put('w', 1), (s) => s.put('xx', 2)],
      [(s) => s.put('x', 3), (s) => s.drop('x')],
    ],
    [
      'a row by a unique key',
      (db) => db.items.find('one', 'odd', 7),
      [(s) => s.put('a', 7, 'even'), (s) => s.put('b', 8, 'odd')],
      [(s) => s.put('c', 7, 'odd'), (s) => s.put('c', 9, 'odd')],
    ],
    [
      'a stretch of an index',
      (db) => ids(db.items.scan('byN', { gt: [20], lte: [40] })),
      [(s) => s.put('a', 20), (s) => s.put('k5', 41), (s) => s.drop('k1')],
      [(s) => s.put('b', 25), (s) => s.put('k1', 30), (s) => s.drop('k4')],
    ],
    [
      'a gap of an index',
      (db) => db.items.count('byN', { gt: [20], lt: [30] }),
      [(s) => s.put('a', 20), (s) => s.put('b', 30), (s) => s.drop('k2')],
      [(s) => s.put('c', 21), (s) => s.drop('c')],
    ],
    [
      'a prefix',
      (db) => db.items.count('one', { prefix: ['odd'] }),
      [(s) => s.put('a', 11, 'even'), (s) => s.put('b', 11, 'odder')],
      [(s) => s.put('c', 11, 'odd'), (s) => s.put('c', 11, 'od')],
    ],
    [
      'what begins with a text',
      (db) => ids(db.items.scan({ startsWith: ['k1'] })),
      [(s) => s.put('k', 1), (s) => s.put('k2', 2)],
      [(s) => s.put('k1x', 3), (s) => s.put('k1', 4)],
    ],
    [
      'the first row',
      (db) => db.items.first('byN')?.id,
      [(s) => s.put('a', 11), (s) => s.drop('k2')],
      [(s) => s.put('b', 9), (s) => s.drop('b'), (s) => s.drop('k1')],
    ],
    [
      'the last row of a range',
      (db) => db.items.last('byN', { lt: [45] })?.id,
      [(s) => s.put('a', 39), (s) => s.put('b', 45)],
      [(s) => s.put('c', 44), (s) => s.drop('c'), (s) => s.drop('k4')],
    ],
    [
      'two rows at the most',
      (db) => ids(db.items.scan('byN', { limit: 2 })),
      [(s) => s.put('a', 21), (s) => s.drop('k3')],
      [(s) => s.put('b', 15), (s) => s.drop('b'), (s) => s.drop('k1')],
    ],
    [
      'two rows, backwards',
      (db) => ids(db.items.scan('byN', { limit: 2, reverse: true })),
      [(s) => s.put('a', 49), (s) => s.drop('k1')],
      [(s) => s.put('b', 55), (s) => s.put('c', 70)],
    ],
    [
      'rows until it has enough',
      (db) => {
        for (const row of db.items.scan('byN')) if (row.n > 15) return row.id;
        return '';
      },
      [(s) => s.put('a', 21), (s) => s.drop('k3')],
      [(s) => s.put('b', 16), (s) => s.put('c', 1)],
    ],
    [
      'a page',
      (db) => ids(db.items.page('byN', { limit: 2 }).rows),
      [(s) => s.drop('k5'), (s) => s.put('a', 45)],
      [(s) => s.put('b', 15), (s) => s.drop('k1')],
    ],
    [
      'the longest beginning',
      (db) => db.items.longestPrefix(['k2xyz'])?.id,
      [(s) => s.put('z', 1), (s) => s.put('k3', 2)],
      [(s) => s.put('k2x', 3), (s) => s.drop('k2x'), (s) => s.drop('k2')],
    ],
    [
      'rows by an element',
      (db) => ids(db.items.scan('byTag', { prefix: ['t2'] })),
      [(s) => s.put('a', 1, 'g', ['t3']), (s) => s.drop('k3')],
      [(s) => s.put('b', 2, 'g', ['x', 't2']), (s) => s.put('k2', 20, 'even', [])],
    ],
    [
      'rows that a condition holds for',
      (db) => db.items.count('high'),
      [(s) => s.put('a', 50), (s) => s.drop('k1')],
      [(s) => s.put('b', 51), (s) => s.put('k6', 7)],
    ],
    [
      'rows by a computed key',
      (db) => db.items.count('tens', { prefix: [3] }),
      [(s) => s.put('a', 29), (s) => s.put('b', 40)],
      [(s) => s.put('c', 31), (s) => s.put('k3', 3)],
    ],
    [
      'how many rows there are',
      (db) => db.items.size,
      [(s) => s.store.transact((tx) => tx.notes.put({ id: 'a' }))],
      [(s) => s.put('a', 1), (s) => s.drop('a', 'k1')],
    ],
    [
      'all rows',
      (db) => ids(db.items.scan()),
      [(s) => s.store.transact((tx) => tx.notes.put({ id: 'a' }))],
      [(s) => s.put('zz', 1), (s) => s.drop('k3')],
    ],
    ['nothing', (db) => db.items.scan('byN').constructor.name, [(s) => s.put('a', 1), (s) => s.drop('k1')], []],
  ];
  it.each(cases)('runs again only when a batch touches what it read: %s', (_what, query, quiet, waking) => {
    const opened = open();
    opened.fill();
    let runs = 0;
    const told = answers(opened.store.live((db) => (runs++, query(db))));
    for (const write of quiet) {
      write(opened);
      expect(runs, String(write)).toBe(1);
    }
    for (const [i, write] of waking.entries()) {
      write(opened);
      expect(runs, String(write)).toBe(i + 2);
      expect(told.at(-1)).toEqual(opened.store.read(query));
    }
  });

  it('wakes a page that was the last when there is more', () => {
    const { store, put, fill } = open();
    fill();
    const told = answers(store.live((db) => db.items.page('byN', { limit: 6 }).next !== undefined));
    put('later', 99);
    expect(told).toEqual([false, true]);
  });

  it('reads anew each time: what it depends on is what it read last', () => {
    const { store, put } = open();
    let runs = 0;
    const told = answers(store.live((db) => (runs++, db.items.get(db.items.get('pointer')?.group ?? 'a')?.n)));
    put('a', 1);
    put('b', 2);
    put('pointer', 0, 'b');
    put('a', 3);
    put('b', 4);
    expect([told, runs]).toEqual([[undefined, 1, 2, 4], 4]);
  });

  it('runs once a batch, however much of what it read the batch touches, and sees all of it', () => {
    const { store } = open();
    let runs = 0;
    const told = answers(
      store.live((db) => (runs++, [db.items.size, db.notes.size, db.items.count('byN', { gt: [2] })])),
    );
    store.transact((tx) => {
      for (let n = 0; n < 5; n++) {
        tx.items.put({ id: `${n}`, n, group: 'g', tags: [`${n}`] });
        tx.notes.put({ id: `${n}` });
      }
    });
    expect([told, runs]).toEqual([
      [
        [0, 0, 0],
        [5, 5, 2],
      ],
      2,
    ]);
  });

  it('of many, only those run that are touched', () => {
    const { store, put } = open();
    const runs = Array.from({ length: 60 }, () => 0);
    for (const i of runs.keys())
      store
        .live((db) => ((runs[i] = runs[i]! + 1), db.items.count('byN', { gte: [i * 10], lt: [i * 10 + 10] })))
        .subscribe();
    put('a', 305);
    put('a', 309);
    put('a', 310);
    expect(runs.map((count, i) => (count === 1 ? '' : `${i}: ${count}`)).filter(Boolean)).toEqual(['30: 4', '31: 2']);
  });

  it('tells its answer at once, and each subscriber on its own', () => {
    const { store, put } = open();
    put('a', 1);
    const sizes = store.live((db) => db.items.size);
    const first = answers(sizes);
    put('b', 2);
    const second = answers(sizes);
    put('c', 3);
    expect([first, second]).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
  });

  it('holds no history between its runs', () => {
    const { store, put } = open({ keep: { batches: 0 } });
    const told = answers(store.live((db) => ids(db.items.scan('byN'))));
    for (let n = 3; n > 0; n--) put(`k${n}`, n);
    expect([told, store.holders(), store.floor]).toEqual([['', 'k3', 'k2 k3', 'k1 k2 k3'], [], 4]);
  });

  it('sees the newest state when a subscriber before it has written, and runs once for what it has seen', () => {
    const { store, put } = open();
    store.changes().subscribe(({ offset }) => void (offset === 1 && put('b', 2)));
    let runs = 0;
    const told = answers(store.live((db) => (runs++, ids(db.items.scan())), { stamped: true }));
    put('a', 1);
    expect(told.at(-1)).toEqual({ offset: 2, value: 'a b' });
    expect(runs).toBeLessThanOrEqual(3);
    expect(runs).toBe(told.length);
  });
});
