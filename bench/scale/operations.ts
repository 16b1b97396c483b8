import { collect, peakResident, sink, timePer, type Measured } from '../harness/measure.js';
import { CallTimer, figuresOf } from '../harness/pauses.js';
import { randomFrom } from '../peers/random.js';
import { PRIORITIES, STATUSES, type Row } from '../peers/rows.js';
import { idOf, rowOf } from './rows.js';
import { insertAll, tasksStore, watched, type TaskStore } from './tasks.js';

/** How much is done of everything. */
interface Plan {
  readonly rows: number;
  readonly lookups: number;
  readonly ranges: number;
  /** How many rows are inserted, and deleted, one a transaction; and as many again in transactions of 100. */
  readonly writes: number;
  /** How often that is repeated. */
  readonly repeats: number;
  /** As many as the batches that are kept: so that each that is measured also gives one back. */
  readonly updates: number;
}

/** They stay in reach: V8 drops compiled code when all objects of the classes it was made for have been collected. */
const stores: TaskStore[] = [];

/** What each operation costs with so many rows there, and how long single transactions take at the most. */
export async function operations({ rows }: { readonly rows: number }): Promise<Measured> {
  const timer = new CallTimer();
  const warm = { ...planFor(Math.min(rows, 10_000)), repeats: 4, updates: 10_000 };
  for (let i = 0; i < 2; i++) await operate(warm, timer);
  const figures = await operate(planFor(rows), timer);
  timer.stop();
  return { figures };
}

function planFor(rows: number): Plan {
  const full = rows >= 10_000;
  const count = Math.min(20_000, Math.floor(rows / 20));
  const repeats = rows >= 10_000 ? Math.ceil(20_000 / count) : 2;
  return {
    ...{ rows, writes: count, repeats },
    lookups: full ? 200_000 : 5000,
    ranges: full ? 10_000 : 100,
    updates: full ? 100_000 : 1000,
  };
}

async function operate(plan: Plan, timer: CallTimer): Promise<Record<string, number>> {
  const store = tasksStore();
  stores.push(store);
  const verify = watched(store);
  collect();
  const bulk = (insertAll(store, 0, plan.rows) * 1e6) / plan.rows;
  const peak = peakResident();
  collect();
  const read = reads(store, plan);
  const written = await writes(store, plan, timer);
  verify();
  store.close();
  return { bulk, ...read, ...written, peakAfterBulk: peak, peak: peakResident() };
}

function reads(store: TaskStore, { rows, lookups, ranges }: Plan): Record<string, number> {
  const random = randomFrom(777);
  const ids = Array.from({ length: lookups }, () => idOf(random() % rows));
  const names = Array.from({ length: lookups }, () => rowOf(random() % rows));
  const lows = Array.from({ length: ranges }, () => random() % 900);
  return store.read(({ tasks }) => ({
    get: timePer(lookups, () => {
      for (const id of ids) sink.sum += tasks.get(id)!.priority;
    }),
    find: timePer(lookups, () => {
      for (const { namespace, name } of names) sink.sum += tasks.find('byName', namespace, name)!.priority;
    }),
    range: timePer(ranges, () => {
      for (const low of lows) {
        for (const row of tasks.scan('byPriority', { gte: [low], limit: 100 })) sink.sum += row.priority;
      }
    }),
    scan: timePer(rows, () => {
      for (const row of tasks.scan()) sink.sum += row.priority;
    }),
  }));
}

async function writes(store: TaskStore, plan: Plan, timer: CallTimer): Promise<Record<string, number>> {
  const { rows, writes: count, repeats, updates } = plan;
  const sums = { insert: 0, insert100: 0, delete: 0 };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const next = rows + 2 * repeat * count;
    const [single, many] = [next, next + count].map((from) => Array.from({ length: count }, (_, i) => rowOf(from + i)));
    const gone = Array.from({ length: count }, (_, i) => idOf(2 * repeat * count + i));
    collect();
    sums.insert += timePer(count, () => {
      for (const row of single!) store.transact((tx) => tx.tasks.insert(row));
    });
    sums.insert100 += timePer(count, () => insertHundreds(store, many!, timer));
    sums.delete += timePer(count, () => {
      for (const id of gone) store.transact((tx) => tx.tasks.delete(id));
    });
    // As many go as have come, the oldest first: the table is as large as before.
    store.transact((tx) => gone.forEach((_, i) => tx.tasks.delete(idOf(2 * repeat * count + count + i))));
  }
  const figures: Record<string, number> = Object.fromEntries(
    Object.entries(sums).map(([name, sum]) => [name, sum / repeats]),
  );
  Object.assign(figures, figuresOf('insert100', await timer.take()));
  const random = randomFrom(778);
  const someIds = () => Array.from({ length: updates }, () => idOf(2 * repeats * count + (random() % rows)));
  const update = (id: string) => {
    const changed = { status: STATUSES[random() % STATUSES.length]!, priority: random() % PRIORITIES };
    store.transact((tx) => tx.tasks.update(id, changed));
  };
  for (const id of someIds()) update(id); // until retention gives back as much as is written
  const [plain, timed] = [someIds(), someIds()];
  collect();
  figures['update'] = timePer(updates, () => plain.forEach(update));
  collect();
  await timer.take(); // what has been collected so far is nobody's pause
  for (const id of timed) timer.call(() => update(id));
  return { ...figures, ...figuresOf('update', await timer.take()) };
}

function insertHundreds(store: TaskStore, rows: readonly Row[], timer: CallTimer): void {
  for (let i = 0; i < rows.length; i += 100) {
    const group = rows.slice(i, i + 100);
    timer.call(() =>
      store.transact((tx) => {
        for (const row of group) tx.tasks.insert(row);
      }),
    );
  }
}
