import * as t from 'io-ts';
import { describe, expectTypeOf, it } from 'vitest';

import { table, type Change, type Key, type ViewOf } from 'memoir';

import { store, tables, type Task } from './fixture.js';

type Row = t.TypeOf<typeof Task>;
type Db = ViewOf<typeof store>;
declare const db: Db;

describe('what is inferred', () => {
  it('is the row type, from the codec', () => {
    expectTypeOf(db.tasks.get('t1')).toEqualTypeOf<Row | undefined>();
    expectTypeOf(db.tasks.getOrThrow('t1').status).toEqualTypeOf<'open' | 'done'>();
  });

  it('is the primary key: bare for one field, a tuple for several', () => {
    expectTypeOf(db.tasks.get).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(db.seats.get).parameter(0).toEqualTypeOf<readonly [string, number]>();
  });

  it('is the key of each kind of index', () => {
    expectTypeOf(db.tasks.scan('byQueue', { prefix: ['a', 5] })).toEqualTypeOf<Iterable<Row>>();
    db.tasks.scan('byStatus', { prefix: ['open'] });
    db.tasks.scan('byTag', { prefix: ['v1'] });
    db.tasks.scan('byLabel', { gte: ['size', 3], lt: ['size', 5] });
    db.tasks.scan('byLabelName', { startsWith: ['si'] });
    db.tasks.scan('byLower', { prefix: ['queue', 3] });
    db.seats.scan({ prefix: ['A'], gte: ['A', 3] });
    db.seats.scan('byHolder', { prefix: ['ada'] });
    expectTypeOf(db.tasks.find('byName', 'queue', null)).toEqualTypeOf<Row | undefined>();
  });

  it('is the parameter of where and by, without annotation', () => {
    expectTypeOf(tables.tasks.indexes.open.where).parameter(0).toEqualTypeOf<Row>();
    expectTypeOf(tables.tasks.indexes.byLower.by).returns.toExtend<Key>();
  });

  it('is the row that a filter is asked about', () => {
    db.tasks.scan('byQueue', {
      prefix: ['a'],
      filter: (task) => {
        expectTypeOf(task).toEqualTypeOf<Row>();
        return task.status === 'open';
      },
    });
    db.tasks.page({ limit: 3, filter: (task) => task.priority > 3 });
    expectTypeOf(db.tasks.explain('byTag').entries).toEqualTypeOf<number>();
  });

  it('is what stats count, by table and index', () => {
    const { tables: counted } = store.stats();
    expectTypeOf(counted.tasks.indexes.byQueue.entries).toEqualTypeOf<number>();
    expectTypeOf(counted.seats.indexes).toHaveProperty('primaryKey');
    // @ts-expect-error there is no such table
    void counted.seat;
    // @ts-expect-error there is no such index
    void counted.seats.indexes.byQueue;
  });

  it('is a store with an index or a table more, or an index less', async () => {
    const wider = await store.addIndex('tasks', 'urgent', {
      on: ['priority', 'queue'],
      unique: true,
      where: (task) => {
        expectTypeOf(task).toEqualTypeOf<Row>();
        return task.priority > 8;
      },
    });
    expectTypeOf(wider.now().tasks.find('urgent', 9, 'a')).toEqualTypeOf<Row | undefined>();
    expectTypeOf(wider.now().tasks.find('byName', 'a', null)).toEqualTypeOf<Row | undefined>();
    expectTypeOf(wider.now().seats.get).parameter(0).toEqualTypeOf<readonly [string, number]>();
    wider.transact((tx) => tx.tasks.deleteRange('urgent', { gte: [9] }));
    const computed = await wider.addIndex('seats', 'made', { by: (seat) => [seat.place % 2 === 0, seat.row] });
    computed.now().seats.scan('made', { prefix: [true, 'A'] });
    const narrower = computed.dropIndex('tasks', 'byQueue');
    expectTypeOf(narrower.now().tasks.first('urgent')).toEqualTypeOf<Row | undefined>();
    const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });
    const more = narrower.addTable('notes', notes);
    expectTypeOf(more.now().notes.get('n1')).toEqualTypeOf<{ id: string } | undefined>();
    expectTypeOf(more.now().tasks.first('urgent')).toEqualTypeOf<Row | undefined>();
    more.changes({ tables: ['notes'] }).subscribe(({ changes }) => {
      expectTypeOf(changes[0]!.table).toEqualTypeOf<'notes'>();
    });
  });

  it('is the result of a transaction, and that it may have appended nothing', () => {
    const batch = store.transact((tx) => tx.tasks.update('t1', { status: 'done', priority: 3 }));
    expectTypeOf(batch.result).toEqualTypeOf<Row>();
    expectTypeOf(batch.offset).toEqualTypeOf<number>();
    if (batch.appended === false) expectTypeOf(batch.changes).toEqualTypeOf<readonly []>();
    else expectTypeOf(batch.at).toEqualTypeOf<number>();
  });

  it('is that a transaction with an id may be a repeat, which has no result', () => {
    const batch = store.transact((tx) => tx.tasks.delete('t1'), { id: 'x' });
    expectTypeOf(batch.result).toEqualTypeOf<boolean | undefined>();
    if (batch.repeated === true) expectTypeOf(batch.result).toEqualTypeOf<undefined>();
    else expectTypeOf(batch.result).toEqualTypeOf<boolean>();
  });

  it('is what changed, told apart by table and kind', () => {
    const show = (change: Change<typeof tables>): void => {
      if (change.table === 'tasks' && change.kind === 'update') {
        expectTypeOf(change.before).toEqualTypeOf<Row>();
        expectTypeOf(change.after).toEqualTypeOf<Row>();
        expectTypeOf(change.key).toEqualTypeOf<string>();
      }
      if (change.table === 'seats') expectTypeOf(change.key).toEqualTypeOf<readonly [string, number]>();
      if (change.kind === 'insert') expectTypeOf(change.before).toEqualTypeOf<undefined>();
    };
    store.changes({ tables: ['seats'] }).subscribe((batch) => {
      for (const change of batch.changes) expectTypeOf(change.table).toEqualTypeOf<'seats'>();
    });
    store.changes().subscribe((batch) => batch.changes.forEach(show));
  });

  it('is the answer of a live query, stamped or not', () => {
    store.live((view) => view.tasks.size).subscribe((size) => expectTypeOf(size).toEqualTypeOf<number>());
    const stamped = store.live((view) => view.tasks.first('open'), { stamped: true });
    stamped.subscribe(({ offset, value }) => {
      expectTypeOf(offset).toEqualTypeOf<number>();
      expectTypeOf(value).toEqualTypeOf<Row | undefined>();
    });
  });
});
