/** More than a year, and a little of every unit beside it: no part of a date or of a time of day stays as it was. */
const LATER_MS = (((400 * 24 + 5) * 60 + 7) * 60 + 11) * 1000 + 13;

/** Runs something as if it were more than a year from now, and somewhere else: what reads the clock differs. */
export function inAnotherTime<A>(run: () => A): A {
  const comeBack = goToAnotherTime();
  try {
    return run();
  } finally {
    comeBack();
  }
}

/**
 * Sets all clocks of this process ahead, and its time zone to another one, where the host lets it. What was taken from
 * a global before is not seen: a process that is to have no other time goes there before it loads anything.
 *
 * @returns what sets all of them back
 */
export function goToAnotherTime(): () => void {
  let ms = LATER_MS;
  const ahead = (): number => ms;
  const real = Date.now;
  const now = (): number => real() + ms;
  const undoes = [...dates(now), ...formats(now), ...stopwatches(ahead), elsewhere()];
  return () => {
    // Somebody may have kept one: from now on it says what the real one does.
    ms = 0;
    for (const undo of undoes.toReversed()) undo();
  };
}

type Undo = () => void;
type InMs = () => number;

function dates(now: InMs): Undo[] {
  const value = new Proxy(Date, {
    construct: (real, given, made) => Reflect.construct(real, given.length === 0 ? [now()] : given, made) as Date,
    apply: (real) => new real(now()).toString(),
    get: (real, key) => (key === 'now' ? now : (Reflect.get(real, key) as unknown)),
  });
  return [replaced(globalThis, 'Date', { value })];
}

type Format = (this: Intl.DateTimeFormat, date: Date | number) => unknown;

function formats(now: InMs): Undo[] {
  const { prototype } = Intl.DateTimeFormat;
  const real = Object.getOwnPropertyDescriptors(prototype) as Record<string, PropertyDescriptor>;
  return [
    replaced(prototype, 'format', {
      get(this: Intl.DateTimeFormat) {
        const format = real['format']!.get!.call(this) as Intl.DateTimeFormat['format'];
        return (date?: Date | number) => format(date ?? now());
      },
    }),
    replaced(prototype, 'formatToParts', {
      value(this: Intl.DateTimeFormat, date?: Date | number) {
        return (real['formatToParts']!.value as Format).call(this, date ?? now());
      },
    }),
  ];
}

/** The clocks that count from a moment of their own. */
function stopwatches(ahead: InMs): Undo[] {
  const { performance, process } = globalThis as Partial<Pick<typeof globalThis, 'performance' | 'process'>>;
  const undoes: Undo[] = [];
  if (performance !== undefined) {
    const now = performance.now.bind(performance);
    const { timeOrigin } = performance;
    undoes.push(
      replaced(performance, 'now', { value: () => now() + ahead() }),
      replaced(performance, 'timeOrigin', { get: () => timeOrigin + ahead() }),
    );
  }
  if (process !== undefined) {
    const nanoseconds = process.hrtime.bigint.bind(process.hrtime);
    const uptime = process.uptime.bind(process);
    const bigint = (): bigint => nanoseconds() + BigInt(ahead()) * 1_000_000n;
    const pair = ([seconds, rest] = [0, 0]): [number, number] => {
      const since = bigint() - BigInt(seconds) * SECOND_NS - BigInt(rest);
      return [Number(since / SECOND_NS), Number(since % SECOND_NS)];
    };
    undoes.push(
      replaced(process, 'hrtime', { value: Object.assign(pair, { bigint }) }),
      replaced(process, 'uptime', { value: () => uptime() + ahead() / 1000 }),
    );
  }
  return undoes;
}

const SECOND_NS = 1_000_000_000n;

/** Node heeds a time zone that is set while it runs, but in a worker; a browser has none to set. */
function elsewhere(): Undo {
  const { env } = (globalThis as { process?: { env: Record<string, string | undefined> } }).process ?? { env: {} };
  const zone = env['TZ'];
  // West of here for who is east of Greenwich, and the other way round; and by minutes, too.
  env['TZ'] = new Date(0).getTimezoneOffset() < 0 ? 'Pacific/Marquesas' : 'Asia/Kathmandu';
  return () => {
    if (zone === undefined) delete env['TZ'];
    else env['TZ'] = zone;
  };
}

/** Puts something in the place of a property; it is put back unless somebody else has been there meanwhile. */
function replaced(holder: object, key: string, by: PropertyDescriptor): Undo {
  const real = Object.getOwnPropertyDescriptor(holder, key);
  const asBefore = { configurable: true, enumerable: real?.enumerable === true };
  Object.defineProperty(holder, key, { ...asBefore, ...('value' in by && { writable: true }), ...by });
  return () => {
    const found = Object.getOwnPropertyDescriptor(holder, key);
    if (found === undefined || found.value !== by.value || found.get !== by.get) return;
    if (real === undefined) Reflect.deleteProperty(holder, key);
    else Object.defineProperty(holder, key, real);
  };
}
