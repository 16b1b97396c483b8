import type { AnyBatch } from './batch.js';
import type { Narrow } from './change-filter.js';
import type { Log } from './log.js';
import { startOf, type Position } from './position.js';

/** Stands among the batches of a stream that asked for markers. */
export interface Marker {
  /** `caughtUp`: history is over, what follows is live; `progress`: nothing up to here was for this stream. */
  readonly marker: 'caughtUp' | 'progress';
  readonly offset: number;
}

/** How a stream is read, types apart. */
export interface StreamPlan {
  /** The first offset wanted; live only when undefined. */
  readonly from: number | Position | undefined;
  readonly narrow: Narrow;
  /** Markers too, with one of progress for every so many batches passed over; none when undefined. */
  readonly progressEvery: number | undefined;
}

/**
 * The batches of a log from an offset on: history first, then live, with no gap and no repetition. What is due is
 * given as the caller takes it, so history never piles up: streams that push and streams that are pulled both read
 * through one.
 */
export class Cursor {
  readonly #log: Log;
  readonly #plan: StreamPlan;
  #next: number;
  #passed = 0;
  #caughtUp: boolean;

  constructor(log: Log, plan: StreamPlan) {
    this.#log = log;
    this.#plan = plan;
    this.#next = plan.from === undefined ? log.head + 1 : startOf(log, plan.from);
    this.#caughtUp = plan.progressEvery === undefined;
  }

  /** The first offset not yet read. */
  get next(): number {
    return this.#next;
  }

  /** The next item due, up to an offset, or undefined. @throws `OffsetCompacted` when retention has overtaken it */
  take(upTo = this.#log.head): AnyBatch | Marker | undefined {
    const { narrow, progressEvery } = this.#plan;
    while (this.#next <= upTo) {
      const batch = narrow(this.#log.at(this.#next++));
      if (batch !== undefined) {
        this.#passed = 0;
        return batch;
      }
      if (++this.#passed === progressEvery) {
        this.#passed = 0;
        return { marker: 'progress', offset: this.#next - 1 };
      }
    }
    if (this.#caughtUp || upTo < this.#log.head) return undefined;
    this.#caughtUp = true;
    return { marker: 'caughtUp', offset: this.#next - 1 };
  }
}
