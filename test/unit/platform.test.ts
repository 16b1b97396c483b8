import * as t from 'io-ts';
import { expect, it, vi } from 'vitest';

import { createStore, table } from '../../src/index.js';

it('tells on the console what failed with no caller to be told, whatever it was', () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const store = createStore({ tables: { tasks: table(t.strict({ id: t.string }), { primaryKey: 'id' }) } });
  store.changes().subscribe(() => {
    throw new RangeError('mine');
  });
  store.transact((tx) => tx.tasks.insert({ id: 't1' }));
  expect(said.mock.calls).toEqual([['memoir: something failed that no caller is told of:', new RangeError('mine')]]);
  said.mockRestore();
});
