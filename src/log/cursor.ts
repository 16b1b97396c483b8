import type { AnyBatch } from './batch.js';
import type { Narrow } from './change-filter.js';
import type { Log } from './log.js';
import { lineageChanged, startOf, type Position } from './position.js';

/** Stands among the batches of a stream that asked for markers. */
export interface Marker {
  /**
   * `caughtUp`: history is over, what follows is live; `progress`: nothing up to here was for this stream; `reset`: the
   * store was restored to the state at this offset, and what follows comes after that. Read the state anew.
   */
  readonly marker: 'caughtUp' | 'progress' | 'reset';
  readonly offset: number;
  /** With `reset`: the log's id from now on. */
  readonly lineage?: string;
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
  #lineage: string;
  #epoch: number;
  #breaks: number;

  constructor(log: Log, plan: StreamPlan) {
    this.#log = log;
    this.#plan = plan;
    this.#next = plan.from === undefined ? log.head + 1 : startOf(log, plan.from);
    this.#caughtUp = plan.progressEvery === undefined;
    this.#lineage = log.lineage;
    this.#epoch = log.epoch;
    this.#breaks = log.breaks;
  }

  /** The first offset not yet read. */
  get next(): number {
    return this.#next;
  }

  /**
   * The next item due, up to an offset, or undefined.
   *
   * @throws `OffsetCompacted` when retention has overtaken it; `LineageChanged` when the store was restored to other
   *   content and the stream has no markers that could say so
   */
  take(upTo = this.#log.head): AnyBatch | Marker | undefined {
    const { narrow, progressEvery } = this.#plan;
    if (this.#epoch !== this.#log.epoch) {
      const reset = this.#again();
      if (reset !== undefined) return reset;
    }
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

  #again(): Marker | undefined {
    const { head, lineage } = this.#log;
    this.#epoch = this.#log.epoch;
    const before = this.#lineage;
    const isBroken = this.#breaks !== this.#log.breaks;
    [this.#lineage, this.#breaks] = [lineage, this.#log.breaks];
    // Without markers there must be no gap that nobody tells of: a log that only went on says what is missing itself.
    if (this.#plan.progressEvery === undefined) {
      if (isBroken) throw lineageChanged(this.#log, before);
      return undefined;
    }
    this.#next = head + 1;
    this.#passed = 0;
    this.#caughtUp = true;
    return { marker: 'reset', offset: head, lineage };
  }
}
