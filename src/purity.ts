import { MemoirError } from './errors.js';
import { isThenable } from './thenable.js';

/** A global that gives something else each time, or does something later. */
interface Impure {
  readonly name: string;
  readonly instead: string;
}

const TIME = 'the time is the `at` that it is given';
const CHANCE = 'chance is `random()` of the `tx` that it is given, and a new id is one that its input brings';
const LATER = 'it runs to its end at once; what happens later, or elsewhere, is for a subscriber';

/** What is run now, and what it has used that it must not: the first such thing. */
interface Run {
  readonly what: string;
  used: MemoirError | undefined;
}

let current: Run | undefined;

/**
 * Runs a function that must be pure, and refuses the globals that are not: `Date.now()`, `new Date()`, `Date()`,
 * `performance.now`, `performance.timeOrigin`, `process.hrtime`, `process.uptime`, `format` and `formatToParts` of
 * `Intl.DateTimeFormat` without a date, `Math.random`, `crypto.randomUUID`, `crypto.getRandomValues`, timers,
 * `AbortSignal.timeout`, `process.nextTick`, `fetch`; and a promise returned. It catches what goes through globals: a
 * function that was taken from one before is not seen, nor is what depends on a time zone or a language. Globals are as
 * they were when it ends, but for the two that are getters (`timeOrigin` and `format`): from the first run on they are
 * guarded for good, and do what they did. In `mode: 'development'` a store runs the folds of its projections
 * like this, and a state machine its commands.
 *
 * @param what is run, as the error is to name it
 * @param run the function; nobody waits for it
 * @returns what the function returned
 * @throws `ImpureFold` at the first use, and again at the end where the function caught it; what the function throws
 *
 * @example
 * ```ts
 * import { purely } from 'memoir';
 *
 * console.log(purely('the fold of totals', () => new Date(0).getUTCFullYear())); // 1970
 * try {
 *   purely('the fold of totals', () => Date.now());
 * } catch (error) {
 *   console.log(String(error)); // MemoirError: the fold of totals used Date.now: the time is the `at` that it is given
 * }
 * ```
 */
export function purely<A>(what: string, run: () => A): A {
  const outer = current;
  const mine: Run = { what, used: undefined };
  current = mine;
  if (outer === undefined) {
    if (!hasGuardedGetters) guardGetters();
    for (const place of PLACES) place.forbid();
  }
  try {
    const result = run();
    if (isThenable(result)) throw promised(mine, result);
    if (mine.used === undefined) return result;
  } catch (error) {
    if (mine.used === undefined) throw error;
  } finally {
    current = outer;
    if (outer === undefined) for (const place of PLACES) place.allow();
  }
  if (outer !== undefined) outer.used ??= mine.used;
  throw mine.used;
}

/** A property that holds a stand-in while something is run. */
class Place {
  readonly #holder: Record<string, unknown>;
  readonly #key: string;
  readonly #standInOf: (real: object) => object;
  /** What was found there last, whether it can be written, and what stands in for it. */
  #real: unknown;
  #isPlain = false;
  #standIn: unknown;

  constructor(holder: object, key: string, standInOf: (real: object) => object) {
    this.#holder = holder as Record<string, unknown>;
    this.#key = key;
    this.#standInOf = standInOf;
  }

  /** What cannot be written stays as it is: there the guard sees less. */
  forbid(): void {
    const holder = this.#holder;
    const key = this.#key;
    const real = holder[key];
    if (typeof real !== 'function') return;
    if (real !== this.#real) {
      this.#isPlain = Reflect.getOwnPropertyDescriptor(holder, key)?.writable === true;
      this.#standIn = this.#standInOf(real);
      this.#real = real;
    }
    if (this.#isPlain) holder[key] = this.#standIn;
  }

  allow(): void {
    const holder = this.#holder;
    const key = this.#key;
    // Whoever has put something else there meanwhile, fake timers say, is left alone.
    if (this.#isPlain && holder[key] === this.#standIn) holder[key] = this.#real;
  }
}

const standIns = new WeakMap<object, object>();

/** Does what the real one does, but in a run that must be pure: code may keep it for later. */
function standInFor(real: object, traps: ProxyHandler<object>): object {
  let standIn = standIns.get(real);
  if (standIn === undefined) {
    standIn = new Proxy(real, traps);
    standIns.set(real, standIn);
  }
  return standIn;
}

/** @param isPure of what it is called with, whether that call is pure all the same */
function refusing(impure: Impure, isPure: (given: readonly unknown[]) => boolean = () => false): ProxyHandler<object> {
  return {
    apply(real, self, given: unknown[]) {
      if (current !== undefined && !isPure(given)) refuse(impure);
      return Reflect.apply(real as never, self, given);
    },
  };
}

const NOW = refusing({ name: 'Date.now', instead: TIME });

/** A `Date` of a time that is told is pure; that of now is not. */
const DATE: ProxyHandler<object> = {
  ...refusing({ name: 'Date()', instead: TIME }),
  construct(real, given, made) {
    if (given.length === 0) refuse({ name: 'new Date()', instead: TIME });
    return Reflect.construct(real as never, given, made) as object;
  },
  get(real, key) {
    const found: unknown = Reflect.get(real, key);
    return key === 'now' ? standInFor(found as object, NOW) : found;
  },
};

/** Node itself comes by these: to write to the console puts off a tick. That is no fault of what is run. */
function byNodeItself(): boolean {
  // Below this and the trap that asks stands who called.
  return /\bnode:/.test(new Error().stack?.split('\n')[3] ?? '');
}

const HRTIME_BIGINT = refusing({ name: 'process.hrtime.bigint', instead: TIME }, byNodeItself);

const HRTIME: ProxyHandler<object> = {
  ...refusing({ name: 'process.hrtime', instead: TIME }, byNodeItself),
  get(real, key) {
    const found: unknown = Reflect.get(real, key);
    return key === 'bigint' ? standInFor(found as object, HRTIME_BIGINT) : found;
  },
};

/** To write a time that is told is pure. */
const isTold = ([date]: readonly unknown[]): boolean => date !== undefined;
const FORMAT = refusing({ name: 'format() of Intl.DateTimeFormat', instead: TIME }, isTold);
const FORMAT_TO_PARTS = refusing({ name: 'formatToParts() of Intl.DateTimeFormat', instead: TIME }, isTold);
const TIME_ORIGIN = refusing({ name: 'performance.timeOrigin', instead: TIME });

let hasGuardedGetters = false;

/** To swap a getter takes as long as to swap all else: what stands in for it stays, and tells by itself what is run. */
function guardGetters(): void {
  hasGuardedGetters = true;
  guardGetter(ownerOf(Reflect.get(globalThis, 'performance'), 'timeOrigin'), 'timeOrigin', TIME_ORIGIN);
  guardGetter(Intl.DateTimeFormat.prototype, 'format', {
    apply(real, self) {
      const format = Reflect.apply(real as never, self, []) as object;
      return current === undefined ? format : standInFor(format, FORMAT);
    },
  });
}

function guardGetter(holder: object | undefined, key: string, traps: ProxyHandler<object>): void {
  const found = holder && Reflect.getOwnPropertyDescriptor(holder, key);
  if (found?.get === undefined || found.configurable !== true) return;
  Object.defineProperty(holder, key, { ...found, get: standInFor(found.get, traps) as () => unknown });
}

/** @throws `ImpureFold` while something is run that must be pure */
function refuse({ name, instead }: Pick<Impure, 'name' | 'instead'>): void {
  if (current === undefined) return;
  const error = new MemoirError('ImpureFold', `${current.what} used ${name}: ${instead}`);
  current.used ??= error;
  throw error;
}

function promised(run: Run, returned: PromiseLike<unknown>): MemoirError {
  // What it does later fails at `tx`; nobody waits for that, so it must not count as unhandled.
  returned.then(
    () => undefined,
    () => undefined,
  );
  run.used ??= new MemoirError('ImpureFold', `${run.what} returned a promise: ${LATER}`);
  return run.used;
}

const PLACES: readonly Place[] = [
  new Place(globalThis, 'Date', (real) => standInFor(real, DATE)),
  // A Date is still one by its constructor.
  new Place(Date.prototype, 'constructor', (real) => standInFor(real, DATE)),
  new Place(Intl.DateTimeFormat.prototype, 'formatToParts', (real) => standInFor(real, FORMAT_TO_PARTS)),
  ...placesOf(TIME, 'performance.now'),
  ...placesOf(CHANCE, 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues'),
  ...placesOf(LATER, 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'),
  ...placesOf(LATER, 'AbortSignal.timeout'),
  ...placeOf('process.nextTick', refusing({ name: 'process.nextTick', instead: LATER }, byNodeItself)),
  ...placeOf('process.hrtime', HRTIME),
  ...placeOf('process.uptime', refusing({ name: 'process.uptime', instead: TIME }, byNodeItself)),
];

function placesOf(instead: string, ...names: readonly string[]): Place[] {
  return names.flatMap((name) => placeOf(name, refusing({ name, instead })));
}

/** The place of a global, or of something that a global has; none where the host has no such thing. */
function placeOf(name: string, traps: ProxyHandler<object>): Place[] {
  const [key = '', global] = name.split('.').toReversed();
  const holder = ownerOf(global === undefined ? globalThis : Reflect.get(globalThis, global), key);
  return holder === undefined ? [] : [new Place(holder, key, (real) => standInFor(real, traps))];
}

/** The object that a property is of: the given one, or one that it inherits from. */
function ownerOf(holder: unknown, key: string): object | undefined {
  let owner = holder as object | null | undefined;
  while (owner && !Object.hasOwn(owner, key)) owner = Reflect.getPrototypeOf(owner);
  return owner ?? undefined;
}
