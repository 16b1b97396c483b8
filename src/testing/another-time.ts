const LATER_MS = 400 * 24 * 3600 * 1000;

/** Runs something as if it were more than a year from now: what reads the clock comes to something else. */
export function inAnotherTime<A>(run: () => A): A {
  const real = globalThis.Date;
  const now = (): number => real.now() + LATER_MS;
  globalThis.Date = new Proxy(real, {
    construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made) as Date,
    apply: () => new real(now()).toString(),
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
  try {
    return run();
  } finally {
    globalThis.Date = real;
  }
}
