import * as t from 'io-ts';
import { createStore, decideOn, table, type Store, type Transaction } from 'memoir';

import { account, events, type Account, type Command } from './account.js';

/** What is asked of accounts again and again: a row each, kept in the transaction that changes the account. */
const Summary = t.readonly(
  t.strict({ id: t.string, owner: t.string, cents: t.Int, isOpen: t.boolean, position: t.Int }),
);

export const tables = {
  accounts: table(Summary, { primaryKey: 'id', indexes: { byOwner: ['owner', 'id'], byCents: ['cents'] } }),
};
export type Bank = Store<typeof tables, typeof events>;
type Tx = Transaction<typeof tables, typeof events>;

/** A bank without accounts. */
export function createBank(): Bank {
  return createStore({ tables, events });
}

/** The stream of an account. */
export const streamOf = (id: string): string => `account-${id}`;

/**
 * A command to one account. Its row holds the state it is in and the position that this is the state of, so that a
 * decision reads no event at all, however many there were.
 */
export function tell(tx: Tx, id: string, command: Command): Account {
  const row = tx.accounts.get(id);
  const from = row && { position: row.position, state: stateOf(row) };
  const { state, position } = decideOn(tx, streamOf(id), account, command, from && { from });
  const { owner, cents } = { owner: row?.owner ?? '', cents: 0, ...state };
  tx.accounts.put({ id, owner, cents, isOpen: state.status === 'open', position });
  return state;
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
