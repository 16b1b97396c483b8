import type { Observable, Subscriber } from 'rxjs';

import type { AnyBatch } from './batch.js';
import { Cursor, type Marker, type StreamPlan } from './cursor.js';
import type { Feed, Listener } from './feed.js';
import { GuardedObservable, type OnError } from './guarded-observable.js';
import type { Log } from './log.js';

/** A stream as an Observable: everything due is given when it is subscribed to, and each batch as it comes. */
export function observe(
  log: Log,
  feed: Feed,
  plan: StreamPlan,
  { enlist, onError }: { readonly enlist: (cursor: Cursor) => () => void; readonly onError: OnError },
): Observable<AnyBatch | Marker> {
  return new GuardedObservable<AnyBatch | Marker>(onError, (subscriber) => {
    const cursor = new Cursor(log, plan);
    const pushed = new Push(cursor, subscriber);
    const removes = [feed.add(pushed), enlist(cursor)];
    pushed.pump();
    // Made before the store closed, and subscribed to after: it has its history, and then its end.
    if (feed.closed) pushed.end();
    return () => {
      for (const remove of removes) remove();
    };
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

  reset(): void {
    this.pump();
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
