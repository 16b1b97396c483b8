import { either as E } from 'fp-ts';
import * as t from 'io-ts';
import { describe, expect, expectTypeOf, it } from 'vitest';

import { tryTransact, type Transacted } from '../../src/fp.js';
import { createStore, MemoirError, table } from '../../src/index.js';

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' });
const tables = { items };

function open() {
  const store = createStore({ tables, clock: () => 5, lineage: 'here' });
  store.transact((tx) => tx.items.insert({ id: 'a', n: 1 }));
  return store;
}
const left = (fields: object) => E.left(expect.objectContaining(fields) as unknown);

describe('tryTransact', () => {
  it('gives on the right what transact returns', () => {
    const store = open();
    const outcome = tryTransact(store, (tx) => E.right(tx.items.put({ id: 'a', n: 2 }).n), {
      meta: { actor: 'ada' },
      id: 'x',
      expect: 1,
    });
    expectTypeOf(outcome).toEqualTypeOf<E.Either<MemoirError, Transacted<typeof tables, number>>>();
    expect(outcome).toEqual(E.right({ ...store.batch(2), result: 2 }));
    expect(store.batch(2)).toMatchObject({ id: 'x', meta: { actor: 'ada' }, changes: [{ kind: 'update', key: 'a' }] });
  });

  it('gives what a body that changes nothing returns, and a repeated id’s first batch', () => {
    const store = open();
    expect(tryTransact(store, () => E.right('read'))).toEqual(
      E.right({ appended: false, offset: 1, changes: [], events: [], result: 'read' }),
    );
    tryTransact(store, (tx) => E.right(tx.items.delete('a')), { id: 'x' });
    const repeat = tryTransact(store, (): E.Either<never, never> => E.left(undefined as never), { id: 'x' });
    expect(repeat).toEqual(E.right({ ...store.batch(2), repeated: true }));
  });

  it.each([
    ['a tag', 'too-few'],
    ['an object', { reason: 5 }],
    ['an error', new Error('mine')],
    ['undefined', undefined],
    ['a MemoirError', new MemoirError('Conflict', 'mine')],
    ['an Either', E.right(5)],
  ])('undoes a body that returns left, and gives the very same left: %s', (_what, reason) => {
    const store = open();
    const outcome = tryTransact(store, (tx) => {
      tx.items.put({ id: 'a', n: 2 });
      tx.items.insert({ id: 'b', n: tx.nextId('n') });
      return E.left(reason);
    });
    expect(E.isLeft(outcome) && outcome.left).toBe(reason);
    expect([store.head, store.now().items.get('a')?.n, store.now().items.size]).toEqual([1, 1, 1]);
    expect(store.transact((tx) => tx.nextId('n')).result).toBe(1);
    store.check();
  });

  it.each<[string, (store: ReturnType<typeof open>) => E.Either<unknown, unknown>, object]>([
    [
      'a statement refuses',
      (store) => tryTransact(store, (tx) => E.right(tx.items.insert({ id: 'a', n: 5 }))),
      { code: 'UniqueViolation', row: { id: 'a', n: 1 } },
    ],
    [
      'a row is not there',
      (store) => tryTransact(store, (tx) => E.right(tx.items.getOrThrow('z'))),
      { code: 'RowNotFound', key: ['z'] },
    ],
    [
      'the head has moved',
      (store) => tryTransact(store, () => E.right(1), { expect: 0 }),
      { code: 'Conflict', head: 1 },
    ],
    [
      'the meta is wrong',
      (store) => tryTransact(store, () => E.right(1), { meta: 5 as never }),
      { code: 'MetaInvalid' },
    ],
    [
      'the store is closed',
      (store) => (store.close(), tryTransact(store, (tx) => E.right(tx.items.delete('a')))),
      { code: 'StoreClosed' },
    ],
    [
      'it is inside another',
      (store) => store.with(() => [tryTransact(store, () => E.right(1))]).result![0]!,
      { code: 'NestedTransaction' },
    ],
    [
      'the body is async',
      (store) =>
        tryTransact(store, (async (tx: { items: { delete(id: string): unknown } }) =>
          Promise.resolve(E.right(tx.items.delete('a')))) as never),
      { code: 'AsyncBody' },
    ],
    [
      'the body gives a promise on the right',
      (store) => tryTransact(store, (tx) => E.right(Promise.resolve(tx.items.delete('a')))),
      { code: 'AsyncBody' },
    ],
  ])('gives a MemoirError on the left, and nothing is changed, when %s', (_what, act, expected) => {
    const store = open();
    expect(act(store)).toEqual(left(expected));
    expect([store.head, store.now().items.get('a')?.n]).toEqual([1, 1]);
    store.check();
  });

  it('throws on what is a defect: an error that is not memoir’s, undone all the same', () => {
    const store = open();
    const mine = new Error('mine');
    const act = () =>
      tryTransact(store, (tx) => {
        tx.items.delete('a');
        throw mine;
      });
    expect(act).toThrow(mine);
    expect(store.now().items.size).toBe(1);
  });

  it.each([
    ['a row', (n: number) => ({ n })],
    ['nothing', () => undefined],
    ['null', () => null],
    ['a number', (n: number) => n],
    ['an object whose then is no method', () => Object.fromEntries([[['th', 'en'].join(''), 5]])],
  ])('does not take %s for an Either, and appends nothing', (_what, wrong) => {
    const store = open();
    const act = () =>
      tryTransact(
        store,
        ((tx: { items: { delete(id: string): unknown } }) => (tx.items.delete('a'), wrong(1))) as never,
      );
    let outcome: unknown;
    try {
      outcome = act();
    } catch (error) {
      outcome = E.left(error);
    }
    expect(E.isLeft(outcome as E.Either<unknown, unknown>)).toBe(true);
    expect([store.head, store.now().items.size]).toEqual([1, 1]);
  });

  it('inside a body of another store aborts that one alone', () => {
    const [outer, inner] = [open(), open()];
    const outcome = tryTransact(outer, (tx) => {
      const nested = tryTransact(inner, (mine) => (mine.items.delete('a'), E.left('inner')));
      tx.items.put({ id: 'b', n: 2 });
      return E.isLeft(nested) ? E.right(nested.left) : E.left('outer');
    });
    expect(E.isRight(outcome) && outcome.right.result).toBe('inner');
    expect([outer.now().items.size, inner.now().items.size]).toEqual([2, 1]);
  });
});
