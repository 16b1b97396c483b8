import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, openStore, projection, readSnapshot, table, valueProjection } from '../../src/index.js';
import { commandOn, createFsm } from '../../src/fsm.js';
import { base, debts, events, orders, paid, totals } from '../support/ledger-projections.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const projections = [debts(), totals(), paid()] as const;
const make = () => createStore({ tables: base, events, projections });
const order = (id: string, customer: string, cents: number) => ({ id, customer, cents });

const counts = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' });
/** A projection that counts what happens in one other table. */
const counting = (name: string, source: string, followed: unknown = orders) => {
  const own = { name, sources: { [source]: followed }, tables: { [name]: counts } };
  return projection({ ...own, on: { changes: { [source]: () => {} } } } as unknown as Parameters<typeof projection>[0]);
};

describe('projection', () => {
  it.each([
    [{ name: '' }, 'name'],
    [{ version: 0 }, 'version'],
    [{ from: 'rows?' }, 'from'],
    [{ from: 'rows', events: { Paid: events.Paid }, on: { Paid: () => {} } }, 'from'],
    [{ tables: {} }, 'tables'],
    [{ tables: { orders } }, 'tables.orders'],
    [{ sources: { orders: {} } }, 'sources.orders'],
    [{ on: {} }, 'on'],
    [{ on: { Paid: () => {} } }, 'on.Paid'],
    [{ on: { changes: { others: () => {} } } }, 'on.changes.others'],
    [{ on: { changes: { orders: 5 } } }, 'on.changes.orders'],
    [{ events: { changes: events.Paid } }, 'events.changes'],
    [{ mode: 'sync' }, 'mode'],
  ])('refuses %j', (wrong, path) => {
    const right = { name: 'p', sources: { orders }, tables: { p: counts }, on: { changes: { orders: () => {} } } };
    expect(() => projection({ ...right, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: 'DefinitionInvalid', path }) as Error,
    );
  });

  it('refuses a value that is none of its codec', () => {
    const given = {
      name: 'v',
      sources: { orders },
      value: t.number,
      initial: 'x',
      on: { changes: { orders: () => 1 } },
    };
    expect(() => valueProjection(given as never)).toThrow(expect.objectContaining({ path: 'initial' }) as Error);
  });

  it.each([
    [[totals(), totals()], 'projections.1'],
    [[{ name: 'totals' }], 'projections.0'],
    [[counting('orders', 'others')], 'projections.0'],
    [[counting('offset', 'orders')], 'tables.offset'],
    [[debts()], 'projections.0.sources.totals'],
    [5, 'projections'],
    [[counting('n', 'orders', counts)], 'projections.0.sources.orders'],
  ])('is refused by a store, case %#', (given, path) => {
    const refused = () => createStore({ tables: base, events, projections: given as never });
    expect(refused).toThrow(expect.objectContaining({ code: 'DefinitionInvalid', path }) as Error);
  });

  it("is refused where projections read each other in a circle, or the events are not the store's", () => {
    const circle = [counting('a', 'b', counts), counting('b', 'a', counts)];
    expect(() => createStore({ tables: base, projections: circle })).toThrow('a → b → a');
    expect(() => createStore({ tables: base, projections: [paid()] })).toThrow('has none');
  });
});

describe('projections of a store', () => {
  it('fold what a transaction did, in the same batch, whatever their order', () => {
    const store = make();
    const batch = store.transact((tx) => {
      tx.orders.insert(order('o1', 'ada', 30));
      tx.emit('Paid', { customer: 'ada', cents: 10 });
      return tx.totals.size;
    });
    // A body sees them as they were before it.
    expect(batch.result).toBe(0);
    expect(batch.changes.map(({ table: name, kind }) => `${name} ${kind}`)).toEqual([
      ...['orders insert', 'totals insert', 'debts insert', 'paid insert'],
    ]);
    expect(store.now().debts.get('ada')).toEqual({ customer: 'ada', cents: 20, draws: 1 });
    expect(store.read(paid().read)).toEqual({ cents: 10, at: batch.appended === false ? 0 : batch.at });
    expect(store.asOf(0).totals.size).toBe(0);
    store.check();
  });

  it('are told of in streams, live queries, diffs and histories as other tables are', () => {
    const store = make();
    const [told, seen]: [unknown[], unknown[]] = [[], []];
    store.changes({ tables: ['totals'] }).subscribe(({ changes }) => told.push(changes.map(({ after }) => after)));
    store.live((db) => db.totals.last('byCents')?.customer).subscribe((who) => seen.push(who));
    store.transact((tx) => tx.orders.insert(order('o1', 'ada', 30)));
    store.transact((tx) => tx.emit('Paid', { customer: 'bob', cents: 10 }));
    store.transact((tx) => tx.orders.insert(order('o2', 'bob', 40)));
    expect(told).toEqual([[{ customer: 'ada', cents: 30, orders: 1 }], [{ customer: 'bob', cents: 40, orders: 1 }]]);
    expect(seen).toEqual([undefined, 'ada', 'bob']);
    expect(store.history('totals', 'bob').map(({ offset }) => offset)).toEqual([3]);
    expect(store.diff(0, 3).filter(({ table: name }) => name === 'totals')).toHaveLength(2);
  });

  it('throw the transaction out when a fold throws, and leave nothing of it', () => {
    const store = make();
    store.transact((tx) => tx.orders.insert(order('o1', 'ada', 30)));
    const poison = () =>
      store.transact((tx) => {
        tx.orders.insert(order('o2', 'bob', 1));
        tx.orders.insert(order('o3', 'poison', 1));
      });
    expect(poison).toThrow(
      expect.objectContaining({ code: 'ProjectionFailed', projection: 'totals', table: 'orders', offset: 2 }) as Error,
    );
    expect(poison).toThrow('totals cannot fold the insert of orders "o3" in batch 2: poison');
    expect([store.head, store.now().orders.size, store.now().totals.size]).toEqual([1, 1, 1]);
    expect(() => store.with((tx) => tx.orders.insert(order('o3', 'poison', 1)))).toThrow('poison');
    const { changes } = store.with((tx) => tx.orders.delete('o1'));
    expect(changes.map(({ table: name }) => name)).toEqual(['orders', 'totals', 'debts']);
    store.check();
  });

  it('refuse constraints that a fold breaks, promises, and writes of others', () => {
    const twice = (fold: (tx: { insert(row: unknown): unknown }) => unknown) =>
      createStore({
        tables: base,
        projections: [
          projection({
            ...{ name: 'p', sources: { orders }, tables: { p: counts } },
            on: { changes: { orders: (tx) => fold(tx.p as never) as never } },
          }),
        ],
      });
    const insert = (store: ReturnType<typeof twice>) => () =>
      store.transact((tx) => tx.orders.insert(order(`o${store.head}`, 'ada', 1)));
    const same = twice((own) => own.insert({ id: 'x', n: 1 }));
    insert(same)();
    expect(insert(same)).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'UniqueViolation' }) as Error }) as Error,
    );
    expect(insert(twice(async () => Promise.resolve()))).toThrow(
      expect.objectContaining({ code: 'ImpureFold', projection: 'p', offset: 1 }) as Error,
    );
    // @ts-expect-error A table of a projection is not written by transactions.
    expect(() => make().transact((tx) => tx.totals.insert({ customer: 'x', cents: 1, orders: 1 }))).toThrow(TypeError);
    expect(() => make().transact((tx) => tx.nextId('memoir.projection.totals'))).toThrow('memoir.');
  });

  it('give the same chance to a fold whenever it is run', () => {
    const chance = () =>
      valueProjection({
        ...{ name: 'chance', sources: { orders }, value: t.number, initial: 0 },
        on: { changes: { orders: (_value, _change, _batch, tx) => tx.random() + (tx.at - tx.at) } },
      });
    const store = createStore({ tables: base, clock: () => 5, projections: [chance()] });
    store.transact((tx) => {
      tx.random();
      tx.orders.insert(order('o1', 'ada', 1));
    });
    const value = store.read(chance().read);
    expect(value).toBeGreaterThan(0);
    return expect(store.rebuild(chance())).resolves.toMatchObject({ changes: [] });
  });
});

describe('projections of a store on a log', () => {
  const openOn = async <const P extends readonly unknown[]>(medium: MemoryMedium, given: P) =>
    openStore({ tables: base, events, log: medium.plan(), projections: given as never }) as unknown as ReturnType<
      typeof openAll
    >;
  const openAll = async (medium: MemoryMedium) => openStore({ tables: base, events, log: medium.plan(), projections });

  it('are built from the log where they come later, and anew where their version is another', async () => {
    const medium = new MemoryMedium();
    const bare = await openStore({ tables: base, events, log: medium.plan() });
    for (let i = 0; i < 5; i++) await bare.transact((tx) => tx.orders.insert(order(`o${i}`, 'ada', i)));
    await bare.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 3 }));
    await bare.close();

    const store = await openAll(medium);
    expect(store.head).toBe(9);
    expect(store.now().totals.get('ada')).toEqual({ customer: 'ada', cents: 10, orders: 5 });
    // It follows the totals, of which the log tells from the batch on that has brought them.
    expect(store.now().debts.get('ada')).toEqual({ customer: 'ada', cents: 7, draws: 5 });
    await store.close();

    const later = await openOn(medium, [debts(), totals(2, 100), paid()]);
    expect(later.batch(10)).toMatchObject({ meta: { projection: 'totals', version: 2 } });
    expect(later.now().totals.get('ada')?.cents).toBe(1000);
    expect(later.asOf(9).totals.get('ada')?.cents).toBe(10);
    await later.close();
    const again = await openOn(medium, [debts(), totals(2, 100), paid()]);
    expect(again.head).toBe(10);
    again.check();
    await again.close();
  });

  it('are read by a store that only reads, and folded by nobody there', async () => {
    const medium = new MemoryMedium();
    const store = await openAll(medium);
    await store.transact((tx) => tx.orders.insert(order('o1', 'ada', 1)));
    const image = await readSnapshot(await store.snapshot().toBytes());
    await store.close();
    expect(createStore({ tables: base, events, projections, snapshot: image }).now().totals.size).toBe(1);
    const stale = () => createStore({ tables: base, events, projections: [paid(2)], snapshot: image });
    expect(stale).toThrow(expect.objectContaining({ code: 'ProjectionStale', projection: 'paid' }) as Error);
    // What depends on rows alone is built from them.
    const built = createStore({ tables: base, events, projections: [totals(3, 7)], snapshot: image });
    expect(built.now().totals.get('ada')?.cents).toBe(7);
    await expect(built.restore(image)).rejects.toMatchObject({ code: 'ProjectionStale' });
    expect(built.now().totals.get('ada')?.cents).toBe(7);
  });

  it('are not taken for built where a store that has them no more has made the snapshot', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium, [totals(), paid()]);
    await store.transact((tx) => tx.orders.insert(order('o1', 'ada', 7)));
    await store.close();
    const without = await openOn(medium, []);
    await without.saveSnapshot();
    const image = await readSnapshot(await without.snapshot().toBytes());
    await without.close();

    const built = createStore({ tables: base, events, projections: [totals()], snapshot: image });
    expect(built.now().totals.get('ada')?.cents).toBe(7);
    const stale = () => createStore({ tables: base, events, projections: [paid()], snapshot: image });
    expect(stale).toThrow(expect.objectContaining({ code: 'ProjectionStale', projection: 'paid' }) as Error);
    await expect(built.restore(image)).rejects.toMatchObject({ code: 'ProjectionStale', projection: 'totals' });
    const again = await openOn(medium, [totals()]);
    expect(again.now().totals.get('ada')?.cents).toBe(7);
    await again.close();
  });
});

describe('projections of a state machine', () => {
  it('are the same on every node, and in its snapshots', async () => {
    const command = commandOn(base);
    const node = () =>
      createFsm({
        tables: base,
        projections: [totals()],
        commands: {
          order: command(
            t.strict({ id: t.string, customer: t.string, cents: t.Int }),
            (tx, row) => void tx.orders.put(row),
          ),
        },
      });
    const [one, two] = [node(), node()];
    const entry = (index: number, customer: string) => ({
      ...{ index, term: 1 },
      data: one.encode('order', { id: `o${index}`, customer, cents: index as t.Int }, { at: index }),
    });
    for (const index of [1, 2, 5]) for (const fsm of [one, two]) fsm.apply(entry(index, 'ada'));
    expect(one.apply(entry(6, 'poison'))).toMatchObject({ status: 'rejected' });
    two.apply(entry(6, 'poison'));
    expect(one.store.now().totals.get('ada')).toEqual({ customer: 'ada', cents: 8, orders: 3 });
    expect(one.stateHash()).toBe(two.stateHash());
    const three = node();
    await three.restore(one.snapshot().persist());
    expect(three.stateHash()).toBe(one.stateHash());
    for (const fsm of [one, three]) fsm.apply(entry(9, 'bob'));
    expect(three.stateHash()).toBe(one.stateHash());
  });
});
