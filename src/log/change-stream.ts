import type { Observable, Subscriber } from 'rxjs';

import type { AnyBatch } from './batch.js';
import type { Narrow } from './change-filter.js';
import type { Feed, Listener } from './feed.js';
import { GuardedObservable, type OnError } from './guarded-observable.js';
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
 * given as the caller pulls it, so history never piles up. `Cursor` is both sides of a stream: pushed and pulled.
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

/** A stream as an Observable: everything due is given when it is subscribed to, and each batch as it comes. */
export function observe(log: Log, feed: Feed, plan: StreamPlan, onError: OnError): Observable<AnyBatch | Marker> {
  return new GuardedObservable<AnyBatch | Marker>(onError, (subscriber) => {
    const cursor = new Cursor(log, plan);
    const pushed = new Push(cursor, subscriber);
    const remove = feed.add(pushed);
    pushed.pump();
    return remove;
  });
}

class Push implements Listener {
  readonly #cursor: Cursor;
  readonly #subscriber: Subscriber<AnyBatch | Marker>;
  #busy = false;

  constructor(cursor: Cursor, subscriber: Subscriber<AnyBatch | Marker>) {
    this.#cursor = cursor;
    this.#subscriber = subscriber;
  }

  deliver(batch: AnyBatch): void {
    // One that subscribed while the batch was under way has read it from the log.
    if (batch.offset >= this.#cursor.next) this.pump(batch.offset);
  }

  end(): void {
    this.#subscriber.complete();
  }

  /** Gives what is due, up to an offset; a re-entrant call leaves it to the one under way. */
  pump(upTo?: number): void {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (!this.#subscriber.closed) {
        const item = this.#cursor.take(upTo);
        if (item === undefined) break;
        this.#subscriber.next(item);
      }
    } catch (error) {
      this.#subscriber.error(error);
    } finally {
      this.#busy = false;
    }
  }
}

/**
 * A stream as an async iterable: nothing is read before it is asked for, and nothing is listened to but while someone
 * waits. When the store has closed it gives what is still due, and ends.
 */
export class Follower implements AsyncIterableIterator<AnyBatch | Marker> {
  readonly #cursor: Cursor;
  readonly #feed: Feed;
  readonly #letGo: () => void;
  /** Ends the calls of `next` that wait. */
  readonly #wakes = new Set<() => void>();
  #ended = false;

  constructor(log: Log, feed: Feed, plan: StreamPlan, hold: (follower: Follower) => () => void) {
    this.#cursor = new Cursor(log, plan);
    this.#feed = feed;
    this.#letGo = hold(this);
  }

  /** The first offset not yet read: what a holding follower keeps from being truncated. */
  get position(): number {
    return this.#cursor.next;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<AnyBatch | Marker, undefined>> {
    while (!this.#ended) {
      const item = this.#take();
      if (item !== undefined) return { done: false, value: item };
      if (this.#feed.closed) this.#end();
      else await this.#news();
    }
    return { done: true, value: undefined };
  }

  // oxlint-disable-next-line typescript/require-await -- the protocol of async iterators
  async return(): Promise<IteratorResult<AnyBatch | Marker, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  #take(): AnyBatch | Marker | undefined {
    try {
      return this.#cursor.take();
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #end(): void {
    if (!this.#ended) this.#letGo();
    this.#ended = true;
    for (const wake of [...this.#wakes]) wake();
  }

  /** Resolves when there may be something to take, or nothing ever again. */
  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake);
        remove();
        resolve();
      };
      const remove = this.#feed.add({ deliver: wake, end: wake });
      this.#wakes.add(wake);
    });
  }
}
