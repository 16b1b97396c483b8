import * as t from 'io-ts';
import type { Observable } from 'rxjs';
import { describe, expectTypeOf, it } from 'vitest';

import { createStore, date, decideOn, decider, event, openStore, table } from 'memoir';
import type { Batch, Decided, DomainEvent, DurableStore, LogPlan, Store, Transaction } from 'memoir';
import { specificationOf } from 'memoir/testing';
import { store as bare, tables } from './fixture.js';

const Line = t.strict({ sku: t.string, n: t.Int });
const events = {
  Placed: t.strict({ order: t.string, lines: t.array(Line) }),
  Shipped: t.strict({ at: date }),
  Renamed: event(t.strict({ to: t.string }), { aliases: ['Named'], fields: { to: { default: '' } } }),
};
type Happened = DomainEvent<typeof events>;
const store = createStore({ tables, events });

describe('events', () => {
  it('are inferred from their codecs', () => {
    expectTypeOf(store).toEqualTypeOf<Store<typeof tables, typeof events>>();
    expectTypeOf<Happened['type']>().toEqualTypeOf<'Placed' | 'Shipped' | 'Renamed'>();
    expectTypeOf<Extract<Happened, { type: 'Shipped' }>['data']>().toEqualTypeOf<{ at: Date }>();
    expectTypeOf<Extract<Happened, { type: 'Renamed' }>['data']>().toEqualTypeOf<{ to: string }>();
    expectTypeOf<Happened['stream']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Happened['position']>().toEqualTypeOf<number | undefined>();
    const open = (log: LogPlan) => openStore({ tables, events, log });
    expectTypeOf(open).returns.resolves.toEqualTypeOf<DurableStore<typeof tables, typeof events>>();
    expectTypeOf<Store<typeof tables>>().toEqualTypeOf(bare);
  });

  it('are told apart by their types, in batches and streams', () => {
    const told = (batch: Batch<typeof tables, typeof events>): unknown =>
      batch.events.map((one) => (one.type === 'Placed' ? one.data.lines[0]!.n : one.data));
    expectTypeOf(told).toBeFunction();
    expectTypeOf(store.changes()).toEqualTypeOf<
      Observable<Batch<Pick<typeof tables, keyof typeof tables>, Pick<typeof events, keyof typeof events>>>
    >();
    store.changes({ events: ['Placed'] }).subscribe(({ events: [first] }) => {
      expectTypeOf(first!.type).toEqualTypeOf<'Placed'>();
    });
    // @ts-expect-error -- there is no such event
    store.changes({ events: ['placed'] });
    expectTypeOf(bare.batch(1).events).toEqualTypeOf<readonly never[]>();
  });

  it('are emitted by name, with their data', () => {
    const body = (tx: Transaction<typeof tables, typeof events>): void => {
      // A plain number will do for a brand.
      const emitted = tx.emit('Placed', { order: 'o', lines: [{ sku: 'a', n: 1 }] }, { stream: 's' });
      expectTypeOf(emitted.type).toEqualTypeOf<'Placed'>();
      // @ts-expect-error -- there is no such event
      tx.emit('placed', { order: 'o', lines: [] });
      // @ts-expect-error -- a field is missing
      tx.emit('Placed', { order: 'o' });
      // @ts-expect-error -- a field too many
      tx.emit('Shipped', { at: new Date(), by: 'me' });
      // @ts-expect-error -- another event's data
      tx.emit('Shipped', { to: 'me' });
      // @ts-expect-error -- a misspelt option
      tx.emit('Shipped', { at: new Date() }, { streams: 's' });
      // @ts-expect-error -- events do not change
      emitted.type = 'Placed';
    };
    expectTypeOf(body).toBeFunction();
  });

  it('cannot be emitted where there are none', () => {
    // @ts-expect-error -- the store has no events
    const body = (): unknown => bare.transact((tx) => tx.emit('Placed', {}));
    expectTypeOf(body).toBeFunction();
    // @ts-expect-error -- a default that its field cannot have
    event(t.strict({ n: t.number }), { fields: { n: { default: 'x' } } });
    // @ts-expect-error -- an event is a codec
    createStore({ tables, events: { Placed: 'string' } });
    // @ts-expect-error -- a table is no event
    createStore({ tables, events: { Placed: table(t.strict({ id: t.string }), { primaryKey: 'id' }) } });
  });

  it('are read by stream, and expected, with their types', () => {
    const read = (): unknown => {
      for (const one of store.stream('s').read({ from: 2, reverse: true })) {
        expectTypeOf(one.position).toEqualTypeOf<number>();
        if (one.type === 'Shipped') expectTypeOf(one.data).toEqualTypeOf<{ at: Date }>();
      }
      store.transact((tx) => tx.stream('s').head, {
        expect: [3, { stream: 's', is: 'absent' }, { query: (db) => db.tasks.get('t1')?.queue, since: 2 }],
      });
      // @ts-expect-error -- no such state of a stream
      store.transact(() => 1, { expect: { stream: 's', is: 'gone' } });
      // @ts-expect-error -- a query is of the store's tables
      store.transact(() => 1, { expect: { query: (db) => db.task.get('t1'), since: 2 } });
      // @ts-expect-error -- since when?
      store.transact(() => 1, { expect: { query: (db) => db.tasks.size } });
      // @ts-expect-error -- no such range
      return store.stream('s').read({ form: 1 });
    };
    expectTypeOf(read).toBeFunction();
  });

  it('are decided on by deciders of the store’s events', () => {
    type Named = { readonly type: 'Renamed'; readonly data: { readonly to: string } };
    const naming = decider({
      initialState: () => '',
      evolve: (_: string, { data }: Named) => data.to,
      decide: (to: string, from): Named[] => (to === from ? [] : [{ type: 'Renamed', data: { to } }]),
    });
    type Lost = { readonly type: 'Lost'; readonly data: { readonly n: number } };
    const other = decider({
      initialState: () => 0,
      evolve: (n: number, { data }: Lost) => n + data.n,
      decide: (n: number): Lost => ({ type: 'Lost', data: { n } }),
    });
    const decide = () =>
      store.transact((tx) => {
        // @ts-expect-error -- the command is a string
        decideOn(tx, 's', naming, 5);
        // @ts-expect-error -- the store has no such event
        decideOn(tx, 's', other, 5);
        return decideOn(tx, 's', naming, 'x', { expect: 'exists', from: { position: 3, state: 'w' } });
      });
    expectTypeOf(decide).returns.toHaveProperty('result').toEqualTypeOf<Decided<string, typeof events>>();
    specificationOf(naming)([])
      .when('x')
      .then({ type: 'Renamed', data: { to: 'x' } })
      .thenState('x');
    // @ts-expect-error -- another's event
    specificationOf(naming)([{ type: 'Lost', data: { n: 1 } }]);
    // @ts-expect-error -- a store without events has nothing to decide on
    expectTypeOf(() => bare.transact((tx) => decideOn(tx, 's', naming, 'x'))).toBeFunction();
  });
});
