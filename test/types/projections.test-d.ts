import * as t from 'io-ts';
import { describe, expectTypeOf, it } from 'vitest';

import { createStore, projection, table, valueProjection } from 'memoir';
import { tables } from './fixture.js';

const { tasks } = tables;
const events = { Shipped: t.strict({ id: t.string, n: t.Int }) };
const made = {
  counts: table(t.strict({ queue: t.string, n: t.number }), { primaryKey: 'queue', indexes: { byN: ['n'] } }),
};

const counts = projection({
  name: 'counts',
  sources: { tasks },
  events,
  tables: made,
  on: {
    changes: {
      tasks(tx, { before, after }, batch) {
        expectTypeOf(after?.queue).toEqualTypeOf<string | undefined>();
        expectTypeOf(before?.priority).toMatchTypeOf<number | undefined>();
        expectTypeOf(batch.offset).toEqualTypeOf<number>();
        expectTypeOf(tx.at).toEqualTypeOf<number>();
        tx.counts.put({ queue: 'q', n: tx.tasks.size });
        // @ts-expect-error -- sources are not written to
        tx.tasks.delete('t1');
        // @ts-expect-error -- a field is missing
        tx.counts.put({ queue: 'q' });
        // @ts-expect-error -- it has no other tables
        tx.seats.get(['a', 1]);
        // @ts-expect-error -- a fold emits nothing
        tx.emit('Shipped', { id: 'o', n: 1 });
      },
    },
    Shipped(tx, { data }) {
      expectTypeOf(data).toEqualTypeOf<{ id: string; n: t.Branded<number, t.IntBrand> }>();
      tx.counts.delete(data.id);
    },
  },
});
const total = valueProjection({
  name: 'total',
  events,
  value: t.number,
  initial: 0,
  on: { Shipped: (sum, { data }) => sum + data.n },
});
const store = createStore({ tables, events, projections: [counts, total] });

describe('projections', () => {
  it('have tables in the store, to be read', () => {
    const queue = (): string | undefined => store.now().counts.first('byN')?.queue;
    expectTypeOf(queue).toBeFunction();
    expectTypeOf(total.read).returns.toEqualTypeOf<number>();
    const writing = (): unknown =>
      store.transact((tx) => {
        expectTypeOf(tx.counts.get('q')?.n).toEqualTypeOf<number | undefined>();
        // @ts-expect-error -- what is derived is written by its folds alone
        tx.counts.put({ queue: 'q', n: 1 });
        // @ts-expect-error -- nor deleted from
        tx.total.delete('value');
      });
    expectTypeOf(writing).toBeFunction();
    // @ts-expect-error -- there is no such index
    const misspelt = (): unknown => store.now().counts.scan('byM');
    expectTypeOf(misspelt).toBeFunction();
  });

  it('follow what they say that they do', () => {
    const wrong = (): unknown => [
      // @ts-expect-error -- not among its sources
      projection({ name: 'p', sources: { tasks }, tables: made, on: { changes: { seats: () => {} } } }),
      // @ts-expect-error -- not among its events
      projection({ name: 'p', events, tables: made, on: { shipped: () => {} } }),
      // @ts-expect-error -- the fold gives another value than the codec's
      valueProjection({ name: 'p', events, value: t.number, initial: 0, on: { Shipped: () => 'one' } }),
      // @ts-expect-error -- it begins with another value than the codec's
      valueProjection({ name: 'p', events, value: t.number, initial: 'none', on: { Shipped: () => 1 } }),
    ];
    expectTypeOf(wrong).toBeFunction();
  });

  it('are rebuilt with a look at their own rows', () => {
    const rebuilding = () =>
      store.rebuild(counts, { accept: (changes) => changes.every(({ after }) => (after?.n ?? 0) > 0) });
    expectTypeOf(rebuilding).toBeFunction();
    const following = async () => {
      const follower = await store.project(counts);
      expectTypeOf(follower.now().tasks.get('t')?.queue).toEqualTypeOf<string | undefined>();
      // @ts-expect-error -- it has its sources alone
      follower.now().seats.get(['a', 1]);
      // @ts-expect-error -- it is only read
      follower.transact(() => {});
    };
    expectTypeOf(following).toBeFunction();
  });
});
