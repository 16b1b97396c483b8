/**
 * What go-memdb 1.2.1 does otherwise than memoir, each shown by running it; what a naive model says; and that memoir
 * says the same. README.md lists them with the issues that speak of them.
 */
import * as t from 'io-ts';
import { afterAll, describe, expect, it } from 'vitest';

import { createStore, table } from '../../src/index.js';
import { difference } from './on-memdb.js';

const Item = t.readonly(
  t.strict({
    id: t.string,
    name: t.string,
    other: t.string,
    age: t.number,
    tags: t.readonlyArray(t.string),
    marks: t.record(t.string, t.string),
  }),
);
type Item = t.TypeOf<typeof Item>;

const item = (id: string, fields: Partial<Item> = {}): Item => ({
  id,
  name: '',
  other: '',
  age: 0,
  tags: [],
  marks: {},
  ...fields,
});
const ids = (rows: Iterable<Item>): string[] => [...rows].map(({ id }) => id);

const shown = new Set<unknown>();
const memdb = (name: string): unknown => {
  shown.add(name);
  return difference(name);
};
afterAll(() =>
  expect(shown, 'a test for each of memdb/differences.go').toEqual(new Set(difference('names') as string[])),
);

describe('where go-memdb keeps no word, memoir', () => {
  it('enforces a unique index', () => {
    expect(memdb('unique')).toEqual({
      written: { rows: ['1', '2'], byName: ['2'] }, // two rows with one name, of which the index has forgotten one
      left: ['1'],
      byNameLeft: [], // and when the other goes, the index is empty
    });
    const items = table(Item, { primaryKey: 'id', indexes: { byName: { on: ['name'], unique: true } } });
    const store = createStore({ tables: { items } });
    store.transact((tx) => {
      tx.items.insert(item('1', { name: 'ada' }));
      expect(() => tx.items.insert(item('2', { name: 'ada' }))).toThrow(
        expect.objectContaining({ code: 'UniqueViolation', row: item('1', { name: 'ada' }) }),
      );
    });
    const model = [item('1', { name: 'ada' })];
    expect([...store.now().items.scan()]).toEqual(model);
    expect(store.now().items.find('byName', 'ada')).toEqual(model.find(({ name }) => name === 'ada'));
    store.check();
  });

  it('takes back all of a statement that it refuses', () => {
    expect(memdb('failed insert')).toEqual({
      error: "missing value for index 'name'",
      rows: 1,
      byName: [], // the row is still there, and the index that refused its successor has lost it
    });
    const items = table(Item, {
      primaryKey: 'id',
      indexes: { byName: { by: ({ name }) => (name === '' ? undefined : [name]) } },
    });
    const store = createStore({ tables: { items } });
    store.transact((tx) => {
      tx.items.insert(item('1', { name: 'ada' }));
      expect(() => tx.items.put(item('1', { name: '' }))).toThrow(expect.objectContaining({ code: 'MissingValue' }));
    });
    const model = [item('1', { name: 'ada' })];
    expect([...store.now().items.scan()]).toEqual(model);
    expect([...store.now().items.scan('byName', { prefix: ['ada'] })]).toEqual(model);
    store.check();
  });

  it('gives an iterator the state at its creation, whatever is written meanwhile', () => {
    expect(memdb('iterator')).toEqual({
      seen: ['a', 'c', 'e', 'g', 'i'], // every second row is passed over
      fault: { panic: 'runtime error: invalid memory address or nil pointer dereference' },
      left: ['b', 'd', 'f', 'h'],
    });
    const store = createStore({ tables: { items: table(Item, { primaryKey: 'id' }) } });
    const model = [...'abcdefghi'].map((id) => item(id));
    const seen: string[] = [];
    store.transact((tx) => {
      for (const row of model) tx.items.insert(row);
      for (const { id } of tx.items.scan()) {
        seen.push(id);
        tx.items.delete(id);
      }
      expect(tx.items.size).toBe(0);
    });
    expect(seen).toEqual(ids(model));
    store.check();
  });

  it('stores a copy, which nobody can change from outside', () => {
    expect(memdb('row changed in place')).toEqual({
      ada: ['1'], // found by the name that it no longer has
      adaAfterInsert: ['1'], // and still, after it was inserted anew
      entries: ['1', '1'],
    });
    const items = table(t.strict({ id: t.string, name: t.string }), {
      primaryKey: 'id',
      indexes: { byName: ['name'] },
    });
    const store = createStore({ tables: { items } });
    const mine = { id: '1', name: 'ada' };
    store.transact((tx) => tx.items.insert(mine));
    mine.name = 'eve';
    expect(store.now().items.get('1')).toEqual({ id: '1', name: 'ada' });
    store.transact((tx) => tx.items.put(mine));
    expect(store.now().items.count('byName', { prefix: ['ada'] })).toBe(0);
    expect([...store.now().items.scan('byName')]).toEqual([{ id: '1', name: 'eve' }]);
    store.check();
  });

  it('deletes by one key of several from all of them', () => {
    expect(memdb('delete by prefix of many')).toEqual({ rows: [], tagged: ['1'] }); // found by a tag, though it is gone
    expect(memdb('delete all of many')).toEqual({ error: 'not found', count: 1, rows: ['2'] }); // and gives up halfway
    const items = table(Item, { primaryKey: 'id', indexes: { byTag: { each: 'tags' } } });
    const store = createStore({ tables: { items } });
    const rows = [item('1', { tags: ['ab', 'cd'] }), item('2', { tags: ['c'] })];
    store.transact((tx) => {
      for (const row of rows) tx.items.insert(row);
      expect(tx.items.deleteRange('byTag', { startsWith: ['a'] })).toBe(1);
      expect(ids(tx.items.scan('byTag'))).toEqual(ids(rows.filter(({ tags }) => !tags.includes('ab'))));
      tx.items.insert(rows[0]!);
      expect(tx.items.deleteRange('byTag')).toBe(rows.length);
      expect([tx.items.size, tx.items.count('byTag')]).toEqual([0, 0]);
    });
    store.check();
  });

  it('deletes by what an index folds to lower case', () => {
    expect(memdb('delete by prefix in lower case')).toEqual({
      fault: { panic: 'prefix A matched some entries but DeletePrefix did not delete any ' },
      rows: [],
      named: ['1'],
    });
    const items = table(Item, { primaryKey: 'id', indexes: { byName: { on: ['name'], lower: true } } });
    const store = createStore({ tables: { items } });
    store.transact((tx) => {
      tx.items.insert(item('1', { name: 'Ada' }));
      expect(tx.items.deleteRange('byName', { startsWith: ['A'] })).toBe(1);
      expect([tx.items.size, tx.items.count('byName')]).toEqual([0, 0]);
    });
    store.check();
  });

  it('goes on after everything has been deleted', () => {
    expect(memdb('delete by prefix after a write')).toEqual({ panic: 'close of closed channel' }); // by the next writer
    const store = createStore({ tables: { items: table(Item, { primaryKey: 'id' }) } });
    store.transact((tx) => {
      tx.items.insert(item('1'));
      expect(tx.items.deleteRange({ startsWith: [''] })).toBe(1);
    });
    store.transact((tx) => tx.items.insert(item('2')));
    const model = [item('1'), item('2')].filter(({ id }) => id !== '1');
    expect([...store.now().items.scan()]).toEqual(model);
    store.check();
  });

  it('lists the changes that change something', () => {
    expect(memdb('changes')).toEqual(['1', '2']); // written as it was; renamed and named back
    const store = createStore({ tables: { items: table(Item, { primaryKey: 'id' }) } });
    store.transact((tx) => [tx.items.insert(item('1')), tx.items.insert(item('2'))]);
    const { changes } = store.transact((tx) => {
      tx.items.put(item('1'));
      tx.items.put(item('2', { name: 'b' }));
      tx.items.put(item('2'));
    });
    expect(changes).toEqual([]);
    expect(store.head).toBe(1);
    store.check();
  });
});

describe('where go-memdb finds something else, memoir', () => {
  it('keeps integers in order', () => {
    expect(memdb('integers')).toEqual({
      ages: [0, -1, 1, -2, 2, 63, 64, -300, 300, 127],
      from1: [1, -2, 2, 63, 64, -300, 300, 127],
    });
    const ages = [-300, -2, -1, 0, 1, 2, 63, 64, 127, 300];
    const items = table(Item, { primaryKey: 'id', indexes: { byAge: ['age'] } });
    const store = createStore({ tables: { items } });
    store.transact((tx) => ages.forEach((age, i) => tx.items.insert(item(`${9 - i}`, { age }))));
    const found = store.now().items;
    expect([...found.scan('byAge')].map(({ age }) => age)).toEqual(ages);
    expect([...found.scan('byAge', { gte: [1] })].map(({ age }) => age)).toEqual(ages.filter((age) => age >= 1));
  });

  it('takes the empty string for a value', () => {
    expect(memdb('empty string')).toEqual({ error: "missing value for index 'name'", found: [], rows: ['1'] });
    const items = table(Item, { primaryKey: 'id', indexes: { byName: ['name'] } });
    const store = createStore({ tables: { items } });
    store.transact((tx) => tx.items.insert(item('1')));
    const model = [item('1')];
    expect([...store.now().items.scan('byName', { prefix: [''] })]).toEqual(model.filter(({ name }) => name === ''));
  });

  it('keeps keys apart that hold U+0000', () => {
    expect(memdb('terminator')).toEqual({
      'named a': ['2', '1'], // 1 is called "a\0b"
      both: ['2'], // ("a\0b", "c") and ("a", "b\0c") are one key
    });
    const items = table(Item, {
      primaryKey: 'id',
      indexes: { byName: ['name'], byBoth: { on: ['name', 'other'], unique: true } },
    });
    const store = createStore({ tables: { items } });
    const model = [item('1', { name: 'a\0b', other: 'c' }), item('2', { name: 'a', other: 'b\0c' })];
    store.transact((tx) => model.forEach((row) => tx.items.insert(row)));
    const found = store.now().items;
    expect([...found.scan('byName', { prefix: ['a'] })]).toEqual(model.filter(({ name }) => name === 'a'));
    for (const row of model) expect(found.find('byBoth', row.name, row.other)).toEqual(row);
  });

  it('gives a row with several keys once', () => {
    expect(memdb('repeats')).toEqual(['1', '2', '1']);
    const items = table(Item, { primaryKey: 'id', indexes: { byTag: { each: 'tags' } } });
    const store = createStore({ tables: { items } });
    const model = [item('1', { tags: ['a', 'ab'] }), item('2', { tags: ['aa'] })];
    store.transact((tx) => model.forEach((row) => tx.items.insert(row)));
    const tagged = model.filter(({ tags }) => tags.some((tag) => tag.startsWith('a')));
    expect([...store.now().items.scan('byTag', { startsWith: ['a'] })]).toEqual(tagged);
  });

  it('finds a row by each of its several keys', () => {
    expect(memdb('compound of many')).toEqual({ x: [], y: [], z: ['1'] });
    const items = table(Item, { primaryKey: 'id', indexes: { byMark: { entries: 'marks' } } });
    const store = createStore({ tables: { items } });
    const marks = { abc: 'x', abd: 'y', abe: 'z' };
    store.transact((tx) => tx.items.insert(item('1', { marks })));
    for (const [name, value] of Object.entries(marks)) {
      expect(ids(store.now().items.scan('byMark', { prefix: [name, value] }))).toEqual(['1']);
    }
  });

  it('tells a whole part of a key from the beginning of one', () => {
    expect(memdb('prefix of a compound')).toEqual(['1', '2']); // "mail" and "mailbox"; there is no other prefix
    const items = table(Item, { primaryKey: 'id', indexes: { byBoth: ['name', 'other'] } });
    const store = createStore({ tables: { items } });
    const model = [item('1', { name: 'mail' }), item('2', { name: 'mailbox' })];
    store.transact((tx) => model.forEach((row) => tx.items.insert(row)));
    const found = store.now().items;
    expect([...found.scan('byBoth', { prefix: ['mail'] })]).toEqual(model.filter(({ name }) => name === 'mail'));
    const begun = model.filter(({ name }) => name.startsWith('mail'));
    expect([...found.scan('byBoth', { startsWith: ['mail'] })]).toEqual(begun);
  });

  it('finds a row by the name of an entry of its map, in a unique index', () => {
    expect(memdb('names of a map')).toBeNull();
    const items = table(Item, { primaryKey: 'id', indexes: { byMark: { keys: 'marks', unique: true } } });
    const store = createStore({ tables: { items } });
    const model = [item('1', { marks: { clarity: '3' } })];
    store.transact((tx) => model.forEach((row) => tx.items.insert(row)));
    const marked = model.find(({ marks }) => 'clarity' in marks);
    expect(store.now().items.find('byMark', 'clarity')).toEqual(marked);
  });

  it('finds the longest prefix in any index of strings', () => {
    expect(memdb('longest prefix')).toBeNull();
    const items = table(Item, { primaryKey: 'id', indexes: { byName: { on: ['name'], unique: true } } });
    const store = createStore({ tables: { items } });
    const model = [item('1', { name: '/' }), item('2', { name: '/a' })];
    store.transact((tx) => model.forEach((row) => tx.items.insert(row)));
    const longest = model
      .filter(({ name }) => '/a/b'.startsWith(name))
      .reduce((best, row) => (row.name.length > best.name.length ? row : best));
    expect(store.now().items.longestPrefix('byName', ['/a/b'])).toEqual(longest);
  });
});
