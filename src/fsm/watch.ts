import { Subscription } from 'rxjs';

import { equalPlain, MemoirError, type ReadableStore, type Tables } from '../index.js';
import type { Watched } from './contract.js';

type View = ReturnType<ReadableStore<Tables>['now']>;

/** What a blocking query asks. */
export interface Question<A> {
  readonly query: (view: View) => A;
  /** The offset of the answer that the caller has, where that can still be read. */
  readonly at: number | undefined;
  readonly indexOf: (offset: number) => number;
}

/** How long it is waited for an answer. */
interface Patience {
  /** Aborts when time is up. */
  readonly time: AbortSignal;
  readonly signal: AbortSignal | undefined;
}

/**
 * Gives the answer of a query as soon as it is another than the caller has, or when time is up: the blocking query of
 * Consul and Nomad, by a live query, so that it wakes for what the query has read and for nothing else.
 */
export async function watch<A>(
  store: ReadableStore<Tables>,
  { query, at, indexOf }: Question<A>,
  { time, signal }: Patience,
): Promise<Watched<A>> {
  const told = (value: A): Watched<A> => ({ index: indexOf(store.head), value });
  // What cannot be compared with is taken to be another.
  if (at === undefined || time.aborted) return told(store.read(query));
  const before = withView(store, at, query);
  return new Promise<Watched<A>>((resolve, reject) => {
    let value: A | undefined;
    const over = new Subscription();
    const settle = (act: () => void): void => {
      if (over.closed) return;
      over.unsubscribe();
      act();
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    const onAbort = (): void => fail(new MemoirError('WaitAborted', 'the blocking query was aborted'));
    const onTime = (): void => settle(() => resolve(told(value as A)));
    time.addEventListener('abort', onTime);
    over.add(() => time.removeEventListener('abort', onTime));
    signal?.addEventListener('abort', onAbort);
    over.add(() => signal?.removeEventListener('abort', onAbort));
    // The first answer comes while it is subscribed to, and may be all there is to wait for: what is added to a
    // subscription that is over ends at once.
    const answers = store.live(query, { label: 'watch()' }).subscribe({
      next: (answer) => {
        value = answer;
        if (!equalPlain(before, answer)) settle(() => resolve(told(answer)));
      },
      error: fail,
      complete: () => fail(new MemoirError('StoreClosed', 'the machine closed during a blocking query')),
    });
    over.add(answers);
    if (signal?.aborted === true) onAbort();
  });
}

function withView<A>(store: ReadableStore<Tables>, offset: number, query: (view: View) => A): A {
  using view = store.asOf(offset, { label: 'watch()' });
  return query(view);
}
