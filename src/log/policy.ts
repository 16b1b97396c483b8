import { MemoirError, show } from '../errors.js';
import type { AnyBatch, AnyChange } from './batch.js';
import { NetChanges } from './net-changes.js';

/**
 * What becomes of batches that come while a consumer is at work. Whichever it is, what waits has a bound.
 *
 * - `{ buffer: n }`: up to n batches wait; one more ends the consumer with `ConsumerTooSlow`
 * - `'latest'`: the newest one waits, those before it are passed over
 * - `'coalesceByKey'`: they wait as one, with the net change of each row, and without domain events
 * - `'drop'`: none waits; a `gap` marker says what was missed
 */
export type Policy = { readonly buffer: number } | 'latest' | 'coalesceByKey' | 'drop';

/**
 * Makes writers wait: the promise of a transaction resolves once fewer than n batches wait for the consumer. For stores
 * on a log alone, where a transaction is a promise.
 */
export interface Block {
  readonly block: number;
}

/** Several batches as one: the net changes that lead from the state before the first to the state after the last. */
export interface AnyCoalesced {
  /** The first batch that is in it. */
  readonly first: number;
  /** The last one; resume with this plus 1. */
  readonly offset: number;
  /** When the last one was made. */
  readonly at: number;
  readonly changes: readonly AnyChange[];
}

/** Tells of batches that a consumer missed, since it was at work: read the state anew if they matter. */
export interface Gap {
  readonly marker: 'gap';
  /** The first batch that was missed. */
  readonly first: number;
  /** The last one. */
  readonly offset: number;
}

/** What a policy gives to a consumer. */
export type Kept = AnyBatch | AnyCoalesced | Gap;

/** The batches that wait for a consumer, as its policy keeps them. */
export interface Waiting {
  /** Keeps one more. @throws `ConsumerTooSlow` */
  add(batch: AnyBatch): void;
  /** What is to be given next, taken out. */
  take(): Kept | undefined;
  /** True while writers are to wait. */
  readonly isFull: boolean;
}

/** How a policy has batches wait. @throws `OptionInvalid` */
export function waitingOf(policy: unknown, mayBlock: boolean): Waiting {
  switch (policy) {
    case 'latest':
      return new Latest();
    case 'coalesceByKey':
      return new Coalescing();
    case 'drop':
      return new Dropping();
    default:
      return queueOf(policy, mayBlock);
  }
}

function queueOf(policy: unknown, mayBlock: boolean): Waiting {
  const given = typeof policy === 'object' && policy !== null ? Object.entries(policy) : [];
  const [[kind, size] = []] = given;
  const isCount = typeof size === 'number' && Number.isSafeInteger(size) && size > 0;
  if (given.length === 1 && isCount && kind === 'buffer') return new Queue(size, false);
  if (given.length === 1 && isCount && kind === 'block') {
    if (mayBlock) return new Queue(size, true);
    throw new MemoirError(
      'OptionInvalid',
      'policy: a transaction of a store in memory is over when it returns, and cannot wait: use { buffer } instead',
    );
  }
  throw new MemoirError(
    'OptionInvalid',
    `policy is ${show(policy)}: use { buffer: n }, 'latest', 'coalesceByKey', 'drop' or, on a log, { block: n }`,
  );
}

class Queue implements Waiting {
  readonly #size: number;
  readonly #blocks: boolean;
  #batches: AnyBatch[] = [];
  /** Those before it were taken. */
  #start = 0;

  constructor(size: number, blocks: boolean) {
    this.#size = size;
    this.#blocks = blocks;
  }

  get isFull(): boolean {
    return this.#blocks && this.#batches.length - this.#start >= this.#size;
  }

  add(batch: AnyBatch): void {
    const waiting = this.#batches.length - this.#start;
    if (!this.#blocks && waiting === this.#size) {
      const { offset } = this.#batches[this.#start]!;
      throw new MemoirError(
        'ConsumerTooSlow',
        `${waiting} batches wait for the consumer, and no more may: begin again from offset ${offset}, ` +
          'with a larger `buffer` or another policy',
        { offset, limit: this.#size, actual: waiting + 1 },
      );
    }
    this.#batches.push(batch);
  }

  take(): AnyBatch | undefined {
    const batch = this.#batches[this.#start++];
    if (this.#start >= this.#batches.length) {
      this.#batches = [];
      this.#start = 0;
    }
    return batch;
  }
}

class Latest implements Waiting {
  readonly isFull = false;
  #batch: AnyBatch | undefined;

  add(batch: AnyBatch): void {
    this.#batch = batch;
  }

  take(): AnyBatch | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    return batch;
  }
}

class Coalescing implements Waiting {
  readonly isFull = false;
  #net: { readonly first: number; readonly changes: NetChanges } | undefined;
  #last = { offset: 0, at: 0 };

  add({ offset, at, changes }: AnyBatch): void {
    this.#net ??= { first: offset, changes: new NetChanges() };
    this.#net.changes.add(changes);
    this.#last = { offset, at };
  }

  take(): AnyCoalesced | undefined {
    if (this.#net === undefined) return undefined;
    const { first, changes } = this.#net;
    this.#net = undefined;
    return { first, ...this.#last, changes: changes.list() };
  }
}

class Dropping implements Waiting {
  readonly isFull = false;
  #gap: Gap | undefined;

  add({ offset }: AnyBatch): void {
    this.#gap = { marker: 'gap', first: this.#gap?.first ?? offset, offset };
  }

  take(): Gap | undefined {
    const gap = this.#gap;
    this.#gap = undefined;
    return gap;
  }
}
