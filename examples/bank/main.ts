/**
 * A bank: accounts are streams of events, and what may happen to one is decided by a pure function of what has.
 *
 * `npx tsx examples/bank/main.ts` runs it.
 */
import { MemoirError } from 'memoir';

import { createBank, statement, streamOf, tell, transfer, type Bank } from './bank.js';

/** What happens on a day at the bank; `say` is told. */
export async function day(say: (line: string) => void): Promise<Bank> {
  const bank = createBank();
  const attempt = (what: string, run: () => unknown): void => {
    try {
      run();
      say(`${what}: done`);
    } catch (error) {
      say(`${what}: refused, ${(error as Error).message}`);
    }
  };

  bank.live((db) => [...db.accounts.scan()].map(({ id, cents }) => `${id} ${cents}`).join(', ')).subscribe(say);
  bank.transact((tx) => tell(tx, 'ada', { do: 'open', owner: 'Ada' }));
  bank.transact((tx) => tell(tx, 'bob', { do: 'open', owner: 'Bob' }));
  bank.transact((tx) => tell(tx, 'ada', { do: 'deposit', cents: 500 }), { id: 'request 1' });
  // A client that never saw the answer asks again: nothing is paid in twice.
  bank.transact((tx) => tell(tx, 'ada', { do: 'deposit', cents: 500 }), { id: 'request 1' });

  attempt('200 from ada to bob', () => bank.transact((tx) => transfer(tx, 'ada', 'bob', 200)));
  attempt('900 from ada to bob', () => bank.transact((tx) => transfer(tx, 'ada', 'bob', 900)));
  // The first half was decided, and is undone with the second.
  attempt('100 from ada to eve', () => bank.transact((tx) => transfer(tx, 'ada', 'eve', 100)));
  attempt('bob is closed', () => bank.transact((tx) => tell(tx, 'bob', { do: 'close' })));

  // What is decided elsewhere, in its own time, rests on what was read: it must hear when that has changed.
  const seen = bank.stream(streamOf('bob')).head;
  const approved = Promise.resolve(true);
  bank.transact((tx) => tell(tx, 'bob', { do: 'withdraw', cents: 150 }));
  if (await approved) {
    const expect = { stream: streamOf('bob'), is: seen };
    try {
      bank.transact((tx) => tell(tx, 'bob', { do: 'withdraw', cents: 50 }), { expect });
    } catch (error) {
      if (error instanceof MemoirError) say(`approved too late: ${error.code}, ${String(error.stream)}`);
    }
  }
  for (const line of statement(bank, 'bob')) say(`bob: ${line}`);
  return bank;
}

if (typeof process !== 'undefined' && process.argv[1]?.endsWith('bank/main.ts') === true) {
  await day((line) => console.log(line));
}
