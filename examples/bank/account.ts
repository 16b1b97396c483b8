import * as t from 'io-ts';
import { decider, type FactOf } from 'memoir';

/** What happens to accounts, in cents. */
export const events = {
  Opened: t.readonly(t.strict({ owner: t.string })),
  Deposited: t.readonly(t.strict({ cents: t.Int })),
  Withdrawn: t.readonly(t.strict({ cents: t.Int })),
  /** One half of a transfer: `transfer` names both, and is the same in either account. */
  TransferredOut: t.readonly(t.strict({ transfer: t.string, to: t.string, cents: t.Int })),
  TransferredIn: t.readonly(t.strict({ transfer: t.string, from: t.string, cents: t.Int })),
  Closed: t.readonly(t.strict({})),
};

export type Happened = FactOf<typeof events>;

export type Account =
  | { readonly status: 'none' }
  | { readonly status: 'open'; readonly owner: string; readonly cents: number }
  | { readonly status: 'closed' };

export type Command =
  | { readonly do: 'open'; readonly owner: string }
  | { readonly do: 'deposit' | 'withdraw'; readonly cents: number }
  | { readonly do: 'send'; readonly transfer: string; readonly to: string; readonly cents: number }
  | { readonly do: 'receive'; readonly transfer: string; readonly from: string; readonly cents: number }
  | { readonly do: 'close' };

/** Why the bank says no. */
export class Refusal extends Error {}

/** One account: all its rules, and nothing else. It knows no store, no clock and no other account. */
export const account = decider({
  initialState: (): Account => ({ status: 'none' }),

  evolve(state: Account, event: Happened): Account {
    if (event.type === 'Opened') return { status: 'open', owner: event.data.owner, cents: 0 };
    if (event.type === 'Closed') return { status: 'closed' };
    if (state.status !== 'open') return state;
    const isGain = event.type === 'Deposited' || event.type === 'TransferredIn';
    return { ...state, cents: state.cents + (isGain ? event.data.cents : -event.data.cents) };
  },

  decide(command: Command, state: Account): Happened {
    if (command.do === 'open') {
      if (state.status !== 'none') throw new Refusal('the account was opened before');
      return { type: 'Opened', data: { owner: command.owner } };
    }
    if (state.status !== 'open') throw new Refusal('there is no such account, or it is closed');
    if (command.do === 'close') {
      if (state.cents !== 0) throw new Refusal(`there are still ${state.cents} cents in it`);
      return { type: 'Closed', data: {} };
    }
    const { cents } = command;
    if (cents <= 0) throw new Refusal('an amount is more than nothing');
    const isLoss = command.do === 'withdraw' || command.do === 'send';
    if (isLoss && state.cents < cents) throw new Refusal(`there are ${state.cents} cents, and ${cents} are asked for`);
    switch (command.do) {
      case 'deposit':
        return { type: 'Deposited', data: { cents } };
      case 'withdraw':
        return { type: 'Withdrawn', data: { cents } };
      case 'send':
        return { type: 'TransferredOut', data: { transfer: command.transfer, to: command.to, cents } };
      case 'receive':
        return { type: 'TransferredIn', data: { transfer: command.transfer, from: command.from, cents } };
    }
  },
});
