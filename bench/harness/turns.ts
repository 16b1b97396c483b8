import { openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** A stretch of time, in milliseconds. */
type Stretch = readonly [from: number, to: number];

/** A stretch of work, and how long of it the thread could have run and had no processor. */
interface Between {
  readonly stretch: Stretch;
  readonly waited: number;
}

/**
 * How long this thread has waited for a processor, in milliseconds, as Linux counts it: on a machine that others use as
 * well, that is most of what long slices take. 0 where the system does not say.
 */
function processorWait(): () => number {
  const bytes = new Uint8Array(80);
  const decoder = new TextDecoder();
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    return () => Number(decoder.decode(bytes.subarray(0, readSync(file, bytes, 0, 80, 0))).split(' ')[1]) / 1e6;
  } catch {
    return () => 0;
  }
}

/** Watches the turns of the event loop: what lies between two is a slice of somebody's work. */
export class Turns {
  /** When a turn of ours ended, and when the next began. */
  readonly #between: Between[] = [];
  readonly #wait = processorWait();
  readonly #pauses: Stretch[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) this.#pauses.push([startTime, startTime + duration]);
  });
  #running = true;

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  async run(turn: () => void): Promise<void> {
    let [last, waited] = [performance.now(), this.#wait()];
    while (this.#running) {
      await setImmediate();
      this.#between.push({ stretch: [last, performance.now()], waited: this.#wait() - waited });
      turn();
      [last, waited] = [performance.now(), this.#wait()];
    }
  }

  stop(): void {
    this.#running = false;
  }

  /** How long the slices took, in milliseconds, less what they waited for: the collector, and a processor; and that. */
  async slices(): Promise<Record<string, number>> {
    for (let i = 0; i < 5; i++) await setImmediate();
    this.#observer.disconnect();
    const own = this.#between.map(({ stretch: [from, to], waited }) => {
      const paused = this.#pauses.map(([a, b]) => Math.max(0, Math.min(to, b) - Math.max(from, a)));
      return Math.max(0, to - from - waited - paused.reduce((sum, ms) => sum + ms, 0));
    });
    const sorted = Float64Array.from(own).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
    const collector = Math.max(0, ...this.#pauses.map(([from, to]) => to - from));
    const processor = Math.max(0, ...this.#between.map(({ waited }) => waited));
    return { slices: own.length, median: at(0.5), p99: at(0.99), longest: at(1), collector, processor };
  }
}

/** Resolves when nothing is done between turns: sealing and giving back are slices of their own. */
export async function quiet(): Promise<void> {
  for (let idle = 0; idle < 50;) {
    const begin = performance.now();
    await setImmediate();
    idle = performance.now() - begin < 1 ? idle + 1 : 0;
  }
}
