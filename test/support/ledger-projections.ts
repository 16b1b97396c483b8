// Orders with lines and payments, projections of them, and what these ought to be: plain folds of all batches, written
// anew for each look, with nothing in common with what is tested.
import * as t from 'io-ts';

import { projection, table, valueProjection } from '../../src/index.js';

export const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), {
  primaryKey: 'id',
  indexes: { byCustomer: ['customer'] },
});
export const base = { orders };
export const events = { Paid: t.strict({ customer: t.string, cents: t.Int }) };

const Total = t.strict({ customer: t.string, cents: t.number, orders: t.number });

export const totalsTables = {
  totals: table(Total, { primaryKey: 'customer', indexes: { byCents: ['cents'] } }),
};

/** Of changes: what each customer has ordered. A customer called `poison` cannot be folded. */
export const totals = (version = 1, factor = 1) =>
  projection({
    name: 'totals',
    version,
    sources: { orders },
    tables: totalsTables,
    from: 'rows',
    on: {
      changes: {
        orders(tx, { before, after }) {
          if (after?.customer === 'poison') throw new Error('poison');
          for (const [order, sign] of [
            [before, -1],
            [after, 1],
          ] as const) {
            if (order === undefined) continue;
            const { customer, cents } = order;
            const had = tx.totals.get(customer) ?? { customer, cents: 0, orders: 0 };
            const now = { customer, cents: had.cents + factor * sign * cents, orders: had.orders + sign };
            if (now.orders === 0) tx.totals.delete(customer);
            else tx.totals.put(now);
          }
        },
      },
    },
  });

/** Of events and of changes of another projection, with a look at its source: what each customer owes. */
export const debts = (version = 1) =>
  projection({
    name: 'debts',
    version,
    sources: { totals: totals().tables.totals, orders },
    events,
    tables: {
      debts: table(t.strict({ customer: t.string, cents: t.number, draws: t.number }), { primaryKey: 'customer' }),
    },
    on: {
      changes: {
        totals(tx, { key, before, after }) {
          const had = tx.debts.get(key) ?? { customer: key, cents: 0, draws: 0 };
          const cents = had.cents + (after?.cents ?? 0) - (before?.cents ?? 0);
          tx.debts.put({
            ...had,
            cents,
            draws: had.draws + version * tx.orders.count('byCustomer', { prefix: [key] }),
          });
        },
      },
      Paid(tx, { data }) {
        const had = tx.debts.get(data.customer) ?? { customer: data.customer, cents: 0, draws: 0 };
        tx.debts.put({ ...had, cents: had.cents - data.cents });
      },
    },
  });

/** One value, of events: what was paid, and when last. */
export const paid = (version = 1) =>
  valueProjection({
    name: 'paid',
    version,
    events,
    value: t.strict({ cents: t.number, at: t.number }),
    initial: { cents: 0, at: 0 },
    on: { Paid: ({ cents }, { data }, { at }) => ({ cents: cents + data.cents * version, at }) },
  });

interface Seen {
  readonly at: number;
  readonly changes: readonly { readonly table: string; readonly key: unknown; readonly after: unknown }[];
  readonly events: readonly { readonly data: { readonly customer: string; readonly cents: number } }[];
}
type Order = { readonly customer: string; readonly cents: number };

export interface Naive {
  readonly totals: readonly unknown[];
  readonly debts: readonly unknown[];
  readonly paid: { readonly cents: number; readonly at: number };
}

/** What the projections ought to be after some batches. */
export function naive(batches: readonly Seen[]): Naive {
  const rows = new Map<unknown, Order>();
  const owed = new Map<string, { cents: number; draws: number }>();
  let sum = { cents: 0, at: 0 };
  const totalsOf = (): Map<string, { cents: number; orders: number }> => {
    const sums = new Map<string, { cents: number; orders: number }>();
    for (const { customer, cents } of rows.values()) {
      const had = sums.get(customer) ?? { cents: 0, orders: 0 };
      sums.set(customer, { cents: had.cents + cents, orders: had.orders + 1 });
    }
    return sums;
  };
  for (const { at, changes, events: told } of batches) {
    const before = totalsOf();
    for (const { table: name, key, after } of changes) {
      if (name !== 'orders') continue;
      if (after === undefined) rows.delete(key);
      else rows.set(key, after as Order);
    }
    const after = totalsOf();
    for (const customer of new Set([...before.keys(), ...after.keys()])) {
      const [a, b] = [before.get(customer), after.get(customer)];
      if (a?.cents === b?.cents && a?.orders === b?.orders) continue;
      const had = owed.get(customer) ?? { cents: 0, draws: 0 };
      const cents = had.cents + (b?.cents ?? 0) - (a?.cents ?? 0);
      owed.set(customer, { cents, draws: had.draws + (b?.orders ?? 0) });
    }
    for (const { data } of told) {
      const had = owed.get(data.customer) ?? { cents: 0, draws: 0 };
      owed.set(data.customer, { ...had, cents: had.cents - data.cents });
      sum = { cents: sum.cents + data.cents, at };
    }
  }
  const sorted = <A>(map: Map<string, A>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    totals: sorted(totalsOf()).map(([customer, total]) => ({ customer, ...total })),
    debts: sorted(owed).map(([customer, debt]) => ({ customer, ...debt })),
    paid: sum,
  };
}

interface Scanned {
  scan(): Iterable<unknown>;
}

/** What a view has of them. */
export function found(
  db: { readonly totals: Scanned; readonly debts: Scanned } & Parameters<ReturnType<typeof paid>['read']>[0],
): unknown {
  return { totals: [...db.totals.scan()], debts: [...db.debts.scan()], paid: paid().read(db) };
}
