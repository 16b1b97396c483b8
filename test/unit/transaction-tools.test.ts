import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type StoreOptions, type Transaction } from '../../src/index.js';

/** What a call is refused with; any other error goes on. */
function refusal(act: () => unknown): MemoirError {
  try {
    act();
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } });
const tables = { items };
type Tx = Transaction<typeof tables>;

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, clock: () => 1000, lineage: 'here', ...options });
  return { store, put: (id: string, n = 0) => store.transact((tx) => tx.items.put({ id, n })) };
}

describe('nextId', () => {
  it('counts each sequence from 1, over transactions, and is logged', () => {
    const { store } = open();
    expect(store.transact((tx) => [tx.nextId('a'), tx.nextId('a'), tx.nextId('__proto__')]).result).toEqual([1, 2, 1]);
    const batch = store.transact((tx) => [tx.nextId('a'), tx.nextId('toString'), tx.nextId('__proto__')]);
    expect(batch.result).toEqual([3, 1, 2]);
    expect(batch).toMatchObject({ offset: 2, changes: [] });
    const { sequences = {} } = store.batch(2);
    expect(Object.entries(sequences)).toEqual([
      ['a', 3],
      ['toString', 1],
      ['__proto__', 2],
    ]);
  });

  it('takes back what a failed transaction had counted', () => {
    const { store } = open();
    const fail = () =>
      store.transact((tx) => {
        expect([tx.nextId('a'), tx.nextId('a')]).toEqual([1, 2]);
        throw new Error('mine');
      });
    expect(fail).toThrow('mine');
    expect(store.transact((tx) => tx.nextId('a')).result).toBe(1);
  });

  it.each(['', 5, null, '\ud800'])('refuses the name %j', (name) => {
    const { store } = open();
    expect(refusal(() => store.transact((tx) => tx.nextId(name as string)))).toMatchObject({ code: 'OptionInvalid' });
    expect(store.head).toBe(0);
  });
});

describe('random', () => {
  const draw = (id: string) =>
    open().store.transact((tx) => [tx.nextId('n'), tx.random(), tx.random(), tx.random()], { id }).result!;

  it('gives numbers from 0 to 1 that depend on the batch alone', () => {
    const [, ...numbers] = draw('x');
    expect(draw('x')).toEqual([1, ...numbers]);
    expect(new Set([...numbers, ...draw('y').slice(1)]).size).toBe(6);
    for (const n of numbers) expect(n >= 0 && n < 1).toBe(true);
  });

  it('gives other numbers in the next transaction, and the same in a dry run', () => {
    const { store } = open();
    const dry = store.with((tx) => tx.random()).result;
    const first = store.transact((tx) => [tx.random(), tx.nextId('n')]).result[0];
    expect(dry).toBe(first);
    expect(store.transact((tx) => tx.random()).result).not.toBe(first);
  });
});

describe('a transaction that is over', () => {
  it('answers nothing any more: tables, iterators, sequences and chance', () => {
    const { store, put } = open();
    put('a', 1);
    put('b', 2);
    let kept!: { tx: Tx; mine: Tx['items']; scan: Iterable<unknown>; begun: Iterator<unknown> };
    store.transact((tx) => {
      const scan = tx.items.scan();
      const begun = scan[Symbol.iterator]();
      begun.next();
      kept = { tx, mine: tx.items, scan, begun };
    });
    const late: (() => unknown)[] = [
      () => kept.tx.items.get('a'),
      () => kept.tx.items.size,
      () => kept.tx.nextId('n'),
      () => kept.tx.random(),
      () => [...kept.scan],
      () => kept.begun.next(),
      () => kept.mine.insert({ id: 'z', n: 0 }),
      () => kept.mine.delete('a'),
      () => kept.mine.deleteRange(),
      () => kept.mine.update('a', (row) => row),
      () => store.transact(() => kept.mine.put({ id: 'z', n: 0 })),
    ];
    for (const act of late) expect(refusal(act).code, String(act)).toBe('TransactionEnded');
    expect([kept.tx.at, store.head]).toEqual([1000, 2]);
  });
});

describe('limits', () => {
  it.each<[string, Partial<StoreOptions<typeof tables>>, (tx: Tx) => unknown, object]>([
    [
      'the size of a row',
      { rowBytesMax: 60 },
      (tx) => tx.items.put({ id: 'x'.repeat(50), n: 1 }),
      { code: 'RowTooLarge', limit: 60, table: 'items' },
    ],
    [
      'the rows a batch changes',
      { batchChangesMax: 2 },
      (tx) => ['b', 'c', 'd'].map((id) => tx.items.put({ id, n: 1 })),
      { code: 'BatchTooLarge', limit: 2, actual: 3 },
    ],
    [
      'the bytes a batch writes',
      { batchBytesMax: 300 },
      (tx) => [1, 2, 3].map((n) => tx.items.put({ id: 'x'.repeat(90), n })),
      { code: 'BatchTooLarge', limit: 300 },
    ],
  ])('bound %s, before anything is appended', (_what, limits, act, expected) => {
    const { store, put } = open(limits);
    put('a', 1);
    const error = refusal(() => store.transact((tx) => void act(tx)));
    expect(error).toMatchObject(expected);
    expect(error.actual).toBeGreaterThan(error.limit!);
    expect([store.head, store.now().items.size]).toEqual([1, 1]);
    store.check();
  });

  it('let through what just fits, and count a row once however often it is written', () => {
    const { store } = open({ batchChangesMax: 1 });
    store.transact((tx) => [1, 2, 3].map((n) => tx.items.put({ id: 'a', n })));
    expect(store.now().items.get('a')?.n).toBe(3);
    expect(refusal(() => open({ batchChangesMax: 0 }).put('a')).code).toBe('BatchTooLarge');
  });

  it('on what is pinned stop writes, naming who pins, until it lets go', () => {
    const { store, put } = open({ keep: { batches: 1 }, pinnedBytesMax: 100 });
    put('a', 0);
    const view = store.now({ label: 'report' });
    const error = refusal(() => {
      for (let n = 1; n < 20; n++) put('a', n);
    });
    expect(error).toMatchObject({ code: 'HistoryFull', holder: 'report', offset: 1, limit: 100 });
    expect(view.items.get('a')?.n).toBe(0);
    view.close();
    expect(put('a', 99).appended).toBeUndefined();
  });
});

describe('time', () => {
  it('never goes back, whatever the clock does', () => {
    const times = [500, 400, 600.9, -5, 600, 600];
    let made = 0;
    const { store, put } = open({ clock: () => times[made]! });
    for (; made < 5; made++) put('a', made);
    expect([1, 2, 3, 4, 5].map((offset) => store.batch(offset).at)).toEqual([500, 500, 600, 600, 600]);
    expect(store.transact((tx) => tx.at).result).toBe(600);
  });

  it.each([NaN, Infinity, -Infinity, undefined])(
    'that a clock gives as %s is refused, and blamed on the clock',
    (time) => {
      const { store, put } = open({ clock: () => time as number });
      expect(refusal(() => put('a'))).toMatchObject({ code: 'OptionInvalid' });
      expect([store.head, store.now().items.size]).toEqual([0, 0]);
      store.check();
    },
  );
});

describe('a closed store', () => {
  it('refuses to write and goes on reading', () => {
    const { store, put } = open();
    put('a', 1);
    store.close();
    store.close();
    expect(refusal(() => put('b')).code).toBe('StoreClosed');
    expect([store.now().items.size, store.asOf(0).items.size, store.head, store.batch(1).offset]).toEqual([1, 0, 1, 1]);
  });

  it('does not append the batch of a body that closed it', () => {
    const { store, put } = open();
    put('a', 1);
    expect(refusal(() => store.transact((tx) => [tx.items.put({ id: 'b', n: 1 }), store.close()])).code).toBe(
      'StoreClosed',
    );
    expect([store.head, store.now().items.size]).toEqual([1, 1]);
    store.check();
  });
});

describe('a store', () => {
  it('has a lineage of its own, unless it is given one', () => {
    const [one, two] = [createStore({ tables }), createStore({ tables })];
    expect(one.lineage).toMatch(/^\w{16,}$/);
    expect(two.lineage).not.toBe(one.lineage);
    expect(open().store.lineage).toBe('here');
  });

  it('is closed by `using` when its block ends', () => {
    let kept;
    {
      using store = open().store;
      store.transact((tx) => tx.items.put({ id: 'a', n: 1 }));
      kept = store;
    }
    expect(refusal(() => kept.transact((tx) => tx.items.delete('a'))).code).toBe('StoreClosed');
    expect(kept.now().items.size).toBe(1);
  });
});
