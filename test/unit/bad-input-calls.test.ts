import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { bytes, createStore, date, MemoirError, table } from '../../src/index.js';

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

const items = table(t.strict({ id: t.string, a: t.string, n: t.number }), {
  primaryKey: 'id',
  indexes: { both: ['a', 'n'], one: { on: ['a'], unique: true }, computed: { by: ({ a, n }) => [a, n] } },
});
const pairs = table(t.strict({ a: t.string, n: t.number }), { primaryKey: ['a', 'n'] });
const tables = { items, pairs };

function open() {
  const store = createStore({ tables, lineage: 'here' });
  store.transact((tx) => [tx.items.insert({ id: 'a', a: 'x', n: 1 }), tx.pairs.insert({ a: 'x', n: 1 })]);
  return store;
}
type Store = ReturnType<typeof open>;
/** A view and a store as code without types sees them. */
type Db = { readonly items: { find(...args: unknown[]): unknown } };
type Loose = { readonly [name in keyof Store]: (...args: unknown[]) => unknown };

describe('a key', () => {
  const { proxy: revoked, revoke } = Proxy.revocable([], {});
  revoke();
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['NaN', NaN],
    ['a list where one value is asked', ['a']],
    ['an object', { id: 'a' }],
    ['a function', () => 'a'],
    ['a symbol', Symbol('a')],
    ['an invalid Date', new Date(NaN)],
    ['a Date in name only', Object.create(Date.prototype)],
    ['bytes', Uint8Array.of(1)],
    ['half a pair of surrogates', '\udbff'],
    ['a revoked proxy', revoked],
  ])('that is %s is refused wherever a row is named', (_what, key) => {
    const store = open();
    const db = store.now();
    const wrong = key as string;
    const asks: (() => unknown)[] = [
      () => db.items.get(wrong),
      () => db.items.getOrThrow(wrong),
      () => db.items.has(wrong),
      () => db.items.find('one', wrong),
      () => db.items.findOrThrow('one', wrong),
      () => db.items.longestPrefix([wrong]),
      () => db.pairs.get([wrong, 1]),
      () => db.pairs.get([wrong] as never),
      () => store.history('items', wrong),
      () => store.transact((tx) => tx.items.update(wrong, { n: 2 })),
      () => store.transact((tx) => tx.items.delete(wrong)),
    ];
    for (const ask of asks) {
      const error = refusal(ask);
      expect([error.code, error.table, error.message.length < 400], String(ask)).toEqual([
        'KeyInvalid',
        expect.stringMatching('items|pairs'),
        true,
      ]);
    }
    expect(store.head).toBe(1);
  });

  it.each<[string, unknown]>([
    ['a bare value where several are asked', 'x'],
    ['no parts', []],
    ['too few', ['x']],
    ['too many', ['x', 1, 2]],
    ['a hole', Object.assign([], { 1: 1 })],
    ['like a list', { 0: 'x', 1: 1, length: 2 }],
    ['a set', new Set(['x', 1])],
  ])('of several parts is not %s', (_what, key) => {
    const store = open();
    for (const ask of [
      () => store.now().pairs.get(key as never),
      () => store.transact((tx) => tx.pairs.delete(key as never)),
      () => store.history('pairs', key as never),
    ]) {
      expect(refusal(ask)).toMatchObject({ code: 'KeyInvalid', table: 'pairs' });
    }
  });

  it('of another type is simply not there', () => {
    const db = open().now();
    expect([
      db.items.get(5 as never),
      db.items.get(null as never),
      db.items.has(true as never),
      db.pairs.get([1, 'x'] as never),
    ]).toEqual([undefined, undefined, false, undefined]);
  });
});

describe('a range', () => {
  const ranges: [string, unknown, string?][] = [
    ['null', null],
    ['a number', 5],
    ['a list', [['x']]],
    ['a function', () => ({})],
    ['true', true],
    ['a misspelt option', { prefx: ['x'] }],
    ['an option of every object', { toString: ['x'] }],
    ['a place to go on from', { after: { lineage: 'here', offset: 1, key: '' } }],
    ['two beginnings', { gt: ['x'], gte: ['x'] }],
    ['two ends', { lt: ['x'], lte: ['x'] }],
    ['a bare prefix', { prefix: 'x' }],
    ['a prefix that is null', { prefix: null }],
    ['a prefix like a list', { prefix: { 0: 'x', length: 1 } }],
    ['a prefix with a hole', { prefix: Object.assign([], { length: 1 }) }, 'KeyInvalid'],
    ['a prefix with undefined', { prefix: [undefined] }, 'KeyInvalid'],
    ['a bound with NaN', { gte: ['x', NaN] }, 'KeyInvalid'],
    ['a bound with an object', { lt: [{}] }, 'KeyInvalid'],
    ['a beginning of nothing', { startsWith: [] }],
    ['a beginning of a number', { startsWith: ['x', 1] }],
    ['a limit below zero', { limit: -1 }],
    ['a limit of a half', { limit: 0.5 }],
    ['a limit of NaN', { limit: NaN }],
    ['a limit in words', { limit: '5' }],
    ['a limit that is null', { limit: null }],
    ['a reverse that is neither', { reverse: 1 }],
  ];
  it.each(ranges)('of %s is refused, and deletes nothing', (_what, range, code = 'RangeInvalid') => {
    const store = open();
    const db = store.now();
    const wrong = range as never;
    const asks: (() => unknown)[] = [
      () => db.pairs.scan(wrong),
      () => db.pairs.count(wrong),
      () => db.pairs.first(wrong),
      () => db.pairs.last(wrong),
      () => db.items.scan('both', wrong),
      () => db.items.count('computed', wrong),
      () => store.transact((tx) => tx.pairs.deleteRange(wrong)),
      () => store.transact((tx) => tx.items.deleteRange('both', wrong)),
    ];
    for (const ask of asks) {
      const error = refusal(ask);
      expect([error.code, error.table], String(ask)).toEqual([code, expect.stringMatching('items|pairs')]);
    }
    expect([store.head, store.now().items.size, store.now().pairs.size]).toEqual([1, 1, 1]);
    store.check();
  });

  it('longer than a key is refused where the length of a key is known', () => {
    const db = open().now();
    expect(refusal(() => db.items.scan('both', { prefix: ['x', 1, 2] as never }))).toMatchObject({
      code: 'RangeInvalid',
      table: 'items',
      index: 'both',
    });
    expect(refusal(() => db.pairs.scan({ lte: ['x', 1, 2] as never })).code).toBe('RangeInvalid');
    expect(refusal(() => db.items.scan({ gt: ['a', 'b'] as never })).code).toBe('RangeInvalid');
  });

  it.each(['nothing', '', 'toString', '__proto__', 'constructor', 'id', 'a'])(
    'of an index called "%s" is refused, naming those there are',
    (name) => {
      const store = open();
      const wrong = name as 'both';
      const asks = [
        () => store.now().items.scan(wrong),
        () => store.now().items.first(wrong),
        () => store.now().items.page(wrong, { limit: 1 }),
        () => (store as unknown as Loose).read((db: Db) => db.items.find(name, 'x')),
        () => store.transact((tx) => tx.items.deleteRange(wrong)),
      ];
      for (const ask of asks) {
        const error = refusal(ask);
        expect([error.code, error.table], String(ask)).toEqual(['RangeInvalid', 'items']);
        expect(error.message).toContain('both, one, computed');
      }
      expect(store.now().items.size).toBe(1);
    },
  );

  it('cannot stand for one row of an index that is not unique, nor a part for a whole key', () => {
    const db = open().now();
    expect(refusal(() => (db as unknown as Db).items.find('both', 'x', 1))).toMatchObject({ code: 'RangeInvalid' });
    for (const key of [[], ['x', 'y']])
      expect(refusal(() => db.items.find('one', ...(key as [string])))).toMatchObject({ code: 'KeyInvalid' });
  });
});

describe('a key that an index computes', () => {
  it.each<[string, unknown]>([
    ['a number', 5],
    ['a string', 'ab'],
    ['null', null],
    ['an object', {}],
    ['a set', new Set(['x'])],
    ['no parts', []],
    ['a list in a list', [['x']]],
    ['NaN', [NaN]],
    ['half a pair of surrogates', ['\ud800']],
    ['a function', [() => 1]],
    ['a promise', Promise.resolve(['x'])],
  ])('is not %s', (_what, key) => {
    let wrong = false;
    const by = () => (wrong ? (key as [string]) : (['fine'] as [string]));
    const odd = table(t.strict({ id: t.string }), { primaryKey: 'id', indexes: { byOdd: { by } } });
    const store = createStore({ tables: { odd } });
    store.transact((tx) => tx.odd.insert({ id: 'a' }));
    wrong = true;
    expect(refusal(() => store.transact((tx) => tx.odd.insert({ id: 'b' })))).toMatchObject({
      code: 'KeyInvalid',
      table: 'odd',
      index: 'byOdd',
    });
    wrong = false;
    expect([store.head, store.now().odd.size]).toEqual([1, 1]);
    store.check();
  });
});

describe('an option', () => {
  const asks: [string, (store: Loose) => unknown][] = [
    ['transact without a body', (store) => store.transact()],
    ['transact with a value for a body', (store) => store.transact({ put: 1 })],
    ['transact with null for options', (store) => store.transact(() => 1, null)],
    ['transact with a string for options', (store) => store.transact(() => 1, 'id')],
    ['transact with a misspelt option', (store) => store.transact(() => 1, { expected: 1 })],
    ['with without a body', (store) => store.with()],
    ['read without a query', (store) => store.read()],
    ['read with a value for a query', (store) => store.read('items')],
    ['snapshotThenFollow without a query', (store) => store.snapshotThenFollow()],
    ['live without a query', (store) => store.live()],
    ['live with null for options', (store) => store.live(() => 1, null)],
    ['live with a misspelt option', (store) => store.live(() => 1, { equals: Object.is })],
    ['live with a value for equal', (store) => store.live(() => 1, { equal: true })],
    ['now with a string for options', (store) => store.now('mine')],
    ['now with null for options', (store) => store.now(null)],
    ['asOf with a misspelt option', (store) => store.asOf(1, { name: 'mine' })],
    ['changes with null for options', (store) => store.changes(null)],
    ['changes with a number for options', (store) => store.changes(1)],
    ['follow with null for options', (store) => store.follow(null)],
    ['follow with a misspelt option', (store) => store.follow({ fron: 1 })],
  ];
  it.each(asks)('is refused when it is wrong: %s', (_what, ask) => {
    const store = open();
    const error = refusal(() => ask(store as unknown as Loose));
    expect(error.code).toBe('OptionInvalid');
    expect(error.message).toMatch(/give|use|takes|no option/);
    expect([store.head, store.holders()]).toEqual([1, []]);
  });

  it('of a wait is refused when it is wrong', async () => {
    const loose = open() as unknown as Loose;
    await expect(loose.waitFor(1, null)).rejects.toMatchObject({ code: 'OptionInvalid' });
    await expect(loose.waitFor(9, { timeout: 5 })).rejects.toMatchObject({ code: 'OptionInvalid' });
  });
});

describe.each(['development', 'production'] as const)(
  'what is handed in may change later without harm (%s)',
  (mode) => {
    const Thing = t.strict({
      id: t.string,
      when: date,
      blob: bytes,
      list: t.array(t.string),
      map: t.record(t.string, t.number),
      data: t.unknown,
    });
    const things = table(Thing, { primaryKey: 'id', indexes: { byWhen: ['when'], each: { each: 'list' } } });
    const make = () => ({
      id: 'a',
      when: new Date(1),
      blob: Uint8Array.of(1),
      list: ['p'],
      map: { one: 1 },
      data: { deep: [new Date(1), Uint8Array.of(1)] },
    });

    it.each(['insert', 'put', 'update', 'function'] as const)('by %s', (statement) => {
      const store = createStore({ tables: { things }, mode });
      const row = make();
      store.transact((tx) => {
        if (statement === 'insert' || statement === 'put') return tx.things[statement](row);
        tx.things.insert({ ...make(), list: [] });
        return statement === 'update' ? tx.things.update('a', row) : tx.things.update('a', () => row);
      });
      row.when.setTime(9);
      row.blob.fill(9);
      row.list.push('q');
      row.map.one = 9;
      (row.data.deep[0] as Date).setTime(9);
      (row.data.deep as unknown[]).length = 0;
      row.id = 'z';
      expect(store.now().things.get('a')).toEqual(make());
      expect(store.batch(1).changes[0]?.after).toEqual(make());
      expect([
        store.now().things.count('byWhen', { prefix: [new Date(1)] }),
        store.now().things.count('each', { prefix: ['q'] }),
      ]).toEqual([1, 0]);
      store.check();
    });

    it('keys and bounds too, while a scan waits to be read', () => {
      const store = createStore({ tables: { things, pairs }, mode });
      store.transact((tx) => [tx.things.insert(make()), tx.pairs.insert({ a: 'x', n: 1 })]);
      const [bound, key]: [[Date], [string, number]] = [[new Date(1)], ['x', 1]];
      const scan = store.now().things.scan('byWhen', { gte: bound });
      const batch = store.transact((tx) => tx.pairs.delete(key));
      bound[0].setTime(99);
      key[0] = 'y';
      expect([[...scan].length, batch.changes[0]?.key]).toEqual([1, ['x', 1]]);
    });
  },
);

describe('what is handed out', () => {
  const Thing = t.strict({
    id: t.string,
    when: date,
    blob: bytes,
    list: t.array(t.string),
    map: t.record(t.string, t.strict({ n: t.number })),
  });
  const things = table(Thing, {
    primaryKey: ['id', 'when'],
    indexes: { byWhen: ['when'], one: { by: ({ when }) => [when], unique: true } },
  });
  const make = (id: string, ms: number) => ({
    id,
    when: new Date(ms),
    blob: Uint8Array.of(1),
    list: ['p'],
    map: { one: { n: 1 } },
  });
  const fill = () => {
    const store = createStore({ tables: { things } });
    store.transact((tx) => ['a', 'b', 'c', 'd'].map((id, i) => tx.things.insert(make(id, i))));
    return store;
  };

  it('is frozen in development, to its leaves', () => {
    const store = fill();
    const told: unknown[] = [];
    store.changes().subscribe((batch) => told.push(batch));
    const { result } = store.transact((tx) => (tx.nextId('n'), tx.things.put({ ...make('a', 0), list: ['q'] })), {
      meta: { deep: { x: 1 } },
    });
    const batch = store.batch(2);
    const [change] = batch.changes;
    const row = store.now().things.getOrThrow(['a', new Date(0)]);
    const parts = [
      result,
      row,
      row.list,
      row.map,
      row.map['one'],
      batch,
      batch.changes,
      change,
      change?.key,
      change?.before,
      change?.after,
      batch.meta,
      batch.meta['deep'],
      batch.events,
      batch.sequences,
      told[0],
    ];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
    expect(store.history('things', ['a', new Date(0)]).every(({ after }) => Object.isFrozen(after))).toBe(true);
  });

  it.each(['nothing more', 'its deletion'])(
    'and cannot be frozen, a Date, corrupts nothing when it is changed; then %s',
    (then) => {
      const store = fill();
      const before = store.now();
      const row = store.now().things.getOrThrow(['b', new Date(1)]);
      row.when.setTime(99);
      for (const { key } of store.batch(1).changes) key[1].setTime(98);
      store.compact(store.head + 1); // the log hands out its own rows: no replay of changed ones
      if (then === 'its deletion') store.transact((tx) => tx.things.deleteRange());
      store.check();
      const ids = (db: typeof before) => Array.from(db.things.scan('byWhen'), ({ id }) => id).join('');
      expect(ids(before)).toBe('abcd');
      expect(before.things.get(['b', new Date(1)])?.id).toBe('b');
      store.transact((tx) => tx.things.put(make('e', 99)));
      expect(ids(store.now()).endsWith('e')).toBe(true);
      store.check();
    },
  );
});
