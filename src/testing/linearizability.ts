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
 * @throws `RangeError` for an operation that returns before it is called; an `Error` when nothing can be said after
 * two million steps: check shorter histories, or say what they are `about`
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
  const strange = history.find(({ called, returned = Infinity }) => !(called <= returned));
  if (strange !== undefined)
    throw new RangeError(`an operation is called at ${strange.called} and returns at ${strange.returned}`);
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
  readonly number: number;
  readonly operation: Operation<I, O>;
  /** The return of a call; undefined for a return itself. */
  readonly end: Moment<I, O> | undefined;
  before: Moment<I, O> | undefined;
  after: Moment<I, O> | undefined;
}

/** A place in the order: the operation that was given it, the state after that, and which may be next. */
interface Place<S, I, O> {
  /** Undefined for the beginning. */
  readonly call: Moment<I, O> | undefined;
  readonly state: S;
  readonly candidates: readonly Moment<I, O>[];
  /** How many of them have been tried. */
  tried: number;
}

function explain<S, I, O>(
  history: readonly Operation<I, O>[],
  { initial, step }: SequentialModel<S, I, O>,
  about: string | undefined,
): NotLinearizable<I, O> | undefined {
  const moments = new Moments(history);
  const seen = new Seen<S>();
  const order: Place<S, I, O>[] = [];
  let best: NotLinearizable<I, O> | undefined;
  const give = (call: Moment<I, O> | undefined, state: S): void => {
    order.push({ call, state, candidates: moments.candidates(), tried: 0 });
  };
  give(undefined, initial);
  while (moments.firstReturn !== undefined) {
    const place = order.at(-1)!;
    if (place.tried === place.candidates.length) {
      // One that has returned has no place after these: the last of them has to make room.
      if (best === undefined || order.length > best.explained.length + 1) {
        const explained = order.flatMap(({ call }) => call?.operation ?? []);
        best = { about, explained, unexplained: moments.firstReturn.operation };
      }
      order.pop();
      if (place.call === undefined) return best;
      moments.putBack(place.call);
      continue;
    }
    const call = place.candidates[place.tried++]!;
    const { input, returned, output } = call.operation;
    const [state, answer] = step(place.state, input);
    // What never returned need not have a place: it is given one for what it does to the state alone.
    if (returned === undefined ? equalPlain(state, place.state) : !equalPlain(answer, output)) continue;
    moments.takeOut(call);
    if (seen.isNew(moments.key(), moments.open, state)) give(call, state);
    else moments.putBack(call);
  }
  return undefined;
}

/**
 * The operations that have no place yet: calls and returns in the order of time, a call before the returns of its
 * moment; and apart from these the calls that never returned.
 */
class Moments<I, O> {
  readonly #head: Pick<Moment<I, O>, 'after'> = { after: undefined };
  readonly #open: Moment<I, O>[] = [];
  /** By number, 1 for a place; what has returned is numbered by its call. */
  readonly #placed: Uint8Array;
  #count = 0;
  /** Those that never returned and have a place, a bit each. */
  open = 0n;

  constructor(history: readonly Operation<I, O>[]) {
    const known: { readonly at: number; readonly moment: Moment<I, O> }[] = [];
    let returns = 0;
    for (const operation of history.toSorted((a, b) => a.called - b.called)) {
      const { called, returned } = operation;
      const number = returned === undefined ? this.#open.length : returns++;
      const end: Moment<I, O> = { number, operation, end: undefined, before: undefined, after: undefined };
      const call: Moment<I, O> = { number, operation, end, before: undefined, after: undefined };
      if (returned === undefined) this.#open.push(call);
      else known.push({ at: called, moment: call }, { at: returned, moment: end });
    }
    this.#placed = new Uint8Array(returns);
    known.sort((a, b) => a.at - b.at || Number(a.moment.end === undefined) - Number(b.moment.end === undefined));
    let last: Moment<I, O> | undefined;
    for (const { moment } of known) {
      moment.before = last;
      (last ?? this.#head).after = moment;
      last = moment;
    }
  }

  /** Which of those that returned have a place: the first that has none, and those with one after it. */
  key(): string {
    const first = this.#head.after?.number ?? this.#count;
    const parts = [first];
    for (let number = first + 1; parts.length <= this.#count - first; number++) {
      if (this.#placed[number] === 1) parts.push(number);
    }
    return parts.join();
  }

  /** The return that comes first: its operation is to have a place before any that was called later. */
  get firstReturn(): Moment<I, O> | undefined {
    let moment = this.#head.after;
    while (moment?.end !== undefined) moment = moment.after;
    return moment;
  }

  /** What may be next: all that was called before the first return; what never returned comes last, for it need not. */
  candidates(): readonly Moment<I, O>[] {
    const found: Moment<I, O>[] = [];
    let moment = this.#head.after;
    for (; moment?.end !== undefined; moment = moment.after) found.push(moment);
    const until = moment?.operation.returned ?? Infinity;
    for (const call of this.#open) {
      if ((this.open & bitOf(call)) === 0n && call.operation.called <= until) found.push(call);
    }
    return found;
  }

  takeOut(call: Moment<I, O>): void {
    if (call.operation.returned === undefined) {
      this.open |= bitOf(call);
      return;
    }
    this.#placed[call.number] = 1;
    this.#count++;
    for (const moment of [call, call.end!]) {
      (moment.before ?? this.#head).after = moment.after;
      if (moment.after !== undefined) moment.after.before = moment.before;
    }
  }

  /** In the opposite order of `takeOut`, for each still knows where it was. */
  putBack(call: Moment<I, O>): void {
    if (call.operation.returned === undefined) {
      this.open ^= bitOf(call);
      return;
    }
    this.#placed[call.number] = 0;
    this.#count--;
    for (const moment of [call.end!, call]) {
      (moment.before ?? this.#head).after = moment;
      if (moment.after !== undefined) moment.after.before = moment;
    }
  }
}

function bitOf({ number }: { readonly number: number }): bigint {
  return 1n << BigInt(number);
}

/** A state, and which of those that never returned had a place when it was come to. */
interface Reached<S> {
  readonly state: S;
  readonly open: bigint[];
}

/** What has been come to: it need not be looked at again, nor with more of those used up that never returned. */
class Seen<S> {
  readonly #reached = new Map<string, Reached<S>[]>();
  #count = 0;

  isNew(key: string, open: bigint, state: S): boolean {
    let all = this.#reached.get(key);
    if (all === undefined) this.#reached.set(key, (all = []));
    let found = all.find((one) => equalPlain(one.state, state));
    if (found === undefined) all.push((found = { state, open: [] }));
    if (found.open.some((less) => (less & open) === less)) return false;
    if (++this.#count > STEPS_MAX) throw new Error(`${STEPS_MAX} steps were not enough: check a shorter history`);
    found.open.push(open);
    return true;
  }
}
