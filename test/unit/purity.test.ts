import * as fc from 'fast-check';
import * as t from 'io-ts';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createStore, decider, projection, purely, table } from '../../src/index.js';
import { commandOn, createFsm } from '../../src/fsm.js';
import { specificationOf } from '../../src/testing.js';

const impure = (used: string) =>
  expect.objectContaining({ code: 'ImpureFold', message: expect.stringContaining(used) as string });

/** Everything of the globals that the guard touches. */
function touched(): unknown[] {
  const globals = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'];
  return [
    ...globals.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)),
    Object.getOwnPropertyDescriptor(Date.prototype, 'constructor'),
    ...['performance', 'crypto', 'Math'].map((name) =>
      Object.getOwnPropertyDescriptors(Reflect.get(globalThis, name) as object),
    ),
    Object.getOwnPropertyDescriptor(AbortSignal, 'timeout'),
    ...['nextTick', 'hrtime', 'uptime'].map((name) =>
      Object.getOwnPropertyDescriptor((globalThis as { process?: object }).process ?? {}, name),
    ),
    Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'formatToParts'),
    ...[performance, crypto].map((one) => Object.getOwnPropertyDescriptors(Object.getPrototypeOf(one) as object)),
  ];
}

// Getters are guarded from the first run on.
purely('it', () => undefined);
const before = touched();
afterEach(() => expect(touched()).toEqual(before));

// A browser has no such thing.
const isNode = 'process' in globalThis && typeof process.hrtime === 'function';
const OF_NODE: readonly (readonly [string, () => unknown])[] = [
  ['process.nextTick', () => process.nextTick(() => {})],
  ['process.hrtime', () => process.hrtime()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
  ['process.uptime', () => process.uptime()],
];
const days = new Intl.DateTimeFormat('en', { timeZone: 'UTC' });

const IMPURE: readonly (readonly [string, () => unknown])[] = [
  ['Date.now', () => Date.now()],
  ['new Date()', () => new Date()],
  ['Date()', () => Date()],
  ['new Date()', () => new (class Later extends Date {})()],
  ['performance.now', () => performance.now()],
  ['Math.random', () => Math.random()],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))],
  ['setTimeout', () => setTimeout(() => {}, 0)],
  ['setInterval', () => setInterval(() => {}, 1)],
  ['setImmediate', () => setImmediate(() => {})],
  ['queueMicrotask', () => queueMicrotask(() => {})],
  ['fetch', () => void fetch('http://localhost')],
  ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
  ['format() of Intl.DateTimeFormat', () => new Intl.DateTimeFormat('en').format()],
  ['format() of Intl.DateTimeFormat', () => days.format()],
  ['formatToParts() of Intl.DateTimeFormat', () => days.formatToParts()],
  ['performance.timeOrigin', () => performance.timeOrigin],
  ...(isNode ? OF_NODE : []),
  ['a promise', async () => Promise.resolve(1)],
];

describe('what must be pure', () => {
  it.each(IMPURE)('does not use %s', (used, use) => {
    expect(() => purely('it', use)).toThrow(impure(`it ${used === 'a promise' ? 'returned' : 'used'} ${used}`));
  });

  it.each(IMPURE.slice(0, -1))('does not hide that it used %s', (used, use) => {
    const hiding = () => {
      try {
        void use();
      } catch {
        return 0;
      }
      return 1;
    };
    expect(() => purely('it', hiding)).toThrow(impure(used));
    expect(() => purely('outer', () => hideAll(() => purely('inner', hiding)))).toThrow(impure('inner used'));
  });

  it('has times that are told, and what it throws is thrown', () => {
    const times = purely('it', () => {
      const at = new Date(5);
      class Day extends Date {}
      expect(at.constructor).toBe(Date);
      expect(at instanceof Date && new Day(1) instanceof Date).toBe(true);
      return [at.getTime(), new Date('1970-01-02').getTime(), Date.UTC(1970, 0, 3), Date.parse('1970-01-04'), at];
    });
    expect(times).toEqual([5, 864e5, 2 * 864e5, 3 * 864e5, new Date(5)]);
    expect((times[4] as Date).constructor).toBe(Date);
    const error = new Error('mine');
    expect(() => purely('it', () => raise(error))).toThrow(error);
  });

  it('may keep what it finds for later, when it is real', () => {
    const { now, random, later } = purely('it', () => ({ now: Date.now, random: Math.random, later: Date }));
    expect(now()).toBeGreaterThan(1e12);
    expect(random()).toBeLessThan(1);
    expect(new later().getTime()).toBeGreaterThan(1e12);
    expect(() => purely('it', () => now())).toThrow(impure('Date.now'));
  });

  it('writes a time that is told, and may write to the console, for which Node itself counts ticks', () => {
    const told = purely('it', () => [days.format(0), days.format(new Date(0)), days.formatToParts(0)[0]!.value]);
    expect(told).toEqual(['1/1/1970', '1/1/1970', '1']);
    expect(days.format()).toBe(days.format(Date.now()));
    expect(days.format).toBe(days.format);
    expect(performance.timeOrigin).toBeGreaterThan(1e12);
    if (!isNode) return;
    const written: string[] = [];
    purely('it', () => process.stderr.write('', () => written.push('it')));
  });

  it('leaves fake timers alone, whenever they come', () => {
    vi.useFakeTimers({ now: 7 });
    expect(purely('it', () => new Date(3).getTime())).toBe(3);
    expect(() => purely('it', () => Date.now())).toThrow(impure('Date.now'));
    expect(Date.now()).toBe(7);
    vi.useRealTimers();
    const { random } = Math;
    const mine = () => 0.5;
    expect(purely('it', () => (Math.random = mine)())).toBe(0.5);
    expect(Math.random).toBe(mine);
    Math.random = random;
  });

  it('ends as it began, however it is nested and wherever it throws', () => {
    interface Nest {
      readonly throws: boolean;
      readonly uses: boolean;
      readonly inner: readonly Nest[];
    }
    const nested = (depth: number): fc.Arbitrary<Nest> =>
      fc.record({
        throws: fc.boolean(),
        uses: fc.boolean(),
        inner: depth === 0 ? fc.constant([]) : fc.array(nested(depth - 1), { maxLength: 2 }),
      });
    const run = ({ throws, uses, inner }: Nest): void => {
      purely('it', () => {
        for (const one of inner) hideAll(() => run(one));
        if (uses) hideAll(() => Math.random());
        if (throws) throw new Error('mine');
      });
    };
    const isImpure = ({ uses, inner }: Nest): boolean => uses || inner.some(isImpure);
    fc.assert(
      fc.property(nested(3), (one) => {
        const wanted = isImpure(one) ? 'Math.random' : one.throws ? 'mine' : undefined;
        if (wanted === undefined) run(one);
        else expect(() => run(one)).toThrow(wanted);
        expect(touched()).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});

const orders = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const seen = table(t.strict({ id: t.string, at: t.number }), { primaryKey: 'id' });

/** A store with a projection that keeps what `at` says of each order. */
function folding(at: () => number, options: object = {}) {
  return createStore({
    tables: { orders },
    ...options,
    projections: [
      projection({
        ...{ name: 'seen', sources: { orders }, tables: { seen } },
        on: { changes: { orders: (tx, { after }) => void tx.seen.put({ id: after!.id, at: at() }) } },
      }),
    ],
  });
}

describe('a store', () => {
  it('refuses folds that read the clock in development, and undoes the transaction', () => {
    const store = folding(() => Date.now());
    const insert = () => store.transact((tx) => tx.orders.insert({ id: 'o1' }));
    expect(insert).toThrow(expect.objectContaining({ code: 'ImpureFold', projection: 'seen', offset: 1 }) as Error);
    expect(insert).toThrow('a fold of seen used Date.now');
    expect([store.head, store.now().orders.size]).toEqual([0, 0]);
    expect(
      folding(() => Date.now(), { mode: 'production' }).transact((tx) => tx.orders.insert({ id: 'o1' })).offset,
    ).toBe(1);
  });

  it('has the clock again for its own bodies and subscribers', () => {
    const store = folding(() => 1);
    const times: number[] = [];
    store.live((db) => db.seen.size).subscribe(() => times.push(Date.now()));
    store.transact((tx) => tx.orders.insert({ id: String(Date.now()) }));
    expect(times).toHaveLength(2);
  });

  it('folds samples twice, and undoes what does not come to the same', () => {
    let kept = 0;
    const store = folding(() => (kept += 1), { checkPurity: { every: 2 } });
    store.transact((tx) => tx.orders.insert({ id: 'o1' }));
    const second = () => store.transact((tx) => tx.orders.insert({ id: 'o2' }));
    expect(second).toThrow(expect.objectContaining({ code: 'ImpureFold', table: 'seen', offset: 2 }) as Error);
    expect([store.head, store.now().seen.size]).toEqual([1, 1]);
    store.check();

    const pure = folding(() => 5, { checkPurity: { every: 1 }, batchChangesMax: 2 });
    pure.transact((tx) => tx.orders.insert({ id: 'o1' }));
    expect(pure.now().seen.get('o1')).toEqual({ id: 'o1', at: 5 });
    pure.check();
    expect(() => folding(() => 1, { checkPurity: { every: 0 } })).toThrow('checkPurity');
    expect(() => folding(() => 1, { checkPurity: null })).toThrow('checkPurity');
  });
});

describe('a specification', () => {
  it('does not take deciders that read the clock or draw chance', () => {
    type Fact = { type: 'At'; data: number };
    const at = (use: () => number, evolve: () => number = () => 0) =>
      specificationOf(
        decider({
          initialState: () => 0,
          evolve: (state: number, { data }: Fact) => state + data + evolve(),
          decide: (type: 'At'): Fact => ({ type, data: use() }),
        }),
      )([]).when('At');
    expect(() => at(() => Date.now()).then([])).toThrow(impure('decide used Date.now'));
    const drawn = at(
      () => 1,
      () => Math.random(),
    );
    expect(() => drawn.thenState(0)).toThrow(impure('evolve used Math.random'));
  });
});

/** A machine with one command, whose answer is what `answer` says of its input. */
function answering(answer: (input: { ids: string[] }) => unknown, options: object = {}) {
  const command = commandOn({ orders });
  const fsm = createFsm({
    tables: { orders },
    ...options,
    commands: {
      put: command(t.strict({ ids: t.array(t.string) }), (tx, input) => {
        tx.orders.put({ id: input.ids[0] ?? '' });
        return answer(input) as string;
      }),
    },
  });
  const apply = (index: number) => fsm.apply({ index, term: 1, data: fsm.encode('put', { ids: ['a'] }, { at: 0 }) });
  return { fsm, apply };
}

describe('a state machine', () => {
  it('halts at a command that is not pure, before anything has come of it', () => {
    const { fsm, apply } = answering(() => Math.random());
    expect(() => apply(1)).toThrow(impure('put, entry 1, used Math.random'));
    expect([fsm.appliedIndex, fsm.store.head]).toEqual([0, 0]);
    expect(() => apply(2)).toThrow(impure('entry 1'));
    expect(answering(() => Math.random(), { mode: 'production' }).apply(1).status).toBe('accepted');
  });

  it('runs samples twice, and halts at one that keeps something to itself', () => {
    let kept = 0;
    const keeping = answering(() => (kept += 1), { checkPurity: { every: 3 } });
    expect([keeping.apply(1), keeping.apply(2)].map(({ status }) => status)).toEqual(['accepted', 'accepted']);
    expect(() => keeping.apply(3)).toThrow(impure('run twice'));
    expect(keeping.fsm.appliedIndex).toBe(2);

    // What it does to its input stays with it.
    const consuming = answering(({ ids }) => ids.pop(), { checkPurity: { every: 1 }, mode: 'production' });
    expect(consuming.apply(1)).toMatchObject({ status: 'accepted', value: 'a' });
    const refusing = answering(() => raise(new Error('no')), { checkPurity: { every: 1 } });
    expect(refusing.apply(1)).toMatchObject({ status: 'rejected', message: 'no' });
  });
});

function hideAll(act: () => unknown): void {
  try {
    act();
  } catch {
    // That is what is tried.
  }
}

function raise(error: Error): never {
  throw error;
}
