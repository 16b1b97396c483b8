import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { bytes, createStore, date, MemoirError, table, type Table } from '../../src/index.js';

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

/** How a message tells what to do about it. */
const MEND = /\b(use|give|choose|name|rename|make|needs?|define|compute|leave|takes?|must|has no)\b/i;

/** The front doors as code without types sees them. */
const define = table as unknown as (codec: unknown, options?: unknown) => Table<Loose, unknown, Record<string, ['id']>>;
type Loose = { readonly id: string; readonly [field: string]: unknown };
const open = createStore as unknown as (options?: unknown) => unknown;

const Task = t.strict({
  id: t.string,
  queue: t.string,
  priority: t.number,
  due: date,
  file: bytes,
  tags: t.readonlyArray(t.string),
  marks: t.record(t.string, t.number),
  parent: t.strict({ id: t.string }),
  note: t.union([t.string, t.undefined]),
});
const tasks = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const part = (extra: t.Props) => t.intersection([t.strict({ id: t.string }), t.exact(t.partial(extra))]);
const branches = (...all: [t.Props, t.Props, ...t.Props[]]) =>
  t.union(all.map((props) => t.strict(props)) as unknown as [t.Mixed, t.Mixed]);

describe('table() refuses a codec', () => {
  it.each([
    ['that is missing', undefined],
    ['that is null', null],
    ['that is a name', 'Task'],
    ['that is plain data', { id: 'string' }],
    ['of a string', t.string],
    ['of a list', t.array(Task)],
    ['of a tuple', t.tuple([t.string])],
    ['of a map', t.record(t.string, t.string)],
    ['of anything', t.unknown],
    ['of a function', t.Function],
    ['without fields', t.strict({})],
    ['of a union with what is no object', t.union([Task, t.string])],
    ['of an intersection with what is no object', t.intersection([Task, t.record(t.string, t.number)])],
  ])('%s', (_what, codec) => {
    const error = refusal(() => define(codec, { primaryKey: 'id' }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: 'codec' });
    expect(error.message).toMatch(MEND);
  });

  it.each([
    ['a function', t.Function],
    ['nothing', t.never],
    ['functions in a list', t.array(t.Function)],
    ['a function or a string', t.union([t.string, t.Function])],
    ['a function deep inside', t.strict({ inner: t.partial({ callback: t.Function }) })],
  ] as [string, unknown][])('with a field that holds %s, however often it is tried', (_what, field) => {
    const codec = t.strict({ id: t.string, handler: field as t.Mixed });
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = refusal(() => define(codec, { primaryKey: 'id' }));
      expect(error.code).toBe('DefinitionInvalid');
      expect(error.path).toContain('handler');
      expect(error.message).toMatch(MEND);
    }
  });

  it('with a field called __proto__', () => {
    const codec = t.strict({ id: t.string, ['__proto__']: t.string });
    const error = refusal(() => define(codec, { primaryKey: 'id' }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: 'codec.__proto__' });
    expect(error.message).toContain('rename');
  });
});

describe('table() refuses a primary key', () => {
  it.each([
    ['that is missing', Task, undefined],
    ['that is null', Task, null],
    ['of no fields', Task, []],
    ['that is no field', Task, 'key'],
    ['that a prototype lends', Task, 'toString'],
    ['of which one part is no field', Task, ['id', 'key']],
    ['that is a number', Task, 0],
    ['that names a field twice', Task, ['id', 'id']],
    ['that may be absent', part({ key: t.string }), 'key'],
    ['that may be undefined', Task, 'note'],
    ['that is a list', Task, 'tags'],
    ['that is a map', Task, 'marks'],
    ['that is an object', Task, 'parent'],
    ['that is bytes', Task, 'file'],
    ['that can be anything', t.strict({ id: t.unknown }), 'id'],
    ['that one branch of two lacks', branches({ id: t.string }, { name: t.string }), 'id'],
    [
      'that one branch of three lacks',
      branches({ id: t.string, a: t.string }, { id: t.string }, { a: t.string }),
      'id',
    ],
    ['that is a list in one branch', branches({ id: t.string }, { id: t.array(t.string) }), 'id'],
  ])('%s', (_what, codec, primaryKey) => {
    const error = refusal(() => define(codec, { primaryKey }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: 'primaryKey' });
    expect(error.message).toMatch(/choose|name|needs|use|compute|twice/);
  });

  it.each([undefined, null, 'id'])('when its options are %s', (options) => {
    const error = refusal(() => define(Task, options));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: 'options' });
    expect(error.message).toContain('primaryKey');
  });
});

describe('table() refuses an index', () => {
  it.each([
    ['that is null', null, '', 'use'],
    ['that is the name of a field', 'queue', '', 'list of fields'],
    ['that is a number', 5, '', 'use'],
    ['of no fields', [], '', 'at least one field'],
    ['of no kind', {}, '', 'exactly one of'],
    ['of two kinds', { on: ['queue'], each: 'tags' }, '', 'exactly one of'],
    ['on no fields', { on: [] }, '', 'at least one field'],
    ['on a bare field', { on: 'queue' }, '', 'list'],
    ['on what is no field', ['cue'], '', 'choose among id, queue'],
    ['on what a prototype lends', ['constructor'], '', 'choose among'],
    ['on a list', ['tags'], '', 'each'],
    ['on a map', ['marks'], '', 'entries'],
    ['on an object', ['parent'], '', 'by'],
    ['on bytes', ['file'], '', 'by'],
    ['of each of what is no list', { each: 'queue' }, '', 'array'],
    ['of each of a map', { each: 'marks' }, '', 'array'],
    ['of each of several fields', { each: ['tags'] }, '', 'choose among'],
    ['of the keys of a list', { keys: 'tags' }, '', 'map'],
    ['of the entries of a string', { entries: 'queue' }, '', 'map'],
    ['by what is no function', { by: 'queue' }, '.by', 'function'],
    ['where what is no function', { on: ['queue'], where: true }, '.where', 'function'],
    ['with a unique that is neither true nor false', { on: ['queue'], unique: 1 }, '.unique', 'true or false'],
    ['with a sparse that is unknown', { on: ['queue'], sparse: 'nul' }, '.sparse', 'true or false'],
    ['with a lower that is neither', { on: ['queue'], lower: 'yes' }, '.lower', 'true or false'],
    ['with a misspelt option', { on: ['queue'], uniqe: true }, '.uniqe', 'no option'],
  ])('%s', (_what, spec, path, mend) => {
    const error = refusal(() => define(Task, { primaryKey: 'id', indexes: { mine: spec } }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: `indexes.mine${path}` });
    expect(error.message).toContain(mend);
  });

  it.each(['primaryKey', '__proto__', ''])('whose name is "%s"', (name) => {
    const error = refusal(() => define(Task, { primaryKey: 'id', indexes: { [name]: ['queue'] } }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: `indexes.${name}` });
    expect(error.message).toMatch(MEND);
  });

  it.each([null, 'queue', 5, [['queue']]])('where the indexes are %j', (indexes) => {
    const error = refusal(() => define(Task, { primaryKey: 'id', indexes }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: 'indexes' });
    expect(error.message).toMatch(MEND);
  });
});

describe('createStore() refuses', () => {
  it.each([undefined, null, 'tables'])('options that are %s', (options) => {
    expect(refusal(() => open(options)).message).toMatch(MEND);
  });

  it.each([
    ['tables', undefined],
    ['tables', null],
    ['tables', {}],
    ['tables.tasks', { tasks: undefined }],
    ['tables.tasks', { tasks: null }],
    ['tables.tasks', { tasks: { primaryKey: ['id'], indexes: {} } }],
    ['tables.tasks', { tasks: { ...tasks } }],
    ['tables.', { '': tasks }],
    ['tables.\ud800', { '\ud800': tasks }],
  ])('%s as %j', (path, tables) => {
    const error = refusal(() => open({ tables }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path });
    expect(error.message).toMatch(MEND);
  });

  it.each(['offset', 'lineage', 'close', 'at', 'nextId', 'random', 'then', 'constructor', 'toString', '__proto__'])(
    'a table called %s, which views and transactions need',
    (name) => {
      const error = refusal(() => open({ tables: { [name]: tasks } }));
      expect(error).toMatchObject({ code: 'DefinitionInvalid', path: `tables.${name}` });
      expect(error.message).toContain('another');
    },
  );

  it.each([
    ['keep', 'none'],
    ['keep', null],
    ['keep', 5],
    ['keep', {}],
    ['keep.days', { days: 1 }],
    ['keep.batches', { batches: -1 }],
    ['keep.ageMs', { ageMs: 1.5 }],
    ['keep.bytes', { bytes: NaN }],
    ['keep.batches', { batches: '5' }],
    ['mode', 'prod'],
    ['clock', 5],
    ['onError', 'log'],
    ['lineage', ''],
    ['lineage', 5],
    ['rowBytesMax', -1],
    ['batchChangesMax', 1.5],
    ['batchBytesMax', '5'],
    ['idWindow', NaN],
    ['pinnedBytesMax', -Infinity],
    ['retention', 'all'],
  ])('%s as %j', (path, value) => {
    const [option] = path.split('.');
    const error = refusal(() => open({ tables: { tasks }, [option!]: value }));
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path });
    expect(error.message).toMatch(MEND);
  });

  it('nothing that is undefined: it is as good as left out', () => {
    expect(
      open({ tables: { tasks }, keep: undefined, mode: undefined, clock: undefined, idWindow: undefined }),
    ).toBeDefined();
  });
});

describe('a well-defined table', () => {
  const Book = t.intersection([
    t.strict({ id: t.string, title: t.string, year: t.Int, tags: t.readonlyArray(t.string), size: t.bigint }),
    t.strict({ marks: t.record(t.string, t.number), lent: t.union([t.string, t.null]), sold: date }),
    t.exact(t.partial({ shelf: t.string })),
  ]);
  const books = table(Book, {
    primaryKey: 'id',
    indexes: {
      short: ['year', 'title'],
      long: { on: ['year', 'title'] },
      folded: { on: ['title'], lower: true },
      byTag: { each: 'tags' },
      byTagFolded: { each: 'tags', lower: true },
      byMark: { keys: 'marks' },
      byMarkValue: { entries: 'marks' },
      computed: { by: (book) => [book.title.length, book.title] },
      sometimes: { by: (book) => (book.year > 1900 ? [book.year] : undefined), sparse: true },
      modern: { on: ['title'], where: (book) => book.year > 1900 },
      byShelf: { on: ['shelf'], sparse: true },
      byLent: ['lent'],
      lentOnly: { on: ['lent'], sparse: 'null' },
      bySize: ['size'],
      bySold: ['sold'],
      one: { on: ['title', 'year'], unique: true },
    },
  });
  const store = createStore({ tables: { books } });
  const book = { tags: [], marks: {}, size: 1n, lent: null, sold: new Date(0) };
  store.transact((tx) => {
    tx.books.insert({ ...book, id: 'a', title: 'Emma', year: 1815, tags: ['B', 'a', 'B'], size: -5n, shelf: 's2' });
    tx.books.insert({ ...book, id: 'b', title: 'EMMA', year: 2020, marks: { good: 1, bad: 2 }, lent: 'z' });
    tx.books.insert({ ...book, id: 'c', title: 'Dune', year: 1965, tags: ['b'], marks: { good: 0 }, shelf: 's1' });
    tx.books.insert({ ...book, id: 'd', title: 'It', year: 1986, size: 2n ** 70n, lent: 'y', sold: new Date(-1) });
  });

  it.each([
    ['by fields, in short', 'short', {}, 'a c d b'],
    ['by fields, in full', 'long', { gt: [1815], lte: [1986, 'It'] }, 'c d'],
    ['by text without case', 'folded', { prefix: ['eMmA'] }, 'a b'],
    ['by each element, once a row', 'byTag', {}, 'a c'],
    ['by each element', 'byTag', { prefix: ['b'] }, 'c'],
    ['by each element without case', 'byTagFolded', { prefix: ['B'] }, 'a c'],
    ['by the names of a map', 'byMark', { prefix: ['good'] }, 'b c'],
    ['by the entries of a map', 'byMarkValue', { prefix: ['good', 1] }, 'b'],
    ['by the entries of a map, by name alone', 'byMarkValue', { prefix: ['good'] }, 'c b'],
    ['by what is computed', 'computed', {}, 'd c b a'],
    ['by what is computed for some', 'sometimes', {}, 'c d b'],
    ['where a condition holds', 'modern', {}, 'c b d'],
    ['by a field that may be absent', 'byShelf', {}, 'c a'],
    ['by a field that may be null, which comes first', 'byLent', {}, 'a c d b'],
    ['by a field that is not null', 'lentOnly', {}, 'd b'],
    ['by bigints', 'bySize', {}, 'a b c d'],
    ['by Dates', 'bySold', {}, 'd a b c'],
  ])('is read %s', (_what, index, range, ids) => {
    const rows = store.now().books.scan(index as 'short', range as never);
    expect(Array.from(rows, ({ id }) => id).join(' ')).toBe(ids);
  });

  it('finds by a unique index', () => {
    expect(store.now().books.find('one', 'Dune', 1965)?.id).toBe('c');
    expect(store.now().books.find('one', 'Dune', 1966)).toBeUndefined();
  });

  it('shows its definition as data that cannot be changed', () => {
    expect(books.primaryKey).toEqual(['id']);
    expect(Object.keys(books.indexes)).toHaveLength(16);
    expect(() => Object.assign(books.indexes, { more: ['id'] })).toThrow(TypeError);
    expect(() => (books.primaryKey as string[]).push('title')).toThrow(TypeError);
  });

  it('serves several stores, and under several names', () => {
    const one = createStore({ tables: { books, more: books } });
    one.transact((tx) => tx.books.insert({ ...book, id: 'a', title: 'It', year: 1986 }));
    expect([one.now().books.size, one.now().more.size, store.now().books.size]).toEqual([1, 0, 4]);
  });

  it('is verified whole', () => {
    expect(() => store.check()).not.toThrow();
  });
});

describe('a definition', () => {
  const Item = t.strict({ id: t.string, n: t.number });

  it('takes rows of several shapes, with indexes over what they share', () => {
    const Event = t.union([
      t.strict({ type: t.literal('sent'), id: t.string, to: t.string }),
      t.strict({ type: t.literal('read'), id: t.string, at: t.number }),
    ]);
    const events = define(Event, {
      primaryKey: 'id',
      indexes: { byType: ['type'], byAt: { on: ['at'], sparse: true } },
    });
    const store = createStore({ tables: { events } });
    store.transact((tx) => {
      tx.events.insert({ type: 'sent', id: 'a', to: 'x' });
      tx.events.insert({ type: 'read', id: 'b', at: 5 });
    });
    const ids = (index: string) => Array.from(store.now().events.scan(index), ({ id }) => id);
    expect([ids('byType'), ids('byAt')]).toEqual([['b', 'a'], ['b']]);
  });

  it('takes fields of codecs that are none of io-ts', () => {
    const even = { name: 'even', is: (n: unknown): n is number => Number(n) % 2 === 0, decode: String, encode: String };
    const items = define(t.strict({ id: t.string, n: even as never }), { primaryKey: 'id' });
    const store = createStore({ tables: { items } });
    expect(() => store.transact((tx) => tx.items.insert({ id: 'a', n: 3 }))).toThrow('even');
    expect(store.transact((tx) => tx.items.insert({ id: 'a', n: 4 })).result).toEqual({ id: 'a', n: 4 });
  });

  it('has names of indexes and fields that objects have anyway', () => {
    const Odd = t.strict({ id: t.string, constructor: t.string, valueOf: t.number });
    const odd = define(Odd, {
      primaryKey: ['id', 'constructor'],
      indexes: { toString: ['valueOf'], constructor: ['id'] },
    });
    const store = createStore({ tables: { odd } });
    store.transact((tx) => tx.odd.insert({ id: 'a', constructor: 'b', valueOf: 3 }));
    const db = store.now();
    expect(db.odd.get(['a', 'b'])).toEqual(db.odd.first('toString', { prefix: [3 as never] }));
    expect(db.odd.count('constructor', { prefix: ['a'] })).toBe(1);
  });

  it('stays as it was when the lists and objects it was made of change', () => {
    const on: ('n' | 'id')[] = ['n'];
    const keep = { batches: 5 };
    const items = table(Item, { primaryKey: 'id', indexes: { byN: on, objectively: { on } } });
    on.push('id');
    const store = createStore({ tables: { items }, keep });
    keep.batches = 0;
    store.transact((tx) => tx.items.insert({ id: 'a', n: 1 }));
    expect(refusal(() => store.now().items.scan('byN', { prefix: [1, 'a'] as never })).code).toBe('RangeInvalid');
    expect(refusal(() => store.now().items.scan('objectively', { prefix: [1, 'a'] as never })).code).toBe(
      'RangeInvalid',
    );
    expect(store.floor).toBe(1);
  });

  it('learns nothing from rows that were never stored', () => {
    const by = ({ n }: { readonly n: number }): [number, ...number[]] => (n > 2 ? [n, n, n] : [n, n]);
    const items = table(Item, { primaryKey: 'id', indexes: { byPair: { by } } });
    const store = createStore({ tables: { items } });
    const insert = (n: number) => store.transact((tx) => tx.items.insert({ id: `${n}`, n })).result.n;
    store.with((tx) => tx.items.insert({ id: '3', n: 3 }));
    expect(insert(1)).toBe(1);
    expect(refusal(() => insert(3))).toMatchObject({ code: 'KeyInvalid' });
    expect(createStore({ tables: { items } }).transact((tx) => tx.items.insert({ id: '3', n: 3 })).result.n).toBe(3);
  });
});
