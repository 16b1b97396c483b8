import { bytesInUse, type Measured } from '../harness/measure.js';
import { CallTimer, figuresOf } from '../harness/pauses.js';
import { insertAll, tasksStore, watched, type TaskStore } from '../scale/tasks.js';
import { changeAll, reprioritise } from './reads.js';

interface Sizes {
  readonly rows: number;
  readonly versions: number;
}

/** How many batches are kept when nobody holds more. */
const KEPT = 1000;
/** How many transactions are watched after history may go. */
const AFTER = 10_000;

/** A view is held while rows change, then closed: what that took, and how long giving it back stops the writer. */
export async function closing(sizes: Sizes): Promise<Measured> {
  const store = tasksStore({ batches: KEPT });
  let view: ReturnType<TaskStore['asOf']> | undefined;
  const hold = () => void (view = store.asOf(store.head, { label: 'held for long' }));
  return giveBack(store, sizes, hold, () => {
    view!.close();
    view = undefined;
  });
}

/** Everything is kept while rows change, then the floor is moved. */
export async function compacting(sizes: Sizes): Promise<Measured> {
  const store = tasksStore('all');
  const nothing = () => undefined;
  return giveBack(store, sizes, nothing, () => store.compact(store.head + 1 - KEPT));
}

async function giveBack(store: TaskStore, sizes: Sizes, hold: () => void, release: () => void): Promise<Measured> {
  const { rows, versions } = sizes;
  const timer = new CallTimer();
  watched(store);
  insertAll(store, 0, rows);
  // Before: as much history as there will be again.
  for (let i = 0; i < KEPT; i++) reprioritise(store, i % rows, 1);
  store.compact(store.head + 1 - KEPT);
  const before = bytesInUse();
  hold();
  changeAll(store, rows, versions);
  const withHistory = bytesInUse();
  const kept = store.stats().tables.tasks.past;
  const touch = (count: number) => {
    for (let i = 0; i < count; i++) timer.call(() => reprioritise(store, i % rows, 1));
  };
  touch(AFTER);
  const usual = await timer.take();
  timer.call(release);
  const releasing = await timer.take();
  timer.call(() => reprioritise(store, 0, 1));
  const first = await timer.take();
  let until = 0;
  for (let i = 0; i < AFTER; i++) {
    if (until === 0 && store.stats().tables.tasks.past <= 2 * KEPT) until = i + 1;
    timer.call(() => reprioritise(store, i % rows, 1));
  }
  const next = await timer.take();
  timer.stop();
  store.compact(store.head + 1 - KEPT);
  reprioritise(store, 0, 1);
  const after = bytesInUse();
  const { past } = store.stats().tables.tasks;
  store.check();
  return {
    figures: {
      ...{ before, with: withHistory, after, kept, until, left: past },
      ...figuresOf('usual', usual),
      ...figuresOf('release', releasing),
      ...figuresOf('first', first),
      ...figuresOf('next', next),
    },
  };
}
