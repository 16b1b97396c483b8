/**
 * The linearizability checker says what trying every order says.
 *
 * Strategy: small random histories of a register that is written, read, and added to by several clients at once, some
 * of whose answers never came; answers are random, or those of one order with calls earlier and returns later.
 *
 * Invariants: the checker and a search of all orders agree; a history made of an order is always explained; what is
 * told of one that is not can be explained as far as told.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { linearizable, type Operation } from '../../src/testing.js';
import { runs } from '../support/runs.js';

type Input = { readonly set: number } | { readonly add: number } | { readonly get: true };
type Done = Operation<Input, number>;

const register = {
  initial: 0,
  step: (value: number, input: Input): readonly [number, number] => {
    const next = 'set' in input ? input.set : 'add' in input ? value + input.add : value;
    return [next, next];
  },
};

/** By definition: some order that keeps to real time explains every answer. */
function byTryingAll(history: readonly Done[]): boolean {
  const search = (left: readonly Done[], state: number): boolean => {
    if (left.every(({ returned }) => returned === undefined)) return true;
    const earliest = Math.min(...left.map(({ returned }) => returned ?? Infinity));
    return left.some((one) => {
      if (one.called > earliest) return false;
      const [next, output] = register.step(state, one.input);
      if (one.returned !== undefined && output !== one.output) return false;
      return search(
        left.filter((other) => other !== one),
        next,
      );
    });
  };
  return search(history, register.initial);
}

const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ set: fc.nat(2) }),
  fc.record({ add: fc.constant(1) }),
  fc.record({ get: fc.constant(true as const) }),
);
const random: fc.Arbitrary<Done> = fc
  .record({ called: fc.nat(12), takes: fc.option(fc.nat(6), { nil: undefined, freq: 6 }), input, output: fc.nat(3) })
  .map(({ called, takes, ...rest }) => ({
    called,
    returned: takes === undefined ? undefined : called + takes,
    ...rest,
  }));

/** Operations in an order, each reaching over its moment as far as told. */
const made: fc.Arbitrary<Done[]> = fc
  .array(fc.record({ input, early: fc.nat(40), late: fc.option(fc.nat(40), { nil: undefined, freq: 5 }) }), {
    maxLength: 40,
  })
  .map((steps) => {
    let state = register.initial;
    return steps.map(({ input: given, early, late }, i) => {
      const [next, output] = register.step(state, given);
      state = next;
      const returned = late === undefined ? undefined : i * 10 + 1 + late;
      return { called: i * 10 - early, returned, input: given, output };
    });
  });

describe('the linearizability checker', () => {
  it('says what trying every order says', () => {
    const verdicts = { yes: 0, no: 0 };
    fc.assert(
      fc.property(fc.array(random, { maxLength: 6 }), (history) => {
        const found = linearizable(history, register);
        verdicts[found === undefined ? 'yes' : 'no']++;
        expect(found === undefined).toBe(byTryingAll(history));
        if (found === undefined) return;
        expect(linearizable([...found.explained], register)).toBeUndefined();
        expect(history).toContain(found.unexplained);
      }),
      { numRuns: runs(300) },
    );
    expect(Math.min(verdicts.yes, verdicts.no)).toBeGreaterThan(10);
  });

  it('explains what was made of an order', () => {
    fc.assert(
      fc.property(made, (history) => {
        expect(linearizable(history, register)).toBeUndefined();
      }),
      { numRuns: runs(100) },
    );
  });

  it('finds reads that are stale, writes that are lost, and what was done twice', () => {
    const done = (called: number, returned: number, what: Input, output: number): Done => ({
      ...{ called, returned, input: what, output },
    });
    const stale = [done(1, 2, { set: 1 }, 1), done(3, 4, { get: true }, 0)];
    expect(linearizable(stale, register)).toEqual({ about: undefined, explained: [stale[0]], unexplained: stale[1] });
    const lost = [done(1, 2, { add: 1 }, 1), done(3, 4, { add: 1 }, 1)];
    expect(linearizable(lost, register)?.unexplained).toBe(lost[1]);
    const twice = [done(1, 2, { add: 1 }, 1), done(3, 4, { get: true }, 2)];
    expect(linearizable(twice, register)?.unexplained).toBe(twice[1]);
    // What may have been done is an explanation.
    expect(linearizable([...twice, { called: 0, returned: undefined, input: { add: 1 } }], register)).toBeUndefined();
    // It was seen, and then it was not.
    const flicker = [done(1, 9, { set: 2 }, 2), done(2, 3, { get: true }, 2), done(4, 5, { get: true }, 0)];
    expect(linearizable(flicker, register)?.unexplained).toBe(flicker[2]);
  });

  it('comes to its end where much was never answered', () => {
    const writes = Array.from({ length: 120 }, (_, i): Done => {
      return { called: i, returned: i + 30, input: { set: i }, output: i };
    });
    const open = Array.from({ length: 40 }, (_, i): Done => {
      return { called: i, returned: undefined, input: i % 2 === 0 ? { get: true } : { set: 1000 + i } };
    });
    const stale: Done = { called: 500, returned: 501, input: { get: true }, output: 3 };
    expect(linearizable([...writes, ...open], register)).toBeUndefined();
    const few = [...writes.slice(0, 8), ...open.slice(0, 8)];
    expect(linearizable([...few, { ...stale, output: 9999 }], register)?.unexplained.output).toBe(9999);
    expect(() => linearizable([{ ...stale, returned: 1 }], register)).toThrow(RangeError);
    expect(() => linearizable([{ ...stale, called: NaN }], register)).toThrow(RangeError);
  });

  it('takes things apart that have nothing to do with each other', () => {
    const apart = { ...register, about: (what: Input) => Object.keys(what).join() };
    const one: Done = { called: 1, returned: 2, input: { set: 1 }, output: 1 };
    const other: Done = { called: 3, returned: 4, input: { get: true }, output: 5 };
    expect(linearizable([one, other], apart)).toEqual({ about: 'get', explained: [], unexplained: other });
    expect(linearizable([one, { ...other, output: 0 }], apart)).toBeUndefined();
  });
});
