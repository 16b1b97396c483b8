import { sink, timePer } from '../harness/measure.js';
import { randomFrom } from '../peers/random.js';
import { PRIORITIES, STATUSES } from '../peers/rows.js';
import { idOf } from '../scale/rows.js';
import type { TaskStore, TaskView } from '../scale/tasks.js';

/** Changes the row of this number: its priority, and so its place in an index. */
export function reprioritise(store: TaskStore, i: number, by: number): void {
  store.transact((tx) =>
    tx.tasks.update(idOf(i), ({ priority, ...row }) => ({ ...row, priority: (priority + by) % PRIORITIES })),
  );
}

/** As many changes of rows, one a transaction, each row as often as every other and in no order. */
export function changeAll(store: TaskStore, rows: number, versions: number, after?: (round: number) => void): void {
  const random = randomFrom(99);
  for (let version = 0; version < versions; version++) {
    // A step that has no divisor in common with the rows' number goes through all of them.
    let step = (random() % rows) | 1;
    while (divisor(step, rows) > 1) step += 2;
    const start = random() % rows;
    for (let k = 0; k < rows; k++) {
      reprioritise(store, (start + k * step) % rows, 1 + (random() % (PRIORITIES - 1)));
    }
    after?.(version);
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

const ids = (rows: number, count: number): readonly string[] => {
  const random = randomFrom(31);
  return Array.from({ length: count }, () => idOf(random() % rows));
};

/** Reads by key, nanoseconds each; from each view in turn when there are several. */
export function gets(views: readonly TaskView[], rows: number, count: number): number {
  const wanted = ids(rows, count);
  const readers = views.map(({ tasks }) => tasks);
  return timePer(count, () => {
    for (let i = 0; i < count; i++) sink.sum += readers[i % readers.length]!.get(wanted[i]!)!.priority;
  });
}

/** Scans of 100 rows of the index whose keys change, nanoseconds each. */
export function ranges(views: readonly TaskView[], count: number): number {
  const random = randomFrom(32);
  const readers = views.map(({ tasks }) => tasks);
  return timePer(count, () => {
    for (let i = 0; i < count; i++) {
      const scan = readers[i % readers.length]!.scan('byPriority', { gte: [random() % 900], limit: 100 });
      for (const row of scan) sink.sum += row.priority;
    }
  });
}

/** A scan of everything by primary key, nanoseconds a row. */
export function scanAll({ tasks }: TaskView): number {
  return timePer(tasks.size, () => {
    for (const row of tasks.scan()) sink.sum += row.priority;
  });
}

/** A scan of everything in the order of an index whose keys do not change, nanoseconds a row. */
export function scanByStatus({ tasks }: TaskView): number {
  return timePer(tasks.size, () => {
    for (const status of STATUSES) {
      for (const row of tasks.scan('byStatus', { prefix: [status] })) sink.sum += row.priority;
    }
  });
}

/** A scan of everything in the order of the index whose keys change, nanoseconds a row. */
export function scanByPriority({ tasks }: TaskView): number {
  return timePer(tasks.size, () => {
    for (const row of tasks.scan('byPriority')) sink.sum += row.priority;
  });
}
