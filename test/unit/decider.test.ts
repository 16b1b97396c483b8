import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import {
  createStore,
  decideOn,
  decider,
  MemoirError,
  openStore,
  table,
  type FactOf,
  type StoreOptions,
} from '../../src/index.js';
import { specificationOf } from '../../src/testing.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

/** What a call is refused with; any other error goes on. */
function refusal(act: () => unknown): MemoirError {
  try {
    act();
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const tables = { notes: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
const events = { Added: t.strict({ n: t.Int }), Reset: t.strict({}), Other: t.strict({}) };
type Fact = FactOf<typeof events>;

let folded = 0;
const tally = decider({
  initialState: () => 0,
  evolve: (sum: number, event: Fact) => {
    folded++;
    return event.type === 'Added' ? sum + event.data.n : event.type === 'Reset' ? 0 : sum;
  },
  decide: (command: number | 'reset' | 'nothing' | 'both', sum): Fact | Fact[] => {
    if (command === 'nothing') return [];
    if (command === 'reset') return { type: 'Reset', data: {} };
    if (command === 'both')
      return [
        { type: 'Reset', data: {} },
        { type: 'Added', data: { n: sum } },
      ];
    if (sum + command > 10) throw new Error(`${sum + command} is too much`);
    return { type: 'Added', data: { n: command } };
  },
});
const open = (options: Partial<StoreOptions<typeof tables, typeof events>> = {}) =>
  createStore({ tables, events, ...options });

describe('decideOn', () => {
  it('folds the stream, emits what was decided, and says what came of it', () => {
    const store = open();
    store.transact((tx) => decideOn(tx, 's', tally, 3));
    const { result, events: emitted } = store.transact((tx) => decideOn(tx, 's', tally, 4));
    expect(result).toEqual({ events: emitted, state: 7, position: 2 });
    expect(emitted).toEqual([{ type: 'Added', data: { n: 4 }, stream: 's', position: 2 }]);
    const both = store.transact((tx) => decideOn(tx, 's', tally, 'both'));
    expect(both.result).toMatchObject({ state: 7, position: 4 });
    expect(both.events.map(({ type }) => type)).toEqual(['Reset', 'Added']);
    expect(store.transact((tx) => decideOn(tx, 's', tally, 'nothing'))).toMatchObject({
      ...{ appended: false, result: { events: [], state: 7, position: 4 } },
    });
  });

  it('sees what its own transaction has decided, and is undone with it', () => {
    const store = open();
    const twice = () => store.transact((tx) => [decideOn(tx, 's', tally, 6), decideOn(tx, 's', tally, 6)]);
    expect(twice).toThrow('12 is too much');
    expect(store.head).toBe(0);
    const { result } = store.transact((tx) => [decideOn(tx, 's', tally, 6), decideOn(tx, 's', tally, 4)]);
    expect(result[1]).toMatchObject({ state: 10, position: 2 });
  });

  it('lets events pass that are not the decider’s', () => {
    const store = open();
    store.transact((tx) => [tx.emit('Other', {}, { stream: 's' }), tx.emit('Added', { n: 2 }, { stream: 's' })]);
    expect(store.transact((tx) => decideOn(tx, 's', tally, 1)).result).toMatchObject({ state: 3, position: 3 });
  });

  it('goes on from a state that was kept, and needs no older event then', () => {
    const store = open({ keep: { batches: 1 } });
    for (let i = 0; i < 3; i++)
      store.transact((tx) => decideOn(tx, 's', tally, 1, { from: { position: i, state: i } }));
    expect(refusal(() => store.transact((tx) => decideOn(tx, 's', tally, 1))).code).toBe('OffsetCompacted');
    folded = 0;
    const { result } = store.transact((tx) => decideOn(tx, 's', tally, 1, { from: { position: 3, state: 3 } }));
    expect(result).toMatchObject({ state: 4, position: 4 });
    expect(folded).toBe(1);
  });

  it('refuses a stream that is not as expected, and options and decisions that are none', () => {
    const store = open();
    const decide = (options: object, by: object = tally) =>
      refusal(() => store.transact((tx) => decideOn(tx, 's', by as typeof tally, 1, options)));
    expect(decide({ expect: 'exists' })).toMatchObject({ code: 'Conflict', stream: 's' });
    store.transact((tx) => decideOn(tx, 's', tally, 1, { expect: 'absent' }));
    store.transact((tx) => decideOn(tx, 's', tally, 1, { expect: 1 }));
    expect(decide({ expect: 1 })).toMatchObject({ code: 'Conflict', requested: 1, actual: 2 });
    expect(decide({ expects: 1 }).code).toBe('OptionInvalid');
    expect(decide({ from: { at: 1 } }).code).toBe('OptionInvalid');
    expect(decide({ from: { position: -2, state: 1 } }).code).toBe('RangeInvalid');
    expect(decide({ from: { position: NaN, state: 1 } }).code).toBe('RangeInvalid');
    expect(decide({ from: { position: 3, state: 1 } })).toMatchObject({ code: 'Conflict', stream: 's', actual: 2 });
    for (const odd of [undefined, 5, Promise.resolve([]), [null]])
      expect(decide({}, { ...tally, decide: () => odd })).toMatchObject({ code: 'EventInvalid' });
    expect(decide({}, { ...tally, decide: () => ({ type: 'Gone', data: {} }) }).code).toBe('EventUnknown');
    expect(store.head).toBe(2);
  });

  it('runs on batches that are on their way to the log', async () => {
    const store = await openStore({ tables, events, log: new MemoryMedium().plan() });
    const all = [4, 4, 4].map((n) => store.transact((tx) => decideOn(tx, 's', tally, n).state));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(store.stream('s').head).toBe(2);
    await store.close();
  });

  it('takes functions alone', () => {
    expect(refusal(() => decider({ ...tally, evolve: 5 } as never))).toMatchObject({ path: 'evolve' });
    expect(refusal(() => decider(undefined as never)).code).toBe('DefinitionInvalid');
  });
});

describe('a specification', () => {
  const given = specificationOf(tally);
  const added = (n: number): Fact => ({ type: 'Added', data: { n } });
  const says = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  it('holds where the decider does what it says', () => {
    given([]).when(3).then(added(3)).thenState(3);
    given([added(3)])
      .when('both')
      .then([{ type: 'Reset', data: {} }, added(3)]);
    given([added(3)])
      .when('nothing')
      .thenNothing()
      .thenState(3);
    given([added(8)])
      .when(3)
      .thenThrows();
    given([added(8)])
      .when(3)
      .thenThrows('too much');
    given([added(8)])
      .when(3)
      .thenThrows(/^11 /);
    given([added(8)])
      .when(3)
      .thenThrows((error) => error instanceof Error);
  });

  it('says where it does not', () => {
    expect(says(() => given([]).when(3).then(added(4)))).toMatch(
      /^the events differ at 0\.data\.n: .*3.* instead of .*4/,
    );
    expect(says(() => given([]).when(3).then([]))).toMatch(/^the events differ at 0/);
    expect(says(() => given([]).when(3).thenNothing())).toMatch(/^the events differ at 0/);
    expect(says(() => given([]).when(3).thenState(4))).toBe('the state differs at the whole: 3 instead of 4');
    expect(says(() => given([]).when(3).thenThrows())).toMatch(/^nothing was thrown, and an error was expected/);
    expect(
      says(() =>
        given([added(8)])
          .when(3)
          .then(added(3)),
      ),
    ).toBe('11 is too much');
    expect(
      says(() =>
        given([added(8)])
          .when(3)
          .thenNothing(),
      ),
    ).toBe('11 is too much');
    expect(
      says(() =>
        given([added(8)])
          .when(3)
          .thenState(3),
      ),
    ).toBe('11 is too much');
    for (const what of ['else', /else/, () => false])
      expect(
        says(() =>
          given([added(8)])
            .when(3)
            .thenThrows(what),
        ),
      ).toMatch(/^what was thrown is not/);
  });

  it.each<[unknown, unknown, boolean]>([
    [{ a: undefined }, {}, true],
    [{ a: null }, {}, false],
    [[undefined], [], false],
    [new Date(1), new Date(1), true],
    [new Date(1), new Date(2), false],
    [new Date(1), 1, false],
    [Uint8Array.of(1), Uint8Array.of(1), true],
    [Uint8Array.of(1), [1], false],
    [{ 0: 1 }, [1], false],
    [NaN, NaN, true],
    [{ a: { b: [1] } }, { a: { b: [2] } }, false],
  ])('compares %j with %j', (a, b, isSame) => {
    const echo = decider({
      initialState: () => a,
      evolve: (state: unknown) => state,
      decide: (): [] => [],
    });
    expect(says(() => specificationOf(echo)([]).when(undefined).thenState(b)) === 'nothing').toBe(isSame);
  });
});
