import type { AnyBatch } from './batch.js';
import type { Log } from './log.js';

/** Someone who is told of each batch, once it can be read. */
export interface Listener {
  /** `batch` is the next after the one before; may be called while another call is under way only by itself. */
  deliver(batch: AnyBatch): void;
  /** The store has closed. */
  end(): void;
  /** The log begins anew, with other content: what comes next follows its head. */
  reset(): void;
}

/**
 * Tells listeners of new batches, in the order of the log, each batch to all before the next to any. A listener that
 * writes is told of its own batch after everyone has heard of the present one: however deep the re-entry, there is one
 * order.
 */
export class Feed {
  readonly #log: Log;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<Listener>();
  /** The same as a list, for as long as nobody comes or goes. */
  #told: readonly Listener[] | undefined;
  #delivered: number;
  #draining = false;
  #closed = false;

  constructor(log: Log, onError: (error: unknown) => void) {
    this.#log = log;
    this.#onError = onError;
    this.#delivered = log.head;
  }

  /** The newest batch that everyone has been told of. */
  get delivered(): number {
    return this.#delivered;
  }

  /** True while listeners are being told. */
  get draining(): boolean {
    return this.#draining;
  }

  /** True when nothing more will be told. */
  get closed(): boolean {
    return this.#closed;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Adds a listener, to be told from the next drained batch on; returns how to remove it. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#told = undefined;
    return () => {
      this.#listeners.delete(listener);
      this.#told = undefined;
    };
  }

  /** Tells everyone of every batch up to the head; returns at once when that is under way already. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      while (this.#delivered < this.#log.head) {
        const batch = this.#log.at(this.#delivered + 1);
        this.#told ??= [...this.#listeners];
        for (const listener of this.#told) if (this.#listeners.has(listener)) this.#tell(listener, batch);
        this.#delivered = batch.offset;
      }
    } finally {
      this.#draining = false;
    }
  }

  /** Runs work, and tells of the batches that it makes when it has ended, as of those that a listener makes. */
  after<A>(work: () => A): A {
    if (this.#draining) return work();
    this.#draining = true;
    try {
      return work();
    } finally {
      this.#draining = false;
      this.drain();
    }
  }

  #reset(listener: Listener): void {
    try {
      listener.reset();
    } catch (error) {
      this.#onError(error);
    }
  }

  /** The batch is in the log: whatever a listener does, the writer and the others are not to hear of it. */
  #tell(listener: Listener, batch: AnyBatch): void {
    try {
      listener.deliver(batch);
    } catch (error) {
      this.#onError(error);
    }
  }

  /**
   * Tells everyone that the log begins anew, and then of the batches that they wrote when they heard of it. Not to be
   * called while listeners are being told.
   */
  reset(): void {
    this.#delivered = this.#log.head;
    this.#draining = true;
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) this.#reset(listener);
    this.#draining = false;
    this.drain();
  }

  /** Ends every listener. */
  close(): void {
    this.#closed = true;
    for (const listener of [...this.#listeners]) listener.end();
    this.#listeners.clear();
    this.#told = undefined;
  }
}
