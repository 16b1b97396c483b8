import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, date, table } from '../../src/index.js';

const Task = t.strict({
  id: t.string,
  queue: t.string,
  rank: t.number,
  tags: t.array(t.string),
  labels: t.record(t.string, t.number),
  due: t.union([date, t.null]),
  size: t.bigint,
});
const tasks = table(Task, {
  primaryKey: 'id',
  indexes: {
    byQueue: ['queue', 'rank'],
    byTag: { each: 'tags' },
    byLabel: { entries: 'labels' },
    byLabelName: { keys: 'labels' },
    byDue: { on: ['due'], sparse: 'null' },
    bySize: ['size'],
    byName: { by: ({ id, queue }) => [queue, id], unique: true },
    high: { on: ['rank'], where: ({ rank }) => rank > 3 },
  },
});

function open() {
  const store = createStore({ tables: { tasks } });
  store.transact((tx) => {
    for (let i = 0; i < 20; i++) {
      const due = i % 4 === 0 ? new Date(i * 1000) : null;
      const row = { id: `t${i}`, queue: i < 8 ? 'a' : 'b', rank: i % 5, tags: ['x', `y${i % 3}`] };
      tx.tasks.insert({ ...row, labels: { l: i }, due, size: BigInt(i) });
    }
  });
  return store;
}

describe('explain', () => {
  it('tells of a scan of an index what it reads, between which keys, in which order', () => {
    const { tasks: reader } = open().now();
    expect(reader.explain('byQueue', { prefix: ['a'], gt: ['a', 1], reverse: true, limit: 3 })).toStrictEqual({
      table: 'tasks',
      index: 'byQueue',
      kind: 'on',
      unique: false,
      partial: false,
      order: ['queue', 'rank', 'id'],
      reverse: true,
      from: { key: ['a', 1], inclusive: false, startsWith: false },
      to: { key: ['a'], inclusive: true, startsWith: false },
      offset: 1,
      entries: 4,
      past: 0,
      exact: true,
      tableRows: 20,
      rowsMax: 3,
      limit: 3,
      filter: false,
    });
  });

  it('tells of a whole table that neither end is bounded', () => {
    const plan = open().now().tasks.explain();
    expect(plan).toMatchObject({ index: 'primaryKey', kind: 'primaryKey', unique: true, order: ['id'], entries: 20 });
    expect(plan).not.toHaveProperty('from');
    expect(plan).not.toHaveProperty('to');
    expect(plan).not.toHaveProperty('limit');
  });

  it.each([
    ['byTag', 'each', ['each of tags', 'id'], 40, false],
    ['byLabel', 'entries', ['names of labels', 'values of labels', 'id'], 20, false],
    ['byLabelName', 'keys', ['names of labels', 'id'], 20, false],
    ['byDue', 'on', ['due', 'id'], 5, true],
    ['byName', 'by', ['computed', 'id'], 20, false],
    ['high', 'on', ['rank', 'id'], 4, true],
  ] as const)('says of %s how its keys are made', (index, kind, order, entries, partial) => {
    expect(open().now().tasks.explain(index)).toMatchObject({
      index,
      kind,
      order,
      entries,
      partial,
      rowsMax: entries % 40 || 20,
    });
  });

  it('writes parts that JSON does not know as strings', () => {
    const { tasks: reader } = open().now();
    const due = reader.explain('byDue', { gte: [new Date(4000)] });
    expect(due.from).toEqual({ key: ['1970-01-01T00:00:04.000Z'], inclusive: true, startsWith: false });
    expect(reader.explain('bySize', { lt: [3n] }).to?.key).toEqual(['3']);
    expect(reader.explain('high', { gte: [-Infinity] }).from?.key).toEqual(['-Infinity']);
    expect(reader.explain('byQueue', { startsWith: ['b'] }).from?.startsWith).toBe(true);
    expect(JSON.parse(JSON.stringify(due))).toStrictEqual(due);
  });

  it('counts nothing in a stretch that ends before it begins', () => {
    expect(
      open()
        .now()
        .tasks.explain('byQueue', { gt: ['b'], lt: ['a'] }),
    ).toMatchObject({ entries: 0, rowsMax: 0 });
  });

  it('tells of a view of the past what is gone since, which its scan passes over or gives', () => {
    const store = open();
    const then = store.asOf(1);
    store.transact((tx) => tx.tasks.deleteRange('byQueue', { prefix: ['a'] }));
    expect(then.tasks.explain('byQueue', { prefix: ['a'] })).toMatchObject({
      offset: 1,
      entries: 0,
      past: 8,
      exact: false,
    });
    expect(store.now().tasks.explain('byQueue', { prefix: ['a'] })).toMatchObject({ entries: 0, past: 0, exact: true });
  });

  it('sees what a transaction has written', () => {
    const store = open();
    store.transact((tx) => {
      tx.tasks.deleteRange('byQueue', { prefix: ['a'], limit: 3 });
      expect(tx.tasks.explain('byQueue', { prefix: ['a'] })).toMatchObject({
        offset: 2,
        entries: 5,
        past: 0,
        exact: true,
      });
    });
  });

  it('says that a filter may have every row of the stretch read', () => {
    const plan = open()
      .now()
      .tasks.explain('byQueue', { prefix: ['b'], limit: 2, filter: ({ rank }) => rank > 2 });
    expect(plan).toMatchObject({ filter: true, limit: 2, rowsMax: 12 });
    expect(plan).not.toHaveProperty('filterRows');
  });

  it('wakes a live query when what it counted has changed', () => {
    const store = open();
    const counts: number[] = [];
    store.live((db) => db.tasks.explain('byQueue', { prefix: ['a'] }).entries).subscribe((n) => counts.push(n));
    store.transact((tx) => tx.tasks.delete('t1'));
    expect(counts).toEqual([8, 7]);
  });

  it('is refused where a scan would be', () => {
    const { tasks: reader } = open().now();
    // @ts-expect-error there is no such index
    expect(() => reader.explain('byOwner')).toThrow(/has no index "byOwner"/);
    // @ts-expect-error there is no such option
    expect(() => reader.explain({ first: 1 })).toThrow(/no option/);
  });
});
