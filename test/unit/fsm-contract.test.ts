import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import type { Entry } from '../../src/fsm.js';
import { fsmContract, type Check } from '../../src/testing.js';
import { create, createOfHere } from '../support/counting-machine.js';
import * as readers from '../support/reading-machines.js';

type Machine = ReturnType<typeof create>;

const id = fc.constantFrom('a', 'b', 'c', '__proto__');
const commands = {
  add: fc.record({ id, tags: fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }) }),
  drop: fc.record({ id }),
};
const otherProcess = {
  module: new URL('../support/counting-machine.ts', import.meta.url),
  execArgv: ['--import', 'tsx'],
};
const contract = (made: () => Machine) => fsmContract({ create: made, commands, runs: 12, entriesMax: 12, seed: 7 });

/** One of the checks. */
const only = (name: string, made: () => Machine) => contract(made).filter((check) => check.name === name);

/** The machine with some of it in the place of its own. */
function changed(machine: Machine, by: (machine: Machine) => Partial<Machine>): Machine {
  const other = by(machine);
  return new Proxy(machine, {
    get(target, key) {
      if (key in other) return Reflect.get(other, key) as unknown;
      const own: unknown = Reflect.get(target, key, target);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}

/** The names of checks that a machine does not pass. */
async function failing(checks: readonly Check[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of checks) {
    await run().catch(() => names.push(name));
  }
  return names;
}

// Some run the machine in another process, which has its code to compile first.
vi.setConfig({ testTimeout: 60_000 });

/** What a check that fails says. */
async function said({ run }: Check): Promise<string> {
  return run().then(
    () => '',
    (error: Error) => `${error.message} ${String(error.cause)}`,
  );
}

describe('a machine that is as it is to be', () => {
  for (const { name, run } of fsmContract({ create, commands, otherProcess })) it(name, run);
});

describe('a machine that refuses gaps', () => {
  const contiguous = () => create(undefined, { contiguous: true });
  for (const { name, run } of fsmContract({ create: contiguous, commands, gaps: false })) it(name, run);
});

it('asks at once for machines that keep state hashes', () => {
  const unhashed = () => create(undefined, { stateHash: false });
  expect(() => fsmContract({ create: unhashed, commands })).toThrow(/create makes a machine without state hashes/);
});

const WHENEVER = 'answers and changes alike, whenever it is run';
const SNAPSHOT = 'is after a snapshot as after the log';
const WIPES = 'has nothing left after a restore of what it had before';
const MOMENT = 'takes snapshots of their moment, while it goes on';

const ELSEWHERE = 'comes to the same in another process';

describe('what is wrong with a machine is found, when', () => {
  it.each<readonly [string, () => number]>([
    ['Date.now', () => Date.now()],
    ['new Date', () => new Date().getFullYear()],
    ['the hour', () => new Date().getUTCHours()],
    ['performance.now', () => Math.floor(performance.now() / 1e9)],
    ['performance.timeOrigin', () => Math.floor(performance.timeOrigin / 1e9)],
    ['process.hrtime', () => process.hrtime()[0]],
    ['process.hrtime since', () => process.hrtime([7, 999_999_999])[0]],
    ['process.hrtime.bigint', () => Number(process.hrtime.bigint() / 10n ** 12n)],
    ['process.uptime', () => Math.floor(process.uptime() / 1000)],
    ['the day as text', () => Number(new Intl.DateTimeFormat('en', { day: 'numeric' }).format())],
    ['parts of now', () => Number(new Intl.DateTimeFormat('en', { day: 'numeric' }).formatToParts()[0]!.value)],
    ['the time zone', () => new Date(0).getHours()],
  ])('it reads a clock: %s', async (_, fault) => {
    expect(await failing(only(WHENEVER, () => create(fault)))).toEqual([WHENEVER]);
  });

  it.each(Object.entries(readers))('it took a clock, or the like, when it was loaded: %s', async (name, made) => {
    const module = new URL('../support/reading-machines.ts', import.meta.url);
    const there = fsmContract({ create: made, commands, seed: 7, otherProcess: { ...otherProcess, module, name } });
    expect(await said(there.find((check) => check.name === ELSEWHERE)!)).toContain('the state after entry');
  });

  it('it draws chance of the platform', async () => {
    expect(await failing(only(WHENEVER, () => create(() => Math.floor(Math.random() * 100))))).toEqual([WHENEVER]);
  });

  it('it goes through a set from outside, which has no order of its own', async () => {
    const met = new Set<number>();
    const faulty = () =>
      create(() => {
        met.add((met.size * 7) % 11);
        return [...met].at(-1)!;
      });
    expect(await failing(only(WHENEVER, faulty))).toEqual([WHENEVER]);
  });

  it('it keeps state beside the store', async () => {
    const faulty = () => {
      let count = 0;
      return create(() => (count += 1));
    };
    expect(await failing(contract(faulty))).toEqual([SNAPSHOT, WIPES, MOMENT]);
  });

  it('its restore keeps some of what there was', async () => {
    const faulty = () => {
      const applied: Entry[] = [];
      return changed(create(), (inner) => ({
        apply: (entry) => {
          applied.push(entry);
          return inner.apply(entry);
        },
        applyBatch: (entries) => {
          applied.push(...entries);
          return inner.applyBatch(entries);
        },
        restore: async (source) => {
          await inner.restore(source);
          for (const entry of applied) if (entry.index > inner.appliedIndex) inner.apply(entry);
        },
      }));
    };
    expect(await failing(contract(faulty))).toEqual([WIPES]);
  });

  it('its snapshots are taken when they are written', async () => {
    const late = () =>
      changed(create(), (inner) => ({
        snapshot: () => {
          const { appliedIndex: index } = inner;
          return { index, term: 1, persist: () => inner.snapshot().persist(), release: () => {} };
        },
      }));
    expect(await failing(contract(late))).toEqual([MOMENT]);
  });

  it('groups of entries are applied otherwise than one by one', async () => {
    const hasty = () =>
      changed(create(), (inner) => ({ applyBatch: (entries) => inner.applyBatch(entries.toReversed()).toReversed() }));
    const name = 'applies entries together as one by one';
    expect(await failing(only(name, hasty))).toEqual([name]);
  });

  it('entries that come again are applied again', async () => {
    const again = () => {
      let last = 0;
      return changed(create(), (inner) => ({
        apply: (entry) => {
          const given = entry.index > last ? entry : { ...entry, index: last + 1 };
          last = given.index;
          return inner.apply(given);
        },
      }));
    };
    const name = 'passes over what it has applied already';
    expect(await failing(only(name, again))).toEqual([name]);
  });

  it('bytes that are no command make it throw what it likes', async () => {
    const naive = () =>
      changed(create(), (inner) => ({
        apply: (entry) => {
          if (entry.data[0] !== 1) throw new SyntaxError('what is this?');
          return inner.apply(entry);
        },
      }));
    expect(await failing(contract(naive))).toEqual(['comes to no harm by bytes that are no command']);
  });

  it('it is another one in another process', async () => {
    const elsewhere = fsmContract({
      create: createOfHere,
      commands,
      otherProcess: { ...otherProcess, name: 'createOfHere' },
      // Few logs are tried, and one may have no command that is accepted.
      seed: 7,
    });
    expect(await failing(elsewhere)).toEqual([ELSEWHERE]);
  });

  it('with the seed and the log, made small', async () => {
    const [check] = only(WHENEVER, () => create(() => Date.now()));
    await expect(check!.run()).rejects.toThrow(/seed: 7[\s\S]*Counterexample/);
    const message = await said(check!);
    expect(message).toContain('the state after entry');
    expect(message.match(/"name":"add"/g)?.length).toBeLessThanOrEqual(2);
  });
});
