import * as t from 'io-ts';
import { createStore, decideOn, projection, table } from 'memoir';
import { count, sum, window } from 'memoir/folds';

import { events, order, type Command, type Order } from './order.js';

const Sales = t.strict({ item: t.string, orders: t.number, cents: t.number });
const salesTables = { sales: table(Sales, { primaryKey: 'item', indexes: { byCents: ['cents'] } }) };

/** What was sold of each item. The first version forgot that orders are cancelled. */
export const salesV1 = projection({
  name: 'sales',
  events,
  tables: salesTables,
  on: {
    OrderPlaced(tx, { data: { item, cents } }) {
      const had = tx.sales.get(item) ?? { orders: 0, cents: 0 };
      tx.sales.put({ item, orders: had.orders + 1, cents: had.cents + cents });
    },
  },
});

export const salesV2 = projection({
  name: 'sales',
  version: 2,
  events,
  tables: salesTables,
  on: {
    OrderPlaced(tx, { data: { item, cents } }) {
      const had = tx.sales.get(item) ?? { orders: 0, cents: 0 };
      tx.sales.put({ item, orders: had.orders + 1, cents: had.cents + cents });
    },
    OrderCancelled(tx, { data: { item, cents } }) {
      const had = tx.sales.get(item)!;
      tx.sales.put({ item, orders: had.orders - 1, cents: had.cents - cents });
    },
  },
});

/** What was ordered in each hour: nobody waits for it, so it follows the shop at its own pace. */
export const hours = window({
  name: 'hours',
  of: { OrderPlaced: events.OrderPlaced },
  every: 3_600_000,
  keep: 24,
  measures: { orders: count(), cents: sum('cents') },
});

/** A shop without orders. */
export function createShop(clock: () => number) {
  return createStore({ tables: {}, events, clock, projections: [salesV1] });
}
export type Shop = ReturnType<typeof createShop>;

/** A command to one order: its events say what state it is in. */
export function tell(shop: Shop, id: string, command: Command): Order {
  return shop.transact((tx) => decideOn(tx, `order-${id}`, order, command).state).result;
}
