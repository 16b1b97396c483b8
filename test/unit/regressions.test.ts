import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, table } from '../../src/index.js';

// Every fault that a property or a user found, as small as it could be made.

it('undoes the removal of an entry whose key ties with others by its head', () => {
  const row = t.strict({ id: t.string, name: t.string });
  const store = createStore({ tables: { rows: table(row, { primaryKey: 'id', indexes: { byName: ['name'] } }) } });
  store.transact((tx) => {
    tx.rows.insert({ id: 'a', name: 'the same beginning 1' });
    tx.rows.insert({ id: 'b', name: 'the same beginning 2' });
  });
  const abort = (): unknown =>
    store.transact((tx) => {
      tx.rows.update('a', { name: 'the same beginning 3' });
      tx.rows.update('b', { name: 'the same beginning 4' });
      throw new RangeError('abort');
    });
  expect(abort).toThrow(RangeError);
  expect([...store.now().rows.scan('byName')].map(({ id }) => id)).toEqual(['a', 'b']);
  store.check();
});

it('knows how long computed keys are when a transaction that wrote the first of them is undone', () => {
  const row = t.strict({ id: t.string, n: t.number });
  const by = ({ n }: t.TypeOf<typeof row>) => [n, n] as const;
  const store = createStore({ tables: { rows: table(row, { primaryKey: 'id', indexes: { made: { by } } }) } });
  const put = (id: string): unknown => store.transact((tx) => tx.rows.put({ id, n: 1 }));
  put('a');
  const abort = (): unknown =>
    store.transact((tx) => {
      tx.rows.put({ id: 'b', n: 2 });
      tx.rows.delete('a');
      throw new RangeError('abort');
    });
  expect(abort).toThrow(RangeError);
  put('c');
  expect([...store.now().rows.scan('made')].map(({ id }) => id)).toEqual(['a', 'c']);
  store.check();
});
