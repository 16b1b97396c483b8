import * as t from 'io-ts';
import { createStore, decideOn, projection, table, type Fold, type Transaction } from 'memoir';

import { account, events, type Account, type Command, type Happened } from './account.js';

/** What is asked of accounts again and again: a row each. */
const Summary = t.readonly(
  t.strict({ id: t.string, owner: t.string, cents: t.Int, isOpen: t.boolean, position: t.Int }),
);

const tables = {
  accounts: table(Summary, { primaryKey: 'id', indexes: { byOwner: ['owner', 'id'], byCents: ['cents'] } }),
};

/** The state of each account after its last event, folded in the transaction that emits it. */
export const accounts = projection({
  name: 'accounts',
  events,
  tables,
  on: {
    Opened: follow,
    Deposited: follow,
    Withdrawn: follow,
    TransferredOut: follow,
    TransferredIn: follow,
    Closed: follow,
  },
});

type Event = Happened & { readonly stream: string | undefined; readonly position: number | undefined };

function follow(tx: Fold<typeof tables, Readonly<Record<never, never>>>, event: Event): void {
  const id = event.stream!.slice('account-'.length);
  const row = tx.accounts.get(id);
  const state = account.evolve(row === undefined ? account.initialState() : stateOf(row), event);
  const { owner, cents } = { owner: row?.owner ?? '', cents: 0, ...state };
  tx.accounts.put({ id, owner, cents, isOpen: state.status === 'open', position: event.position! });
}

/** A bank without accounts: all it has is events, and what is folded from them. */
export function createBank() {
  return createStore({ tables: {}, events, projections: [accounts] });
}
export type Bank = ReturnType<typeof createBank>;
type Tx = Transaction<typeof accounts.tables, typeof events>;

/** The stream of an account. */
export const streamOf = (id: string): string => `account-${id}`;

/**
 * A command to one account. Its row holds the state it is in and the position that this is the state of, so that a
 * decision reads no event at all, however many there were.
 */
export function tell(tx: Tx, id: string, command: Command): Account {
  const row = tx.accounts.get(id);
  const from = row && { position: row.position, state: stateOf(row) };
  return decideOn(tx, streamOf(id), account, command, from && { from }).state;
}

/** Money from one account to another: both halves, or neither. */
export function transfer(tx: Tx, from: string, to: string, cents: number): string {
  const name = `transfer-${tx.nextId('transfers')}`;
  tell(tx, from, { do: 'send', transfer: name, to, cents });
  tell(tx, to, { do: 'receive', transfer: name, from, cents });
  return name;
}

function stateOf({ owner, cents, isOpen }: t.TypeOf<typeof Summary>): Account {
  return isOpen ? { status: 'open', owner, cents } : { status: 'closed' };
}

/** Every movement of an account, oldest first: what it did to the balance, and in which batch. */
export function statement(bank: Bank, id: string): readonly string[] {
  let cents = 0;
  return Array.from(bank.stream(streamOf(id)).read(), (event) => {
    const sum: number = 'cents' in event.data ? event.data.cents : 0;
    cents += event.type === 'Deposited' || event.type === 'TransferredIn' ? sum : -sum;
    return `batch ${event.offset} ${event.type} ${sum} → ${cents}`;
  });
}
