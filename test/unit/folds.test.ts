import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, table } from '../../src/index.js';
import { average, count, groupBy, join, min, sum, topN, window } from '../../src/folds.js';

const Order = t.intersection([
  t.strict({ id: t.string, customer: t.string, cents: t.Int }),
  t.partial({ note: t.string, weight: t.number }),
]);
const orders = table(Order, {
  primaryKey: 'id',
  indexes: {
    byCents: ['cents'],
    byCustomerAndCents: ['customer', 'cents'],
    byNote: { on: ['note'], sparse: true },
    dear: { on: ['cents'], where: () => true },
  },
});
const customers = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const Paid = t.strict({ cents: t.Int });

const group = { name: 'g', of: { orders }, by: 'customer', measures: { n: count() } };
const joined = {
  ...{ name: 'j', left: { orders }, right: { customers }, on: ['byCents', 'primaryKey'] },
  ...{ row: t.strict({ id: t.string }), primaryKey: 'id', select: () => ({ id: 'x' }) },
};
const top = { name: 't', of: { orders }, index: 'byCents', n: 3 };
const minutes = { name: 'm', of: { Paid }, every: 1000, measures: { n: count() } };

it.each([
  ['groupBy', groupBy, { ...group, of: {} }, 'of'],
  ['groupBy', groupBy, { ...group, of: { orders, customers } }, 'of'],
  ['groupBy', groupBy, { ...group, by: 'note' }, 'by'],
  ['groupBy', groupBy, { ...group, measures: { n: sum('weight') } }, 'measures.n'],
  ['groupBy', groupBy, { ...group, measures: { n: average('nope') } }, 'measures.n'],
  ['groupBy', groupBy, { ...group, measures: { n: 5 } }, 'measures.n'],
  ['groupBy', groupBy, { ...group, measures: { customer: min('id') } }, 'measures.customer'],
  ['join', join, { ...joined, right: { orders } }, 'right'],
  ['join', join, { ...joined, on: ['nope', 'primaryKey'] }, 'on'],
  ['join', join, { ...joined, on: ['byCustomerAndCents', 'primaryKey'] }, 'on'],
  ['topN', topN, { ...top, index: 'nope' }, 'index'],
  ['topN', topN, { ...top, index: 'dear' }, 'index'],
  ['topN', topN, { ...top, index: 'byNote' }, 'index'],
  ['topN', topN, { ...top, n: 0 }, 'n'],
  ['topN', topN, { ...top, by: ['customer'] }, 'by'],
  ['window', window, { ...minutes, of: {} }, 'of'],
  ['window', window, { ...minutes, every: 0 }, 'every'],
  ['window', window, { ...minutes, keep: -1 }, 'keep'],
  ['window', window, { ...minutes, measures: { start: count() } }, 'measures.start'],
])('%s refuses what makes no sense, case %#', (_name, make, options, path) => {
  expect(() => (make as (options: unknown) => unknown)(options)).toThrow(
    expect.objectContaining({ code: 'DefinitionInvalid', path }) as Error,
  );
});

it('a field may be called what a fold calls a table of its own', () => {
  const rows = table(t.strict({ id: t.string, of: t.string, groups: t.number, 'groups.groups': t.number }), {
    primaryKey: 'id',
  });
  const measures = { least: min('groups'), other: min('groups.groups'), n: count() };
  const store = createStore({
    tables: { rows },
    projections: [groupBy({ name: 'told', of: { rows }, by: 'of', measures })],
  });
  for (const [id, n] of [
    ['a', 3],
    ['b', 1],
    ['c', 2],
  ] as const)
    store.transact((tx) => void tx.rows.insert({ id, of: 'all', groups: n, 'groups.groups': -n }));
  store.transact((tx) => tx.rows.delete('b'));
  expect(store.now().told.get('all')).toEqual({ of: 'all', least: 2, other: -3, n: 2 });
});
