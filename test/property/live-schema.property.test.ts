/**
 * An index that is added to a store in use is the index that would have been made with it.
 *
 * Strategy: two stores take the same random transactions, some undone; one has its indexes from the beginning, the
 * other is given them at random moments, in slices of a few rows, with transactions between the slices. Both drop and
 * add indexes again. Afterwards both go on for a while, and are read on now and on every offset.
 *
 * Invariants: from the offset on at which an index appeared, both give the same rows in the same order, on every later
 * offset too; before it there is IndexNotYet. A unique index appears only where no two rows share a key, and is refused
 * only where two do. Every structure agrees with every other after each step (`check`), half-built ones included.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { createStore, MemoirError, table } from '../../src/index.js';
import { runs } from '../support/runs.js';
import { SLICES, stepwise, turn } from '../support/slices.js';

const Item = t.intersection([
  t.strict({ id: t.Int, rank: t.number, tags: t.array(t.string) }),
  t.partial({ name: t.string }),
]);
type Item = t.TypeOf<typeof Item>;
const indexes = {
  byRank: ['rank'],
  byTag: { each: 'tags' },
  byName: { on: ['name'], sparse: true },
  high: { on: ['rank'], where: (row: Item) => row.rank > 2 },
  made: { by: (row: Item) => (row.rank % 2 === 0 ? ([row.tags.length, row.rank] as const) : undefined), sparse: true },
} as const;
/** An item as it is written. */
type Input = typeof item extends fc.Arbitrary<infer I> ? I : never;
type Name = keyof typeof indexes;
const names = Object.keys(indexes) as Name[];
const whole = table(Item, { primaryKey: 'id', indexes });
const bare = table(Item, { primaryKey: 'id' });

/** How readers of indexes that only one of the types knows are called. */
interface Db {
  readonly items: { scan(index: string, range?: object): Iterable<Item> };
}
interface Changing {
  addIndex(table: string, name: string, spec: unknown, options: object): Promise<unknown>;
  dropIndex(table: string, name: string): unknown;
}

const item = fc.record(
  {
    id: fc.integer({ min: 0, max: 60 }),
    rank: fc.integer({ min: 0, max: 5 }),
    tags: fc.subarray(['x', 'y', 'z']),
    name: fc.constantFrom('', 'a', 'the same beginning 1', 'the same beginning 2'),
  },
  { requiredKeys: ['id', 'rank', 'tags'] },
);
const statement = fc.oneof(
  { weight: 5, arbitrary: fc.record({ put: item }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.integer({ min: 0, max: 60 }) }) },
);
const step = fc.record({
  statements: fc.array(statement, { maxLength: 12 }),
  abort: fc.boolean(),
  turns: fc.nat(2),
  add: fc.option(fc.constantFrom(...names), { freq: 2 }),
  drop: fc.option(fc.constantFrom(...names), { freq: 6 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

beforeEach(stepwise);
afterEach(() => vi.restoreAllMocks());

/** Runs the same transaction on several stores. */
function write(
  stores: readonly {
    transact(body: (tx: { items: { put(row: Input): unknown; delete(id: number): boolean } }) => void): unknown;
  }[],
  { statements, abort }: Step,
): void {
  for (const store of stores) {
    const run = (): unknown =>
      store.transact((tx) => {
        for (const made of statements) {
          if ('put' in made) tx.items.put(made.put);
          else tx.items.delete(made.remove);
        }
        if (abort) throw new RangeError('undo');
      });
    if (abort) expect(run).toThrow('undo');
    else run();
  }
}

const ranges = [{}, { reverse: true }, { limit: 3 }, { gte: [2] }, { startsWith: ['the'] }];

it('an index added in use is the one that would have been made with the store', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }), async (steps) => {
      const model = createStore({ tables: { items: whole }, keep: 'all' });
      const store = createStore({ tables: { items: bare }, keep: 'all' });
      const changing = store as unknown as Changing;
      const since = new Map<Name, number>();
      const building = new Set<Name>();
      for (const one of steps) {
        const { add, drop } = one;
        if (add !== null && !since.has(add) && !building.has(add)) {
          building.add(add);
          const made = (): void => {
            building.delete(add);
            since.set(add, store.head);
          };
          void changing.addIndex('items', add, indexes[add], SLICES).then(made);
        }
        if (drop !== null && since.delete(drop)) changing.dropIndex('items', drop);
        write([model, store], one);
        store.check();
        for (let i = 0; i < one.turns; i++) await turn();
      }
      while (building.size > 0) await turn();
      write([model, store], { ...steps[0]!, abort: false });
      store.check();
      for (let offset = 0; offset <= store.head; offset++) {
        const db = store.asOf(offset) as unknown as Db;
        const wanted = model.asOf(offset) as unknown as Db;
        for (const [name, from] of since) {
          for (const range of ranges) {
            if (offset < from) expect(() => db.items.scan(name, range)).toThrow(MemoirError);
            else expect([...db.items.scan(name, range)]).toEqual([...wanted.items.scan(name, range)]);
          }
        }
      }
      expect(store.stats().builds).toEqual([]);
    }),
    { numRuns: runs(40) },
  );
});

it('a unique index appears where no two rows share a key, and is refused where two do', async () => {
  const shares = (rows: Iterable<Item>): boolean => {
    const ranks = Array.from(rows, ({ rank }) => rank);
    return new Set(ranks).size < ranks.length;
  };
  const rare = fc.array(
    fc.record({
      statements: fc.array(
        fc.oneof(
          { weight: 3, arbitrary: fc.record({ put: fc.record({ ...ranked() }) }) },
          { weight: 2, arbitrary: fc.record({ remove: fc.integer({ min: 0, max: 45 }) }) },
        ),
        { maxLength: 3 },
      ),
      abort: fc.boolean(),
      turns: fc.nat(2),
      add: fc.constant(null),
      drop: fc.constant(null),
    }),
    { maxLength: 30 },
  );
  let outcomes = 0;
  await fc.assert(
    fc.asyncProperty(rare, async (steps) => {
      const store = createStore({ tables: { items: bare } });
      store.transact((tx) => {
        for (let id = 0; id < 40; id++) tx.items.insert({ id, rank: id, tags: [] });
      });
      let outcome: 'made' | 'refused' | undefined;
      const spec = { on: ['rank'], unique: true };
      void (store as unknown as Changing).addIndex('items', 'one', spec, SLICES).then(
        () => (outcome = 'made'),
        (error: MemoirError) => {
          expect(error.code).toBe('UniqueViolation');
          const [first, ...others] = error.keys!.map(([id]) => store.now().items.get(id as number)!.rank);
          expect(others.length).toBeGreaterThan(0);
          for (const rank of others) expect(rank).toBe(first);
          outcome = 'refused';
        },
      );
      const look = async (): Promise<void> => {
        const before = outcome;
        await turn();
        if (before !== undefined || outcome === undefined) return;
        expect(shares(store.now().items.scan())).toBe(outcome === 'refused');
        outcomes++;
      };
      for (const one of steps) {
        if (outcome !== undefined) break;
        write([store], one);
        store.check();
        for (let i = 0; i < one.turns; i++) await look();
      }
      for (let i = 0; i < 99; i++) await look();
      expect(outcome).toBeDefined();
      store.check();
      expect(store.stats().builds).toEqual([]);
      expect('one' in store.stats().tables.items.indexes).toBe(outcome === 'made');
    }),
    { numRuns: runs(60) },
  );
  expect(outcomes).toBeGreaterThan(0);
});

function ranked() {
  return {
    id: fc.integer({ min: 0, max: 45 }),
    rank: fc.integer({ min: 0, max: 90 }),
    tags: fc.constant([] as string[]),
  };
}
