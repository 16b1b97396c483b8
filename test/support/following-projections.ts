// Two projections to follow a store with, one of each kind, whose folds fail when they are told to, and plain folds of
// all batches that say what they ought to have: with nothing in common with what is tested.
import * as t from 'io-ts';

import { projection, table } from '../../src/index.js';
import { base, events, totals } from './ledger-projections.js';

/** How folds fail. */
export interface Trouble {
  /** How often the batch of an offset is yet to fail, before it no longer does. */
  readonly flaky: Map<number, number>;
  /** True when orders of `sour` cannot be folded. */
  readonly isSour: boolean;
}

/** The batches that were folded, as a store gives them. */
export interface Folded {
  readonly offset: number;
  readonly changes: readonly {
    readonly table: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
  readonly events: readonly { readonly data: { readonly customer: string; readonly cents: number } }[];
}

function fail({ flaky, isSour }: Trouble, customer: string, offset: number): void {
  if (isSour && customer === 'sour') throw new Error('sour');
  const left = flaky.get(offset) ?? 0;
  if (left === 0) return;
  flaky.set(offset, left - 1);
  throw new Error('flaky');
}

const sums = totals().tables.totals;
const Tally = t.strict({ key: t.string, cents: t.number, rows: t.number });
type Money = { readonly customer: string; readonly cents: number };

/** Of the rows, and those of a projection of the store: what there is of each customer. */
export const tallies = (trouble: Trouble) =>
  projection({
    ...{ name: 'tallies', from: 'rows', sources: { ...base, totals: sums } },
    tables: { tallies: table(Tally, { primaryKey: 'key', indexes: { byCents: ['cents'] } }) },
    on: {
      changes: {
        orders(tx, { before, after }, { offset }) {
          if (before !== undefined) count(tx.tallies, 'orders', before, -1);
          if (after !== undefined) count(tx.tallies, 'orders', after, 1);
          // Last, so that there is something to undo.
          if (after !== undefined) fail(trouble, after.customer, offset);
        },
        totals(tx, { before, after }) {
          if (before !== undefined) count(tx.tallies, 'totals', before, -1);
          if (after !== undefined) count(tx.tallies, 'totals', after, 1);
        },
      },
    },
  });

type TallyRow = t.TypeOf<typeof Tally>;
interface Tallies {
  get(key: string): TallyRow | undefined;
  put(row: TallyRow): unknown;
  delete(key: string): unknown;
}

function count(into: Tallies, of: string, { customer, cents }: Money, sign: 1 | -1): void {
  const key = `${of} ${customer}`;
  const had = into.get(key) ?? { key, cents: 0, rows: 0 };
  const now = { key, cents: had.cents + sign * cents, rows: had.rows + sign };
  if (now.cents === 0 && now.rows === 0) into.delete(key);
  else into.put(now);
}

const Step = t.strict({ customer: t.string, times: t.number, last: t.number, orders: t.number, paid: t.number });

/** Of what happened, in its order, with a look at the source: how each customer has come along. */
export const trails = (trouble: Trouble) =>
  projection({
    ...{ name: 'trails', sources: base, events },
    tables: { trails: table(Step, { primaryKey: 'customer' }) },
    on: {
      changes: {
        orders(tx, { before, after }, { offset }) {
          const { customer } = after ?? before;
          const had = tx.trails.get(customer) ?? { customer, times: 0, last: 0, orders: 0, paid: 0 };
          const orders = [...tx.orders.scan()].length;
          tx.trails.put({ ...had, times: had.times + 1, last: offset, orders });
          if (after !== undefined) fail(trouble, customer, offset);
        },
      },
      Paid(tx, { data: { customer, cents } }) {
        const had = tx.trails.get(customer) ?? { customer, times: 0, last: 0, orders: 0, paid: 0 };
        tx.trails.put({ ...had, paid: had.paid + cents * (1 + had.orders) });
      },
    },
  });

/** The rows of each table after some batches, by name, where the folds went without those that are parked. */
export type Expected = Readonly<Record<string, readonly unknown[]>>;

/** What folds went without: all that a batch did, or one change. */
export interface Left {
  readonly offset: number;
  readonly change?: Pick<Folded['changes'][number], 'before' | 'after'> | undefined;
}

const wholeOf = (left: readonly Left[]) =>
  new Set(left.filter(({ change }) => change === undefined).map(({ offset }) => offset));

const sorted = <A>(rows: ReadonlyMap<unknown, A>): A[] =>
  [...rows].sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)).map(([, row]) => row);

function rowsOf(batches: readonly Folded[], name: string, keyOf: (row: never) => string): readonly unknown[] {
  const rows = new Map<string, unknown>();
  for (const { changes } of batches) {
    for (const { table: of, before, after } of changes) {
      if (of !== name) continue;
      if (after === undefined) rows.delete(keyOf(before as never));
      else rows.set(keyOf(after as never), after);
    }
  }
  return sorted(rows);
}

const ordersOf = (batches: readonly Folded[]) => rowsOf(batches, 'orders', ({ id }: { id: string }) => id);

/** What `tallies` ought to be. */
export function talliesOf(batches: readonly Folded[], left: readonly Left[]): Expected {
  const all = new Map<string, TallyRow>();
  const add = (of: string, row: unknown, sign: 1 | -1): void => {
    if (row === undefined) return;
    const { customer, cents } = row as Money;
    const key = `${of} ${customer}`;
    const had = all.get(key) ?? { key, cents: 0, rows: 0 };
    all.set(key, { key, cents: had.cents + sign * cents, rows: had.rows + sign });
  };
  const parked = wholeOf(left);
  for (const { offset, changes } of batches) {
    if (parked.has(offset)) continue;
    for (const { table: of, before, after } of changes) {
      add(of, before, -1);
      add(of, after, 1);
    }
  }
  // Sums: it does not matter when something was left out. Folds of `totals` never fail.
  for (const { change } of left) {
    add('orders', change?.before, 1);
    add('orders', change?.after, -1);
  }
  return {
    orders: ordersOf(batches),
    totals: rowsOf(batches, 'totals', ({ customer }: Money) => customer),
    tallies: sorted(all).filter(({ cents, rows }) => cents !== 0 || rows !== 0),
  };
}

/** What `trails` ought to be. */
export function trailsOf(batches: readonly Folded[], left: readonly Left[]): Expected {
  const parked = wholeOf(left);
  const all = new Map<string, t.TypeOf<typeof Step>>();
  for (const [i, { offset, changes, events: told }] of batches.entries()) {
    if (parked.has(offset)) continue;
    const orders = ordersOf(batches.slice(0, i + 1)).length;
    for (const { table: of, before, after } of changes) {
      if (of !== 'orders') continue;
      const { customer } = (after ?? before) as Money;
      const had = all.get(customer);
      all.set(customer, { customer, times: (had?.times ?? 0) + 1, last: offset, orders, paid: had?.paid ?? 0 });
    }
    for (const { data } of told) {
      const { customer } = data;
      const had = all.get(customer) ?? { customer, times: 0, last: 0, orders: 0, paid: 0 };
      all.set(customer, { ...had, paid: had.paid + data.cents * (1 + had.orders) });
    }
  }
  return { orders: ordersOf(batches), trails: sorted(all) };
}
