import * as t from 'io-ts';
import { decider, type FactOf } from 'memoir';

/** What can happen to an order. */
export const events = {
  OrderPlaced: t.strict({ item: t.string, cents: t.Int }),
  OrderShipped: t.strict({}),
  OrderCancelled: t.strict({ item: t.string, cents: t.Int, reason: t.string }),
};
export type Happened = FactOf<typeof events>;

/** What can be asked of one. */
export type Command =
  | { readonly do: 'place'; readonly item: string; readonly cents: number }
  | { readonly do: 'ship' }
  | { readonly do: 'cancel'; readonly reason: string };

/** What has to be known of an order to decide on it. */
export type Order =
  | { readonly status: 'none' | 'shipped' | 'cancelled' }
  | { readonly status: 'placed'; readonly item: string; readonly cents: number };

/** Decides what follows from a command, given what has happened to the order; pure, as its folds are. */
export const order = decider({
  initialState: (): Order => ({ status: 'none' }),

  evolve(_before: Order, { type, data }: Happened): Order {
    switch (type) {
      case 'OrderPlaced':
        return { status: 'placed', item: data.item, cents: data.cents };
      case 'OrderShipped':
        return { status: 'shipped' };
      case 'OrderCancelled':
        return { status: 'cancelled' };
    }
  },

  decide(command: Command, now: Order): Happened {
    switch (command.do) {
      case 'place':
        if (now.status !== 'none') throw new Error('it was placed before');
        return { type: 'OrderPlaced', data: { item: command.item, cents: command.cents } };
      case 'ship':
        if (now.status !== 'placed') throw new Error(`it is ${now.status}`);
        return { type: 'OrderShipped', data: {} };
      case 'cancel':
        if (now.status !== 'placed') throw new Error(`it is ${now.status}`);
        return { type: 'OrderCancelled', data: { item: now.item, cents: now.cents, reason: command.reason } };
    }
  },
});
