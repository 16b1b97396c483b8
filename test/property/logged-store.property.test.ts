/**
 * Strategy: sessions of a store on a log in memory, each with random calls, many in flight, while appends are held back
 * and let go, and with one that fails in one of three ways; snapshots beside the log at any time, some damaged; opened
 * again with any retention.
 *
 * Invariants: promises settle in the order of the calls, as the model says; what the log does not have is not seen;
 * acknowledged ⊆ recovered ⊆ submitted, as a prefix; rows, indexes, ids, sequences and batches are found again; a
 * snapshot of what was recovered is the same state, byte for byte.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, openStore, readSnapshot, table } from '../../src/index.js';
import { ID_WINDOW, Session, tables, type Call, type World } from '../support/logged-session.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { runs } from '../support/runs.js';

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const call: fc.Arbitrary<Call> = fc.record({
  puts: fc.array(fc.record({ id, n: fc.integer({ min: 0, max: 3 }) }), { maxLength: 3 }),
  deletes: fc.array(id, { maxLength: 1 }),
  sequence: fc.boolean(),
  throws: fc.integer({ min: 0, max: 6 }).map((n) => n === 0),
  id: fc.constantFrom(undefined, undefined, undefined, 'one', 'two', 'three', 'four'),
  expect: fc.constantFrom(undefined, undefined, undefined, 'right' as const, 'wrong' as const),
});

type Step = Readonly<
  | { call: Call }
  | { turn: 'microtask' | 'task' }
  | { gate: boolean }
  | { trouble: 'refused' | 'lands' | 'lost' }
  | { save: true }
  | { snapshot: true }
  | { look: number }
  | { tick: number }
>;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ call }) },
  { weight: 5, arbitrary: fc.record({ turn: fc.constantFrom('microtask' as const, 'task' as const) }) },
  { weight: 3, arbitrary: fc.record({ gate: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ trouble: fc.constantFrom('refused' as const, 'lands' as const, 'lost' as const) }),
  },
  { weight: 1, arbitrary: fc.constant({ save: true } as const) },
  { weight: 1, arbitrary: fc.constant({ snapshot: true } as const) },
  { weight: 2, arbitrary: fc.record({ look: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ tick: fc.integer({ min: -5, max: 5 }) }) },
);
const session = fc.record({
  steps: fc.array(step, { maxLength: 40, size: 'max' }),
  keep: fc.constantFrom('all' as const, { batches: 0 }, { batches: 2 }, { batches: 10 }, { ageMs: 3 }),
  every: fc.constantFrom(1, 3, 10, 1000),
  damage: fc.boolean(),
  nested: fc.array(call, { maxLength: 4 }),
});

const task = () => new Promise((resolve) => setTimeout(resolve));

/** Opens and shuts the gate before the log. */
function gateOf(medium: MemoryMedium): (shut: boolean) => void {
  let letGo = (): void => {};
  return (shut) => {
    letGo();
    letGo = () => {};
    medium.gate = shut ? new Promise((resolve) => (letGo = resolve)) : undefined;
  };
}

async function run(steps: readonly Step[], one: Session, world: World): Promise<void> {
  const gate = gateOf(world.medium);
  const saves: Promise<unknown>[] = [];
  for (const made of steps) {
    if ('call' in made) one.call(made.call);
    else if ('gate' in made) gate(made.gate);
    else if ('trouble' in made) world.medium.trouble = made.trouble;
    else if ('save' in made) saves.push(one.store.saveSnapshot());
    else if ('look' in made) one.look(made.look % (one.store.head + 1));
    else if ('tick' in made) world.clock += made.tick;
    else if ('snapshot' in made) saves.push(one.store.snapshot().toBytes().then(readSnapshot));
    else if (made.turn === 'task') await task();
    else await Promise.resolve();
    expect(one.store.head).toBeLessThan(world.states.length);
  }
  gate(false);
  const closing = one.close();
  await Promise.all(saves);
  await closing;
  world.medium.trouble = undefined;
}

/** Damages the newest snapshot where there is another, or a whole log; says which it is. */
function damage({ snapshots, floor }: MemoryMedium): number | undefined {
  const [newest, ...others] = [...snapshots.keys()].sort((a, b) => b - a);
  if (newest === undefined || (others.length === 0 && floor > 1)) return undefined;
  snapshots.get(newest)![snapshots.get(newest)!.length >> 1]! ^= 1;
  return newest;
}

async function expectSameState(one: Session): Promise<void> {
  const bytes = await one.store.snapshot().toBytes();
  const snapshot = await readSnapshot(bytes);
  const { lineage } = one.store;
  const twin = createStore({ tables, snapshot, lineage, idWindow: ID_WINDOW });
  expect(await twin.snapshot().toBytes()).toEqual(bytes);
  expect(one.store.stateHash()).toBe(snapshot.stateHash);
  twin.check();
}

it('a store on a log does what a model does, whatever the log does, and is found again', async () => {
  const sessions = fc.array(session, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(sessions, async (all) => {
      const medium = new MemoryMedium();
      const begin = { rows: new Map(), sequence: 0, id: undefined };
      const world: World = { medium, states: [begin], given: new Map(), clock: 1000 };
      for (const { steps, keep, every, damage: hurt, nested } of all) {
        const one = new Session(world, nested);
        await one.open(keep, every);
        await run(steps, one, world);
        expect(one.errors).toEqual([]);
        const damaged = hurt ? damage(medium) : undefined;
        const again = new Session(world);
        await again.open('all', 1000);
        expect(again.errors).toMatchObject(damaged === undefined ? [] : [{ code: 'Damaged' }]);
        await expectSameState(again);
        await again.close();
        if (damaged !== undefined) medium.snapshots.delete(damaged);
      }
    }),
    { numRuns: runs(60) },
  );
});

it('a store is opened under an index that has become unique exactly when no two rows share a key', async () => {
  const Row = t.strict({ id: t.string, n: t.number });
  const strict = { items: table(Row, { primaryKey: 'id', indexes: { byN: { on: ['n'], unique: true } } }) };
  const put = fc.record({ id, n: fc.integer({ min: 0, max: 9 }) });
  const batches = fc.array(fc.array(put, { minLength: 1, maxLength: 3 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(5), async (all, saveAt) => {
      const medium = new MemoryMedium();
      const store = await openStore({ tables, log: medium.plan() });
      for (const [i, rows] of all.entries()) {
        await store.transact((tx) => rows.map((row) => tx.items.put(row)));
        if (i === saveAt) await store.saveSnapshot();
      }
      const ns = [...store.now().items.scan()].map(({ n }) => n);
      const saved = medium.snapshots.size === 0 ? [] : [...store.asOf([...medium.snapshots.keys()][0]!).items.scan()];
      await store.close();
      const fits = [ns, saved.map(({ n }) => n)].every((keys) => new Set(keys).size === keys.length);
      const opening = openStore({ tables: strict, log: medium.plan() });
      if (!fits) {
        await expect(opening).rejects.toMatchObject({ code: 'UniqueViolation', index: 'byN' });
        return;
      }
      const again = await opening;
      expect([...again.now().items.scan()].map(({ n }) => n)).toEqual(ns);
      again.check();
      await again.close();
    }),
    { numRuns: runs(60) },
  );
});
