import * as t from 'io-ts';
import { describe, it } from 'vitest';

import { createStore, openStore, table, type LogPlan, type Table, type ViewOf } from 'memoir';

import { store, Task } from './fixture.js';

declare const db: ViewOf<typeof store>;
const row = {
  id: 't1',
  queue: 'a',
  status: 'open',
  priority: 1,
  assignee: null,
  tags: [],
  labels: {},
} as const;

/** Type-checked, never run. */
const compiled = (_name: string, _body: () => void | Promise<void>): void => undefined;

describe('misuse does not compile', () => {
  it('in definitions', () => {
    compiled('definitions', () => {
      // @ts-expect-error a primary key that is no field
      table(Task, { primaryKey: 'nope' });
      // @ts-expect-error a primary key that may be missing
      table(t.partial({ id: t.string }), { primaryKey: 'id' });
      // @ts-expect-error a primary key that is a list
      table(Task, { primaryKey: 'tags' });
      // @ts-expect-error an array field needs { each }
      table(Task, { primaryKey: 'id', indexes: { bad: ['tags'] } });
      // @ts-expect-error { each } needs an array field
      table(Task, { primaryKey: 'id', indexes: { bad: { each: 'queue' } } });
      // @ts-expect-error { keys } needs a string map
      table(Task, { primaryKey: 'id', indexes: { bad: { keys: 'tags' } } });
      // @ts-expect-error an unknown field
      table(Task, { primaryKey: 'id', indexes: { bad: ['priorty'] } });
      // @ts-expect-error a computed key is a list of parts
      table(Task, { primaryKey: 'id', indexes: { bad: { by: (task) => task.queue } } });
    });
  });

  it('in a store that only reads', () => {
    compiled('reading', async () => {
      const log = {} as LogPlan;
      const reader = await openStore({ tables: { tasks: table(Task, { primaryKey: 'id' }) }, log, readOnly: true });
      reader.now().tasks.get('t1');
      // @ts-expect-error it cannot be written
      await reader.transact(() => undefined);
      // @ts-expect-error nor restored
      await reader.restore(new Uint8Array(0));
      // @ts-expect-error limits are of writing
      await openStore({ tables: { tasks: table(Task, { primaryKey: 'id' }) }, log, readOnly: true, rowBytesMax: 1 });
    });
  });

  it('in reads', () => {
    compiled('reads', () => {
      // @ts-expect-error no such table
      db.taks.get('t1');
      // @ts-expect-error no such index
      db.tasks.scan('byStatu');
      // @ts-expect-error a literal that the field cannot have
      db.tasks.scan('byStatus', { prefix: ['opne'] });
      // @ts-expect-error a key part of another type
      db.tasks.scan('byQueue', { gte: ['a', 'b'] });
      // @ts-expect-error more parts than the key has
      db.tasks.scan('byStatus', { prefix: ['open', 1] });
      // @ts-expect-error startsWith ends in a string
      db.tasks.scan('byQueue', { startsWith: ['a', 5] });
      // @ts-expect-error find needs a unique index
      db.tasks.find('byStatus', 'open');
      // @ts-expect-error find needs a whole key
      db.tasks.find('byName', 'a');
      // @ts-expect-error a tuple for a two-part primary key
      db.seats.get('A');
      // @ts-expect-error a bare value for a one-part primary key
      db.tasks.get(['t1']);
      // @ts-expect-error a filter is asked about rows of the table
      db.tasks.scan('byStatus', { filter: (task) => task.owner === 'ada' });
      // @ts-expect-error explain takes what scan takes
      db.tasks.explain('byStatus', { prefix: ['opne'] });
      // @ts-expect-error a page needs a limit
      db.tasks.page('byQueue', {});
    });
  });

  it('in writes', () => {
    compiled('writes', () => {
      // @ts-expect-error no writes on a view
      db.tasks.put(row);
      // @ts-expect-error rows are readonly
      db.tasks.getOrThrow('t1').queue = 'x';
      store.transact((tx) => {
        // @ts-expect-error a missing field
        tx.tasks.insert({ id: 't1' });
        // @ts-expect-error an unknown field
        tx.tasks.insert({ ...row, extra: 1 });
        // @ts-expect-error a wrong literal in a patch
        tx.tasks.update('t1', { status: 'opne' });
      });
      // @ts-expect-error a body runs to its end at once
      store.transact(async (tx) => {
        await Promise.resolve();
        tx.tasks.delete('t1');
      });
      // @ts-expect-error the tables are the store's
      store.transact((tx) => tx.task.delete('t1'));
    });
  });

  it('in changes of the schema', () => {
    compiled('changes of the schema', async () => {
      const either = Math.random() > 0.5 ? 'tasks' : 'seats';
      const name: string = 'byOwner';
      // @ts-expect-error no such table
      await store.addIndex('task', 'byOwner', ['queue']);
      // @ts-expect-error which of the two tables would have it?
      await store.addIndex(either, 'byOwner', ['row']);
      // @ts-expect-error a name that nobody knows would be any
      await store.addIndex('tasks', name, ['queue']);
      // @ts-expect-error the table has it already
      await store.addIndex('tasks', 'byQueue', ['queue']);
      // @ts-expect-error the primary key is an index, too
      await store.addIndex('tasks', 'primaryKey', ['queue']);
      // @ts-expect-error no such field
      await store.addIndex('tasks', 'byOwner', ['owner']);
      // @ts-expect-error an array field needs { each }
      await store.addIndex('tasks', 'byOwner', ['tags']);
      const wider = await store.addIndex('tasks', 'byAssignee', ['assignee']);
      // @ts-expect-error no assignee is a number
      wider.now().tasks.scan('byAssignee', { prefix: [3] });
      // @ts-expect-error it is not unique
      wider.now().tasks.find('byAssignee', 'ada');
      // @ts-expect-error who has not waited has no index
      store.now().tasks.scan('byAssignee');
      const narrower = store.dropIndex('tasks', 'byQueue');
      // @ts-expect-error it is gone
      narrower.now().tasks.scan('byQueue');
      // @ts-expect-error no such index
      store.dropIndex('tasks', 'byOwner');
      // @ts-expect-error a table cannot be without it
      store.dropIndex('tasks', 'primaryKey');
      // @ts-expect-error the store has it already
      store.addTable('tasks', table(Task, { primaryKey: 'id' }));
      // @ts-expect-error a name that nobody knows would be any
      store.addTable(name, table(Task, { primaryKey: 'id' }));
      // @ts-expect-error a definition comes from table()
      store.addTable('more', { primaryKey: ['id'] });
      const loose: Record<string, Table> = {};
      // @ts-expect-error of a store whose tables nobody knows, nobody knows what it would become
      await createStore({ tables: loose }).addIndex('tasks', 'byOwner', ['queue']);
    });
  });

  it('in streams', () => {
    compiled('streams', () => {
      // @ts-expect-error no such table
      store.changes({ tables: ['task'] });
      // @ts-expect-error no such kind
      store.changes({ kinds: ['upsert'] });
      store.changes({ tables: ['seats'] }).subscribe((batch) => {
        // @ts-expect-error only seats come through
        if (batch.changes[0]?.table === 'tasks') throw new Error();
      });
      const batch = store.transact((tx) => tx.tasks.size, { id: 'x' });
      // @ts-expect-error a repeat has no result
      batch.result.toFixed();
    });
  });
});
