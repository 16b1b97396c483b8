import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import {
  checkCompatibility,
  createStore,
  describeSchema,
  event,
  json,
  MemoirError,
  openStore,
  readSnapshot,
  table,
  type Events,
  type Store,
  type StoreOptions,
} from '../../src/index.js';
import { avro } from '../../src/avro.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

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

const tables = { items: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
const events = { Counted: t.strict({ n: t.Int }), Named: t.strict({ name: t.string }) };
const open = (options: Partial<StoreOptions<typeof tables, typeof events>> = {}) =>
  createStore({ tables, events, lineage: 'here', clock: () => 1000, ...options });
type Opened = Store<typeof tables, typeof events>;
const count = (store: Opened, stream: string, ...ns: number[]) =>
  ns.forEach((n) => store.transact((tx) => void tx.emit('Counted', { n }, { stream })));
const data = (found: Iterable<{ readonly data: object }>) => Array.from(found, (one) => one.data);

describe('a stream of events', () => {
  it('gives its events with what their batches say', () => {
    const store = open();
    store.transact((tx) => [tx.emit('Counted', { n: 1 }), tx.emit('Named', { name: 'a' }, { stream: 's' })], {
      id: 'one',
      meta: { actor: 'ada' },
    });
    count(store, 'other', 7);
    count(store, 's', 2);
    const found = store.stream('s');
    expect([found.name, found.head, found.floor]).toEqual(['s', 2, 1]);
    expect([...found.read()]).toStrictEqual([
      { offset: 1, at: 1000, id: 'one', meta: { actor: 'ada' }, type: 'Named', data: { name: 'a' }, position: 1 },
      { offset: 3, at: 1000, id: undefined, meta: {}, type: 'Counted', data: { n: 2 }, position: 2 },
    ]);
  });

  it('stays as it was when it was opened, and is read anew each time', () => {
    const store = open();
    count(store, 's', 1, 2, 3);
    const found = store.stream('s');
    const all = found.read();
    count(store, 's', 4);
    expect(data(all)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(data(all)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(data(found.read({ from: 2, to: 9 }))).toEqual([{ n: 2 }, { n: 3 }]);
    expect(data(found.read({ reverse: true, limit: 2 }))).toEqual([{ n: 3 }, { n: 2 }]);
    expect(data(found.read({ from: 3, to: 2 }))).toEqual([]);
    expect(data(found.read({ limit: 0 }))).toEqual([]);
    expect(data(store.stream('none').read())).toEqual([]);
    expect(store.stream('none')).toMatchObject({ head: 0, floor: 1 });
  });

  it('says what is gone, when it is asked for and when it is come to', () => {
    const store = open({ keep: { batches: 2 } });
    count(store, 's', 1, 2);
    const under = store.stream('s').read()[Symbol.iterator]();
    expect(under.next().value?.data).toEqual({ n: 1 });
    count(store, 's', 3, 4);
    expect(refusal(() => under.next())).toMatchObject({ code: 'OffsetCompacted', requested: 2, floor: 3, head: 2 });
    const found = store.stream('s');
    expect(refusal(() => found.read())).toMatchObject({
      ...{ code: 'OffsetCompacted', stream: 's', requested: 1, floor: 3, head: 4 },
    });
    expect(data(found.read({ from: found.floor }))).toEqual([{ n: 3 }, { n: 4 }]);
    expect(data(found.read({ reverse: true, limit: 2 }))).toEqual([{ n: 4 }, { n: 3 }]);
    expect(refusal(() => found.read({ reverse: true })).code).toBe('OffsetCompacted');
    count(store, 'other', 1, 2);
    expect(store.stream('s')).toMatchObject({ head: 4, floor: 5 });
    expect(data(store.stream('s').read({ from: 5 }))).toEqual([]);
  });

  it.each([
    [{ from: -1 }, 'RangeInvalid'],
    [{ from: 0.5 }, 'RangeInvalid'],
    [{ to: '3' }, 'RangeInvalid'],
    [{ limit: NaN }, 'RangeInvalid'],
    [{ reverse: 1 }, 'RangeInvalid'],
    [{ form: 1 }, 'OptionInvalid'],
    [null, 'OptionInvalid'],
  ])('refuses the range %j', (range, code) => {
    const found = open().stream('s');
    expect(refusal(() => found.read(range as never)).code).toBe(code);
  });

  it.each(['', 5, '\ud800', undefined])('refuses the name %j', (name) => {
    const store = open();
    expect(refusal(() => store.stream(name as never)).code).toBe('OptionInvalid');
    store.transact((tx) => expect(refusal(() => tx.stream(name as never)).code).toBe('OptionInvalid'));
  });

  it('begins anew with a restore, and says so to whoever reads the old one', async () => {
    const store = open();
    count(store, 's', 1);
    const bytes = await store.snapshot().toBytes();
    count(store, 's', 2);
    const found = store.stream('s');
    await store.restore(bytes);
    expect(refusal(() => found.read()).code).toBe('LineageChanged');
    expect(store.stream('s')).toMatchObject({ head: 1, floor: 2 });
    expect(refusal(() => store.stream('s').read()).code).toBe('OffsetCompacted');
    count(store, 's', 3);
    expect(data(store.stream('s').read({ from: 2 }))).toEqual([{ n: 3 }]);
  });

  it('is read from batches that were sealed, and gives their room back', async () => {
    const store = open({ keep: { batches: 9000 } });
    for (let i = 1; i <= 9000; i++) count(store, i % 100 === 0 ? 'rare' : `often ${i % 3}`, i);
    for (let i = 0; i < 200; i++) await new Promise<void>((resolve) => void setTimeout(resolve, 0));
    expect(store.batch(1)).not.toBe(store.batch(1));
    const wanted = Array.from({ length: 90 }, (_, i) => ({ n: (i + 1) * 100 }));
    expect(data(store.stream('rare').read())).toEqual(wanted);
    expect(data(store.stream('rare').read({ reverse: true }))).toEqual(wanted.toReversed());
    // A slice at a time.
    for (let i = 0; i < 3; i++) store.compact(8950);
    expect(store.stream('rare').floor).toBe(90);
    expect(data(store.stream('rare').read({ from: 90 }))).toEqual([{ n: 9000 }]);
    expect(data(store.stream('often 1').read({ reverse: true, limit: 1 }))).toEqual([{ n: 8998 }]);
  });
});

describe('a change stream that asks for events', () => {
  const filled = (): Opened => {
    const store = open();
    store.transact((tx) => tx.items.insert({ id: 'a' }));
    store.transact((tx) => [tx.items.insert({ id: 'b' }), tx.emit('Counted', { n: 1 })]);
    store.transact((tx) => [tx.emit('Counted', { n: 2 }), tx.emit('Named', { name: 'x' })]);
    return store;
  };
  const told = (store: Opened, options: object): unknown[] => {
    const seen: unknown[] = [];
    store.changes({ from: 1, ...options }).subscribe(({ offset, changes, events: found }) => {
      seen.push([offset, changes.map(({ key }) => key).join(), found.map(({ type }) => type).join()]);
    });
    return seen;
  };

  it.each<[object, unknown[]]>([
    [
      { events: ['Counted'] },
      [
        [2, '', 'Counted'],
        [3, '', 'Counted'],
      ],
    ],
    [
      { events: ['Named'], tables: ['items'] },
      [
        [1, 'a', ''],
        [2, 'b', ''],
        [3, '', 'Named'],
      ],
    ],
    [
      { tables: ['items'] },
      [
        [1, 'a', ''],
        [2, 'b', ''],
      ],
    ],
    [
      { where: ({ key }: { key: string }) => key === 'b', events: ['Counted'] },
      [
        [2, 'b', 'Counted'],
        [3, '', 'Counted'],
      ],
    ],
    [{ events: [] }, []],
    [
      {},
      [
        [1, 'a', ''],
        [2, 'b', 'Counted'],
        [3, '', 'Counted,Named'],
      ],
    ],
  ])('%j is given what it asks for', (options, wanted) => {
    expect(told(filled(), options)).toEqual(wanted);
  });

  it('gets the very batch where it is all asked for', () => {
    const store = filled();
    const seen: unknown[] = [];
    store.changes({ from: 2, events: ['Counted', 'Named'], tables: ['items'] }).subscribe((one) => seen.push(one));
    expect(seen[0]).toBe(store.batch(2));
  });

  it.each([
    [{ events: 'Counted' }, { code: 'OptionInvalid' }],
    [{ events: ['counted'] }, { code: 'EventUnknown', event: 'counted' }],
    [{ events: [5] }, { code: 'EventUnknown' }],
  ])('refuses %j', (options, error) => {
    expect(refusal(() => open().changes(options as never))).toMatchObject(error);
  });
});

describe.each([json, avro])('a log with events, rows as $name', (codec) => {
  const written = async (): Promise<MemoryMedium> => {
    const medium = new MemoryMedium();
    const store = await openStore({ tables, events, log: medium.plan({}, codec), clock: () => 5 });
    await store.transact((tx) => [tx.items.insert({ id: 'a' }), tx.emit('Counted', { n: 1 }, { stream: 's' })]);
    await store.transact((tx) => tx.emit('Named', { name: 'x' }, { stream: 's' }), { id: 'two' });
    await store.close();
    return medium;
  };
  const opened = async <const E extends Events>(medium: MemoryMedium, now: E) =>
    openStore({ tables, events: now, log: medium.plan({}, codec), clock: () => 5 });

  it('is read as it was written', async () => {
    const store = await opened(await written(), events);
    expect(store.batch(1).events).toStrictEqual([{ type: 'Counted', data: { n: 1 }, stream: 's', position: 1 }]);
    expect(Object.isFrozen(store.batch(1).events[0]!.data)).toBe(true);
    expect(data(store.stream('s').read())).toEqual([{ n: 1 }, { name: 'x' }]);
    expect(await store.transact(() => undefined, { id: 'two' })).toMatchObject({ repeated: true, offset: 2 });
    await store.close();
  });

  it('passes over events of types that are gone, and keeps their places', async () => {
    const medium = await written();
    const store = await opened(medium, { Counted: events.Counted });
    expect(store.batch(2).events).toEqual([]);
    expect(store.stream('s').head).toBe(2);
    expect(data(store.stream('s').read())).toEqual([{ n: 1 }]);
    const { result } = await store.transact((tx) => tx.emit('Counted', { n: 3 }, { stream: 's' }).position);
    expect(result).toBe(3);
    expect(data(store.stream('s').read({ from: 2, reverse: true }))).toEqual([{ n: 3 }]);
    await store.close();
    const without = await openStore({ tables, log: medium.plan({}, codec) });
    await without.saveSnapshot();
    await without.close();
    medium.entries.splice(0);
    medium.floor = 4;
    const again = await opened(medium, events);
    expect(again.stream('s')).toMatchObject({ head: 3, floor: 4 });
    await again.close();
  });

  it('becomes data of today: renamed, with defaults, and through steps', async () => {
    const medium = await written();
    const store = await opened(medium, {
      Tallied: event(t.strict({ count: t.number, by: t.string }), {
        aliases: ['Counted'],
        fields: { count: { aliases: ['n'] }, by: { default: 'nobody' } },
      }),
      Named: event(t.strict({ first: t.string }), {
        migrate: { 2: ({ name }: { name: string }) => ({ first: name }) },
      }),
    });
    expect(data(store.stream('s').read())).toEqual([{ count: 1, by: 'nobody' }, { first: 'x' }]);
    expect(store.batch(1).events[0]!.type).toBe('Tallied');
    await store.close();
  });

  it('is refused where its events cannot be read, with the reasons', async () => {
    const medium = await written();
    const now = { Counted: t.strict({ n: t.string }), Named: t.strict({ name: t.string, more: t.number }) };
    const error = await opened(medium, now).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SchemaIncompatible' });
    const { reasons } = error as MemoirError;
    expect(reasons).toHaveLength(2);
    expect(reasons![0]).toMatch(/^event Counted: data\.n/);
    expect(checkCompatibility({ tables, events }, { tables, events: now })).toEqual(reasons);
    expect(checkCompatibility(describeSchema({ tables, events }), { tables, events: now })).toEqual(reasons);
    expect(checkCompatibility(describeSchema({ tables, events }), { tables })).toEqual([]);
    expect(checkCompatibility(describeSchema({ tables }), { tables, events })).toEqual([]);
  });

  it('takes events up where there were none, and has pending ones in transactions alone', async () => {
    const medium = new MemoryMedium();
    const before = await openStore({ tables, log: medium.plan({}, codec) });
    await before.transact((tx) => tx.items.insert({ id: 'a' }));
    await before.close();
    const store = await opened(medium, events);
    const under = store.transact((tx) => tx.emit('Counted', { n: 1 }, { stream: 's' }));
    expect(store.stream('s')).toMatchObject({ head: 0 });
    expect(store.with((tx) => data(tx.stream('s').read())).result).toEqual([{ n: 1 }]);
    await under;
    expect(data(store.stream('s').read())).toEqual([{ n: 1 }]);
    await store.close();
  });
});

describe('expecting', () => {
  const filled = (): Opened => {
    const store = open();
    store.transact((tx) => tx.items.insert({ id: 'a' }));
    count(store, 's', 1, 2);
    return store;
  };
  const note = (store: Opened, how: unknown) => store.transact((tx) => tx.nextId('n'), { expect: how as never });

  it.each<[unknown]>([
    [{ stream: 's', is: 'exists' }],
    [{ stream: 's', is: 2 }],
    [{ stream: 'none', is: 'absent' }],
    [{ stream: 'none', is: 0 }],
    [{ query: (db: { items: { size: number } }) => db.items.size, since: 1 }],
    [{ query: () => undefined, since: { lineage: 'here', offset: 0 } }],
    [[3, { stream: 's', is: 2 }, { query: () => 1, since: 3 }]],
    [[]],
  ])('%j lets through', (how) => {
    expect(note(filled(), how)).toMatchObject({ offset: 4 });
  });

  it.each<[unknown, object]>([
    [
      { stream: 's', is: 'absent' },
      { code: 'Conflict', stream: 's', requested: 'absent', actual: 2 },
    ],
    [
      { stream: 's', is: 3 },
      { code: 'Conflict', stream: 's', requested: 3, actual: 2 },
    ],
    [
      { stream: 'none', is: 'exists' },
      { code: 'Conflict', stream: 'none', actual: 0 },
    ],
    [[{ stream: 's', is: 2 }, 2], { code: 'Conflict', requested: 2, head: 3 }],
    [
      { query: (db: { items: { size: number } }) => db.items.size, since: 0 },
      { code: 'Conflict', offset: 1 },
    ],
    [{ stream: 's' }, { code: 'OptionInvalid' }],
    [{ stream: 's', is: 0.5 }, { code: 'OptionInvalid' }],
    [{ stream: '', is: 0 }, { code: 'OptionInvalid' }],
    [{ stream: 's', is: 2, at: 3 }, { code: 'OptionInvalid' }],
    [{ query: 5, since: 0 }, { code: 'OptionInvalid' }],
    [{ query: () => 1 }, { code: 'OffsetInvalid' }],
    [{ query: () => 1, since: 4 }, { code: 'OffsetInFuture' }],
    [{ query: () => 1, since: { lineage: 'there', offset: 1 } }, { code: 'LineageChanged' }],
    [{ query: (db: { items: { scan(): unknown } }) => db.items.scan(), since: 0 }, { code: 'LazyResult' }],
    [{ query: () => Promise.reject(new Error('late')), since: 0 }, { code: 'LazyResult' }],
    [[[3]], { code: 'OffsetInvalid' }],
    ['3', { code: 'OffsetInvalid' }],
  ])('%j refuses', (how, error) => {
    const store = filled();
    expect(refusal(() => note(store, how))).toMatchObject(error);
    expect(store.head).toBe(3);
  });

  it('of a query says which row was changed, and by which batch', () => {
    const store = filled();
    const error = refusal(() => note(store, { query: (db: ReturnType<Opened['now']>) => db.items.get('a'), since: 0 }));
    expect(error).toMatchObject({ table: 'items', key: ['a'], offset: 1, requested: 0 });
    expect(error.message).toContain('batch 1 has the insert of items "a"');
  });

  it('of a query refuses to read anything else, and to write', () => {
    const store = filled();
    expect(refusal(() => note(store, { query: () => store.now(), since: 0 })).code).toBe('UntrackedRead');
    expect(refusal(() => note(store, { query: () => note(store, 3), since: 0 })).code).toBe('NestedTransaction');
    const oops = (): never => {
      throw new Error('mine');
    };
    expect(() => note(store, { query: oops, since: 0 })).toThrow('mine');
    expect(note(store, { query: (db: ReturnType<Opened['now']>) => db.items.get('b'), since: 0 })).toMatchObject({
      offset: 4,
    });
  });

  it('of a query since what is gone is refused, since nobody knows what happened', () => {
    const store = open({ keep: { batches: 1 } });
    count(store, 's', 1, 2, 3);
    expect(refusal(() => note(store, { query: () => 1, since: 1 }))).toMatchObject({ code: 'OffsetCompacted' });
    expect(note(store, { query: () => 1, since: 2 })).toMatchObject({ offset: 4 });
  });

  it('holds a repeated id to nothing: it runs nothing', async () => {
    const store = filled();
    store.transact((tx) => tx.nextId('n'), { id: 'x', expect: { stream: 's', is: 2 } });
    count(store, 's', 3);
    const again = store.transact((tx) => tx.nextId('n'), { id: 'x', expect: { stream: 's', is: 2 } });
    expect(again).toMatchObject({ repeated: true, offset: 4 });
    const image = await readSnapshot(await store.snapshot().toBytes());
    const later = open({ snapshot: image });
    expect(note(later, { stream: 's', is: 3 })).toMatchObject({ offset: 6 });
  });
});
