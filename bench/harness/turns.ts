import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** A stretch of time, in milliseconds. */
type Stretch = readonly [from: number, to: number];

/** Watches the turns of the event loop: what lies between two is a slice of somebody's work. */
export class Turns {
  /** When a turn of ours ended, and when the next began. */
  readonly #between: Stretch[] = [];
  readonly #pauses: Stretch[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) this.#pauses.push([startTime, startTime + duration]);
  });
  #running = true;

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  async run(turn: () => void): Promise<void> {
    let last = performance.now();
    while (this.#running) {
      await setImmediate();
      this.#between.push([last, performance.now()]);
      turn();
      last = performance.now();
    }
  }

  stop(): void {
    this.#running = false;
  }

  /** How long the slices took, in milliseconds, less the collector's pauses in them; and those. */
  async slices(): Promise<Record<string, number>> {
    for (let i = 0; i < 5; i++) await setImmediate();
    this.#observer.disconnect();
    const own = this.#between.map(([from, to]) => {
      const paused = this.#pauses.map(([a, b]) => Math.max(0, Math.min(to, b) - Math.max(from, a)));
      return to - from - paused.reduce((sum, ms) => sum + ms, 0);
    });
    const sorted = Float64Array.from(own).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
    const collector = Math.max(0, ...this.#pauses.map(([from, to]) => to - from));
    return { slices: own.length, median: at(0.5), p99: at(0.99), longest: at(1), collector };
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
