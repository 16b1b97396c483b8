import type { Observable } from 'rxjs';

import { checkOptions, MemoirError, show } from '../errors.js';
import type { AnyBatch } from './batch.js';
import { narrowBy, type AnyFilter, type KnownNames } from './change-filter.js';
import type { Marker, StreamPlan } from './cursor.js';
import { Consumer, type AnyHandler, type Consumption } from './consumer.js';
import { Cursor } from './cursor.js';
import { Follower } from './follower.js';
import { observe } from './observe.js';
import type { Feed } from './feed.js';
import type { OnError } from './guarded-observable.js';
import type { Log } from './log.js';
import { waitingOf, type Waiting } from './policy.js';
import { lineageChanged, offsetOf, type Position } from './position.js';
import type { Subscribers } from './subscribers.js';

/** A way to stop waiting; an `AbortSignal` is one. */
export interface Abort {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}

/** Keeps the batches from a place on, which moves, for whoever the label names; returns how to let go. */
export type PinCursor = (label: string, place: () => number) => () => void;

/** Lets go of what a dropped object held. */
export type WatchDrop = (target: object, release: () => void) => void;

/** What the streams of a log are made with. */
export interface StreamParts {
  readonly log: Log;
  readonly feed: Feed;
  readonly pin: PinCursor;
  /** What filters may name. */
  readonly known: KnownNames;
  readonly subscribers: Subscribers;
  readonly watch: WatchDrop;
  readonly onError: OnError;
}

/** Options of `changes` and `follow`, types apart. */
export interface AnyStreamOptions extends AnyFilter {
  readonly from?: number | Position;
  readonly markers?: boolean;
  readonly progressEvery?: number;
  readonly hold?: boolean;
  readonly label?: string;
}

const OPTIONS = ['from', 'tables', 'events', 'kinds', 'where', 'markers', 'progressEvery', 'hold', 'label'];

/** Options of `consume`, types apart. */
export interface AnyConsumeOptions extends AnyStreamOptions {
  readonly policy: unknown;
}

/** The streams of a store's log: pushed, pulled, and waited for. */
export class Streams {
  readonly #log: Log;
  readonly #feed: Feed;
  readonly #pin: PinCursor;
  readonly #known: KnownNames;
  readonly #subscribers: Subscribers;
  readonly #watch: WatchDrop;
  readonly #onError: OnError;
  readonly #consumers = new Set<Consumer>();
  /** Those who wait for room. */
  readonly #waits: (() => void)[] = [];
  #open = true;

  constructor({ log, feed, pin, known, subscribers, watch, onError }: StreamParts) {
    this.#log = log;
    this.#feed = feed;
    this.#pin = pin;
    this.#known = known;
    this.#subscribers = subscribers;
    this.#watch = watch;
    this.#onError = onError;
  }

  changes(options: AnyStreamOptions): Observable<AnyBatch | Marker> {
    const plan = this.#plan(options);
    const { label = 'changes()' } = options;
    const enlist = (cursor: Cursor) => this.#subscribers.add('changes', label, () => cursor.next - 1);
    return observe(this.#log, this.#feed, plan, { enlist, onError: this.#onError });
  }

  follow(options: AnyStreamOptions): AsyncIterableIterator<AnyBatch | Marker> {
    const cursor = new Cursor(this.#log, this.#plan(options));
    const { hold = false, label = 'follow()' } = options;
    const place = (): number => cursor.next;
    const release = hold ? this.#pin(label, place) : () => undefined;
    const remove = this.#subscribers.add('follow', label, () => cursor.next - 1);
    const letGo = (): void => {
      release();
      remove();
    };
    const follower = new Follower(cursor, this.#feed, letGo);
    // A follower that is dropped, not ended, is neither to be listed nor to hold for ever.
    this.#watch(follower, letGo);
    return follower;
  }

  consume(handler: AnyHandler, options: AnyConsumeOptions, mayBlock: boolean): Consumption {
    if (typeof handler !== 'function')
      throw new MemoirError('OptionInvalid', `the handler is ${show(handler)}: give a function of a batch`);
    checkOptions('consume', options, ['policy', ...OPTIONS.filter((name) => name !== 'hold')]);
    const { policy, label = 'consume()', ...rest } = options;
    const waiting = (): Waiting => waitingOf(policy, mayBlock);
    const onRoom = (): void => {
      for (const wake of this.#waits.splice(0)) wake();
    };
    const cursor = new Cursor(this.#log, this.#plan(rest));
    const consumer = new Consumer({ cursor, waiting, handler, onError: this.#onError, onRoom });
    consumer.atEnd(this.#feed.add(consumer));
    consumer.atEnd(this.#subscribers.add('consume', label, () => consumer.offset));
    consumer.atEnd(() => this.#consumers.delete(consumer));
    this.#consumers.add(consumer);
    consumer.pump();
    return consumer;
  }

  /** True while too many batches wait for a consumer that makes writers wait. */
  get isFull(): boolean {
    for (const consumer of this.#consumers) if (consumer.isFull) return true;
    return false;
  }

  /** Resolves when that is over, in the order in which it was asked for. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => this.#waits.push(resolve));
  }

  async waitFor(point: number | Position, signal: Abort | undefined): Promise<void> {
    const { lineage } = this.#log;
    const offset = offsetOf(this.#log, point);
    if (this.#feed.delivered >= offset) return;
    this.guard();
    if (signal?.aborted === true) throw aborted(offset);
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void): void => {
        remove();
        act();
      };
      const remove = this.#feed.add({
        deliver: (batch) => {
          if (batch.offset >= offset) settle(resolve);
        },
        reset: () => {
          // A wait for a place in a log that is no more would never end, or end for the wrong reason.
          if (this.#log.lineage !== lineage) settle(() => reject(lineageChanged(this.#log, lineage)));
          else if (this.#log.head >= offset) settle(resolve);
        },
        end: () =>
          settle(() => reject(new MemoirError('StoreClosed', `the store closed before offset ${offset}`, { offset }))),
      });
      signal?.addEventListener('abort', () => settle(() => reject(aborted(offset))));
    });
  }

  /** Lets nothing new begin; what is under way goes on. */
  stop(): void {
    this.#open = false;
  }

  /** Ends every stream and wait. */
  close(): void {
    this.stop();
    this.#feed.close();
  }

  /** Refuses what cannot be done with a closed store. */
  guard(): void {
    if (!this.#open)
      throw new MemoirError('StoreClosed', 'the store is closed: it can be read, but nothing new will happen');
  }

  #plan(options: AnyStreamOptions): StreamPlan {
    this.guard();
    checkOptions('a stream', options, OPTIONS);
    const { from, markers, progressEvery = 1000 } = options;
    if (from !== undefined) offsetOf(this.#log, from);
    if (!Number.isInteger(progressEvery) || progressEvery < 1) {
      throw new MemoirError('OptionInvalid', `progressEvery is ${show(progressEvery)}: give a whole number from 1`);
    }
    return {
      from,
      narrow: narrowBy(options, this.#known),
      progressEvery: markers === true ? progressEvery : undefined,
    };
  }
}

function aborted(offset: number): MemoirError {
  return new MemoirError('WaitAborted', `the wait for offset ${offset} was aborted`, { offset });
}
