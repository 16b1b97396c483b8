/**
 * Strategy: random transactions over two tables, some failing, some written by a subscriber in the midst of being told.
 * What is seen of the store is recorded, and the validator of each guarantee judges the record. Each validator also has
 * a canary: a history with one fault, which it must refuse.
 *
 * Invariants: those of docs/guarantees.md, by name.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, table, type ViewOf } from '../../src/index.js';
import { runs } from '../support/runs.js';
import { folded, validators, type History, type Rows, type SeenBatch } from '../support/validators.js';

const tables = {
  users: table(t.strict({ id: t.string, email: t.string }), {
    primaryKey: 'id',
    indexes: { byEmail: { on: ['email'], unique: true } },
  }),
  totals: table(t.strict({ name: t.string, count: t.number }), { primaryKey: 'name' }),
};
const open = (keep: number) => {
  let now = 0;
  return createStore({ tables, keep: { batches: keep }, clock: () => now++ % 7, lineage: 'one' });
};
type Db = ViewOf<ReturnType<typeof open>>;

const stateOf = (db: Db): Rows =>
  new Map<string, unknown>([
    ...[...db.users.scan()].map((row) => [JSON.stringify(['users', row.id]), row] as const),
    ...[...db.totals.scan()].map((row) => [JSON.stringify(['totals', row.name]), row] as const),
  ]);

const statement = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), email: fc.constantFrom('x', 'y', 'z', '') });
const transaction = fc.record({
  statements: fc.array(statement, { maxLength: 4 }),
  fail: fc.boolean(),
  echo: fc.boolean(),
});
type Transaction = typeof transaction extends fc.Arbitrary<infer A> ? A : never;

/** Runs the transactions; an empty e-mail deletes, a taken one is a failure that the body lives with. */
function run(transactions: readonly Transaction[], keep: number): Omit<History, 'twin'> {
  const store = open(keep);
  const batches: SeenBatch[] = [];
  const told: Rows[] = [];
  const resumed = new Map<number, SeenBatch[]>();
  let echoes = 0;
  store.changes().subscribe(({ offset }) => {
    if (echoes-- > 0) store.transact((tx) => tx.totals.put({ name: 'echo', count: offset }));
  });
  store.changes().subscribe((batch) => {
    batches.push(batch);
    told.push(stateOf(store.asOf(batch.offset)));
  });
  for (const { statements, fail, echo } of transactions) {
    echoes = echo ? 1 : 0;
    const body = (): unknown =>
      store.transact((tx) => {
        for (const row of statements) {
          try {
            if (row.email === '') tx.users.delete(row.id);
            else tx.users.put(row);
          } catch {
            tx.totals.put({ name: 'refused', count: (tx.totals.get('refused')?.count ?? 0) + 1 });
          }
        }
        tx.totals.put({ name: 'users', count: tx.users.size });
        if (fail) throw new RangeError('abort');
      });
    if (fail) expect(body).toThrow(RangeError);
    else body();
  }
  const states = [new Map() as Rows];
  for (const batch of batches) states.push(folded(states.at(-1)!, batch));
  for (let offset = Math.max(0, store.floor - 1); offset <= store.head; offset++)
    states[offset] = stateOf(store.asOf(offset));
  for (let from = store.floor; from <= store.head + 1; from++) {
    const suffix: SeenBatch[] = [];
    store.changes({ from }).subscribe((batch) => suffix.push(batch));
    resumed.set(from, suffix);
  }
  store.check();
  const uniqueKeys = states.map((state) =>
    [...state].filter(([at]) => at.startsWith('["users"')).map(([, row]) => (row as { email: string }).email),
  );
  return { batches, told, states, resumed, uniqueKeys, keep, floor: store.floor };
}

const transactions = fc.array(transaction, { maxLength: 20 });

describe('every history keeps the guarantee', () => {
  it.each(Object.keys(validators))('%s', (name) => {
    fc.assert(
      fc.property(transactions, fc.constantFrom(3, 1_000), (made, keep) => {
        const history = { ...run(made, keep), twin: run(made, keep).batches };
        expect(validators[name]!(history)).toBeUndefined();
      }),
      { numRuns: runs(20) },
    );
  });
});

describe('a history with a fault is refused by the validator of', () => {
  const made = [1, 2, 3].map((n) => ({ statements: [{ id: 'a', email: `e${n}` }], fail: false, echo: n === 2 }));
  const good: History = { ...run(made as never, 1_000), twin: run(made as never, 1_000).batches };
  const last = good.batches.at(-1)!;
  const other: Rows = new Map([['["users","a"]', { id: 'a', email: 'torn' }]]);
  const faults: Readonly<Record<string, Partial<History>>> = {
    Ordered: { batches: [...good.batches.slice(1), good.batches[0]!] },
    Atomic: { batches: [...good.batches.slice(0, -1), { ...last, changes: last.changes.slice(1) }] },
    Unique: { uniqueKeys: [['x', 'x']] },
    Isolated: { told: [...good.told.slice(0, -1), other] },
    Resumable: { resumed: new Map([[1, good.batches.slice(1)]]) },
    'Replay-equal': { states: [...good.states.slice(0, -1), other] },
    Deterministic: { twin: good.batches.slice(1) },
    Bounded: { keep: 1 },
  };
  it.each(Object.keys(validators))('%s', (name) => {
    expect(validators[name]!(good)).toBeUndefined();
    expect(validators[name]!({ ...good, ...faults[name] })).toBeTypeOf('string');
  });
});
