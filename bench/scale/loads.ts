import { bytesInUse, peakResident, Stopwatch, type Measured } from '../harness/measure.js';
import { CallTimer, figuresOf } from '../harness/pauses.js';
import { randomFrom } from '../peers/random.js';
import { PRIORITIES } from '../peers/rows.js';
import { idOf, rowOf } from './rows.js';
import { fingerprint, insertAll, tasksStore, watched, type TaskStore } from './tasks.js';

/** Loads rows in one transaction, or in many, with someone watching; what it takes, and whether all are there. */
export async function load({ rows, size }: { readonly rows: number; readonly size: number }): Promise<Measured> {
  const store = tasksStore();
  const verify = watched(store);
  const timer = new CallTimer();
  let took = 0;
  if (size === rows) timer.call(() => (took = insertAll(store, 0, rows)));
  else took = insertInGroups(store, rows, size, timer);
  const peak = peakResident();
  const times = figuresOf('transact', await timer.take());
  timer.stop();
  verify();
  const [count] = store.read(fingerprint).split(' ');
  if (Number(count) !== rows) throw new Error(`${count} rows are there, not ${rows}`);
  const last = store.read((db) => db.tasks.get(idOf(rows - 1)));
  if (last?.name !== rowOf(rows - 1).name) throw new Error('the last row is not what it was');
  return { figures: { seconds: took / 1000, ns: (took * 1e6) / rows, peak, bytes: bytesInUse() / rows, ...times } };
}

function insertInGroups(store: TaskStore, rows: number, size: number, timer: CallTimer): number {
  const watch = new Stopwatch();
  let took = 0;
  for (let i = 0; i < rows; i += size) {
    const group = Array.from({ length: Math.min(size, rows - i) }, (_, k) => rowOf(i + k));
    watch.start();
    timer.call(() =>
      store.transact((tx) => {
        for (const row of group) tx.tasks.insert(row);
      }),
    );
    took += watch.stop();
  }
  return took;
}

/** A transaction that changes every row, and fails at its end; then one that does not. */
export function abort({ rows }: { readonly rows: number }): Measured {
  const store = tasksStore();
  insertAll(store, 0, rows);
  const before = store.read(fingerprint);
  const ids = Array.from({ length: rows }, (_, i) => idOf(i));
  const failure = new Error('at the end');
  const random = randomFrom(5);
  const attempt = (fail: boolean) => {
    const whole = new Stopwatch().start();
    let body = 0;
    try {
      store.transact((tx) => {
        for (const id of ids) tx.tasks.update(id, { priority: random() % PRIORITIES, createdAt: 1 });
        body = whole.stop();
        if (fail) throw failure;
      });
    } catch (error) {
      if (error !== failure) throw error;
    }
    return { body, end: whole.stop() - body };
  };
  const failed = attempt(true);
  store.check();
  if (store.now().offset !== 1 || store.read(fingerprint) !== before) throw new Error('the failed body left a trace');
  const committed = attempt(false);
  if (store.now().offset !== 2 || store.read(fingerprint) === before) throw new Error('the transaction did nothing');
  const checking = new Stopwatch().start();
  store.check();
  return {
    figures: {
      ...{ 'abort.body': failed.body, 'abort.undo': failed.end },
      ...{ 'commit.body': committed.body, 'commit.end': committed.end },
      ...{ check: checking.stop(), peak: peakResident() },
    },
  };
}
