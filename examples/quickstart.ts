import * as t from 'io-ts';
import { createStore, table, type ViewOf } from 'memoir';

// Define: an io-ts codec says what a row is, and from it the types of all keys follow.
const Task = t.readonly(t.strict({ id: t.string, queue: t.string, priority: t.Int, done: t.boolean }));
const tasks = table(Task, {
  primaryKey: 'id',
  indexes: { byQueue: ['queue', 'priority'], open: { on: ['priority'], where: (task) => !task.done } },
});
const store = createStore({ tables: { tasks } });

// Ask: a query is a plain function of a view. Live, it answers anew whenever its answer changes.
const urgent = (db: ViewOf<typeof store>) => [...db.tasks.scan('open', { gte: [5] })].map((task) => task.id);
store.live(urgent).subscribe((ids) => console.log('urgent:', ids));

// Write: a transaction becomes one batch in the log, or nothing of it has happened.
store.transact((tx) => {
  tx.tasks.insert({ id: 't1', queue: 'mail', priority: 7, done: false });
  tx.tasks.insert({ id: 't2', queue: 'mail', priority: 3, done: false });
});
store.transact((tx) => tx.tasks.update('t1', { done: true }), { meta: { actor: 'ada' } });
for (const task of store.now().tasks.scan('byQueue', { prefix: ['mail'] })) console.log(task.priority, task.id);

// Look back: the same query, on the state after batch 1.
console.log('urgent at 1:', urgent(store.asOf(1)));

// Follow: every batch from an offset on, history first, then live, each change with its before and after.
store.changes({ from: 2 }).subscribe((batch) => console.log(batch.offset, batch.meta.actor, batch.changes));
