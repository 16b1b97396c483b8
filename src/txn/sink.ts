import type { AnyBatch } from '../log/batch.js';
import type { Feed } from '../log/feed.js';
import type { Log } from '../log/log.js';
import type { Horizon } from '../projections/horizon.js';

/** Where the batches of transactions go: into the log at once, or to one outside the process, which takes its time. */
export interface Sink {
  /** The newest batch that a transaction has made, whether the log has it already or not. */
  readonly head: number;
  /** When that was made; −Infinity before all. */
  readonly lastAt: number;
  /** The engine's version that has it and nothing later. */
  readonly version: number;
  /** The batches that the log does not have yet, in their order. */
  readonly waiting: Iterable<AnyBatch>;
  /** Takes a batch while its transaction can be undone: whatever is thrown here undoes it. */
  take(batch: AnyBatch): void;
  /** The transaction has settled at a version; `bytes` is the rough size of its rows. Nothing may fail any more. */
  settle(batch: AnyBatch, version: number, bytes: number): void;
  /** Resolves once all that was taken can be seen; `own` is true when the last of it is the caller's. */
  settled(own: boolean): Promise<void>;
}

/** The sink of a store in memory: a batch is in the log, visible and told of before `transact` returns. */
export class DirectSink implements Sink {
  readonly waiting: readonly AnyBatch[] = [];
  readonly #log: Log;
  readonly #feed: Feed;
  readonly #horizon: Horizon;

  constructor(log: Log, feed: Feed, horizon: Horizon) {
    this.#log = log;
    this.#feed = feed;
    this.#horizon = horizon;
  }

  get head(): number {
    return this.#log.head;
  }

  get lastAt(): number {
    return this.#log.lastAt;
  }

  get version(): number {
    return this.#horizon.timeline.versionOf(this.#log.head);
  }

  async settled(): Promise<void> {
    // There is nothing to wait for.
  }

  take(batch: AnyBatch): void {
    this.#log.append([batch], { expect: this.#log.head });
  }

  settle(_batch: AnyBatch, version: number, bytes: number): void {
    this.#horizon.appended(version, bytes);
    this.#feed.drain();
    // A callback of a batch may look back at it, so nothing is given back while anyone is being told.
    if (!this.#feed.draining) this.#horizon.advance();
  }
}
