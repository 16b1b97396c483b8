/**
 * Reads and writes a store, collects everything that can be collected, and does so again, for
 * test/integration/kept-code.test.ts, which runs this with V8's own trace of what it throws away.
 */
import * as t from 'io-ts';

import { createStore, table } from '../../src/index.js';

const Task = t.strict({ id: t.string, status: t.string, priority: t.number });
const tasks = table(Task, { primaryKey: 'id', indexes: { byStatus: ['status'], byPriority: ['priority'] } });
const store = createStore({ tables: { tasks }, mode: 'production' });
store.changes().subscribe(() => {});
store.transact((tx) => {
  for (let i = 0; i < 2000; i++) tx.tasks.insert({ id: `t${i}`, status: `s${i % 5}`, priority: i });
});

/** Its instances are gone after each round, and so is the code that reads them. */
class Passing {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

function sumPassing(list: readonly Passing[]): number {
  let all = 0;
  for (const { value } of list) all += value;
  return all;
}

let sum = 0;

function round(): void {
  const list = Array.from({ length: 1000 }, (_, i) => new Passing(i));
  for (let i = 0; i < 20_000; i++) {
    const id = `t${i % 2000}`;
    sum += sumPassing(list);
    store.transact((tx) => tx.tasks.update(id, { priority: (i * 7) % 1000 }));
    sum += store.read(({ tasks: reader }) => reader.get(id)!.priority);
    for (const row of store.now().tasks.scan('byPriority', { gte: [i % 1000], limit: 3 })) sum += row.priority;
  }
}

for (let i = 0; i < 3; i++) {
  round();
  console.log('== collecting');
  globalThis.gc!();
  globalThis.gc!();
}
console.log(`== ${sum > 0}`);
