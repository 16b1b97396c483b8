import * as t from 'io-ts';

import { createStore, projection, table, type Projection } from 'memoir';
import { average, count, groupBy, join, max, sum, topN, window } from 'memoir/folds';

import type { Order } from '../harness/launch.js';
import { collect, timePer, type Measured } from '../harness/measure.js';
import { Turns } from '../harness/turns.js';
import { rowOf } from '../scale/rows.js';
import { Task } from '../scale/tasks.js';

interface ProjectionOrder extends Order {
  readonly part: 'folds' | 'rebuild';
  /** One of `FOLDS`, or none. */
  readonly fold: string;
}

const tables = {
  tasks: table(Task, { primaryKey: 'id', indexes: { byNamespace: ['namespace'], byPriority: ['priority'] } }),
  teams: table(t.strict({ namespace: t.string, lead: t.string }), { primaryKey: 'namespace' }),
};
const tasks = { tasks: tables.tasks };
const events = { Moved: t.strict({ priority: t.number }) };

/** Rows as they are, in a table of their own: what is rebuilt. */
const copies = (version: number): Projection =>
  projection({
    ...{ name: 'copies', version, sources: tasks, from: 'rows' },
    tables: { copies: table(Task, { primaryKey: 'id', indexes: { byPriority: ['priority'] } }) },
    on: {
      changes: {
        tasks: (tx, { after }) => void (after && tx.copies.put({ ...after, priority: after.priority + version })),
      },
    },
  });

const FOLDS: Readonly<Record<string, readonly Projection[]>> = {
  none: [],
  'groupBy, count, sum, average': [
    groupBy({
      name: 'a',
      of: tasks,
      by: 'namespace',
      measures: { n: count(), sum: sum('priority'), mean: average('priority') },
    }),
  ],
  'groupBy, max': [groupBy({ name: 'b', of: tasks, by: 'namespace', measures: { most: max('priority') } })],
  join: [
    join({
      ...{ name: 'c', left: tasks, right: { teams: tables.teams }, on: ['byNamespace', 'primaryKey'] },
      ...{ row: t.strict({ id: t.string, lead: t.string, priority: t.number }), primaryKey: 'id' },
      select: ({ id, priority }, { lead }) => ({ id, lead, priority }),
    }),
  ],
  'topN of 10': [topN({ name: 'd', of: tasks, index: 'byPriority', n: 10 })],
  window: [window({ name: 'e', of: events, every: 60_000, keep: 10, measures: { n: count(), sum: sum('priority') } })],
};

/** So many transactions are timed. */
const TIMES = 20_000;

function storeOf(projections: readonly Projection[], rows: number) {
  const store = createStore({ tables, events, projections, mode: 'production', keep: { batches: 1000 } });
  for (let i = 0; i < 50; i++) {
    store.transact((tx) => void tx.teams.insert({ namespace: `ns-${String(i).padStart(3, '0')}`, lead: `lead-${i}` }));
  }
  for (let from = 0; from < rows; from += 1000) {
    store.transact((tx) => {
      for (let i = from; i < Math.min(from + 1000, rows); i++) tx.tasks.insert(rowOf(i));
    });
  }
  return store;
}

/** Updates rows, one a transaction, with one event each: what a change costs with a fold beside without. */
function folds({ rows, fold }: ProjectionOrder): Measured {
  const store = storeOf(FOLDS[fold]!, rows);
  const ids = Array.from({ length: TIMES }, (_, k) => rowOf((k * 7919) % rows).id);
  let times = 0;
  const body = (): void => {
    for (const id of ids) {
      times++;
      store.transact((tx) => {
        tx.tasks.update(id, { priority: (times * 31) % 997 });
        tx.emit('Moved', { priority: times % 10 });
      });
    }
  };
  timePer(TIMES, body);
  collect();
  return { figures: { ns: timePer(TIMES, body) } };
}

/** How many transactions a second there are, one in every turn of the event loop, alone and beside a rebuild. */
async function rebuild({ rows }: ProjectionOrder): Promise<Measured> {
  const store = storeOf([copies(1)], rows);
  const ids = Array.from({ length: TIMES }, (_, k) => rowOf((k * 7919) % rows).id);
  // Never the same priority for a row again: to write what is there makes no batch.
  let written = 0;
  const during = async (work: Promise<unknown>): Promise<{ readonly ns: number; readonly ms: number }> => {
    const before = written;
    const begin = performance.now();
    const turns = new Turns();
    const writing = turns.run(() => {
      // As many as a busy program has in a turn.
      for (let i = 0; i < 100; i++) {
        const id = ids[written++ % TIMES]!;
        store.transact((tx) => void tx.tasks.update(id, { priority: written % 997 }));
      }
    });
    await work;
    const ms = performance.now() - begin;
    const ns = (ms * 1e6) / (written - before);
    turns.stop();
    await writing;
    return { ns, ms };
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await during(pause(500));
  const alone = await during(pause(2000));
  const beside = await during(store.rebuild(copies(2)));
  store.check();
  return { figures: { alone: alone.ns, beside: beside.ns, ms: beside.ms } };
}

const order = JSON.parse(process.argv[2]!) as ProjectionOrder;
const PARTS = { folds, rebuild };
console.log(JSON.stringify(await PARTS[order.part](order)));
process.exit(0);
