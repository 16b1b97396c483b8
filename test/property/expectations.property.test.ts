/**
 * Expectations of queries and streams, among racing writers.
 *
 * Strategy: a writer reads at some offset, others write, then it writes and expects that nothing has changed of what it
 * read. Random queries of keys, stretches, limits and counts; stores in memory, and stores on a log with batches that
 * are on their way. Each property is run once more with the check switched off, and has to fail then.
 *
 * Invariants: a transaction that gets through would have read the same at its beginning; one is refused only when a row
 * was changed within the stretch that its query asked for; budgets that no transaction can see as a whole are kept.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, MemoirError, openStore, table, type TransactOptions, type ViewOf } from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { runs } from '../support/runs.js';

const items = table(t.strict({ id: t.string, group: t.string, n: t.Int }), {
  primaryKey: 'id',
  indexes: { byGroup: ['group', 'n'], byN: { on: ['n'], where: ({ n }) => n > 2 } },
});
const tables = { items };
const events = { Taken: t.strict({ n: t.Int }) };
type Options = TransactOptions<typeof tables>;
type Db = ViewOf<ReturnType<typeof inMemory>>;
const inMemory = () => createStore({ tables, events });

interface Item {
  readonly id: string;
  readonly group: string;
  readonly n: number;
}

/** A query, and whether a row lies within the stretch that it asks for. */
interface Asked {
  readonly query: (db: Db) => unknown;
  readonly within: (row: Item) => boolean;
}

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const group = fc.constantFrom('x', 'y');
const n = fc.integer({ min: 0, max: 5 });
const asked: fc.Arbitrary<Asked> = fc.oneof(
  id.map((key) => ({ query: (db: Db) => db.items.get(key), within: (row: Item) => row.id === key })),
  fc.tuple(group, fc.boolean(), fc.integer({ min: 1, max: 3 })).map(([name, reverse, limit]) => ({
    query: (db: Db) => [...db.items.scan('byGroup', { prefix: [name], reverse, limit })],
    within: (row: Item) => row.group === name,
  })),
  fc.tuple(group, n).map(([name, from]) => ({
    query: (db: Db) => db.items.count('byGroup', { gte: [name, from], lt: [name, from + 2] }),
    within: (row: Item) => row.group === name && row.n >= from && row.n < from + 2,
  })),
  fc.constant({ query: (db: Db) => db.items.first('byN'), within: ({ n: own }: Item) => own > 2 }),
  fc.constant({ query: (db: Db) => db.items.size, within: () => true }),
  id.map((key) => ({
    // What is read next depends on what was found.
    query: (db: Db) => [...db.items.scan('byGroup', { prefix: [db.items.get(key)?.group ?? 'x'] })],
    within: () => true,
  })),
);
const write = fc.oneof(
  { weight: 3, arbitrary: fc.record({ put: fc.record({ id, group, n }) }) },
  { weight: 1, arbitrary: fc.record({ drop: id }) },
);
type Write = { readonly put: Item } | { readonly drop: string };
const transaction = fc.array(write, { minLength: 1, maxLength: 2 });

/** Makes of the options of a writer those that it uses: all of them, or, to see that it is noticed, none. */
type Check = (options: Options) => Options;
const checked: Check = (options) => options;
const unchecked: Check = () => ({});

function refusal(act: () => unknown): MemoirError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
}

function queries(check: Check, numRuns: number) {
  const cases = fc.record({ before: fc.array(transaction), between: fc.array(transaction, { maxLength: 3 }), asked });
  return fc.assert(
    fc.property(cases, ({ before, between, asked: { query, within } }) => {
      const store = inMemory();
      const run = (writes: readonly Write[]): unknown =>
        store.transact((tx) => {
          for (const one of writes) {
            if ('put' in one) tx.items.put(one.put);
            else tx.items.delete(one.drop);
          }
        });
      before.forEach(run);
      const since = store.head;
      const read = query(store.now());
      between.forEach(run);
      const reread = query(store.now());
      const touched = changedWithin(store, since, within);
      const { head } = store;
      const error = refusal(() => store.transact((tx) => tx.nextId('s'), check({ expect: { query, since } })));
      if (error === undefined) expect(reread).toEqual(read);
      else {
        expect(error).toMatchObject({ code: 'Conflict', table: 'items', requested: since });
        expect(touched).toBe(true);
        expect(store.batch(error.offset!).changes.map(({ key }) => [key])).toContainEqual(error.key);
        expect(store.head).toBe(head);
      }
    }),
    { numRuns },
  );
}

function changedWithin(store: ReturnType<typeof inMemory>, since: number, within: (row: Item) => boolean): boolean {
  const all = Array.from({ length: store.head - since }, (_, i) => store.batch(since + 1 + i).changes).flat();
  return all.some(({ before, after }) => [before, after].some((row) => row !== undefined && within(row)));
}

/** Writers take from the budget of a group, each on what it has read; how often is up to chance. */
async function budgets(check: Check, numRuns: number, expectation: 'query' | 'stream'): Promise<void> {
  const wish = fc.record({ group, n: fc.integer({ min: 1, max: 4 }), pause: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(fc.array(wish, { maxLength: 12, size: 'max' }), async (wishes) => {
      const store = await openStore({ tables, events, log: new MemoryMedium().plan() });
      const takers = wishes.map(async ({ group: name, n: more, pause }, i) => {
        for (let tries = 0; ; tries++) {
          const since = store.head;
          const query = (db: Db) => sum(db.items.scan('byGroup', { prefix: [name] }));
          const taken = store.read(query);
          const { head } = store.stream(name);
          for (let turn = 0; turn < pause; turn++) await Promise.resolve();
          if (taken + more > 10) return 0;
          const expected: Options['expect'] = expectation === 'query' ? { query, since } : { stream: name, is: head };
          const body = (tx: Parameters<Parameters<typeof store.transact>[0]>[0]): void => {
            tx.items.insert({ id: `i${i}`, group: name, n: more });
            tx.emit('Taken', { n: more }, { stream: name });
          };
          try {
            await store.transact(body, check({ expect: expected }));
            return tries;
          } catch (error) {
            if (!(error instanceof MemoirError) || error.code !== 'Conflict') throw error;
            // Who has lost waits until what it lost to can be read.
            await store.transact(() => undefined);
          }
        }
      });
      await Promise.all(takers);
      for (const name of ['x', 'y']) {
        const total = sum(store.now().items.scan('byGroup', { prefix: [name] }));
        expect(total).toBeLessThanOrEqual(10);
        expect(sum(Array.from(store.stream(name).read(), ({ data }) => data))).toBe(total);
      }
      store.check();
      await store.close();
    }),
    { numRuns },
  );
}

function sum(rows: Iterable<{ readonly n: number }>): number {
  return Array.from(rows, (row) => row.n).reduce((a, b) => a + b, 0);
}

describe('a transaction that expects', () => {
  it('of a query that nothing changed gets through just when that is so', () => queries(checked, runs(500)));

  it('is noticed to rest on nothing when it is not checked', () => {
    expect(() => queries(unchecked, 500)).toThrow('Property failed');
  });

  it.each(['query', 'stream'] as const)('of a %s what it has read keeps budgets among racing writers', (of) =>
    budgets(checked, runs(60), of),
  );

  it.each(['query', 'stream'] as const)('of a %s is noticed to overdraw when it is not checked', async (of) => {
    await expect(budgets(unchecked, 200, of)).rejects.toThrow('Property failed');
  });
});
