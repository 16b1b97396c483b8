import type { AnyBatch } from './batch.js';
import type { Cursor, Marker } from './cursor.js';
import type { Listener } from './feed.js';
import type { AnyCoalesced, Gap, Kept, Waiting } from './policy.js';

/** Whatever a consumer is given, types apart. */
export type AnyConsumed = AnyBatch | AnyCoalesced | Gap | Marker;

/** Someone who is given one thing after another; when that takes time, through a promise. */
export type AnyHandler = (item: never) => unknown;

/** Someone who is given batches one at a time, and how to stop it. */
export interface Consumption {
  /** True when nothing more will be given. */
  readonly closed: boolean;
  /** Gives nothing more; who is at work is not interrupted. */
  close(): void;
  [Symbol.dispose](): void;
}

/** What a consumer is made with. */
export interface ConsumerParts {
  readonly cursor: Cursor;
  /** Makes what has batches wait. */
  readonly waiting: () => Waiting;
  readonly handler: AnyHandler;
  /** Told of why it ended, unless it was closed. */
  readonly onError: (error: unknown) => void;
  /** Whoever waits for room is to look again. */
  readonly onRoom: () => void;
}

/**
 * Gives a handler one item at a time, each when the promise of the one before has settled. History is read from the log
 * at the handler's own pace; what comes while it is at work, once that is over, waits as the policy says. So however
 * slow or dead the handler is, it holds no more than its policy allows.
 */
export class Consumer implements Listener, Consumption {
  readonly #parts: ConsumerParts;
  #waiting: Waiting;
  /** True while the handler is at work. */
  #busy = false;
  /** True when all of the history was given: what comes now waits beside the log. */
  #live = false;
  #closed = false;
  /** True when the store has closed: what waits is still given. */
  #ending = false;
  /** The newest batch that was dealt with. */
  #done: number;
  readonly #ends: (() => void)[] = [];

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#waiting = parts.waiting();
    this.#done = parts.cursor.next - 1;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The newest batch that was dealt with, or passed over. */
  get offset(): number {
    return this.#done;
  }

  /** True while writers are to wait for it. */
  get isFull(): boolean {
    return !this.#closed && !this.#ending && this.#waiting.isFull;
  }

  /** Has something done when it ends. */
  atEnd(act: () => void): void {
    this.#ends.push(act);
  }

  deliver(batch: AnyBatch): void {
    const { cursor } = this.#parts;
    if (this.#closed || batch.offset < cursor.next) return;
    if (!this.#busy) this.pump();
    else if (this.#live) this.#keep();
  }

  reset(): void {
    this.#waiting = this.#parts.waiting();
    this.#live = false;
    this.#parts.onRoom();
    if (!this.#busy) this.pump();
  }

  end(): void {
    this.#ending = true;
    this.#parts.onRoom();
    if (!this.#busy) this.pump();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#ends) end();
    this.#parts.onRoom();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives what is due, until there is nothing or the handler takes its time. */
  pump(): void {
    try {
      while (!this.#closed && !this.#busy) {
        const item = this.#next();
        if (item === undefined) break;
        this.#give(item);
      }
      if (this.#ending && !this.#busy) this.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #next(): AnyConsumed | undefined {
    const kept = this.#waiting.take();
    if (kept !== undefined) {
      this.#parts.onRoom();
      return kept;
    }
    const { cursor } = this.#parts;
    const item = cursor.take();
    if (item === undefined) {
      this.#live = true;
      this.#done = cursor.next - 1;
    }
    return item;
  }

  /** Has the batches that have come wait beside the log. */
  #keep(): void {
    const { cursor } = this.#parts;
    try {
      for (let item = cursor.take(); item !== undefined; item = cursor.take()) {
        // Markers of progress say where a stream stands that is given nothing; this one has something to do.
        if (!('marker' in item)) this.#waiting.add(item);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #give(item: Kept | Marker): void {
    this.#busy = true;
    const outcome = this.#parts.handler(item as never);
    if (isThenable(outcome)) void this.#settle(outcome, item);
    else this.#did(item);
  }

  async #settle(outcome: PromiseLike<unknown>, item: Kept | Marker): Promise<void> {
    try {
      await outcome;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#did(item);
    this.pump();
  }

  #did({ offset }: Kept | Marker): void {
    this.#busy = false;
    this.#done = offset;
  }

  #fail(error: unknown): void {
    this.#busy = false;
    if (this.#closed) return;
    this.close();
    this.#parts.onError(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
