/**
 * Deciders come to what a plain model of their streams says, whatever else is written.
 *
 * Strategy: random commands on three streams of a store, some of which the decider refuses, some of which are decided
 * from a state that was kept at an earlier position or expect one that may be wrong; two in one transaction now and
 * then, of which the second may throw out the first. The model is a number and a count of events for each stream.
 *
 * Invariants: after each command the state and the position are the model's; what is refused has emitted nothing; the
 * state is the fold of the stream as it can be read.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, decideOn, decider, MemoirError, table, type FactOf } from '../../src/index.js';
import { runs } from '../support/runs.js';

const tables = { notes: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
const events = { Added: t.strict({ n: t.Int }), Emptied: t.strict({}) };
type Fact = FactOf<typeof events>;

/** A stock that is never below 0 and never above 20: what is more empties it first. */
const stock = decider({
  initialState: () => 0,
  evolve: (had: number, fact: Fact) => (fact.type === 'Added' ? had + fact.data.n : 0),
  decide: (n: number, had): Fact[] => {
    if (n === 0) return [];
    if (had + n < 0) throw new Error('not enough');
    const added: Fact = { type: 'Added', data: { n } };
    return had + n > 20 ? [{ type: 'Emptied', data: {} }, added] : [added];
  },
});

interface Model {
  readonly state: number;
  readonly position: number;
}

/** The same by a plain calculation; undefined where it is refused. */
function next({ state, position }: Model, n: number): Model | undefined {
  if (n === 0) return { state, position };
  if (state + n < 0) return undefined;
  return state + n > 20 ? { state: n, position: position + 2 } : { state: state + n, position: position + 1 };
}

const one = fc.record({
  stream: fc.constantFrom('a', 'b', 'c'),
  n: fc.integer({ min: -8, max: 12 }),
  from: fc.constantFrom('the beginning', 'what was kept'),
  expect: fc.constantFrom('nothing', 'what is there', 'what is not'),
});
type Command = typeof one extends fc.Arbitrary<infer A> ? A : never;

const EMPTY: Model = { state: 0, position: 0 };
const isExpected = (error: unknown): boolean =>
  error instanceof MemoirError ? error.code === 'Conflict' : (error as Error).message === 'not enough';

it('deciders come to what a plain model says', () => {
  fc.assert(
    fc.property(fc.array(fc.array(one, { minLength: 1, maxLength: 2 }), { maxLength: 30 }), (commands) => {
      const store = createStore({ tables, events });
      let models = new Map<string, Model>();
      const kept = new Map<string, Model>();
      for (const together of commands) {
        const after = new Map(models);
        const isRefused = together.some(({ stream, n, expect: wanted }) => {
          const made = wanted === 'what is not' ? undefined : next(after.get(stream) ?? EMPTY, n);
          if (made !== undefined) after.set(stream, made);
          return made === undefined;
        });
        const { head } = store;
        const decide = (): unknown =>
          store.transact((tx) => {
            const now = new Map(models);
            for (const command of together) {
              const before = now.get(command.stream) ?? EMPTY;
              const { state, position } = decideOn(tx, command.stream, stock, command.n, optionsOf(command, before));
              expect({ state, position }).toEqual(next(before, command.n));
              now.set(command.stream, { state, position });
            }
          });
        if (isRefused) {
          expect(decide).toThrow(expect.toSatisfy(isExpected));
          expect(store.head).toBe(head);
        } else {
          decide();
          models = after;
          // Kept now and then, so that some are some events behind.
          for (const { stream } of together) if (head % 3 === 0) kept.set(stream, models.get(stream)!);
        }
        for (const [stream, { state, position }] of models) {
          const found = [...store.stream(stream).read()];
          expect(found.map((event) => event.position)).toEqual(found.map((_, i) => i + 1));
          expect([found.reduce<number>(stock.evolve, 0), store.stream(stream).head]).toEqual([state, position]);
        }
      }

      function optionsOf({ stream, from, expect: wanted }: Command, { position }: Model): object {
        return {
          ...(from === 'what was kept' && kept.has(stream) && { from: kept.get(stream) }),
          ...(wanted !== 'nothing' && { expect: wanted === 'what is there' ? position : position + 1 }),
        };
      }
    }),
    { numRuns: runs(100) },
  );
});
