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

const accounts = table(t.readonly(t.strict({ id: t.string, email: t.string, balance: t.Int })), {
  primaryKey: 'id',
  indexes: { byEmail: { on: ['email'], unique: true, lower: true }, byBalance: ['balance'] },
});
const lines = table(t.strict({ book: t.string, no: t.number, text: t.string }), { primaryKey: ['book', 'no'] });
const tables = { accounts, lines };

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, clock: () => 1000, lineage: 'here', ...options });
  return {
    store,
    put: (id: string, balance = 0) => store.transact((tx) => tx.accounts.put({ id, email: `${id}@x`, balance })),
    rows: () => store.read((db) => [...db.accounts.scan()].map(({ id, balance }) => `${id}${balance}`).join(' ')),
  };
}
type Tx = Transaction<typeof tables>;
const changed = (batch: { readonly changes: readonly { readonly kind: string; readonly key: unknown }[] }) =>
  batch.changes.map(({ kind, key }) => `${kind} ${String(key)}`);

describe('a transaction', () => {
  it('becomes one batch, which says what it did', () => {
    const { store, put } = open();
    put('a', 1);
    const batch = store.transact(
      (tx) => {
        tx.accounts.update('a', { balance: 2 });
        tx.lines.insert({ book: 'b', no: 1, text: '' });
        return 'done';
      },
      { meta: { actor: 'ada' }, id: 'once' },
    );
    const [before, after] = [1, 2].map((balance) => ({ id: 'a', email: 'a@x', balance }));
    const { result, ...logged } = batch;
    expect(result).toBe('done');
    expect(logged).toEqual({
      ...{ offset: 2, at: 1000, id: 'once', meta: { actor: 'ada' }, events: [] },
      changes: [
        { table: 'accounts', key: 'a', kind: 'update', before, after },
        { table: 'lines', key: ['b', 1], kind: 'insert', before: undefined, after: { book: 'b', no: 1, text: '' } },
      ],
    });
    expect(store.batch(2)).toEqual(logged);
  });

  it('sees its own writes, whichever way it reads', () => {
    const { store, put } = open();
    put('a', 1);
    store.transact(({ accounts: mine }) => {
      mine.update('a', { balance: 5 });
      mine.insert({ id: 'b', email: 'B@x', balance: 3 });
      expect([mine.size, mine.count(), mine.has('b'), mine.get('a')?.balance]).toEqual([2, 2, true, 5]);
      expect([mine.find('byEmail', 'b@X')?.id, mine.first('byBalance')?.id, mine.last('byBalance')?.id]).toEqual([
        'b',
        'b',
        'a',
      ]);
      expect(mine.page({ limit: 1 }).rows[0]?.id).toBe('a');
      expect(mine.longestPrefix(['abc'])?.id).toBe('a');
      expect(Array.from(mine.scan('byBalance', { gt: [3] }), ({ id }) => id)).toEqual(['a']);
      expect(mine.delete('a')).toBe(true);
      expect([mine.get('a'), mine.find('byEmail', 'a@x'), mine.size]).toEqual([undefined, undefined, 1]);
    });
  });

  it.each<[string, (tx: Tx['accounts']) => unknown, readonly string[]]>([
    [
      'an insertion and an update is an insertion',
      (a) => [a.insert({ id: 'n', email: 'n', balance: 1 }), a.update('n', { balance: 2 })],
      ['insert n'],
    ],
    [
      'an insertion and a deletion is nothing',
      (a) => [a.insert({ id: 'n', email: 'n', balance: 1 }), a.delete('n')],
      [],
    ],
    [
      'a deletion and an insertion is an update',
      (a) => [a.delete('a'), a.insert({ id: 'a', email: 'n', balance: 1 })],
      ['update a'],
    ],
    ['an update and a deletion is a deletion', (a) => [a.update('a', { balance: 7 }), a.delete('a')], ['delete a']],
    ['there and back is nothing', (a) => [a.update('a', { balance: 7 }), a.update('a', { balance: 1 })], []],
    ['deleted and put back is nothing', (a) => [a.delete('a'), a.put({ id: 'a', email: 'a@x', balance: 1 })], []],
    ['a put of the same row is nothing', (a) => a.put({ id: 'a', email: 'a@x', balance: 1 }), []],
    [
      'rows stand in the order of their last write',
      (a) => [a.update('a', { balance: 5 }), a.delete('b'), a.update('a', { balance: 6 })],
      ['delete b', 'update a'],
    ],
  ])('has net changes: %s', (_what, act, expected) => {
    const { store, put } = open();
    put('a', 1);
    put('b', 2);
    expect(changed(store.transact((tx) => void act(tx.accounts)))).toEqual(expected);
    store.check();
  });

  it('returns from each statement what is stored', () => {
    const { store } = open();
    store.transact(({ accounts: mine, lines: text }) => {
      const a = { id: 'a', email: 'e', balance: 1 };
      expect(mine.insert(a)).toEqual(a);
      expect(mine.put({ ...a, balance: 2 })).toBe(mine.get('a'));
      expect(mine.update('a', { balance: 3, email: 'f' })).toEqual({ id: 'a', email: 'f', balance: 3 });
      expect(mine.update('a', (row) => ({ ...row, balance: row.balance + 1 })).balance).toBe(4);
      expect([mine.delete('a'), mine.delete('a')]).toEqual([true, false]);
      for (let no = 0; no < 9; no++) text.insert({ book: no < 5 ? 'x' : 'y', no, text: '' });
      expect(text.deleteRange({ prefix: ['x'], gte: ['x', 3] })).toBe(2);
      expect(text.deleteRange({ prefix: ['y'], reverse: true, limit: 1 })).toBe(1);
      expect(Array.from(text.scan(), ({ no }) => no)).toEqual([0, 1, 2, 5, 6, 7]);
      expect([text.deleteRange(), text.deleteRange(), text.size]).toEqual([6, 0, 0]);
    });
  });

  it('undoes everything when its body throws, and throws the very same', () => {
    const { store, put, rows } = open();
    put('a', 1);
    const mine = new Error('mine');
    const act = () =>
      store.transact(
        (tx) => {
          tx.accounts.update('a', { balance: 9 });
          tx.accounts.insert({ id: 'b', email: 'b', balance: 1 });
          tx.nextId('n');
          tx.lines.insert({ book: 'b', no: 1, text: '' });
          tx.accounts.delete('a');
          throw mine;
        },
        { id: 'tried' },
      );
    expect(act).toThrow(mine);
    expect([rows(), store.head, store.now().lines.size]).toEqual(['a1', 1, 0]);
    expect(store.transact((tx) => [tx.nextId('n'), tx.accounts.delete('a')], { id: 'tried' }).result).toEqual([
      1,
      true,
    ]);
    store.check();
  });
});

describe('a statement that is refused', () => {
  const a = { id: 'a', email: 'a@x', balance: 1 };
  const cases: [string, (tx: Tx) => unknown, object][] = [
    [
      'an insert of a key that is there',
      (tx) => tx.accounts.insert({ id: 'a', email: 'n', balance: 0 }),
      { code: 'UniqueViolation', table: 'accounts', index: 'primaryKey', key: ['a'], row: a },
    ],
    [
      'an insert of a unique value that is there',
      (tx) => tx.accounts.insert({ id: 'n', email: 'A@X', balance: 0 }),
      { code: 'UniqueViolation', table: 'accounts', index: 'byEmail', key: ['a@x'], row: a },
    ],
    [
      'a put that takes a unique value',
      (tx) => tx.accounts.put({ id: 'b', email: 'a@x', balance: 5 }),
      { code: 'UniqueViolation', index: 'byEmail', row: a },
    ],
    [
      'an update that takes a unique value',
      (tx) => tx.accounts.update('b', { email: 'a@x', balance: 5 }),
      { code: 'UniqueViolation', index: 'byEmail', row: a },
    ],
    [
      'an update of what is not there',
      (tx) => tx.accounts.update('z', { balance: 1 }),
      { code: 'RowNotFound', table: 'accounts', index: 'primaryKey', key: ['z'] },
    ],
    [
      'an update of the primary key',
      (tx) => tx.accounts.update('a', { id: 'z' }),
      { code: 'KeyChanged', table: 'accounts', key: ['a'] },
    ],
    [
      'an update of part of the primary key',
      (tx) => tx.lines.update(['b', 1], (row) => ({ ...row, no: 2 })),
      { code: 'KeyChanged', table: 'lines', key: ['b', 1] },
    ],
    [
      'an insert of a wrong row',
      (tx) => tx.accounts.insert({ id: 'n', email: 'n', balance: 0.5 }),
      { code: 'RowInvalid', table: 'accounts', path: 'balance' },
    ],
    [
      'an insert of an unknown field',
      (tx) => tx.accounts.insert({ id: 'n', email: 'n', balance: 0, age: 3 } as never),
      { code: 'UnknownField', table: 'accounts', path: 'age' },
    ],
    [
      'a patch of an unknown field',
      (tx) => tx.accounts.update('a', { age: 3 } as never),
      { code: 'UnknownField', path: 'age' },
    ],
    [
      'a patch that removes what must be there',
      (tx) => tx.accounts.update('a', { email: undefined }),
      { code: 'RowInvalid', path: 'email' },
    ],
    [
      'a deletion of more than a batch may change',
      (tx) => tx.lines.deleteRange(),
      { code: 'BatchTooLarge', limit: 3, actual: 4 },
    ],
    [
      'a row larger than it may be',
      (tx) => tx.accounts.insert({ id: 'n', email: 'n'.repeat(300), balance: 0 }),
      { code: 'RowTooLarge', table: 'accounts', limit: 250 },
    ],
    [
      'an update whose function writes, then is refused',
      (tx) => tx.accounts.update('a', (row) => [{ ...row, email: 'b@x' }, tx.accounts.delete('c')][0] as typeof row),
      { code: 'UniqueViolation', index: 'byEmail', key: ['b@x'] },
    ],
  ];
  it.each(cases)('leaves no trace, and the transaction whole: %s', (_what, act, expected) => {
    const { store, put, rows } = open({ batchChangesMax: 3, rowBytesMax: 250 });
    put('a', 1);
    put('b', 2);
    put('c', 3);
    for (let no = 1; no < 6; no++) store.transact((tx) => tx.lines.insert({ book: 'b', no, text: 'x' }));
    const before = rows();
    expect(refusal(() => store.transact((tx) => void act(tx)))).toMatchObject(expected);
    expect([store.head, rows(), store.now().lines.size]).toEqual([8, before, 5]);
    const batch = store.transact((tx) => {
      expect(refusal(() => act(tx))).toMatchObject(expected);
      expect(Array.from(tx.accounts.scan('byBalance'), ({ id }) => id)).toEqual(['a', 'b', 'c']);
      expect([tx.accounts.find('byEmail', 'a@x')?.id, tx.lines.size]).toEqual(['a', 5]);
      return tx.accounts.update('b', { balance: 20, email: 'n' });
    });
    expect(changed(batch)).toEqual(['update b']);
    expect(rows()).toBe('a1 b20 c3');
    store.check();
  });

  it('costs nothing of what a batch may hold', () => {
    const { store, put } = open({ batchBytesMax: 200, batchChangesMax: 2 });
    put('a', 1);
    store.transact((tx) => {
      for (let i = 0; i < 50; i++) {
        expect(refusal(() => tx.accounts.insert({ id: `${i}`, email: 'a@x', balance: 0 })).code).toBe(
          'UniqueViolation',
        );
        tx.accounts.put({ id: 'a', email: 'a@x', balance: 1 });
      }
      tx.accounts.update('a', { balance: 2 });
      tx.accounts.insert({ id: 'b', email: 'b', balance: 2 });
    });
    expect(store.now().accounts.size).toBe(2);
  });

  it('gives back the bytes of all that it had written', () => {
    const { store, put } = open({ batchBytesMax: 400 });
    put('a', 1);
    const big = { id: 'big', email: 'x'.repeat(200), balance: 0 };
    store.transact((tx) => {
      for (let i = 0; i < 9; i++) {
        const act = () => tx.accounts.update('a', () => (tx.accounts.insert(big), { id: 'z', email: '', balance: 0 }));
        expect(refusal(act).code).toBe('KeyChanged');
      }
      tx.accounts.insert(big);
    });
    expect(store.now().accounts.size).toBe(2);
  });

  it('is one that a callback of an index made fail, and the callback’s own error comes out', () => {
    const mine = new Error('mine');
    const by = ({ n }: { readonly n: number }): [number] => {
      if (n === 13) throw mine;
      return [n];
    };
    const items = table(t.strict({ id: t.string, n: t.number, m: t.number }), {
      ...{ primaryKey: 'id', indexes: { byM: { on: ['m'], unique: true }, byN: { by } } },
    });
    const store = createStore({ tables: { items } });
    store.transact((tx) => {
      tx.items.insert({ id: 'a', n: 1, m: 1 });
      expect(() => tx.items.insert({ id: 'b', n: 13, m: 2 })).toThrow(mine);
      expect(() => tx.items.put({ id: 'a', n: 13, m: 3 })).toThrow(mine);
      expect([tx.items.get('b'), tx.items.find('byM', 2), tx.items.find('byM', 3)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      tx.items.insert({ id: 'c', n: 2, m: 3 });
    });
    expect(store.now().items.size).toBe(2);
    store.check();
  });
});

describe('unique values', () => {
  it('can be swapped by way of a third, or of a deletion', () => {
    const { store, put } = open();
    put('a', 1);
    put('b', 2);
    store.transact((tx) => {
      expect(refusal(() => tx.accounts.update('a', { email: 'b@x' })).row).toMatchObject({ id: 'b' });
      tx.accounts.update('a', { email: '' });
      tx.accounts.update('b', { email: 'a@x' });
      tx.accounts.update('a', { email: 'b@x' });
    });
    store.transact((tx) => {
      const [a, b] = [tx.accounts.getOrThrow('a'), tx.accounts.getOrThrow('b')];
      tx.accounts.delete('a');
      tx.accounts.delete('b');
      tx.accounts.insert({ ...b, id: 'a', balance: 7 });
      tx.accounts.insert({ ...a, id: 'b' });
    });
    expect([
      store.now().accounts.find('byEmail', 'a@x')?.id,
      store.asOf(3).accounts.find('byEmail', 'a@x')?.id,
    ]).toEqual(['a', 'b']);
    store.check();
  });

  it.each<[string, object, object, string | undefined]>([
    ['two nulls meet', { x: null }, { x: null }, 'all'],
    ['a null and an absence do not', { x: null }, {}, undefined],
    ['two absences do not', {}, {}, undefined],
    ['an empty string is a value', { x: '' }, { x: '' }, 'all'],
    ['one element of a list is enough', { tags: ['p', 'q'] }, { tags: ['r', 'q'] }, 'each'],
    ['an element repeated in one row is no conflict', { tags: ['p', 'p'] }, { tags: ['q', 'q'] }, undefined],
    ['the whole tuple counts', { pair: [1, 2] }, { pair: [1, 3] }, undefined],
    ['the same tuple meets', { pair: [1, 2] }, { pair: [1, 2] }, 'pairs'],
  ])('are those an index says: %s', (_what, first, second, index) => {
    const row = {
      x: t.union([t.string, t.null, t.undefined]),
      tags: t.array(t.string),
      pair: t.union([t.undefined, t.array(t.number)]),
    };
    const items = table(t.strict({ id: t.string, ...row }), {
      primaryKey: 'id',
      indexes: {
        all: { on: ['x'], unique: true, sparse: true },
        noNull: { on: ['x'], unique: true, sparse: 'null', where: ({ x }) => x !== '' },
        each: { each: 'tags', unique: true },
        pairs: {
          by: ({ pair }) => (pair === undefined ? undefined : [pair[0]!, pair[1]!]),
          unique: true,
          sparse: true,
        },
      },
    });
    const store = createStore({ tables: { items } });
    store.transact((tx) => tx.items.insert({ id: 'a', tags: [], ...first } as never));
    const act = () => store.transact((tx) => tx.items.insert({ id: 'b', tags: [], ...second } as never));
    if (index === undefined) act();
    else expect(refusal(act)).toMatchObject({ code: 'UniqueViolation', index, row: { id: 'a' } });
    store.check();
  });
});

describe('an iterator in a transaction', () => {
  it.each(['scan', 'byBalance'])('sees the state at its creation, whatever is written while it runs (%s)', (index) => {
    const { store, put, rows } = open();
    for (let i = 0; i < 5; i++) put(`k${i}`, i);
    store.transact(({ accounts: mine }) => {
      const scan = () => (index === 'scan' ? mine.scan() : mine.scan('byBalance'));
      mine.update('k0', { balance: 10 });
      const early = scan();
      const seen: string[] = [];
      for (const { id, balance } of scan()) {
        seen.push(`${id}:${balance}`);
        mine.delete(id);
        mine.insert({ id: `n${id}`, email: `n${id}`, balance: balance + 100 });
        expect(refusal(() => mine.insert({ id: `n${id}`, email: 'twice', balance: 0 })).code).toBe('UniqueViolation');
      }
      expect(seen.toSorted()).toEqual(['k0:10', 'k1:1', 'k2:2', 'k3:3', 'k4:4']);
      expect(Array.from(early, ({ id, balance }) => `${id}:${balance}`)).toEqual(seen);
      expect(mine.size).toBe(5);
    });
    expect(rows()).toBe('nk0110 nk1101 nk2102 nk3103 nk4104');
    store.check();
  });
});
