import { Observable, Subscriber, type Observer, type Operator, type Subscription, type TeardownLogic } from 'rxjs';

/** Told of every error that a subscriber threw. */
export type OnError = (error: unknown) => void;

/**
 * An Observable whose subscribers cannot hurt: one that throws is unsubscribed and reported to `onError`, where plain
 * RxJS 7 would make it an uncaught exception. What operators derive from it is guarded too.
 */
export class GuardedObservable<A> extends Observable<A> {
  readonly #onError: OnError;

  constructor(onError: OnError, start?: (subscriber: Subscriber<A>) => TeardownLogic) {
    super(start);
    this.#onError = onError;
  }

  /** @deprecated RxJS's own hook, through which `pipe` derives one Observable from another. */
  // oxlint-disable-next-line typescript/no-deprecated
  override lift<B>(operator?: Operator<A, B>): Observable<B> {
    const derived = new GuardedObservable<B>(this.#onError);
    // oxlint-disable-next-line typescript/no-deprecated
    derived.source = this as Observable<unknown>;
    // oxlint-disable-next-line typescript/no-deprecated
    derived.operator = operator as Operator<unknown, B>;
    return derived;
  }

  override subscribe(
    observer?: Partial<Observer<A>> | ((value: A) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator's own subscriber hands errors down its chain, to the one at the end, which is guarded.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const given: Partial<Observer<A>> =
      typeof observer === 'function' ? { next: observer } : { ...bound(observer ?? {}) };
    const guarded = new Subscriber<A>(undefined as never);
    const fail = (thrown: unknown): void => {
      this.#onError(thrown);
      try {
        guarded.unsubscribe();
      } catch (teardown) {
        this.#onError(teardown);
      }
    };
    const attempt = (act: () => unknown): void => {
      try {
        const outcome = act();
        // An async subscriber fails later; unwatched, that would end the process.
        if (outcome instanceof Promise) outcome.catch(fail);
      } catch (thrown) {
        fail(thrown);
      }
    };
    const onFailure = given.error ?? error ?? this.#onError;
    const onComplete = given.complete ?? complete;
    return super.subscribe(
      Object.assign(guarded, {
        next: (value: A): void => {
          if (!guarded.closed) attempt(() => given.next?.(value));
        },
        error: (failure: unknown): void => {
          if (guarded.closed) return;
          attempt(() => onFailure(failure));
          guarded.unsubscribe();
        },
        complete: (): void => {
          if (guarded.closed) return;
          attempt(() => onComplete?.());
          guarded.unsubscribe();
        },
      }),
    );
  }
}

/** An observer's methods, bound, so that a class instance will do. */
function bound<A>(observer: Partial<Observer<A>>): Partial<Observer<A>> {
  const methods: Partial<Observer<A>> = {};
  if (observer.next) methods.next = observer.next.bind(observer);
  if (observer.error) methods.error = observer.error.bind(observer);
  if (observer.complete) methods.complete = observer.complete.bind(observer);
  return methods;
}
