import { equalPlain } from '../index.js';

/** What one client asked for, when, and what it was answered. */
export interface Operation<I = unknown, O = unknown> {
  /** When it was asked, by any clock that all operations share. */
  readonly called: number;
  /** When the answer came; undefined where none did: it may have been done, later even, or not. */
  readonly returned: number | undefined;
  readonly input: I;
  /** The answer; counts only where one came. */
  readonly output?: O;
}

/** What operations do when they come one after the other. */
export interface SequentialModel<S, I, O> {
  readonly initial: S;
  /** The state after an operation, and what it answers. It changes nothing that it is given. */
  readonly step: (state: S, input: I) => readonly [state: S, output: O];
  /** What an operation is about, where operations on different things have nothing to do with each other. */
  readonly about?: (input: I) => string;
}

/** Where a history stops to make sense. */
export interface NotLinearizable<I, O> {
  /** What the operations are about, if the model tells. */
  readonly about: string | undefined;
  /** As many operations as can be put in an order that explains their answers, in that order. */
  readonly explained: readonly Operation<I, O>[];
  /** The operation that had returned by then, and has no place in any such order. */
  readonly unexplained: Operation<I, O>;
}

/** So many steps are looked at; beyond that nothing can be said. */
const STEPS_MAX = 2_000_000;

/**
 * Tells whether a history of concurrent operations can be explained by some order of them, one after the other, in
 * which each takes effect at a moment between call and return. Operations without an answer may take effect at any
 * time, or never. The search is that of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) with Lowe's
 * memory of what was tried ("Testing for linearizability", 2017).
 *
 * @param history the operations, in any order
 * @param model what they do one after the other; see {@link SequentialModel}
 * @returns undefined when there is such an order; otherwise how far one comes, and what cannot be explained
 * @throws an `Error` when nothing can be said after two million steps: check shorter histories, or say what they are
 *   `about`
 *
 * @example
 * ```ts
 * import { linearizable } from 'memoir/testing';
 *
 * const step = (value: number, set: number | undefined) => [set ?? value, set ?? value] as const;
 * const register = { initial: 0, step };
 * const write = { called: 1, returned: 4, input: 7, output: 7 };
 * const early = { called: 2, returned: 3, input: undefined, output: 7 };
 * const stale = { called: 5, returned: 6, input: undefined, output: 0 };
 * console.log(linearizable([write, early], register)); // undefined
 * console.log(linearizable([write, early, stale], register)?.unexplained.called); // 5
 * ```
 */
export function linearizable<S, I, O>(
  history: readonly Operation<I, O>[],
  model: SequentialModel<S, I, O>,
): NotLinearizable<I, O> | undefined {
  const { about } = model;
  if (about === undefined) return explain(history, model, undefined);
  const parts = new Map<string, Operation<I, O>[]>();
  for (const operation of history) {
    const name = about(operation.input);
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [operation]);
    else part.push(operation);
  }
  for (const [name, part] of parts) {
    const found = explain(part, model, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A call or a return, in the list of those whose operations have no place yet. */
interface Moment<I, O> {
  readonly operation: Operation<I, O>;
  /** The return of a call; undefined for a return itself. */
  readonly end: Moment<I, O> | undefined;
  before: Moment<I, O> | undefined;
  after: Moment<I, O> | undefined;
}

/** An operation that has been given a place, and the state before it. */
interface Placed<S, I, O> {
  readonly call: Moment<I, O>;
  readonly state: S;
}

function explain<S, I, O>(
  history: readonly Operation<I, O>[],
  { initial, step }: SequentialModel<S, I, O>,
  about: string | undefined,
): NotLinearizable<I, O> | undefined {
  const list = new Moments(history);
  const tried = new Tried<S>(history.length);
  const placed: Placed<S, I, O>[] = [];
  let best: NotLinearizable<I, O> | undefined;
  let state = initial;
  let moment = list.first;
  while (moment !== undefined) {
    const { operation, end } = moment;
    if (end === undefined) {
      // It has returned and has no place: an operation that was given one has to make room.
      if (best === undefined || placed.length > best.explained.length)
        best = { about, explained: placed.map(({ call }) => call.operation), unexplained: operation };
      const last = placed.pop();
      if (last === undefined) return best;
      state = last.state;
      tried.flip(list.numberOf(last.call));
      list.putBack(last.call);
      moment = last.call.after;
      continue;
    }
    const [next, output] = step(state, operation.input);
    const isExplained = operation.returned === undefined || equalPlain(output, operation.output);
    if (isExplained && tried.isNew(list.numberOf(moment), next)) {
      placed.push({ call: moment, state });
      state = next;
      list.takeOut(moment);
      moment = list.first;
    } else {
      moment = moment.after;
    }
  }
  return undefined;
}

/** Calls and returns in the order of time; a call comes before the returns of its moment. */
class Moments<I, O> {
  readonly #head: Pick<Moment<I, O>, 'after'> = { after: undefined };
  readonly #numbers = new Map<Moment<I, O>, number>();

  constructor(history: readonly Operation<I, O>[]) {
    const moments = history.flatMap((operation, number) => {
      const end: Moment<I, O> = { operation, end: undefined, before: undefined, after: undefined };
      const call: Moment<I, O> = { operation, end, before: undefined, after: undefined };
      this.#numbers.set(call, number);
      return [
        { at: operation.called, moment: call },
        { at: operation.returned ?? Infinity, moment: end },
      ];
    });
    moments.sort((a, b) =>
      a.at === b.at ? Number(a.moment.end === undefined) - Number(b.moment.end === undefined) : a.at - b.at,
    );
    let last: Moment<I, O> | undefined;
    for (const { moment } of moments) {
      moment.before = last;
      if (last === undefined) this.#head.after = moment;
      else last.after = moment;
      last = moment;
    }
  }

  get first(): Moment<I, O> | undefined {
    return this.#head.after;
  }

  numberOf(call: Moment<I, O>): number {
    return this.#numbers.get(call)!;
  }

  takeOut(call: Moment<I, O>): void {
    for (const moment of [call, call.end!]) {
      (moment.before ?? this.#head).after = moment.after;
      if (moment.after !== undefined) moment.after.before = moment.before;
    }
  }

  /** In the opposite order of `takeOut`, for each still knows where it was. */
  putBack(call: Moment<I, O>): void {
    for (const moment of [call.end!, call]) {
      (moment.before ?? this.#head).after = moment;
      if (moment.after !== undefined) moment.after.before = moment;
    }
  }
}

/** Which operations had a place, and which state they led to: the same need not be looked at again. */
class Tried<S> {
  readonly #placed: Uint8Array;
  readonly #states = new Map<string, S[]>();
  #steps = 0;

  constructor(count: number) {
    this.#placed = new Uint8Array(count);
  }

  flip(number: number): void {
    this.#placed[number]! ^= 1;
  }

  /** True where an operation's having a place too leads to something new; then it has. */
  isNew(number: number, state: S): boolean {
    this.flip(number);
    const key = String.fromCodePoint(...this.#placed);
    const states = this.#states.get(key) ?? [];
    if (states.some((one) => equalPlain(one, state))) {
      this.flip(number);
      return false;
    }
    if (++this.#steps > STEPS_MAX) throw new Error(`${STEPS_MAX} steps were not enough: check a shorter history`);
    states.push(state);
    this.#states.set(key, states);
    return true;
  }
}
