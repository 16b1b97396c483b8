import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type StoreOptions, type ViewOf } from '../../src/index.js';

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

const items = table(t.strict({ id: t.string, n: t.number, tags: t.array(t.string) }), {
  primaryKey: 'id',
  indexes: { byN: ['n'], one: { on: ['n', 'id'], unique: true }, byTag: { each: 'tags' } },
});
const routes = table(t.strict({ host: t.string, path: t.string, area: t.string }), {
  primaryKey: ['host', 'path'],
  indexes: { byArea: ['area'] },
});
const tables = { items, routes };

/** A store whose clock is set by hand. */
function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const time = { now: 100 };
  const store = createStore({ tables, clock: () => time.now, lineage: 'here', ...options });
  const put = (id: string, n = 0, tags: string[] = []) => store.transact((tx) => tx.items.put({ id, n, tags })).offset;
  return { store, time, put };
}
type Db = ViewOf<ReturnType<typeof open>['store']>;
const ids = (rows: Iterable<{ readonly id: string }>) => Array.from(rows, ({ id }) => id).join(' ');

/** Every way to ask a view, each of which needs it open. */
const questions: readonly ((db: Db) => unknown)[] = [
  (db) => db.items.size,
  (db) => db.items.get('a'),
  (db) => db.items.getOrThrow('a'),
  (db) => db.items.has('a'),
  (db) => db.items.find('one', 1, 'a'),
  (db) => db.items.findOrThrow('one', 1, 'a'),
  (db) => [...db.items.scan()],
  (db) => [...db.items.scan('byN')],
  (db) => db.items.first(),
  (db) => db.items.last('byN'),
  (db) => db.items.count(),
  (db) => db.items.page({ limit: 1 }),
  (db) => db.items.longestPrefix(['a']),
];

describe('now', () => {
  it('is the state at the head, and the same view until the head moves', () => {
    const { store, put } = open();
    const empty = store.now();
    expect([empty.offset, empty.lineage, empty.items.size, store.now() === empty]).toEqual([0, 'here', 0, true]);
    put('a', 1);
    const db = store.now();
    expect([db.offset, db === empty, store.now() === db, db.items.size, empty.items.size]).toEqual([
      1,
      false,
      true,
      1,
      0,
    ]);
    store.transact((tx) => tx.items.delete('z'));
    expect(store.now()).toBe(db);
  });

  it('is another view once it was closed', () => {
    const { store } = open();
    const closed = store.now();
    closed.close();
    expect(store.now()).not.toBe(closed);
    expect(store.now().items.size).toBe(0);
  });
});

describe('asOf', () => {
  it('gives every state from before all to the head, each a view of its own', () => {
    const { store, put } = open();
    for (let n = 1; n <= 50; n++) put(`k${n % 10}`, n);
    for (let n = 0; n <= 50; n++) {
      const db = store.asOf(n);
      expect([db.offset, db.items.size, db.items.last('byN')?.n]).toEqual([
        n,
        Math.min(n, 10),
        n === 0 ? undefined : n,
      ]);
      expect(Array.from(db.items.scan('byN'), (row) => row.n)).toEqual(
        Array.from({ length: Math.min(n, 10) }, (_, i) => Math.max(1, n - 9) + i),
      );
    }
    const [one, two] = [store.asOf(7), store.asOf({ lineage: 'here', offset: 7 })];
    one.close();
    expect([two.items.size, store.asOf(7).items.size]).toEqual([7, 7]);
  });

  it.each<[unknown, object]>([
    [3, { code: 'OffsetInFuture', requested: 3, head: 2 }],
    [
      { lineage: 'here', offset: 9 },
      { code: 'OffsetInFuture', requested: 9 },
    ],
    [
      { lineage: 'there', offset: 1 },
      { code: 'LineageChanged', lineage: 'here', requested: 'there' },
    ],
    [-1, { code: 'OffsetInvalid' }],
    [0.5, { code: 'OffsetInvalid' }],
    [NaN, { code: 'OffsetInvalid' }],
    [Infinity, { code: 'OffsetInvalid' }],
    [2 ** 53, { code: 'OffsetInvalid' }],
    ['1', { code: 'OffsetInvalid' }],
    [1n, { code: 'OffsetInvalid' }],
    [null, { code: 'OffsetInvalid' }],
    [undefined, { code: 'OffsetInvalid' }],
    [{}, { code: 'OffsetInvalid' }],
    [[1], { code: 'OffsetInvalid' }],
    [{ lineage: 'here' }, { code: 'OffsetInvalid' }],
    [new Date(NaN), { code: 'OffsetInvalid' }],
  ])('refuses %o', (point, expected) => {
    const { store, put } = open();
    put('a');
    put('b');
    expect(refusal(() => store.asOf(point as number))).toMatchObject(expected);
    expect(store.holders()).toEqual([]);
  });

  it('of a time is the last batch made by then', () => {
    const { store, time, put } = open();
    for (const at of [200, 300, 300, 300, 250, 400]) {
      time.now = at;
      put('a', at + store.head);
    }
    const at = (ms: number) => store.asOf(new Date(ms)).offset;
    expect([at(-1), at(199), at(200), at(299), at(300), at(399), at(400), at(8e15)]).toEqual([0, 0, 1, 1, 5, 5, 6, 6]);
  });

  it('of a time that retention has dropped is refused, and of the last one dropped is not', () => {
    const { store, time, put } = open({ keep: { batches: 2 } });
    for (let n = 1; n <= 5; n++) {
      time.now = n * 100;
      put('a', n);
    }
    expect(store.floor).toBe(4);
    for (const ms of [-1, 100, 299])
      expect(refusal(() => store.asOf(new Date(ms)))).toMatchObject({ code: 'OffsetCompacted', floor: 4 });
    expect([300, 399, 400, 999].map((ms) => store.asOf(new Date(ms)).offset)).toEqual([3, 3, 4, 5]);
  });

  it('below the floor is refused, saying what was asked and what there is; one below is not', () => {
    const { store, put } = open({ keep: { batches: 2 } });
    for (let n = 1; n <= 5; n++) put('a', n);
    expect(refusal(() => store.asOf(2))).toMatchObject({ code: 'OffsetCompacted', requested: 2, floor: 4, head: 5 });
    expect([3, 4, 5].map((offset) => store.asOf(offset).items.get('a')?.n)).toEqual([3, 4, 5]);
  });
});

describe('read', () => {
  it('opens a view for a query, and closes it whether the query returns or throws', () => {
    const { store, put } = open();
    put('a', 1);
    const kept: Db[] = [];
    expect(store.read((db) => [kept.push(db), db.items.size, store.read((inner) => inner.offset)])).toEqual([1, 1, 1]);
    const fail = () =>
      store.read((db) => {
        kept.push(db);
        throw new Error('mine');
      });
    expect(fail).toThrow('mine');
    for (const db of kept) expect(refusal(() => db.items.size).code).toBe('ViewClosed');
    expect(store.holders()).toEqual([]);
  });

  it('does not close the view of now', () => {
    const { store, put } = open();
    put('a');
    const db = store.now();
    store.read((view) => view.close());
    expect(db.items.size).toBe(1);
  });
});

describe('a closed view', () => {
  it('answers no question, while others at the same offset do', () => {
    const { store, put } = open();
    put('a', 1);
    const [mine, other] = [store.asOf(1), store.asOf(1)];
    const begun = mine.items.scan()[Symbol.iterator]();
    const [lazy, reader] = [mine.items.scan('byN'), mine.items];
    mine.close();
    mine.close();
    const late = [...questions.map((ask) => () => ask(mine)), () => begun.next(), () => [...lazy], () => reader.size];
    for (const ask of late) expect(refusal(ask), String(ask)).toMatchObject({ code: 'ViewClosed', offset: 1 });
    expect([mine.offset, mine.lineage]).toEqual([1, 'here']);
    for (const ask of questions) expect(() => ask(other)).not.toThrow();
  });

  it('is what `using` leaves behind', () => {
    const { store } = open();
    let kept: Db;
    {
      using db = store.asOf(0);
      kept = db;
      expect(db.items.size).toBe(0);
    }
    expect(refusal(() => kept.items.size).code).toBe('ViewClosed');
  });
});

describe('holders', () => {
  it('are listed oldest first, with what they are called, where they stand, since when, and what they cost', () => {
    const { store, time, put } = open({ keep: { batches: 1 } });
    put('a', 1);
    const old = store.asOf(1, { label: 'old' });
    time.now = 200;
    for (let n = 2; n < 5; n++) put('a', n);
    const iterator = store.follow({ from: 4, hold: true, label: 'feed' });
    const now = store.now();
    expect(store.holders()).toEqual([
      { kind: 'view', label: 'old', offset: 1, since: 100, bytes: expect.any(Number) as number },
      { kind: 'cursor', label: 'feed', offset: 3, since: 200, bytes: 0 },
      { kind: 'view', label: 'now()', offset: 4, since: 200, bytes: 0 },
    ]);
    expect(store.holders()[0]!.bytes).toBeGreaterThan(30);
    old.close();
    now.close();
    void iterator.return!();
    expect(store.holders()).toEqual([]);
  });

  it('keep what they hold, and nobody else gets at it', () => {
    const { store, put } = open({ keep: { batches: 1 } });
    put('a', 1);
    const held = store.now();
    for (let n = 2; n < 9; n++) put(n % 2 === 0 ? 'a' : 'b', n);
    store.compact(store.head + 1);
    expect([held.items.get('a')?.n, held.items.size, ids(held.items.scan('byN'))]).toEqual([1, 1, 'a']);
    expect(refusal(() => store.asOf(1))).toMatchObject({ code: 'OffsetCompacted', requested: 1, floor: 9 });
    held.close();
    put('a', 9);
    store.check();
  });
});

describe('a page', () => {
  const fill = () => {
    const opened = open();
    for (let n = 0; n < 7; n++) opened.put(`k${n}`, n % 3, n % 2 === 0 ? ['even', `t${n}`, 'all'] : ['all']);
    return opened;
  };
  /** All pages of a scan, on the view that each token names. */
  const pages = (
    store: ReturnType<typeof open>['store'],
    ask: (db: Db, after: object) => ReturnType<Db['items']['page']>,
  ) => {
    const read: string[] = [];
    let page = ask(store.now(), {});
    for (; ; page = ask(store.asOf(page.next), { after: JSON.parse(JSON.stringify(page.next)) })) {
      read.push(ids(page.rows));
      if (page.next === undefined) return read.join(' | ');
      store.transact((tx) => [
        tx.items.delete(`k${read.length}`),
        tx.items.put({ id: `new${read.length}`, n: 1, tags: ['all'] }),
      ]);
    }
  };

  it.each<[string, string, (db: Db, after: object) => ReturnType<Db['items']['page']>]>([
    ['by the primary key', 'k0 k1 k2 | k3 k4 k5 | k6', (db, after) => db.items.page({ limit: 3, ...after })],
    ['backwards', 'k6 k5 k4 k3 | k2 k1 k0', (db, after) => db.items.page({ limit: 4, reverse: true, ...after })],
    [
      'by an index with ties',
      'k0 k3 | k6 k1 | k4 k2 | k5',
      (db, after) => db.items.page('byN', { limit: 2, ...after }),
    ],
    [
      'by an index, backwards',
      'k5 k2 k4 | k1 k6 k3 | k0',
      (db, after) => db.items.page('byN', { limit: 3, reverse: true, ...after }),
    ],
    ['within a range', 'k0 k3 | k6', (db, after) => db.items.page('byN', { limit: 2, prefix: [0], ...after })],
    [
      'by each element, a row once',
      'k0 k1 | k2 k3 | k4 k5 | k6',
      (db, after) => db.items.page('byTag', { limit: 2, ...after }),
    ],
    [
      'by each element, backwards',
      'k6 k4 | k2 k0 | k5 k3 | k1',
      (db, after) => db.items.page('byTag', { limit: 2, reverse: true, ...after }),
    ],
    ['that just holds them all', 'k0 k1 k2 k3 k4 k5 k6', (db, after) => db.items.page({ limit: 7, ...after })],
  ])('goes on where the one before ended, whatever was written since: %s', (_what, expected, ask) => {
    expect(pages(fill().store, ask)).toBe(expected);
  });

  it('has no next when its rows were the last, and none at all has none either', () => {
    const { store } = fill();
    const db = store.now();
    expect(db.items.page({ limit: 7 }).next).toBeUndefined();
    expect(db.items.page('byN', { prefix: [1], limit: 2 }).next).toBeUndefined();
    expect(db.items.page('byN', { prefix: [9], limit: 2 })).toEqual({ rows: [] });
  });

  it('never leaves its range, whatever token it is given', () => {
    const { store } = fill();
    const db = store.now();
    const first = db.items.page({ limit: 1 }).next!;
    const last = db.items.page({ limit: 6 }).next!;
    expect(ids(db.items.page({ gte: ['k2'], lt: ['k4'], limit: 9, after: first }).rows)).toBe('k2 k3');
    expect(ids(db.items.page({ gte: ['k2'], lt: ['k4'], limit: 9, reverse: true, after: last }).rows)).toBe('k3 k2');
    expect(ids(db.items.page({ gte: ['k2'], lt: ['k4'], limit: 9, after: last }).rows)).toBe('');
  });

  it.each<[string, (token: { lineage: string; offset: number; key: string }) => unknown, string]>([
    ['another log', (token) => ({ ...token, lineage: 'there' }), 'LineageChanged'],
    ['another offset', (token) => ({ ...token, offset: 3 }), 'TokenInvalid'],
    ['a key that is none', (token) => ({ ...token, key: '!' }), 'TokenInvalid'],
    ['a key cut short', (token) => ({ ...token, key: token.key.slice(0, -1) }), 'TokenInvalid'],
    ['no key', ({ lineage, offset }) => ({ lineage, offset }), 'TokenInvalid'],
    ['null', () => null, 'TokenInvalid'],
    ['a string', () => 'k1', 'TokenInvalid'],
    ['nothing in it', () => ({}), 'TokenInvalid'],
  ])('refuses a token of %s', (_what, forge, code) => {
    const db = fill().store.now();
    const after = forge(db.items.page({ limit: 1 }).next!) as never;
    expect(refusal(() => db.items.page({ limit: 1, after })).code).toBe(code);
  });

  it.each([undefined, Infinity, -1, 0.5])('refuses a limit of %s', (limit) => {
    expect(
      refusal(() =>
        fill()
          .store.now()
          .items.page({ limit: limit as number }),
      ).code,
    ).toBe('RangeInvalid');
  });
});

describe('longestPrefix', () => {
  const { store } = open();
  const paths = ['', '/', '/a', '/a/b', '/a/b/c', '/ab', '/\u{1f600}', '/\u{1f600}x', '/\ud7ff'];
  store.transact((tx) =>
    paths.map((path, i) => tx.routes.insert({ host: 'h', path, area: i % 2 === 0 ? `area${path}` : 'same' })),
  );
  store.transact((tx) => tx.routes.insert({ host: 'i', path: '/a', area: '' }));

  it.each([
    ['h', '/a/b/c/d', '/a/b/c'],
    ['h', '/a/b/x', '/a/b'],
    ['h', '/a/bc', '/a/b'],
    ['h', '/a', '/a'],
    ['h', '/abc', '/ab'],
    ['h', '/x', '/'],
    ['h', 'x', ''],
    ['h', '', ''],
    ['h', '/\u{1f600}xy', '/\u{1f600}x'],
    ['h', '/\u{1f601}', '/'],
    ['h', '/\u{1f600}', '/\u{1f600}'],
    ['h', '/\uffff', '/'],
    ['i', '/', undefined],
    ['i', '/abc', '/a'],
    ['g', '/a', undefined],
    ['', '', undefined],
  ])('of %j %j is %j', (host, path, expected) => {
    expect(store.now().routes.longestPrefix([host, path])?.path).toBe(expected);
  });

  it('works on any index that ends in a string, and among rows with equal keys takes one of them', () => {
    const { routes: reader } = store.now();
    expect([
      reader.longestPrefix('byArea', ['area/a/bx'])?.path,
      reader.longestPrefix('byArea', ['samething'])?.area,
    ]).toEqual(['/a', 'same']);
    expect(reader.longestPrefix('byArea', ['sam'])).toMatchObject({ host: 'i' });
  });

  it.each([[['h']], [['h', '/', 'x']], [[]], [['h', 5]], ['h'], [undefined], [[undefined, '/']]])(
    'refuses %j',
    (key) => {
      expect(refusal(() => store.now().routes.longestPrefix(key as never)).code).toBe('KeyInvalid');
    },
  );
});
