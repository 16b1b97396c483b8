import { checkOptions, MemoirError, show } from '../errors.js';
import type { TypeOf } from '../codecs/codec.js';
import type { DomainEvent, Events } from '../codecs/event-types.js';
import type { Input } from '../codecs/table-types.js';
import { expectPosition, type StreamExpectation } from './expectation.js';
import type { Emitter } from './transact-types.js';

/** A domain event before anybody has emitted it: its type and its data. */
export type FactOf<E extends Events> = {
  readonly [N in keyof E & string]: { readonly type: N; readonly data: Input<TypeOf<E[N]>> };
}[keyof E & string];

/** What every fact has. */
export interface AnyFact {
  readonly type: string;
  readonly data: unknown;
}

/** Business logic as three pure functions: what happens when a command meets what has happened. */
export interface Decider<S, C, F extends AnyFact> {
  /** The state of a stream without events. */
  readonly initialState: () => S;
  /** The state after an event. It must not throw, and changes nothing: what happened has happened. */
  readonly evolve: (state: S, event: F) => S;
  /** What follows from a command: an event, several or none. It throws to refuse. */
  readonly decide: (command: C, state: S) => F | readonly F[];
}

/** How a decision is made. */
export interface DecideOptions<S> {
  /** What the stream must be like, else `Conflict`: where the caller has last seen it. */
  readonly expect?: StreamExpectation['is'];
  /**
   * The state after a position, as the caller has kept it, in a row say: only what came later is read. With it a stream
   * may be longer than what retention keeps.
   */
  readonly from?: { readonly position: number; readonly state: S };
}

/** What came of a command. */
export interface Decided<S, E extends Events> {
  /** The events that were emitted, in their order; none when the command changed nothing. */
  readonly events: readonly DomainEvent<E>[];
  /** The state after them. */
  readonly state: S;
  /** The last position of the stream after them. */
  readonly position: number;
}

/**
 * Defines a decider, with its types inferred. It is of no store: `decideOn` runs it within a transaction, and
 * `specificationOf` of `memoir/testing` runs it without any.
 *
 * @param made `initialState`, `evolve` and `decide`; see {@link Decider}
 * @returns the same
 * @throws `DefinitionInvalid` when one of them is no function
 *
 * @example
 * ```ts
 * import { decider } from 'memoir';
 *
 * type Happened = { readonly type: 'Paid'; readonly data: { readonly sum: number } };
 * const account = decider({
 *   initialState: () => 0,
 *   evolve: (balance: number, { data }: Happened) => balance + data.sum,
 *   decide: (sum: number, balance): Happened[] => (balance + sum < 0 ? [] : [{ type: 'Paid', data: { sum } }]),
 * });
 * console.log(account.decide(-5, 3), account.evolve(3, { type: 'Paid', data: { sum: 4 } })); // [] 7
 * ```
 */
export function decider<S, C, F extends AnyFact>(made: Decider<S, C, F>): Decider<S, C, F> {
  for (const name of ['initialState', 'evolve', 'decide'] as const) {
    const given: unknown = (made as Partial<Decider<S, C, F>> | undefined)?.[name];
    if (typeof given === 'function') continue;
    throw new MemoirError('DefinitionInvalid', `decider: ${name} is ${show(given)}: give a function`, { path: name });
  }
  return made;
}

/**
 * Decides on a command, within a transaction: folds the stream's events to its state, asks the decider what follows,
 * and emits that into the stream. Nobody can come in between, for a transaction runs alone; what is thrown undoes all.
 *
 * @param tx the transaction, of a store that has the decider's events
 * @param stream the stream that the command is about, `account-7`, say
 * @param by the decider
 * @param command what it is to decide on
 * @param options `expect`: what the stream must be like; `from`: a state that was kept; see {@link DecideOptions}
 * @returns the events emitted, and the state and the position of the stream after them
 * @throws what `decide` throws; `Conflict`; `OffsetCompacted` when the stream's beginning is gone and there is no
 *   `from`; what `emit` throws
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, decideOn, decider, table, type FactOf } from 'memoir';
 *
 * const events = { Deposited: t.strict({ sum: t.number }), Withdrawn: t.strict({ sum: t.number }) };
 * const tables = { owners: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
 * const store = createStore({ tables, events });
 * const account = decider({
 *   initialState: () => 0,
 *   evolve: (balance: number, { type, data }: FactOf<typeof events>) =>
 *     type === 'Deposited' ? balance + data.sum : balance - data.sum,
 *   decide: (sum: number, balance): FactOf<typeof events> => {
 *     if (balance + sum < 0) throw new Error('there is not enough');
 *     return { type: sum < 0 ? 'Withdrawn' : 'Deposited', data: { sum: Math.abs(sum) } };
 *   },
 * });
 * store.transact((tx) => decideOn(tx, 'account-7', account, 10));
 * const { result } = store.transact((tx) => decideOn(tx, 'account-7', account, -4));
 * console.log(result.state, result.position, result.events[0]?.type); // 6 2 Withdrawn
 * ```
 */
export function decideOn<E extends Events, S, C, F extends FactOf<E>>(
  tx: Emitter<E>,
  stream: string,
  by: Decider<S, C, F>,
  command: C,
  options: DecideOptions<S> = {},
): Decided<S, E> {
  checkOptions('decideOn', options, ['expect', 'from']);
  const { expect, from } = options;
  const found = tx.stream(stream);
  if (expect !== undefined) expectPosition(stream, expect, found.head);
  if (from !== undefined) checkKept(from, found);
  let state = from === undefined ? by.initialState() : from.state;
  // The stream may have events of other types, which the decider lets pass.
  const after = (event: unknown): S => by.evolve(state, event as F);
  for (const event of found.read({ from: (from?.position ?? 0) + 1 })) state = after(event);
  const decided = by.decide(command, state);
  const facts = (Array.isArray(decided) ? decided : [decided]) as readonly FactOf<E>[];
  const events: DomainEvent<E>[] = [];
  for (const fact of facts) {
    const { type, data } = checkFact(fact) as FactOf<E>;
    const event = tx.emit(type, data, { stream });
    events.push(event);
    state = after(event);
  }
  return { events, state, position: found.head + events.length };
}

/** Refuses a state that was not kept of this stream: it is of a position that the stream has yet to come to. */
function checkKept(from: object, { name, head }: { readonly name: string; readonly head: number }): void {
  checkOptions('from', from, ['position', 'state']);
  const { position } = from as { readonly position?: unknown };
  if (typeof position !== 'number' || !(position > head)) return;
  throw new MemoirError(
    'Conflict',
    `the state is of position ${position}, and the stream ${show(name)} ends at ${head}: read the state anew`,
    { stream: name, requested: position, actual: head },
  );
}

function checkFact(given: unknown): unknown {
  if (typeof given === 'object' && given !== null && !('then' in given)) return given;
  throw new MemoirError(
    'EventInvalid',
    `the decider decided on ${show(given)}: give an event { type, data }, a list of events, or [] for none`,
  );
}
