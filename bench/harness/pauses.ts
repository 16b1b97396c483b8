import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

import { Stopwatch } from './measure.js';

/** The collector's pauses in a stretch of time. */
interface Pause {
  readonly start: number;
  readonly end: number;
}

/** How long single calls took. Milliseconds. */
export interface CallTimes {
  /** The longest, less the collector's pauses in it. */
  readonly max: number;
  /** What one in a thousand calls takes longer than, less the collector's pauses. */
  readonly p999: number;
  /** The longest, with them. */
  readonly maxWithCollector: number;
  /** The longest pause of the collector. */
  readonly maxCollector: number;
}

/** Times single calls, and tells what the collector has taken of each. */
export class CallTimer {
  readonly #pauses: Pause[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      this.#pauses.push({ start: startTime, end: startTime + duration });
    }
  });
  readonly #watch = new Stopwatch();
  #starts: number[] = [];
  #ends: number[] = [];
  /** How long each call took, less the time in which the process had to wait for a processor. */
  #took: number[] = [];

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Runs one call. */
  call(body: () => void): void {
    const start = this.#watch.start().begin;
    body();
    this.#took.push(this.#watch.stop());
    this.#ends.push(performance.now());
    this.#starts.push(start);
  }

  /** Tells about the calls since the last time it was asked. */
  async take(): Promise<CallTimes> {
    const [starts, ends, took] = [this.#starts, this.#ends, this.#took];
    [this.#starts, this.#ends, this.#took] = [[], [], []];
    // The collector's entries come with later turns of the event loop.
    for (let i = 0; i < 5; i++) await setImmediate();
    const pauses = this.#pauses.splice(0).toSorted((a, b) => a.start - b.start);
    const own = new Float64Array(starts.length);
    let [first, maxCollector, maxWithCollector] = [0, 0, 0];
    for (let i = 0; i < starts.length; i++) {
      const [start, end] = [starts[i]!, ends[i]!];
      let collecting = 0;
      while (first < pauses.length && pauses[first]!.end <= start) first++;
      for (let k = first; k < pauses.length && pauses[k]!.start < end; k++) {
        collecting += Math.min(end, pauses[k]!.end) - Math.max(start, pauses[k]!.start);
        maxCollector = Math.max(maxCollector, pauses[k]!.end - pauses[k]!.start);
      }
      own[i] = Math.max(0, took[i]! - collecting);
      maxWithCollector = Math.max(maxWithCollector, took[i]!);
    }
    own.sort();
    const p999 = own[Math.floor(own.length * 0.999)] ?? 0;
    return { max: own.at(-1) ?? 0, p999, maxWithCollector, maxCollector };
  }

  stop(): void {
    this.#observer.disconnect();
  }
}

/** The times of calls as figures, under a name. */
export function figuresOf(name: string, times: CallTimes): Record<string, number> {
  return Object.fromEntries(Object.entries(times).map(([key, value]) => [`${name}.${key}`, value as number]));
}
