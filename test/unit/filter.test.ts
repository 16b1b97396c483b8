import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type Strict } from '../../src/index.js';

const Task = t.strict({ id: t.Int, queue: t.string, owner: t.string, tags: t.array(t.string) });
const tasks = table(Task, {
  primaryKey: 'id',
  indexes: { byQueue: ['queue'], byTag: { each: 'tags' }, byOwner: { by: ({ owner }) => [owner] } },
});

/** Tasks 0 to 19 of queue a and 20 to 39 of queue b; every fifth is ada's. */
function open(strict?: Strict) {
  const store = createStore({ tables: { tasks }, ...(strict !== undefined && { strict }) });
  store.transact((tx) => {
    for (let id = 0; id < 40; id++)
      tx.tasks.insert({ id, queue: id < 20 ? 'a' : 'b', owner: id % 5 === 4 ? 'ada' : 'bob', tags: ['x', `y${id}`] });
  });
  return store;
}
const isAdas = ({ owner }: { readonly owner: string }): boolean => owner === 'ada';
const ids = (rows: Iterable<{ readonly id: number }>) => Array.from(rows, ({ id }) => id);

function errorOf(run: () => unknown): MemoirError {
  try {
    run();
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a filter', () => {
  it('gives the rows for which it is true, and limit counts those', () => {
    const { tasks: reader } = open().now();
    expect(ids(reader.scan({ filter: isAdas }))).toEqual([4, 9, 14, 19, 24, 29, 34, 39]);
    expect(ids(reader.scan('byQueue', { prefix: ['b'], filter: isAdas, limit: 2, reverse: true }))).toEqual([39, 34]);
    expect(reader.first({ gte: [10], filter: isAdas })?.id).toBe(14);
    expect(reader.last({ filter: isAdas })?.id).toBe(39);
    expect(reader.count('byQueue', { prefix: ['a'], filter: isAdas })).toBe(4);
  });

  it('is asked about a row with several entries once', () => {
    const asked: number[] = [];
    open()
      .now()
      .tasks.count('byTag', { filter: ({ id }) => asked.push(id) > 0 });
    expect(asked.length).toBe(40);
  });

  it('fills pages', () => {
    const { tasks: reader } = open().now();
    const first = reader.page('byTag', { limit: 5, filter: isAdas });
    const second = reader.page('byTag', { limit: 5, filter: isAdas, after: first.next! });
    expect(ids([...first.rows, ...second.rows])).toEqual([4, 9, 14, 19, 24, 29, 34, 39]);
    expect(second.next).toBeUndefined();
  });

  it('chooses what deleteRange deletes', () => {
    const store = open();
    expect(store.transact((tx) => tx.tasks.deleteRange('byQueue', { prefix: ['a'], filter: isAdas })).result).toBe(4);
    expect(store.now().tasks.size).toBe(36);
  });

  it('in a live query counts as what it looked at, up to the last row given', () => {
    const store = open();
    const answers: number[][] = [];
    store.live((db) => ids(db.tasks.scan({ filter: isAdas, limit: 2 }))).subscribe((answer) => answers.push(answer));
    const give = (id: number, owner: string) => store.transact((tx) => tx.tasks.update(id, { owner }));
    give(30, 'ada');
    give(2, 'ada');
    give(4, 'bob');
    expect(answers).toEqual([
      [4, 9],
      [2, 4],
      [2, 9],
    ]);
  });

  it('must be a function', () => {
    const range = { filter: { owner: 'ada' } } as never;
    expect(errorOf(() => open().now().tasks.scan(range)).code).toBe('RangeInvalid');
  });
});

describe('a strict store', () => {
  it('refuses a filter that passes over more rows in a row than it may', () => {
    const { tasks: reader } = open({ filterRows: 4 }).now();
    expect(reader.count({ filter: isAdas })).toBe(8);
    const error = errorOf(() =>
      open({ filterRows: 3 })
        .now()
        .tasks.count('byQueue', { prefix: ['b'], filter: isAdas }),
    );
    expect(error).toMatchObject({ code: 'FilterRefused', table: 'tasks', index: 'byQueue', limit: 3, actual: 20 });
    expect(error.message).toContain("such as ['queue', 'owner']");
    expect(error.path).toBe('owner');
  });

  it('counts the rows after the last one given as well', () => {
    const { tasks: reader } = open({ filterRows: 10 }).now();
    expect(errorOf(() => reader.count({ filter: ({ id }) => id < 3 })).code).toBe('FilterRefused');
    expect(ids(reader.scan({ filter: ({ id }) => id < 3, limit: 3 }))).toEqual([0, 1, 2]);
  });

  it('refuses nothing where there is no filter', () => {
    expect(open({ filterRows: 0 }).now().tasks.count()).toBe(40);
  });

  it('refuses in transactions, in the past and in live queries too', () => {
    const store = open({ filterRows: 3 });
    const query = (db: { readonly tasks: { count(range: { filter: typeof isAdas }): number } }) =>
      db.tasks.count({ filter: isAdas });
    expect(errorOf(() => store.transact(query)).code).toBe('FilterRefused');
    expect(errorOf(() => query(store.asOf(1))).code).toBe('FilterRefused');
    const codes: unknown[] = [];
    store.live(query).subscribe({ error: (error: MemoirError) => codes.push(error.code) });
    expect(codes).toEqual(['FilterRefused']);
  });

  it.each([
    ['lists by their elements', (row: t.TypeOf<typeof Task>) => row.tags.length > 9, "{ each: 'tags' }"],
    ['several fields', (row: t.TypeOf<typeof Task>) => row.queue === 'a' && row.owner === 'eve', "['queue', 'owner']"],
    ['what it cannot see by a partial index', () => false, "{ on: ['id'], where: the filter }"],
  ])('proposes an index of %s', (_, filter, index) => {
    expect(errorOf(() => open({ filterRows: 2 }).now().tasks.count({ filter })).message).toContain(`such as ${index}`);
  });

  it('tells its limit in an explanation', () => {
    expect(open({ filterRows: 7 }).now().tasks.explain({ filter: isAdas }).filterRows).toBe(7);
  });

  it.each([[true], [{}], [{ filterRows: -1 }], [{ filterRows: 1.5 }], [{ filterRow: 1 }], [null]])(
    'is not made of %j',
    (strict) => {
      expect(errorOf(() => open(strict as never as Strict)).code).toBe('DefinitionInvalid');
    },
  );
});
