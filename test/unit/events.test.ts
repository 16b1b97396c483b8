import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import {
  createStore,
  date,
  event,
  json,
  MemoirError,
  readSnapshot,
  table,
  type StoreOptions,
} from '../../src/index.js';
import { avro } from '../../src/avro.js';

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

const tables = { orders: table(t.strict({ id: t.string, total: t.number }), { primaryKey: 'id' }) };
const events = {
  Placed: t.strict({ order: t.string, lines: t.array(t.strict({ sku: t.string, n: t.Int })) }),
  Shipped: t.strict({ at: date }),
  Noted: t.strict({}),
};
const open = (options: Partial<StoreOptions<typeof tables, typeof events>> = {}) =>
  createStore({ tables, events, lineage: 'here', clock: () => 1000, ...options });
const oops = (): never => {
  throw new Error('mine');
};
const placed = (order: string, n = 1) => ({ order, lines: [{ sku: 'a', n }] });

describe('emit', () => {
  it('puts events into the batch, in their order, with changes or without', () => {
    const store = open();
    const batch = store.transact((tx) => {
      tx.orders.insert({ id: 'o1', total: 5 });
      tx.emit('Noted', {});
      return tx.emit('Placed', placed('o1'), { stream: 'order-o1' });
    });
    const wanted = [
      { type: 'Noted', data: {}, stream: undefined, position: undefined },
      { type: 'Placed', data: placed('o1'), stream: 'order-o1', position: 1 },
    ];
    expect(batch.events).toStrictEqual(wanted);
    expect(batch.result).toBe(batch.events[1]);
    expect(store.batch(1).events).toStrictEqual(wanted);
    const alone = store.transact((tx) => void tx.emit('Noted', {}));
    expect(alone).toMatchObject({ offset: 2, changes: [], events: [{ type: 'Noted' }] });
  });

  it('counts positions by stream, across batches and within one', () => {
    const store = open();
    const emit = (...streams: string[]) =>
      store
        .transact((tx) => {
          for (const stream of streams) tx.emit('Noted', {}, { stream });
        })
        .events.map(({ position }) => position);
    expect(emit('a', 'b', 'a')).toEqual([1, 1, 2]);
    expect(emit('b', 'a', '__proto__', 'constructor')).toEqual([2, 3, 1, 1]);
    expect(emit('__proto__')).toEqual([2]);
  });

  it('takes positions back when the transaction fails, and after a dry run', () => {
    const store = open();
    const fail = () =>
      store.transact((tx) => {
        tx.emit('Noted', {}, { stream: 'a' });
        throw new Error('mine');
      });
    expect(fail).toThrow('mine');
    const dry = store.with((tx) => void tx.emit('Noted', {}, { stream: 'a' }));
    expect(dry).toStrictEqual({
      result: undefined,
      changes: [],
      events: [{ type: 'Noted', data: {}, stream: 'a', position: 1 }],
      violations: [],
    });
    expect(store.transact((tx) => tx.emit('Noted', {}, { stream: 'a' }).position)).toMatchObject({
      offset: 1,
      result: 1,
    });
  });

  it('keeps a copy in normal form, frozen in development', () => {
    const given = { order: 'o', lines: [{ sku: 'a', n: -0 }] };
    const at = new Date(5);
    for (const mode of ['development', 'production'] as const) {
      const store = open({ mode });
      const [first, second] = store.transact((tx) => {
        tx.emit('Placed', given);
        tx.emit('Shipped', { at });
      }).events;
      given.lines[0]!.sku = 'changed';
      at.setTime(9);
      expect(first!.data).toStrictEqual({ order: 'o', lines: [{ sku: 'a', n: 0 }] });
      expect(second!.data).toStrictEqual({ at: new Date(5) });
      expect(Object.isFrozen(first!.data)).toBe(mode === 'development');
      given.lines[0]!.sku = 'a';
      at.setTime(5);
    }
  });

  it.each<[string, unknown, object]>([
    ['Placed', { order: 'o', lines: [{ sku: 'a', n: 0.5 }] }, { code: 'EventInvalid', path: 'lines.0.n' }],
    ['Placed', { order: 'o' }, { code: 'EventInvalid', path: 'lines' }],
    ['Placed', { ...placed('o'), more: 1 }, { code: 'EventInvalid', path: 'more' }],
    ['Placed', placed('\ud800'), { code: 'EventInvalid', path: 'order' }],
    ['Placed', undefined, { code: 'EventInvalid' }],
    ['Shipped', { at: new Date(NaN) }, { code: 'EventInvalid', path: 'at' }],
    ['placed', placed('o'), { code: 'EventUnknown', event: 'placed' }],
    ['__proto__', {}, { code: 'EventUnknown', event: '__proto__' }],
    [null as never, {}, { code: 'EventUnknown' }],
  ])('refuses %s with %j', (type, data, error) => {
    const store = open();
    const violations: unknown[] = [];
    const outcome = store.transact((tx) => {
      const found = refusal(() => tx.emit(type as 'Placed', data as never));
      expect(found).toMatchObject(error);
      violations.push(found);
    });
    expect(outcome).toStrictEqual({ appended: false, offset: 0, changes: [], events: [], result: undefined });
    const dry = store.with((tx) => void tx.emit(type as 'Placed', data as never));
    expect(dry.violations).toMatchObject([error]);
  });

  it.each([{ stream: '' }, { stream: 5 }, { stream: '\udc00' }, { streams: 'a' }, null])(
    'refuses the options %j',
    (options) => {
      const store = open();
      store.transact((tx) => {
        expect(refusal(() => tx.emit('Noted', {}, options as never)).code).toBe('OptionInvalid');
      });
      expect(store.head).toBe(0);
    },
  );

  it('survives data that emit, that throw, and that are endless', () => {
    const store = open();
    const { result } = store.transact((tx) => {
      const traps = {
        get order() {
          return String(tx.emit('Noted', {}, { stream: 's' }).position);
        },
        lines: [],
      };
      const endless: unknown[] = [];
      endless.push(endless);
      expect(refusal(() => tx.emit('Placed', { order: 'o', lines: endless } as never)).code).toBe('EventInvalid');
      const throwing = new Proxy({}, { get: () => oops(), ownKeys: () => oops() });
      expect(refusal(() => tx.emit('Placed', throwing as never)).code).toBe('EventInvalid');
      // An accessor is refused in development before it runs.
      expect(refusal(() => tx.emit('Placed', traps, { stream: 's' }))).toMatchObject({ path: 'order' });
      return tx.emit('Noted', {}, { stream: 's' }).position;
    });
    expect(result).toBe(1);
    const production = open({ mode: 'production' });
    const batch = production.transact((tx) => {
      const order = () => String(tx.emit('Noted', {}, { stream: 's' }).position);
      return tx.emit(
        'Placed',
        Object.defineProperty({ lines: [] }, 'order', { get: order, enumerable: true }) as never,
        {
          stream: 's',
        },
      );
    });
    expect(batch.events.map(({ position }) => position)).toEqual(batch.events.map((_, i) => i + 1));
  });

  it('ends with its transaction', () => {
    const store = open();
    let leaked: { emit(type: 'Noted', data: object): unknown } | undefined;
    store.transact((tx) => {
      leaked = tx;
    });
    expect(refusal(() => leaked!.emit('Noted', {})).code).toBe('TransactionEnded');
  });

  it('counts against the limits of a batch', () => {
    const few = open({ batchChangesMax: 2 });
    const several = () =>
      few.transact((tx) => {
        tx.orders.insert({ id: 'a', total: 1 });
        tx.emit('Noted', {});
        tx.emit('Noted', {});
      });
    expect(refusal(several)).toMatchObject({ code: 'BatchTooLarge', limit: 2, actual: 3 });
    const small = open({ batchBytesMax: 100 });
    const large = () => small.transact((tx) => tx.emit('Placed', placed('x'.repeat(90))));
    expect(refusal(large)).toMatchObject({ code: 'BatchTooLarge', limit: 100 });
    expect(small.head).toBe(0);
  });

  it('is refused by a store without events', () => {
    const store = createStore({ tables });
    store.transact((tx) => {
      const emit = (): unknown => (tx as unknown as { emit(type: string, data: object): unknown }).emit('Placed', {});
      expect(refusal(emit)).toMatchObject({ code: 'EventUnknown', event: 'Placed' });
    });
  });
});

describe('events in a definition', () => {
  it.each<[unknown, string]>([
    [null, 'events'],
    [{ '': t.strict({}) }, 'events.'],
    [{ '\ud800': t.strict({}) }, 'events.\ud800'],
    [{ A: 5 }, 'events.A'],
    [{ A: null }, 'events.A'],
    [{ A: t.string }, 'events.A'],
    [{ A: t.record(t.string, t.string) }, 'events.A'],
    [{ A: t.strict({ f: t.Function }) }, 'events.A'],
    [{ A: t.strict({ a: t.union([t.array(t.string), t.array(t.number)]) }) }, 'events.A'],
  ])('%j is refused', (given, path) => {
    const found = refusal(() => createStore({ tables, events: given as never }));
    expect(found).toMatchObject({ code: 'DefinitionInvalid', path });
  });

  it('may be unions, and may have names that objects have', () => {
    const Either = t.union([t.strict({ kind: t.literal('a'), n: t.number }), t.strict({ kind: t.literal('b') })]);
    const store = createStore({ tables, events: { constructor: Either, toString: t.strict({}) } });
    expect(store.transact((tx) => tx.emit('constructor', { kind: 'b' })).events[0]!.data).toEqual({ kind: 'b' });
  });

  it.each<[unknown, unknown]>([
    [5, {}],
    [t.string, {}],
    [t.strict({}), null],
    [t.strict({}), { alias: [] }],
    [t.strict({}), { aliases: 'x' }],
    [t.strict({}), { fields: { none: {} } }],
    [t.strict({ n: t.number }), { fields: { n: { default: 'x' } } }],
    [t.strict({}), { migrate: { 3: () => 0 } }],
    [t.strict({}), { migrate: { 2: 5 } }],
  ])('event(%j, %j) is refused', (codec, options) => {
    expect(refusal(() => event(codec as never, options as never)).code).toBe('DefinitionInvalid');
  });
});

describe.each([json, avro])('snapshots with events, rows as $name', (codec) => {
  it('hold the heads of streams, in their bytes and their hash', async () => {
    const store = open({ codec });
    store.transact((tx) => void tx.emit('Placed', placed('o'), { stream: 'b' }), { id: 'one' });
    store.transact((tx) => [tx.emit('Noted', {}, { stream: 'b' }), tx.emit('Noted', {}, { stream: 'a' })]);
    const captured = store.snapshot();
    store.transact((tx) => void tx.emit('Noted', {}, { stream: 'b' }));
    const bytes = await captured.toBytes();
    const image = await readSnapshot(bytes, { codec });
    const again = open({ codec, snapshot: image });
    expect(await again.snapshot().toBytes()).toEqual(bytes);
    expect(again.transact(() => undefined, { id: 'one' })).toMatchObject({
      repeated: true,
      events: store.batch(1).events,
    });
    const next = again.transact((tx) => [tx.emit('Noted', {}, { stream: 'b' }), tx.emit('Noted', {}, { stream: 'a' })]);
    expect(next.events.map(({ position }) => position)).toEqual([3, 2]);
    const other = open({ codec });
    other.transact((tx) => void tx.emit('Placed', placed('o'), { stream: 'b' }), { id: 'one' });
    other.transact((tx) => void tx.emit('Noted', {}, { stream: 'b' }));
    const otherImage = await readSnapshot(await other.snapshot().toBytes(), { codec });
    expect(otherImage.stateHash).not.toBe(image.stateHash);
    await store.restore(bytes);
    expect(store.transact((tx) => tx.emit('Noted', {}, { stream: 'b' }).position)).toMatchObject({ result: 3 });
  });

  it('of a store that had events are taken by one that has none, and back', async () => {
    const store = open({ codec });
    store.transact((tx) => void tx.emit('Noted', {}, { stream: 's' }), { id: 'one' });
    const without = createStore({
      tables,
      codec,
      snapshot: await readSnapshot(await store.snapshot().toBytes(), { codec }),
    });
    expect(without.transact(() => undefined, { id: 'one' })).toMatchObject({ repeated: true, events: [] });
    const bytes = await without.snapshot().toBytes();
    const again = open({ codec, snapshot: await readSnapshot(bytes, { codec }) });
    expect(again.transact((tx) => tx.emit('Noted', {}, { stream: 's' }).position)).toMatchObject({ result: 2 });
  });
});
