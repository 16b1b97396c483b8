/**
 * The folds that come ready-made are what a query over all rows says.
 *
 * Strategy: random transactions, some of which are thrown out, on two tables and an event; after each of them all
 * projections are held against naive ones, written as loops over all rows and batches. In the end each is built anew
 * from the rows there are, and must be what it was.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, table } from '../../src/index.js';
import { average, count, groupBy, join, max, min, sum, topN, window } from '../../src/folds.js';
import { runs } from '../support/runs.js';

const Order = t.strict({ id: t.string, customer: t.string, kind: t.string, cents: t.number, tags: t.array(t.string) });
const orders = table(Order, {
  primaryKey: 'id',
  indexes: { byCustomer: ['customer'], byTag: { each: 'tags' }, byCents: ['kind', 'cents'] },
});
const customers = table(t.strict({ id: t.string, tag: t.string, city: t.string }), {
  primaryKey: ['id'],
  indexes: { byTag: ['tag'] },
});
const Paid = t.strict({ cents: t.number });
const tables = { orders, customers };

const projections = [
  groupBy({
    ...{ name: 'spending', of: { orders }, by: ['customer', 'kind'] },
    where: ({ cents }) => cents !== 3,
    measures: { orders: count(), cents: sum('cents'), mean: average('cents'), least: min('cents'), last: max('id') },
    indexes: { byCents: ['cents'] },
  }),
  groupBy({ name: 'kinds', of: { orders }, by: 'kind', measures: { first: min('customer') } }),
  join({
    ...{ name: 'owners', left: { orders }, right: { customers }, on: ['byCustomer', 'primaryKey'] },
    ...{ row: t.strict({ order: t.string, city: t.string }), primaryKey: 'order', indexes: { byCity: ['city'] } },
    select: (order, { city }) => ({ order: order.id, city }),
  }),
  join({
    ...{ name: 'tagged', left: { customers }, right: { orders }, on: ['byTag', 'byTag'] },
    ...{ row: t.strict({ who: t.string, what: t.string, cents: t.number }), primaryKey: ['who', 'what'] },
    select: ({ id }, order) => ({ who: id, what: order.id, cents: order.cents }),
  }),
  topN({ name: 'dearest', of: { orders }, index: 'byCents', n: 2, by: ['kind'], reverse: true }),
  topN({ name: 'first', of: { customers }, index: 'byTag', n: 3 }),
  window({
    ...{ name: 'minutes', of: { Paid }, every: 10, keep: 3 },
    measures: {
      payments: count(),
      cents: sum('cents'),
      mean: average('cents'),
      least: min('cents'),
      most: max('cents'),
    },
  }),
] as const;
const make = () => {
  let now = 0;
  const store = createStore({ tables, events: { Paid }, projections, clock: () => now });
  return { store, pass: (ms: number) => void (now += ms) };
};
type Made = ReturnType<typeof make>['store'];
type Row = t.TypeOf<typeof Order>;

const by = (parts: (row: Row) => string) => (rows: readonly Row[]) => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(parts(row), [...(groups.get(parts(row)) ?? []), row]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
};
const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const least = <A>(values: readonly A[]) => values.reduce((a, b) => (b < a ? b : a));
const most = <A>(values: readonly A[]) => values.reduce((a, b) => (b > a ? b : a));

/** What all projections ought to be. */
function naive(store: Made): unknown {
  const db = store.now();
  const [all, people] = [[...db.orders.scan()], [...db.customers.scan()]];
  const payments = Array.from({ length: store.head }, (_, i) => store.batch(i + 1)).flatMap(({ at, events }) =>
    events.map(({ data }) => ({ start: Math.floor(at / 10) * 10, cents: data.cents })),
  );
  const newest = Math.max(...payments.map(({ start }) => start));
  const starts = [...new Set(payments.map(({ start }) => start))]
    .sort((a, b) => a - b)
    .filter((start) => start > newest - 30);
  return {
    spending: by(({ customer, kind }) => `${customer} ${kind}`)(all.filter(({ cents }) => cents !== 3)).map((rows) => ({
      ...{ customer: rows[0]!.customer, kind: rows[0]!.kind, orders: rows.length },
      ...{ cents: total(rows.map(({ cents }) => cents)), mean: total(rows.map(({ cents }) => cents)) / rows.length },
      ...{ least: least(rows.map(({ cents }) => cents)), last: most(rows.map(({ id }) => id)) },
    })),
    kinds: by(({ kind }) => kind)(all).map((rows) => ({
      ...{ kind: rows[0]!.kind, first: least(rows.map(({ customer }) => customer)) },
    })),
    owners: all.flatMap(({ id, customer }) => {
      const owner = people.find((one) => one.id === customer);
      return owner === undefined ? [] : [{ order: id, city: owner.city }];
    }),
    tagged: people.flatMap(({ id, tag }) =>
      all.filter(({ tags }) => tags.includes(tag)).map((order) => ({ who: id, what: order.id, cents: order.cents })),
    ),
    dearest: by(({ kind }) => kind)(all).flatMap((rows) =>
      [...rows]
        .sort((a, b) => b.cents - a.cents || (a.id < b.id ? 1 : -1))
        .slice(0, 2)
        .map((row, i) => ({ kind: row.kind, rank: i + 1, row })),
    ),
    first: [...people]
      .sort((a, b) => (`${a.tag} ${a.id}` < `${b.tag} ${b.id}` ? -1 : 1))
      .slice(0, 3)
      .map((row, i) => ({ rank: i + 1, row })),
    minutes: starts.map((start) => {
      const cents = payments.filter((one) => one.start === start).map((one) => one.cents);
      const sums = { payments: cents.length, cents: total(cents), mean: total(cents) / cents.length };
      return { start, ...sums, least: least(cents), most: most(cents) };
    }),
  };
}

function found(store: Made): unknown {
  const { spending, kinds, owners, tagged, dearest, first, minutes } = store.now();
  const all: Readonly<Record<string, { scan(): Iterable<unknown> }>> = {
    ...{ spending, kinds, owners, tagged },
    ...{ dearest, first, minutes },
  };
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, [...one.scan()]]));
}

const word = (...words: readonly string[]) => fc.constantFrom(...words);
const statement = fc.oneof(
  fc.record({
    put: fc.record({
      ...{ id: word('o1', 'o2', 'o3', 'o4', 'o5'), customer: word('a', 'b', 'c'), kind: word('x', 'y') },
      ...{ cents: fc.integer({ min: 0, max: 5 }), tags: fc.uniqueArray(word('r', 's', 't'), { maxLength: 2 }) },
    }),
  }),
  fc.record({ remove: word('o1', 'o2', 'o3', 'o4', 'o5') }),
  fc.record({ person: fc.record({ id: word('a', 'b', 'c', 'd'), tag: word('r', 's', 't'), city: word('p', 'q') }) }),
  fc.record({ leave: word('a', 'b', 'c', 'd') }),
  fc.record({ pay: fc.integer({ min: -3, max: 9 }), pass: fc.nat(15) }),
);
const transaction = fc.record({
  statements: fc.array(statement, { minLength: 1, maxLength: 4 }),
  throws: fc.boolean(),
});

it('the ready-made folds are what a query over all rows says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 15 }), async (transactions) => {
      const { store, pass } = make();
      for (const { statements, throws } of transactions) {
        for (const one of statements) if ('pass' in one) pass(one.pass);
        const run = () =>
          store.transact((tx) => {
            for (const one of statements) {
              if ('put' in one) tx.orders.put(one.put);
              else if ('remove' in one) tx.orders.delete(one.remove);
              else if ('person' in one) tx.customers.put(one.person);
              else if ('leave' in one) tx.customers.delete([one.leave]);
              else tx.emit('Paid', { cents: one.pay });
            }
            if (throws) throw new Error('thrown out');
          });
        if (throws) expect(run).toThrow('thrown out');
        else run();
        expect(found(store)).toEqual(naive(store));
      }
      store.check();
      if (store.head === 0) return;
      for (const one of projections.slice(0, 6)) {
        const { changes } = await store.rebuild(one as (typeof projections)[0]);
        expect(changes).toEqual([]);
      }
    }),
    { numRuns: runs(60) },
  );
});
