import type { AnyBatch } from './batch.js';
import type { Cursor, Marker } from './cursor.js';
import type { Feed } from './feed.js';

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
  /** The call of `next` before. */
  #last: Promise<void> = Promise.resolve();
  #ended = false;

  /** @param letGo what to do when it ends */
  constructor(cursor: Cursor, feed: Feed, letGo: () => void) {
    this.#cursor = cursor;
    this.#feed = feed;
    this.#letGo = letGo;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Calls are answered in their order, as an async generator would. */
  async next(): Promise<IteratorResult<AnyBatch | Marker, undefined>> {
    const turn = this.#last.then(() => this.#pull());
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async #pull(): Promise<IteratorResult<AnyBatch | Marker, undefined>> {
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
      const remove = this.#feed.add({ deliver: wake, end: wake, reset: wake });
      this.#wakes.add(wake);
    });
  }
}
