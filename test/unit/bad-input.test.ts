import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { bytes, createStore, date, MemoirError, table, type Transaction } from '../../src/index.js';

// Strategy: every field of one table against everything that JavaScript can put there, in both modes. What is refused
// is refused by a MemoirError that helps, and changes nothing; whatever is stored is a value of its codec.

interface Tree {
  readonly value: string;
  readonly children: readonly Tree[];
}
const Tree: t.Type<Tree> = t.recursion('Tree', () => t.strict({ value: t.string, children: t.readonlyArray(Tree) }));
const even = {
  name: 'even',
  is: (value: unknown): value is { n: number } => (value as { n: number }).n % 2 === 0,
  decode: (value: never): unknown => value,
  encode: (value: never): unknown => value,
};
const Thing = t.intersection(
  [
    t.strict({ id: t.string }),
    t.exact(
      t.partial({
        text: t.string,
        n: t.number,
        int: t.Int,
        big: t.bigint,
        when: date,
        blob: bytes,
        list: t.array(t.string),
        pair: t.tuple([t.string, t.number]),
        map: t.record(t.string, t.number),
        data: t.unknown,
        tree: Tree,
        kind: t.keyof({ a: null, b: null }),
        either: t.union([t.strict({ ok: t.string }, 'Ok'), t.strict({ error: t.number }, 'Failed')]),
        even: even as unknown as t.Type<{ n: number }>,
      }),
    ),
  ],
  'Thing',
);
const things = table(Thing, {
  primaryKey: 'id',
  indexes: {
    byText: { on: ['text'], sparse: true, unique: true },
    byMap: { entries: 'map', sparse: true },
    byWhen: { on: ['when'], sparse: true },
  },
});
const MODES = ['development', 'production'] as const;
const STORED = { id: 'a', text: 'x', map: { one: 1 }, when: new Date(5), list: ['p'] };

function open(mode: (typeof MODES)[number]) {
  const store = createStore({ tables: { things }, mode, rowBytesMax: 100_000 });
  store.transact((tx) => tx.things.insert(STORED));
  return store;
}
type Store = ReturnType<typeof open>;
type Tx = Transaction<{ things: typeof things }>;

/** Refuses a write, and sees that it did nothing but tell why. */
function refused(store: Store, act: (tx: Tx) => unknown): MemoirError {
  const names = Object.getOwnPropertyNames(Object.prototype).length;
  const told: unknown[] = [];
  const subscription = store.changes().subscribe((batch) => told.push(batch));
  let error: unknown;
  try {
    store.transact((tx) => void act(tx));
  } catch (thrown) {
    error = thrown;
  }
  subscription.unsubscribe();
  expect(error, 'what was thrown').toBeInstanceOf(MemoirError);
  const { message } = error as MemoirError;
  expect(message).toMatch(/: |expected|give|use|has no/);
  expect(message.length).toBeLessThan(400);
  expect([store.head, told, [...store.now().things.scan()]]).toEqual([1, [], [STORED]]);
  expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(names);
  return error as MemoirError;
}

const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();
const trap = (name: string) =>
  new Proxy(
    { id: 'z' },
    {
      [name]: () => {
        throw new Error(`the trap ${name}`);
      },
    },
  );
const cyclic: Record<string, unknown> = {};
Object.assign(cyclic, { one: cyclic, two: [cyclic, cyclic], three: { cyclic } });
const cyclicTree: Tree = { value: '', children: [] };
(cyclicTree.children as Tree[]).push(cyclicTree, cyclicTree);
const deep = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
};
class Point {
  readonly x = 1;
}

const TRAPS = {
  development: ['getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor', 'get'],
  production: ['getPrototypeOf', 'ownKeys', 'get'],
};

describe.each(MODES)('in %s', (mode) => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a string', 'a'],
    ['a list', [STORED]],
    ['a function', () => STORED],
    ['a symbol', Symbol('row')],
    ['a map', new Map([['id', 'z']])],
    ['a Date', new Date(0)],
    ['an instance of a class', new Point()],
    ['an object with a prototype of its own', Object.create({ id: 'z' })],
    ['a promise', Promise.resolve({ id: 'z' })],
    ['nothing in it', {}],
    ['a revoked proxy', revoked],
    // In production nobody asks for descriptors.
    ...TRAPS[mode].map((name): [string, unknown] => [`a proxy that throws in ${name}`, trap(name)]),
  ])('a row that is %s is refused', (_what, row) => {
    const store = open(mode);
    for (const statement of ['insert', 'put'] as const)
      expect(refused(store, (tx) => tx.things[statement](row as never)).code).toBe('RowInvalid');
    expect(['RowInvalid', 'KeyChanged']).toContain(
      refused(store, (tx) => tx.things.update('a', () => row as never)).code,
    );
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 5],
    ['a list', [['n', 1]]],
    ['a map', new Map([['n', 1]])],
    ['an instance', new Point()],
    ['a revoked proxy', revoked],
    ['a proxy that throws', trap('ownKeys')],
    ['a promise', Promise.resolve({})],
  ])('a patch that is %s is refused', (_what, patch) => {
    expect(refused(open(mode), (tx) => tx.things.update('a', patch as never)).code).toBe('RowInvalid');
  });

  it.each<[string, string, unknown, string?]>([
    ['a number', 'text', 5],
    ['null', 'text', null],
    ['a String', 'text', new String('x')],
    ['half a pair of surrogates', 'text', '\ud800'],
    ['half a pair within', 'text', 'a\udc00b'],
    ['a symbol', 'text', Symbol('x')],
    ['a function', 'text', () => 'x'],
    ['longer than a row', 'text', 'x'.repeat(200_000), ''],
    ['a string', 'n', '5'],
    ['a bigint', 'n', 5n],
    ['a Number', 'n', new Number(5)],
    ['half', 'int', 0.5],
    ['Infinity', 'int', Infinity],
    ['NaN', 'int', NaN],
    ['a number', 'big', 5],
    ['a number', 'when', 0],
    ['a string', 'when', '1970-01-01'],
    ['an invalid Date', 'when', new Date(NaN)],
    ['a Date in name only', 'when', Object.create(Date.prototype)],
    ['an invalid Date that lies', 'when', Object.assign(new Date(NaN), { getTime: () => 0 })],
    ['a list', 'blob', [1]],
    ['signed bytes', 'blob', new Int8Array(1)],
    ['a buffer', 'blob', new ArrayBuffer(1)],
    ['bytes in name only', 'blob', Object.create(Uint8Array.prototype)],
    ['larger than a row', 'blob', new Uint8Array(200_000), ''],
    ['a string', 'list', 'p'],
    ['like a list', 'list', { 0: 'p', length: 1 }],
    ['a set', 'list', new Set(['p'])],
    ['a list with a number', 'list', ['p', 5], 'list.1'],
    ['a list with undefined', 'list', ['p', undefined], 'list.1'],
    ['a list with a hole', 'list', Object.assign(['p'], { 2: 'q' }), 'list.1'],
    ['a list of holes', 'list', Array(3), 'list.0'],
    ['the longest list of holes', 'list', Array(2 ** 32 - 1), 'list.0'],
    ['a list with half a pair of surrogates', 'list', ['\ud800'], 'list.0'],
    ['a pair of one', 'pair', ['p']],
    ['a pair of three', 'pair', ['p', 1, 2]],
    ['a pair of strings', 'pair', ['p', 'q'], 'pair.1'],
    ['a list', 'map', [1]],
    ['a Map', 'map', new Map([['a', 1]])],
    ['a map of strings', 'map', { a: '1' }, 'map.a'],
    ['a map with half a pair of surrogates for a name', 'map', { '\ud800': 1 }, 'map.'],
    ['a map with a symbol for a name', 'map', { a: 1, [Symbol('s')]: 1 }, 'map.Symbol(s)'],
    ['a map that another lends', 'map', Object.create({ a: 1 })],
    ['a map with an object called __proto__', 'map', JSON.parse('{"__proto__": {"polluted": 1}}'), 'map.__proto__'],
    ['a function', 'data', () => 1],
    ['a symbol', 'data', Symbol('x')],
    ['an instance', 'data', new Point()],
    ['a Map', 'data', new Map()],
    ['an error', 'data', new Error('x')],
    ['a promise', 'data', Promise.resolve(1)],
    ['an invalid Date', 'data', new Date(NaN)],
    ['a function deep inside', 'data', { deep: [{ f: () => 1 }] }, 'data.deep.0.f'],
    ['a list with a hole', 'data', Object.assign([1], { 2: 1 }), 'data.1'],
    ['an object with half a pair of surrogates', 'data', { a: '\udfff' }, 'data.a'],
    ['an object with a symbol for a name', 'data', { [Symbol('s')]: 1 }, 'data.Symbol(s)'],
    ['cyclic in three ways', 'data', cyclic],
    ['lists five thousand deep', 'data', deep(5000, (inner) => [inner])],
    ['objects five thousand deep', 'data', deep(5000, (inner) => ({ inner }))],
    ['a revoked proxy inside', 'data', { list: [revoked] }, 'data.list.0'],
    [
      'wrong three levels down',
      'tree',
      { value: 'a', children: [{ value: 5, children: [] }] },
      'tree.children.0.value',
    ],
    ['cyclic', 'tree', cyclicTree],
    ['five thousand deep', 'tree', deep(5000, (inner) => ({ value: '', children: inner === 1 ? [] : [inner] }))],
    ['another', 'kind', 'c'],
    ['what objects have', 'kind', 'toString'],
    ['__proto__', 'kind', '__proto__'],
    ['neither', 'either', {}],
    ['neither, by type', 'either', { ok: 5 }],
    ['one and more', 'either', { ok: 'x', more: 1 }, 'either.more'],
    ['refused by its codec', 'even', { n: 3 }],
    ['what its codec chokes on', 'even', null],
  ])('a value that is %s is refused as %s', (_what, field, value, path = field) => {
    const store = open(mode);
    const row = { ...STORED, id: 'z', text: 'z', [field]: value };
    const acts: ((tx: Tx) => unknown)[] = [
      (tx) => tx.things.insert(row),
      (tx) => tx.things.update('a', { [field]: value }),
      (tx) => tx.things.update('a', (old) => ({ ...old, [field]: value })),
    ];
    for (const act of acts) {
      const error = refused(store, act);
      expect(['RowInvalid', 'UnknownField', 'RowTooLarge']).toContain(error.code);
      expect(error.table).toBe('things');
      if (path !== '') expect(error.path?.startsWith(path), error.path).toBe(true);
    }
    store.check();
  });

  it.each<[string, object]>([
    ['a name that is unknown', { age: 5 }],
    ['several', { age: 5, size: 6 }],
    ['a name that differs in case', { Text: 'x' }],
    ['a symbol', { [Symbol('age')]: 5 }],
    ['__proto__', JSON.parse('{"__proto__": {"polluted": 1}}') as object],
    ['constructor', { constructor: 'x' }],
    ['toString', { toString: () => 'x' }],
    ['something that does not show', Object.defineProperty({}, 'hidden', { value: 5, enumerable: false })],
    [
      'something beside a known one that does not show',
      Object.defineProperty({ age: 5 }, 'text', { value: 'z', enumerable: false }),
    ],
  ])('no row has %s', (_what, extra) => {
    const row = Object.defineProperties({ id: 'z' }, Object.getOwnPropertyDescriptors(extra));
    const error = refused(open(mode), (tx) => tx.things.insert(row));
    expect(error.code).toBe('UnknownField');
    expect(error.path).toMatch(/age|size|Text|__proto__|constructor|toString|hidden/);
  });

  it('names like those of every object are as good as any, where data may have names', () => {
    const store = open(mode);
    const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', ''];
    const map = JSON.parse(`{${odd.map((name, i) => `${JSON.stringify(name)}: ${i}`).join(',')}}`) as Record<
      string,
      number
    >;
    store.transact((tx) => odd.map((id) => tx.things.insert({ id, map, data: { map } })));
    for (const id of odd) {
      const row = store.now().things.getOrThrow(id);
      expect(Object.entries(row.map!)).toEqual(Object.entries(map));
      expect([Object.getPrototypeOf(row.map), Object.getPrototypeOf(row.data)]).toEqual([
        Object.prototype,
        Object.prototype,
      ]);
      expect(store.history('things', id)).toHaveLength(1);
    }
    for (const [i, name] of odd.entries()) expect(store.now().things.count('byMap', { prefix: [name, i] })).toBe(6);
    expect(store.diff(1, 2)).toHaveLength(6);
    store.transact((tx) => odd.map((id) => tx.things.update(id, { map: { constructor: 7 } })));
    store.transact((tx) => odd.map((id) => tx.things.delete(id)));
    expect([store.now().things.size, 'polluted' in {}]).toEqual([1, false]);
    store.check();
  });

  it('a field of a nested codec called __proto__ touches no prototype', () => {
    const Nested = t.strict({ id: t.string, inner: t.strict({ ['__proto__']: t.strict({ evil: t.string }) }) });
    let prototype: unknown = Object.prototype;
    try {
      const nested = table(Nested, { primaryKey: 'id' });
      const store = createStore({ tables: { nested }, mode });
      const row = JSON.parse('{"id": "a", "inner": {"__proto__": {"evil": "yes"}}}') as never;
      const { inner } = store.transact((tx) => tx.nested.insert(row)).result;
      expect(Object.getOwnPropertyNames(inner)).toEqual(['__proto__']);
      prototype = Object.getPrototypeOf(inner);
    } catch (error) {
      expect(error).toMatchObject({ code: 'DefinitionInvalid' });
    }
    expect(prototype).toBe(Object.prototype);
  });

  it.each<[string, (ask: () => number) => object]>([
    [
      'a getter',
      (ask) => ({
        get n() {
          return ask() === 1 ? 2 : 'three';
        },
      }),
    ],
    ['a proxy', (ask) => new Proxy({ n: 2 }, { get: () => (ask() === 1 ? 2 : 3) })],
    ['a proxy that turns into a string', (ask) => new Proxy({ n: 2 }, { get: () => (ask() === 1 ? 2 : '3') })],
  ])('what lies to a codec is not believed: %s', (_what, make) => {
    for (const field of ['even', 'data', 'map', 'either', 'n']) {
      const store = open(mode);
      let asked = 0;
      const liar = make(() => ++asked);
      const value =
        field === 'n'
          ? Object.getOwnPropertyDescriptor(
              {
                get n() {
                  return (liar as { n: number }).n;
                },
              },
              'n',
            )!
          : { value: liar, enumerable: true };
      const row = Object.defineProperty({ id: 'z' }, field, { ...value, enumerable: true });
      try {
        store.transact((tx) => tx.things.insert(row));
      } catch (error) {
        expect(error).toBeInstanceOf(MemoirError);
      }
      const stored = store.now().things.get('z');
      expect(stored === undefined || (Thing.is(stored) && (stored.even === undefined || even.is(stored.even)))).toBe(
        true,
      );
      store.check();
    }
  });

  it('a getter that throws is blamed on the row', () => {
    const row = {
      id: 'z',
      get text(): string {
        throw new Error('mine');
      },
    };
    expect(refused(open(mode), (tx) => tx.things.insert(row))).toMatchObject({ code: 'RowInvalid', path: 'text' });
    const nested = { id: 'z', data: { list: [row] } };
    expect(refused(open(mode), (tx) => tx.things.insert(nested)).path).toContain('data.list.0');
  });
});

describe('in development', () => {
  it('an accessor is no data, wherever it is, in rows and in patches', () => {
    const store = open('development');
    const accessor = {
      get text() {
        return 'z';
      },
    };
    expect(
      refused(store, (tx) =>
        tx.things.insert({
          id: 'z',
          ...Object.defineProperties({}, Object.getOwnPropertyDescriptors(accessor)),
          get text() {
            return 'z';
          },
        }),
      ).path,
    ).toBe('text');
    expect(refused(store, (tx) => tx.things.update('a', accessor)).path).toBe('text');
    expect(refused(store, (tx) => tx.things.update('a', { data: [{ accessor }] })).path).toBe('data.0.accessor.text');
  });

  it('a long value is shown in short', () => {
    const error = refused(open('development'), (tx) => tx.things.insert({ id: 'z', n: 'x'.repeat(5000) as never }));
    expect(error.message).toContain('xxx...');
    expect(refused(open('development'), (tx) => tx.things.getOrThrow('y'.repeat(99_999))).message).toContain('yyy...');
  });
});
