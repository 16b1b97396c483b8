import { purely, type AnyFact, type Decider } from '../index.js';
import { differs } from './differs.js';

/** What an error must be: its message holds a text, or matches, or it is one for which a function is true. */
export type Thrown = string | RegExp | ((error: unknown) => boolean);

/** Begins an example of what a decider does: after these events … */
export type Given<S, C, F extends AnyFact> = (events: readonly F[]) => GivenEvents<S, C, F>;

/** An example that knows what has happened: … when this command comes … */
export interface GivenEvents<S, C, F extends AnyFact> {
  when(command: C): Outcome<S, F>;
}

/** What came of the command, to be compared. What differs throws an `Error` with `expected` and `actual`. */
export interface Outcome<S, F extends AnyFact> {
  /** … then these events follow, in this order. */
  then(events: F | readonly F[]): Outcome<S, F>;
  /** … then nothing follows. */
  thenNothing(): Outcome<S, F>;
  /** … then the state is this, after all of them. */
  thenState(state: S): Outcome<S, F>;
  /** … then the decider throws, and what. */
  thenThrows(what?: Thrown): void;
}

/**
 * Examples for a decider, as tests that read like stories: given what has happened, when a command comes, then this
 * follows. It needs no store and no test runner: what does not hold throws. A decider that reads a clock, draws chance
 * or returns a promise is `ImpureFold`.
 *
 * @param by the decider
 * @returns `given`, with which each example begins
 *
 * @example
 * ```ts
 * import { decider } from 'memoir';
 * import { specificationOf } from 'memoir/testing';
 *
 * type Event = { type: 'Opened' | 'Closed'; data: object };
 * const door = decider({
 *   initialState: () => false,
 *   evolve: (_: boolean, { type }: Event) => type === 'Opened',
 *   decide: (command: 'open' | 'close', isOpen): Event[] => {
 *     if (command === 'close' && !isOpen) throw new Error('it is closed');
 *     return isOpen ? [{ type: 'Closed', data: {} }] : [{ type: 'Opened', data: {} }];
 *   },
 * });
 * const given = specificationOf(door);
 * given([]).when('open').then({ type: 'Opened', data: {} }).thenState(true);
 * given([{ type: 'Opened', data: {} }]).when('close').then([{ type: 'Closed', data: {} }]);
 * given([]).when('close').thenThrows('it is closed');
 * ```
 */
export function specificationOf<S, C, F extends AnyFact>(by: Decider<S, C, F>): Given<S, C, F> {
  return (events) => ({
    when: (command) => {
      const evolved = (from: () => S, facts: readonly F[]): S =>
        purely('evolve', () => facts.reduce((state, event) => by.evolve(state, event), from()));
      const before = evolved(() => by.initialState(), events);
      try {
        const decided = purely('decide', () => by.decide(command, before));
        const facts = (Array.isArray(decided) ? decided : [decided]) as readonly F[];
        return new Followed(facts, () => evolved(() => before, facts));
      } catch (error) {
        return new Refused(error);
      }
    },
  });
}

/** A command that was not refused. */
class Followed<S, F extends AnyFact> implements Outcome<S, F> {
  readonly #events: readonly F[];
  readonly #state: () => S;

  constructor(events: readonly F[], state: () => S) {
    this.#events = events;
    this.#state = state;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- that is how the story is told
  then(events: F | readonly F[]): this {
    return this.#same('the events differ', (Array.isArray(events) ? events : [events]) as readonly F[], this.#events);
  }

  thenNothing(): this {
    return this.#same('the events differ', [], this.#events);
  }

  thenState(state: S): this {
    return this.#same('the state differs', state, this.#state());
  }

  thenThrows(what?: Thrown): void {
    const wanted = what === undefined ? 'an error' : show(what);
    throw failure(`nothing was thrown, and ${wanted} was expected: these events follow`, what, this.#events);
  }

  #same(what: string, expected: unknown, actual: unknown): this {
    const path = differs(actual, expected);
    if (path !== undefined) throw failure(`${what} at ${path}`, expected, actual);
    return this;
  }
}

/** A command that was refused, with an error. */
class Refused<S, F extends AnyFact> implements Outcome<S, F> {
  readonly #error: unknown;

  constructor(error: unknown) {
    this.#error = error;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- that is how the story is told
  then(): never {
    throw this.#error;
  }

  thenNothing(): never {
    throw this.#error;
  }

  thenState(): never {
    throw this.#error;
  }

  thenThrows(what?: Thrown): void {
    const error = this.#error;
    const says = error instanceof Error ? error.message : String(error);
    const isSo =
      what === undefined ||
      (typeof what === 'string' && says.includes(what)) ||
      (what instanceof RegExp && what.test(says)) ||
      (typeof what === 'function' && what(error));
    if (!isSo) throw failure(`what was thrown is not ${show(what)}`, what, error);
  }
}

/** Test runners show what was expected beside what there is. */
function failure(message: string, expected: unknown, actual: unknown): Error {
  return Object.assign(new Error(`${message}: ${show(actual)} instead of ${show(expected)}`), { expected, actual });
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'function' || value instanceof RegExp) return String(value);
  try {
    return value === undefined ? String(value) : JSON.stringify(value);
  } catch {
    return String(value);
  }
}
