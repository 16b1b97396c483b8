import * as t from 'io-ts';
import { describe, it } from 'vitest';

import { table, type ViewOf } from 'memoir';

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
const compiled = (_name: string, _body: () => void): void => undefined;

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
