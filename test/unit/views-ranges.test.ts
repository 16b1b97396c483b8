import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import {
  compareKeys,
  createStore,
  date,
  MemoirError,
  table,
  type Key,
  type KeyPart,
  type Range,
} from '../../src/index.js';

// Strategy: rule 4 in its plainest words as a naive twin, a filter over all rows, against every combination of bounds
// over a small table of awkward keys: shared beginnings, '', null, pairs of surrogates. Now, in the past, and in a
// transaction.

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

const text = t.union([t.string, t.null]);
const Row = t.strict({ id: t.string, x: text, y: t.string });
const items = table(Row, {
  primaryKey: 'id',
  indexes: { both: ['x', 'y'], computed: { by: ({ x, y }) => [x, y] }, lower: { on: ['x', 'y'], lower: true } },
});

const XS = [null, '', 'a', 'ab', 'b'];
const YS = ['', 'a', 'aé', 'ab', 'b\u{1f600}', 'b\u{1f600}c', 'b\u{1f601}', 'b\uffff', 'c\0', 'c'];
const ROWS = XS.flatMap((x) => YS.map((y) => ({ id: `${x}/${y}`, x, y })));

type Pair = readonly [string | null, string];
type Bounds = Range<Pair>;

const IN_ORDER = ROWS.toSorted((a, b) => compareKeys([a.x, a.y], [b.x, b.y]) || (a.id < b.id ? -1 : 1));

const orders = new Map<string, readonly number[]>();
/** Rule 4: a bound stands for every key that begins with it, so only as much of a key counts as the bound has. */
function orderTo(bound: Key): readonly number[] {
  const name = JSON.stringify(bound);
  const known = orders.get(name) ?? IN_ORDER.map(({ x, y }) => compareKeys([x, y].slice(0, bound.length), bound));
  orders.set(name, known);
  return known;
}

/** The ids of the rows of a range, in order. */
function naive({ prefix, startsWith, gt, gte, lt, lte }: Bounds): string[] {
  const [start, among] = [startsWith?.at(-1), orderTo(startsWith?.slice(0, -1) ?? [])];
  const within = ({ x, y }: { x: string | null; y: string }, i: number): boolean =>
    (prefix === undefined || orderTo(prefix)[i] === 0) &&
    (gt === undefined || orderTo(gt)[i]! > 0) &&
    (gte === undefined || orderTo(gte)[i]! >= 0) &&
    (lt === undefined || orderTo(lt)[i]! < 0) &&
    (lte === undefined || orderTo(lte)[i]! <= 0) &&
    (typeof start !== 'string' || (among[i] === 0 && [x, y][startsWith!.length - 1]?.startsWith(start) === true));
  return IN_ORDER.filter(within).map(({ id }) => id);
}

const bounds = [
  ...[[], ...XS.map((x) => [x]), ['aa']],
  ...[
    [null, ''],
    ['', 'b'],
    ['a', ''],
    ['a', 'a'],
    ['a', 'b\u{1f600}'],
    ['ab', 'zz'],
    ['b', 'c\0'],
  ],
] as unknown as readonly Pair[];
const starts = [
  ...[[''], ['a'], ['ab'], ['b'], ['q'], ['', ''], [null, 'b'], ['a', ''], ['a', 'a'], ['a', 'aé']],
  ...[
    ['a', 'b\u{1f600}'],
    ['a', 'b\u{1f601}'],
    ['a', 'b\u{10ffff}'],
    ['b', 'c\0'],
    ['b', 'b'],
  ],
] as unknown as readonly Pair[];

const lows: readonly Bounds[] = [{}, ...bounds.flatMap((bound): Bounds[] => [{ gt: bound }, { gte: bound }])];
const highs: readonly Bounds[] = [{}, ...bounds.flatMap((bound): Bounds[] => [{ lt: bound }, { lte: bound }])];
const some = [...lows, ...highs].filter(({ gt, gte, lt, lte }) => {
  const bound = (gt ?? gte ?? lt ?? lte)?.join();
  return bound === 'a' || bound === 'a,a' || bound === 'a,b\u{1f600}' || bound === ',';
});
const everyRange: readonly Bounds[] = [
  ...lows.flatMap((low) => highs.map((high) => ({ ...low, ...high }))),
  ...some.flatMap((one) => bounds.map((prefix) => ({ ...one, prefix }))),
  ...some.flatMap((one) => starts.map((startsWith) => ({ ...one, startsWith }))),
];

describe('a range', () => {
  const store = createStore({ tables: { items } });
  store.transact((tx) => {
    for (const row of ROWS.toReversed()) tx.items.insert(row);
  });
  const past = store.now();
  store.transact((tx) => {
    for (const { id } of ROWS.filter((_row, i) => i % 3 === 0)) tx.items.delete(id);
    for (const { id } of ROWS.filter((_row, i) => i % 3 === 1)) tx.items.update(id, { x: 'moved', y: id });
    for (const { x, y } of ROWS) tx.items.insert({ id: `${x}/${y}/later`, x, y });
  });
  const restored = createStore({ tables: { items } });
  restored.transact((tx) => ROWS.map((row) => tx.items.insert(row)));

  type Reader = Pick<(typeof past)['items'], 'scan' | 'count' | 'first' | 'last'>;
  const differences = (reader: Reader, index: 'both' | 'computed', ranges: readonly Bounds[]) =>
    ranges.filter((range) => {
      const expected = naive(range);
      const ids = (more: object) => Array.from(reader.scan(index, { ...range, ...more }), ({ id }) => id).join();
      const agree =
        ids({}) === expected.join() &&
        ids({ reverse: true, limit: 9 }) === expected.toReversed().slice(0, 9).join() &&
        reader.count(index, { ...range, limit: 7 }) === Math.min(7, expected.length) &&
        reader.first(index, range)?.id === expected[0] &&
        reader.last(index, range)?.id === expected.at(-1);
      return !agree;
    });

  it('means now what rule 4 says, for every combination of bounds', () => {
    expect(everyRange.length).toBeGreaterThan(900);
    expect(differences(restored.now().items, 'both', everyRange)).toEqual([]);
  });

  it.each(['both', 'computed'] as const)('means the same in the past, and where keys are computed (%s)', (index) => {
    const ranges = everyRange.filter((_range, i) => i % 6 === (index === 'both' ? 0 : 1));
    expect(differences(past.items, index, ranges)).toEqual([]);
    if (index === 'computed') expect(differences(restored.now().items, index, ranges)).toEqual([]);
  });

  it('means the same in a transaction', () => {
    const ranges = everyRange.filter((_range, i) => i % 6 === 2);
    expect(restored.transact((tx) => differences(tx.items, 'both', ranges)).result).toEqual([]);
  });

  it('means the same to what deletes it', () => {
    const wrong = starts.filter((startsWith) => {
      const dry = restored.with((tx) => tx.items.deleteRange('both', { startsWith, reverse: true, limit: 3 }));
      const expected = naive({ startsWith }).slice(-3).toSorted();
      return (
        dry.result !== expected.length ||
        dry.changes
          .map(({ key }) => key)
          .toSorted()
          .join() !== expected.join()
      );
    });
    expect(wrong).toEqual([]);
  });

  it('that ends before it begins is empty', () => {
    const db = restored.now();
    expect([...db.items.scan('both', { gt: ['b'], lt: ['a'] })]).toEqual([]);
    expect([
      db.items.count('both', { gt: ['a'], lt: ['a'] }),
      db.items.count('both', { prefix: ['a'], gt: ['b'] }),
    ]).toEqual([0, 0]);
  });

  it('with a limit of 0 has no rows, and with Infinity all', () => {
    const db = restored.now();
    expect([
      [...db.items.scan({ limit: 0 })],
      db.items.count({ limit: 0 }),
      db.items.first({ limit: 0 }),
      db.items.last('both', { limit: 0 }),
    ]).toEqual([[], 0, undefined, undefined]);
    expect(restored.with((tx) => tx.items.deleteRange({ limit: 0 })).result).toBe(0);
    expect(db.items.count({ limit: Infinity })).toBe(ROWS.length);
  });

  it('refuses to begin with half a pair of surrogates', () => {
    expect(refusal(() => restored.now().items.scan('both', { startsWith: ['a', '\ud83d'] })).code).toBe('KeyInvalid');
  });

  it('of lower-cased keys is lower-cased too, by the same table', () => {
    const other = createStore({ tables: { items } });
    other.transact((tx) => [
      tx.items.insert({ id: '1', x: 'ΣΑΣ', y: 'İ' }),
      tx.items.insert({ id: '2', x: 'σας', y: '' }),
    ]);
    const scan = (range: Bounds) => Array.from(other.now().items.scan('lower', range), ({ id }) => id).join();
    expect([scan({ prefix: ['ΣΑΣ'] }), scan({ startsWith: ['ΣΑ'] }), scan({ prefix: ['σασ', 'i'] })]).toEqual([
      '1',
      '2,1',
      '1',
    ]);
  });
});

describe('the order of keys', () => {
  const PARTS: readonly KeyPart[] = [
    ...[null, false, true, -Infinity, -(2 ** 53), -1.5, -5e-324, 0, 5e-324, 0.1, 1, 2 ** 53, Infinity],
    ...[-(2n ** 70n), -1n, 0n, 1n, 2n ** 60n, 2n ** 60n + 1n],
    ...[-8.64e15, -1, 0, 1, 8.64e15].map((time) => new Date(time)),
    ...[
      '',
      '\0',
      '\0\0',
      ' ',
      'a',
      'a\0',
      'aa',
      'abcdef',
      'abcdefg',
      'abcdefh',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{1f600}',
      '\u{10ffff}',
    ],
  ];
  const anything = t.union([t.null, t.boolean, t.number, t.bigint, date, t.string]);
  const mixed = table(t.strict({ k: anything, v: anything, i: t.number }), {
    primaryKey: 'k',
    indexes: { byV: ['v'], one: { by: ({ v }) => [v], unique: true } },
  });
  const store = createStore({ tables: { mixed } });
  store.transact((tx) => {
    for (const i of PARTS.keys()) {
      const at = (i * 23) % PARTS.length;
      tx.mixed.insert({ k: PARTS[at]!, v: PARTS[at]!, i: at });
    }
  });
  const db = store.now();
  const all = [...PARTS.keys()];
  const numbers = (rows: Iterable<{ readonly i: number }>) => Array.from(rows, ({ i }) => i);

  it('is one for all types: null, booleans, numbers, bigints, Dates, strings by code point', () => {
    expect(numbers(db.mixed.scan())).toEqual(all);
    expect(numbers(db.mixed.scan('byV', { reverse: true }))).toEqual(all.toReversed());
    expect(numbers(db.mixed.scan('one'))).toEqual(all);
    store.check();
  });

  it('finds every key again, and cuts before and after it', () => {
    for (const [i, part] of PARTS.entries()) {
      expect([
        db.mixed.get(part)?.i,
        db.mixed.find('one', part)?.i,
        numbers(db.mixed.scan('byV', { prefix: [part] })),
      ]).toEqual([i, i, [i]]);
      expect([db.mixed.first({ gt: [part] })?.i, db.mixed.last('byV', { lt: [part] })?.i]).toEqual([
        all[i + 1],
        i === 0 ? undefined : i - 1,
      ]);
      expect([db.mixed.count({ gte: [part] }), db.mixed.count('one', { lte: [part] })]).toEqual([
        PARTS.length - i,
        i + 1,
      ]);
    }
  });

  it('tells apart long texts that begin alike', () => {
    const names = ['commit', 'commit-', 'commit-1', 'commit-10', 'commit-2', 'commits', 'commié', 'commiü', 'commü'];
    const other = createStore({ tables: { items } });
    other.transact((tx) => names.toReversed().map((x) => tx.items.insert({ id: `id-of-${x}`, x, y: `y of ${x}` })));
    const { items: reader } = other.now();
    expect(Array.from(reader.scan(), ({ x }) => x)).toEqual(names);
    for (const [i, x] of names.entries()) {
      expect(reader.first('both', { gt: [x] })?.x).toBe(names[i + 1]);
      expect(reader.last('computed', { lte: [x, `y of ${x}`] })?.x).toBe(x);
      expect(Array.from(reader.scan({ prefix: [`id-of-${x}`] }), (row) => row.x)).toEqual([x]);
    }
    other.transact((tx) => names.map((x) => tx.items.delete(`id-of-${x}`)));
    other.check();
  });

  it('tells apart 1 and 1n and "1", but not 0 and −0, nor two Dates of one time', () => {
    const other = createStore({ tables: { mixed } });
    other.transact((tx) => {
      for (const [i, k] of [1, 1n, '1', true, new Date(1), -0].entries()) tx.mixed.insert({ k, v: i, i });
    });
    const { mixed: reader } = other.now();
    expect([1, 1n, '1', true, new Date(1), 0, -0].map((k) => reader.get(k)?.i)).toEqual([0, 1, 2, 3, 4, 5, 5]);
    const again = () => other.transact((tx) => tx.mixed.insert({ k: 0, v: 9, i: 9 }));
    expect(refusal(again)).toMatchObject({ code: 'UniqueViolation', index: 'primaryKey', row: { i: 5 } });
    expect(other.transact((tx) => tx.mixed.put({ k: 0, v: 9, i: 9 })).changes[0]?.kind).toBe('update');
    other.check();
  });

  it('keeps −0 where any number may be, and 0 in integers', () => {
    const zeros = table(t.strict({ id: t.string, any: t.number, int: t.Int }), {
      primaryKey: 'id',
      indexes: { byAny: ['any'], byInt: ['int'] },
    });
    const other = createStore({ tables: { zeros } });
    const { result } = other.transact((tx) => tx.zeros.insert({ id: 'a', any: -0, int: -0 }));
    expect([Object.is(result.any, -0), Object.is(result.int, 0)]).toEqual([true, true]);
    expect([
      other.now().zeros.count('byAny', { prefix: [0] }),
      other.now().zeros.count('byInt', { gte: [-0], lte: [0] }),
    ]).toEqual([1, 1]);
    other.check();
  });

  it.each([NaN, new Date(NaN), '\ud800', undefined, Symbol('x'), {}, [1], () => 1, new String('a')])(
    'has no place for %o',
    (part) => {
      const wrong = part as never;
      const asks = [
        () => db.mixed.get(wrong),
        () => db.mixed.has(wrong),
        () => db.mixed.find('one', wrong),
        () => db.mixed.scan({ gt: [wrong] }),
        () => db.mixed.count('byV', { prefix: [wrong] }),
        () => store.history('mixed', wrong),
      ];
      for (const ask of asks) expect(refusal(ask).code, String(ask)).toBe('KeyInvalid');
      const error = refusal(() =>
        store
          .with((tx) => tx.mixed.insert({ k: wrong, v: 1, i: 1 }))
          .violations.map((violation) => {
            throw violation;
          }),
      );
      expect(['KeyInvalid', 'RowInvalid']).toContain(error.code);
    },
  );
});

describe('what is missing', () => {
  const Item = t.intersection([t.strict({ id: t.string }), t.exact(t.partial({ x: text }))]);
  const optional = table(Item, {
    primaryKey: 'id',
    indexes: {
      some: { on: ['x'], sparse: true },
      noNull: { on: ['x'], sparse: 'null' },
      computed: { by: ({ x }) => (x === undefined ? undefined : [x]), sparse: true },
    },
  });

  it('is absent, and null is a value that comes first, and the empty string is one too', () => {
    const store = createStore({ tables: { optional } });
    store.transact((tx) => {
      tx.optional.insert({ id: 'absent' });
      tx.optional.insert({ id: 'undefined', x: undefined } as { id: string });
      for (const [id, x] of [
        ['null', null],
        ['empty', ''],
        ['a', 'a'],
      ] as const)
        tx.optional.insert({ id, x });
    });
    const db = store.now();
    const scan = (index: 'some' | 'noNull' | 'computed', range: Range<readonly [string | null]> = {}) =>
      Array.from(db.optional.scan(index, range), ({ id }) => id).join(' ');
    expect([scan('some'), scan('computed'), scan('noNull')]).toEqual(['null empty a', 'null empty a', 'empty a']);
    expect([
      scan('some', { prefix: [null] }),
      scan('some', { gt: [null] }),
      scan('some', { startsWith: [''] }),
      scan('some', { lt: [''] }),
    ]).toEqual(['null', 'empty a', 'empty a', 'null']);
    expect(Object.keys(db.optional.getOrThrow('undefined'))).toEqual(['id']);
    store.transact((tx) => [
      tx.optional.update('a', { x: undefined }),
      tx.optional.update('absent', { x: 'z' }),
      tx.optional.update('null', { x: '' }),
    ]);
    expect(Array.from(store.now().optional.scan('some'), ({ id }) => id)).toEqual(['empty', 'null', 'absent']);
    store.check();
  });

  it('is refused by an index that is not sparse, which names itself', () => {
    const strict = table(Item, { primaryKey: 'id', indexes: { byX: ['x'] } });
    const store = createStore({ tables: { strict } });
    const error = refusal(() => store.transact((tx) => tx.strict.insert({ id: 'a' })));
    expect(error).toMatchObject({ code: 'MissingValue', table: 'strict', index: 'byX', path: 'x' });
    expect(error.message).toContain('sparse');
  });
});
