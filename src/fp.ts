import { either as E } from 'fp-ts';

import {
  MemoirError,
  type Appended,
  type Events,
  type NoEvents,
  type Repeated,
  type Store,
  type Tables,
  type TransactOptions,
  type Transaction,
  type Unchanged,
} from './index.js';

/** What `tryTransact` gives on the right: what `transact` would return. */
export type Transacted<S extends Tables, A, V extends Events = NoEvents> =
  | Appended<S, A, V>
  | Unchanged<A>
  | Repeated<S, V>;

/** Carries a body's `left` out through the abort. */
class Left<E> extends Error {
  constructor(readonly left: E) {
    super('the body returned left');
  }
}

/**
 * `transact` for those who would rather have failures as values. A body that returns `left` aborts, and so does one
 * that throws a `MemoirError`; any other error is thrown on, being a defect.
 *
 * @param store the store to write to
 * @param body as for `transact`, returning an `Either`
 * @param options as for `transact`
 * @returns `left` with what the body gave or the `MemoirError`; `right` with the batch, whose `result` is the body's
 *
 * @example
 * ```ts
 * import { either as E } from 'fp-ts';
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { tryTransact } from 'memoir/fp';
 *
 * const tasks = table(t.strict({ id: t.string }), { primaryKey: 'id' });
 * const store = createStore({ tables: { tasks } });
 * const outcome = tryTransact(store, (tx) => E.right(tx.tasks.getOrThrow('t9')));
 * console.log(E.isLeft(outcome) && outcome.left.code); // RowNotFound
 * ```
 */
export function tryTransact<S extends Tables, L, A, V extends Events = NoEvents>(
  store: Store<S, V>,
  body: (tx: Transaction<S, V>) => E.Either<L, A>,
  options: TransactOptions<S> = {},
): E.Either<L | MemoirError, Transacted<S, A, V>> {
  const unwrapped = (tx: Transaction<S, V>): never => {
    const outcome: unknown = body(tx);
    // What is no Either, a promise above all, is for `transact` to refuse.
    if (!isEither<L, A>(outcome)) return refused(outcome) as never;
    if (E.isLeft(outcome)) throw new Left(outcome.left);
    return outcome.right as never;
  };
  try {
    return E.right(store.transact<never>(unwrapped, options));
  } catch (error) {
    if (error instanceof Left) return E.left(error.left as L);
    if (error instanceof MemoirError) return E.left(error);
    throw error;
  }
}

function isEither<L, A>(value: unknown): value is E.Either<L, A> {
  const tag = typeof value === 'object' && value !== null ? (value as { readonly _tag?: unknown })._tag : undefined;
  return tag === 'Left' || tag === 'Right';
}

/** A promise goes to `transact`, which refuses it; anything else is refused here. */
function refused(value: unknown): unknown {
  if (typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function') return value;
  throw new MemoirError('OptionInvalid', 'the body of tryTransact returned no Either: return right(…) or left(…)');
}
