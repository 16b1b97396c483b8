import { avro } from 'memoir/avro';

import { bytesInUse, Stopwatch, timePer, type Measured } from '../harness/measure.js';
import { randomFrom } from '../peers/random.js';
import { insertAll, tasksStore, watched, type TaskStore } from '../scale/tasks.js';
import { changeAll } from './reads.js';

interface Sizes {
  readonly rows: number;
  readonly versions: number;
  readonly times: number;
}

/** How many batches stay at hand as rows. */
const WINDOW = 1000;
/** How far checkpoints lie apart where there are few rows. */
const LEAST = 10_000;
/** How far an offset that is asked for lies from a checkpoint. */
const AWAY = 2500;

/** Lets old batches be sealed and checkpoints be laid down, until nothing is left to do. */
async function idle(): Promise<void> {
  const turns = () => new Promise<void>((resolve) => void setImmediate(resolve));
  for (let quiet = 0; quiet < 1000;) {
    const watch = performance.now();
    await turns();
    quiet = performance.now() - watch > 1 ? 0 : quiet + 1;
  }
}

/** What keeping row versions, or only what they can be made of, takes; and what making them takes. */
export async function below({ rows, versions, times }: Sizes): Promise<Measured> {
  const grown = async (batches: number): Promise<readonly [TaskStore, number]> => {
    const store = tasksStore('all', { codec: avro, history: { batches } });
    watched(store);
    insertAll(store, 0, rows);
    // What an earlier store had goes in a turn of its own.
    bytesInUse();
    await idle();
    const before = bytesInUse();
    changeAll(store, rows, versions);
    await idle();
    return [store, (bytesInUse() - before) / (rows * versions)];
  };
  const [, all] = await grown(Infinity);
  const [store, window] = await grown(WINDOW);
  const { checkpoints, checkpointBytes, from } = store.stats().history;
  const { past } = store.stats().tables.tasks;
  const random = randomFrom(5);
  const series: Record<string, number[]> = { insert: [], open: [], next: [], far: [] };
  for (let i = 0; i < times; i++) {
    const watch = new Stopwatch().start();
    insertAll(tasksStore({ batches: 0 }), 0, rows);
    series['insert']!.push(watch.stop());
    // Above another checkpoint than the last times. The first one was due before there were rows.
    const checkpoint = LEAST + Math.max(LEAST, rows) * ((3 * i) % Math.max(1, checkpoints));
    const offset = Math.min(checkpoint + AWAY - (random() % 100), from - 200);
    watch.start();
    store.asOf(offset);
    series['open']!.push(watch.stop());
    series['next']!.push(timePer(100, () => walk(store, offset, 100)) / 1e6);
    series['far']!.push(timePer(100, () => jump(store, offset, 100)) / 1e6);
  }
  return { figures: { all, window, past, checkpoints, checkpointBytes }, series };
}

/** Opens the states that come after one: each is a batch further. */
function walk(store: TaskStore, from: number, count: number): void {
  for (let i = 1; i <= count; i++) store.asOf(from + i).close();
}

/** Opens states that have been walked over. */
function jump(store: TaskStore, from: number, count: number): void {
  for (let i = 1; i <= count; i++) store.asOf(from + ((i * 37) % 100)).close();
}
