import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';

import { describe, expect, it, vi } from 'vitest';

import { account, Refusal } from '../../examples/bank/account.js';
import { createBank, tell, transfer } from '../../examples/bank/bank.js';
import { day } from '../../examples/bank/main.js';
import { trade } from '../../examples/shop/main.js';
import { order } from '../../examples/shop/order.js';
import { specificationOf } from '../../src/testing.js';
import { blocksIn } from '../support/doc-blocks.js';
import { root } from '../support/repository.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the program at the head of README.md', () => {
  const [program] = blocksIn({ path: 'README.md', text: read('README.md') });

  it('is examples/quickstart.ts, in at most 30 lines', () => {
    expect(program!.code).toBe(read('examples/quickstart.ts'));
    expect(program!.code.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });

  it('prints what README.md says when it runs as an example', async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...values) => void lines.push(format(...values)));
    try {
      await import('../../examples/quickstart.js');
    } finally {
      log.mockRestore();
    }
    expect(lines.join('\n')).toBe(program!.output);
  });
});

describe('the bank', () => {
  const given = specificationOf(account);
  const opened = { type: 'Opened', data: { owner: 'Ada' } } as const;
  const deposited = (cents: number) => ({ type: 'Deposited', data: { cents } }) as const;

  it('decides as its rules say', () => {
    given([]).when({ do: 'open', owner: 'Ada' }).then(opened);
    given([opened]).when({ do: 'open', owner: 'Ada' }).thenThrows('before');
    given([opened])
      .when({ do: 'deposit', cents: 5 })
      .then(deposited(5))
      .thenState({
        ...{ status: 'open', owner: 'Ada', cents: 5 },
      });
    given([opened, deposited(5)])
      .when({ do: 'withdraw', cents: 6 })
      .thenThrows('there are 5 cents');
    given([opened])
      .when({ do: 'deposit', cents: 0 })
      .thenThrows((error) => error instanceof Refusal);
    given([]).when({ do: 'deposit', cents: 5 }).thenThrows('no such account');
    given([opened, deposited(5)])
      .when({ do: 'close' })
      .thenThrows('still 5 cents');
    given([opened]).when({ do: 'close' }).then({ type: 'Closed', data: {} });
  });

  it('neither makes money nor loses any, whatever is asked of it', () => {
    const bank = createBank();
    const ids = ['a', 'b', 'c'];
    for (const id of ids) bank.transact((tx) => [tell(tx, id, { do: 'open', owner: id }), deposit(tx, id)]);
    let refused = 0;
    for (let i = 0; i < 60; i++) {
      const [from, to] = [ids[i % 3]!, ids[(i * 7) % 3]!];
      try {
        bank.transact((tx) => transfer(tx, from, to, (i * 37) % 90));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused++;
      }
      const rows = [...bank.now().accounts.scan()];
      expect(rows.reduce((sum, { cents }) => sum + cents, 0)).toBe(300);
      expect(rows.every(({ cents }) => cents >= 0)).toBe(true);
    }
    expect(refused).toBeGreaterThan(0);
    for (const { id, cents, position } of bank.now().accounts.scan()) {
      const found = bank.stream(`account-${id}`);
      expect(found.head).toBe(position);
      const state = [...found.read()].reduce(account.evolve, account.initialState());
      expect(state).toMatchObject({ status: 'open', cents });
    }
    bank.check();
  });
  const deposit = (tx: Parameters<typeof tell>[0], id: string) => tell(tx, id, { do: 'deposit', cents: 100 });

  it('has a day like this', async () => {
    const lines: string[] = [];
    await day((line) => lines.push(line));
    expect(lines).toEqual([
      '',
      'ada 0',
      'ada 0, bob 0',
      'ada 500, bob 0',
      'ada 300, bob 200',
      '200 from ada to bob: done',
      '900 from ada to bob: refused, there are 300 cents, and 900 are asked for',
      '100 from ada to eve: refused, there is no such account, or it is closed',
      'bob is closed: refused, there are still 200 cents in it',
      'ada 300, bob 50',
      'approved too late: Conflict, account-bob',
      'bob: batch 2 Opened 0 → 0',
      'bob: batch 4 TransferredIn 200 → 200',
      'bob: batch 5 Withdrawn 150 → 50',
    ]);
  });
});

describe('the shop', () => {
  it('decides as its rules say', () => {
    const given = specificationOf(order);
    const placed = { type: 'OrderPlaced', data: { item: 'rug', cents: 5 } } as const;
    given([]).when({ do: 'place', item: 'rug', cents: 5 }).then(placed);
    given([placed]).when({ do: 'place', item: 'rug', cents: 5 }).thenThrows('before');
    given([placed])
      .when({ do: 'cancel', reason: 'late' })
      .then({ type: 'OrderCancelled', data: { item: 'rug', cents: 5, reason: 'late' } });
    given([placed, { type: 'OrderShipped', data: {} }])
      .when({ do: 'cancel', reason: 'late' })
      .thenThrows('it is shipped');
  });

  it('mends a projection while orders come in', async () => {
    const lines: string[] = [];
    const shop = await trade((line) => lines.push(line));
    expect(lines).toEqual([
      'order 0 cannot be shipped: it is cancelled',
      'sold, with what was cancelled: book 200, lamp 200, rug 200',
      'the hours are 660 batches behind',
      'version 1 became 2 while orders came in: 3 rows differ',
      'sold: book 180, lamp 180, rug 180',
      'version 2 became 1 again',
      'the hours are up to date: in the first were 60 orders, of 110000 cents',
    ]);
    shop.check();
  });
});
