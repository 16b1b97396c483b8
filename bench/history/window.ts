import { timePer, type Measured } from '../harness/measure.js';
import { randomFrom } from '../peers/random.js';
import { insertAll, tasksStore, watched, type TaskStore, type TaskView } from '../scale/tasks.js';
import { changeAll, gets, ranges, scanAll, scanByPriority, scanByStatus } from './reads.js';
import { interleave, type Probe } from './rounds.js';

interface Sizes {
  readonly rows: number;
  readonly versions: number;
  readonly times: number;
}

function changedStore({ rows, versions }: Sizes, batches: number): TaskStore {
  const store = tasksStore({ batches });
  watched(store);
  insertAll(store, 0, rows);
  changeAll(store, rows, versions);
  return store;
}

/** How many reads a probe makes: enough to take a while, few enough for many rounds. */
const countsFor = (rows: number) => ({ lookups: Math.min(100_000, 2 * rows), scans: Math.min(1000, rows) });

/** Reads of the newest state where every change so far is in the window, and where none is. */
export function head(sizes: Sizes): Measured {
  const { rows, versions, times } = sizes;
  const [none, window] = [changedStore(sizes, 0), changedStore(sizes, rows * versions + 1)];
  const { lookups, scans } = countsFor(rows);
  const reads: Readonly<Record<string, (view: TaskView) => number>> = {
    get: (view) => gets([view], rows, lookups),
    range: (view) => ranges([view], scans),
    scan: scanAll,
    scanByStatus,
    scanByPriority,
  };
  const probes = Object.entries(reads).flatMap(([name, probe]): [string, Probe][] => [
    [`${name}.none`, () => none.read(probe)],
    [`${name}.window`, () => window.read(probe)],
  ]);
  const { past } = window.stats().tables.tasks;
  return { figures: { past, head: window.head }, series: interleave(Object.fromEntries(probes), times) };
}

/** What opening a view somewhere in the window costs, and letting go of one beside many others. */
export function opening(sizes: Sizes): Measured {
  const { rows, versions, times } = sizes;
  const store = changedStore(sizes, rows * versions + 1);
  const random = randomFrom(4);
  const opens = Math.min(2000, store.head);
  const somewhere = () => 1 + (random() % store.head);
  const held = (close: (views: TaskView[]) => void) => () => {
    const views = Array.from({ length: opens }, (_, i) => store.asOf(1 + i));
    return timePer(opens, () => close(views));
  };
  const places = Array.from({ length: opens }, (_, i) => i);
  const probes: Record<string, Probe> = {
    open: () => timePer(opens, () => places.forEach(() => store.asOf(somewhere()).close())),
    scoped: () => timePer(opens, () => places.forEach(() => store.read(() => undefined))),
    closeNewestFirst: held((views) => views.toReversed().forEach((view) => view.close())),
    closeOldestFirst: held((views) => views.forEach((view) => view.close())),
  };
  return { figures: { batches: store.head - store.floor + 1 }, series: interleave(probes, times) };
}

/** Reads of views all over the window, and of its oldest, beside those of the newest state. */
export function viewReads(sizes: Sizes): Measured {
  const { rows, versions, times } = sizes;
  const store = changedStore(sizes, rows * versions + 1);
  const { lookups, scans } = countsFor(rows);
  const all = Array.from({ length: 100 }, (_, i) => store.asOf(1 + Math.floor((i * (store.head - 1)) / 100)));
  const [oldest, middle] = [all[0]!, all[50]!];
  const newest = store.asOf(store.head);
  const series = interleave(
    {
      'get.head': () => gets([newest], rows, lookups),
      'get.past': () => gets(all, rows, lookups),
      'get.middle': () => gets([middle], rows, lookups),
      'range.head': () => ranges([newest], scans),
      'range.past': () => ranges(all, scans),
      'range.oldest': () => ranges([oldest], scans),
      'scan.head': () => scanAll(newest),
      'scan.past': () => scanAll(middle),
      'scanByPriority.head': () => scanByPriority(newest),
      'scanByPriority.past': () => scanByPriority(middle),
    },
    times,
  );
  return { figures: { past: store.stats().tables.tasks.past }, series };
}
