/**
 * Filters and explanations against a sorted array.
 *
 * Strategy: random rows under keys that share beginnings, random changes to them, random ranges with filters, read on
 * now, on the past and in a transaction.
 *
 * Invariants: a filtered scan gives what filtering the scan gives; a strict store refuses exactly when more rows in a
 * row are passed over than it allows; an exact explanation counts what a scan gives, and one of the past never counts
 * too little; an explanation is the same after a journey through JSON.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, MemoirError, table } from '../../src/index.js';
import { runs } from '../support/runs.js';

const Item = t.strict({ id: t.string, rank: t.number, name: t.string });
type Item = t.TypeOf<typeof Item>;
const items = table(Item, { primaryKey: 'id', indexes: { byRank: ['rank', 'name'] } });

const item: fc.Arbitrary<Item> = fc.record({
  id: fc.integer({ min: 0, max: 300 }).map((n) => `i${n}`),
  rank: fc.integer({ min: 0, max: 5 }),
  name: fc.constantFrom('', 'a', 'ab', 'abc', 'b'),
});
const bound = fc.oneof(
  fc.tuple(fc.integer({ min: -1, max: 6 })),
  fc.tuple(fc.integer({ min: -1, max: 6 }), fc.constantFrom('', 'a', 'abb', 'c')),
);
const range = fc.record(
  { gte: bound, lt: bound, reverse: fc.boolean(), limit: fc.nat(9) },
  { requiredKeys: ['reverse'] },
);
const filter = fc.integer({ min: 1, max: 40 }).map((n) => (row: Item) => Number(row.id.slice(1)) % n === 0);

/** The filtered rows of a scan; undefined where a strict store refuses. */
function filtered(rows: readonly Item[], keep: (row: Item) => boolean, limit: number, allowed: number) {
  const given: Item[] = [];
  let passed = 0;
  for (const row of rows) {
    if (given.length === limit) break;
    passed = keep(row) ? 0 : passed + 1;
    if (passed > allowed) return undefined;
    if (passed === 0) given.push(row);
  }
  return given;
}

it('filters give what filtering gives, and explanations count what scans read', () => {
  const all = fc.array(fc.tuple(fc.array(item, { maxLength: 150, size: 'max' }), range, filter), { maxLength: 8 });
  fc.assert(
    fc.property(all, fc.nat(60), (steps, filterRows) => {
      const store = createStore({ tables: { items }, strict: { filterRows } });
      for (const [rows, wanted, keep] of steps) {
        store.transact((tx) => {
          for (const row of rows) tx.items.put(row);
          tx.items.deleteRange('byRank', { ...wanted, limit: 20 });
          expect(tx.items.explain('byRank', wanted)).toMatchObject({ exact: true, past: 0 });
        });
        for (let offset = 0; offset <= store.head; offset++) {
          using db = store.asOf(offset);
          const { limit = Infinity, ...stretch } = wanted;
          const read = [...db.items.scan('byRank', stretch)];
          const plan = db.items.explain('byRank', wanted);
          expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
          expect(plan.entries + plan.past).toBeGreaterThanOrEqual(read.length);
          if (plan.exact) expect(plan.entries).toBe(read.length);
          if (offset === store.head) expect(plan).toMatchObject({ entries: read.length, past: 0 });
          expect(plan.tableRows).toBe(db.items.size);
          expect(plan.rowsMax).toBeGreaterThanOrEqual(db.items.count('byRank', wanted));
          const model = filtered(read, keep, limit, filterRows);
          const scan = () => [...db.items.scan('byRank', { ...wanted, filter: keep })];
          if (model === undefined) expect(scan).toThrow(MemoirError);
          else expect(scan()).toEqual(model);
        }
      }
    }),
    { numRuns: runs(40) },
  );
});
