/** What one process measured: single figures, and figures by round. */
export interface Measured {
  readonly figures: Readonly<Record<string, number>>;
  readonly series?: Readonly<Record<string, readonly number[]>>;
}

/** Collects what nobody holds; the process must run with `--expose-gc`. */
export function collect(): void {
  globalThis.gc!();
  globalThis.gc!();
}

/** Bytes in use after collecting, on the heap and in typed arrays. */
export function bytesInUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The most bytes that the process has had resident. */
export function peakResident(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/**
 * Times a stretch, in milliseconds: by the clock, or by the processor's time when that is less. On a machine that does
 * something else at the same time the clock goes on while the process waits; the processor's time counts the
 * collector's helpers, too. What this thread has taken is at most either.
 */
export class Stopwatch {
  #begin = 0;
  #used: NodeJS.CpuUsage | undefined;

  /** The clock when it was started. */
  get begin(): number {
    return this.#begin;
  }

  start(): this {
    this.#used = process.cpuUsage();
    this.#begin = performance.now();
    return this;
  }

  stop(): number {
    const clock = performance.now() - this.#begin;
    const { user, system } = process.cpuUsage(this.#used);
    return Math.min(clock, (user + system) / 1000);
  }
}

/** Nanoseconds per operation. */
export function timePer(operations: number, body: () => void): number {
  const watch = new Stopwatch().start();
  body();
  return (watch.stop() * 1e6) / operations;
}

/** Keeps what is read from being optimised away; sums are checked where they are known. */
export const sink = { sum: 0 };
