/**
 * The past stays as it was.
 *
 * Strategy: random transactions, some aborted, over few rows, so that keys come and go and come back; after each, every
 * held view and a random offset are read in full and compared with a deep copy of the state at that offset. Passes over
 * held views go one step after each transaction; scans inside a transaction go on while it writes.
 *
 * Invariants: a view never changes; a pass gives the state at its creation; an aborted transaction leaves no trace;
 * every structure agrees with every other (`check`).
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, table, type View } from '../../src/index.js';
import { runs } from '../support/runs.js';

const Item = t.strict({ id: t.string, rank: t.number, name: t.string, tags: t.array(t.string) });
type Item = t.TypeOf<typeof Item>;
const tables = {
  items: table(Item, {
    primaryKey: 'id',
    indexes: { byRank: ['rank'], byName: ['name', 'rank'], byTag: { each: 'tags' } },
  }),
};
type Db = View<typeof tables>;
type Model = ReadonlyMap<string, Item>;

const id = fc.integer({ min: 0, max: 12 }).map((n) => `item-number-${n}`);
const item: fc.Arbitrary<Item> = fc.record({
  id,
  rank: fc.integer({ min: -3, max: 9 }),
  name: fc.constantFrom('', 'a', 'the same beginning 1', 'the same beginning 2', 'é'),
  tags: fc.subarray(['x', 'y', 'z']),
});
const statement = fc.oneof(
  { weight: 4, arbitrary: fc.record({ put: item }) },
  { weight: 2, arbitrary: fc.record({ remove: id }) },
  { weight: 1, arbitrary: fc.record({ clear: fc.integer({ min: -3, max: 9 }) }) },
  { weight: 1, arbitrary: fc.constant({ scan: true }) },
);
const step = fc.record({
  statements: fc.array(statement, { maxLength: 6 }),
  abort: fc.boolean(),
  hold: fc.boolean(),
  release: fc.nat(9),
  look: fc.nat(99),
});

const byRank = (a: Item, b: Item): number => a.rank - b.rank || (a.id < b.id ? -1 : 1);
const ranked = (model: Model): readonly Item[] => [...model.values()].sort(byRank);

function expectSame(db: Db, model: Model): void {
  const wanted = ranked(model);
  expect([...db.items.scan('byRank')]).toEqual(wanted);
  expect([...db.items.scan('byRank', { reverse: true })]).toEqual(wanted.toReversed());
  expect([...db.items.scan('byRank', { gt: [0], lte: [5] })]).toEqual(
    wanted.filter(({ rank }) => rank > 0 && rank <= 5),
  );
  expect(db.items.size).toBe(model.size);
  const named = wanted.filter(({ name }) => name.startsWith('the same'));
  expect(db.items.count('byName', { startsWith: ['the same'] })).toBe(named.length);
  for (const tag of ['x', 'y', 'z']) {
    const tagged = wanted.filter(({ tags }) => tags.includes(tag)).map((row) => row.id);
    expect([...db.items.scan('byTag', { prefix: [tag] })].map((row) => row.id).sort()).toEqual(tagged.sort());
  }
  for (const row of wanted) expect(db.items.get(row.id)).toEqual(row);
}

it('a view, however long it is held, and any offset of the history are what they were', () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
  const keep = fc.constantFrom('all' as const, { batches: 0 }, { batches: 3 }, { batches: 20 });
  fc.assert(
    fc.property(steps, keep, (all, kept) => {
      const store = createStore({ tables, keep: kept });
      const states: Model[] = [new Map()];
      const held: { db: Db; state: Model; pass: Iterator<Item>; given: Item[] }[] = [];
      for (const { statements, abort, hold, release, look } of all) {
        const next = new Map(states.at(-1));
        const run = (): void => {
          store.transact((tx) => {
            const scans: { rows: Iterator<Item>; wanted: readonly Item[]; at: number }[] = [];
            for (const made of statements) {
              if ('put' in made) next.set(made.put.id, tx.items.put(made.put));
              else if ('remove' in made) expect(tx.items.delete(made.remove)).toBe(next.delete(made.remove));
              else if ('clear' in made) {
                tx.items.deleteRange('byRank', { prefix: [made.clear] });
                for (const [key, { rank }] of next) if (rank === made.clear) next.delete(key);
              } else scans.push({ rows: tx.items.scan('byRank')[Symbol.iterator](), wanted: ranked(next), at: 0 });
              for (const scan of scans) expect(scan.rows.next().value).toEqual(scan.wanted[scan.at++]);
            }
            if (abort) throw new RangeError('abort');
          });
        };
        if (abort) expect(run).toThrow(RangeError);
        else run();
        if (!abort && store.head === states.length) states.push(next);
        expect(store.head).toBe(states.length - 1);
        if (hold) {
          const db = store.asOf(store.head);
          held.push({ db, state: states.at(-1)!, pass: db.items.scan('byRank')[Symbol.iterator](), given: [] });
        }
        if (held.length > release) held.splice(release, 1)[0]!.db.close();
        for (const { db, state, pass, given } of held) {
          expectSame(db, state);
          const row = pass.next();
          if (row.done !== true) given.push(row.value);
          expect(given).toEqual(ranked(state).slice(0, given.length));
        }
        const offset = Math.max(store.floor - 1, look % (store.head + 1));
        const db = store.asOf(offset);
        expectSame(db, states[offset]!);
        db.close();
        store.check();
      }
    }),
    { numRuns: runs(30) },
  );
});
