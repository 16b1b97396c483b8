import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as t from 'io-ts';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, openStore, table, type Policy, type StoreOptions } from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

/** So many come to a consumer that never comes back; ten million on request. */
const BATCHES = Number(process.env['MEMOIR_BATCHES'] ?? 200_000);

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' });
const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const tables = { items, notes };

/** What consumers threw, or were ended by. */
const reported: unknown[] = [];
const codes = () => reported.splice(0).map((error) => (error instanceof MemoirError ? error.code : String(error)));
afterEach(() => expect(codes()).toEqual([]));

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, onError: (error) => reported.push(error), ...options });
  const put = (id = 'a', n = store.head + 1) => store.transact((tx) => tx.items.put({ id, n }));
  const fill = (batches: number) => {
    for (let i = 0; i < batches; i++) put();
  };
  return { store, put, fill };
}

/** Whatever a consumer may be given. */
interface Item {
  readonly offset: number;
  readonly marker?: string;
  readonly first?: number;
  readonly changes?: readonly { readonly kind: string; readonly key: string }[];
}

function words({ offset, marker, first, changes = [] }: Item): string {
  if (marker !== undefined) return `${marker} ${first === undefined ? '' : `${first} to `}${offset}`;
  if (first === undefined) return `batch ${offset}`;
  return `${first} to ${offset}: ${changes.map(({ kind, key }) => `${kind[0]} ${key}`).join(', ')}`;
}

/** Someone who is at work until told to go on; keeps what it was given, in words. */
function worker() {
  const given: string[] = [];
  let go: () => void = () => undefined;
  const handler = (item: Item): Promise<void> => {
    given.push(words(item));
    return new Promise((resolve) => (go = resolve));
  };
  const next = async () => {
    go();
    await new Promise((resolve) => setTimeout(resolve, 0));
    return given.splice(0);
  };
  return { given, handler, next };
}

describe('a consumer', () => {
  it('is given one batch at a time, history first, at its own pace', async () => {
    const { store, fill } = open();
    fill(3);
    const { given, handler, next } = worker();
    using consumer = store.consume(handler, { from: 1, policy: { buffer: 2 } });
    fill(2);
    expect(given.splice(0)).toEqual(['batch 1']);
    expect(store.stats().subscribers).toEqual([{ kind: 'consume', label: 'consume()', offset: 0, lag: 5 }]);
    for (const offset of [2, 3, 4, 5]) expect(await next()).toEqual([`batch ${offset}`]);
    expect(await next()).toEqual([]);
    expect(store.stats().subscribers).toMatchObject([{ offset: 5, lag: 0 }]);
    expect(consumer.closed).toBe(false);
  });

  it('is given what it asks for', async () => {
    const { store, put } = open();
    const { given, handler, next } = worker();
    store.consume(handler, { tables: ['notes'], policy: 'drop', label: 'notes' });
    put();
    put();
    store.transact((tx) => tx.notes.insert({ id: 'n' }));
    expect(given.splice(0)).toEqual(['batch 3']);
    put();
    store.transact((tx) => tx.notes.delete('n'));
    put();
    expect(await next()).toEqual(['gap 5 to 5']);
    expect(store.stats().subscribers).toMatchObject([{ label: 'notes', offset: 3 }]);
  });

  it('that is quick is given each batch within the transaction', () => {
    const { store, fill } = open();
    const given: number[] = [];
    store.consume(({ offset }) => given.push(offset), { policy: 'latest' });
    fill(3);
    expect(given).toEqual([1, 2, 3]);
  });

  it('may write: what it writes is told of after', () => {
    const { store, put } = open();
    const given: number[] = [];
    store.consume(
      ({ offset }) => {
        given.push(offset);
        if (offset < 4) put('b');
        given.push(-offset);
      },
      { policy: { buffer: 8 } },
    );
    put();
    expect(given).toEqual([1, -1, 2, -2, 3, -3, 4, -4]);
  });

  it('that throws, or whose promise rejects, is ended and reported', async () => {
    const { store, put } = open();
    const quick = store.consume(
      () => {
        throw new Error('out of paper');
      },
      { policy: 'latest' },
    );
    const slow = store.consume(() => Promise.reject(new Error('no answer')), { policy: 'latest' });
    put();
    expect(quick.closed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(slow.closed).toBe(true);
    put();
    expect(codes()).toEqual(['Error: out of paper', 'Error: no answer']);
    expect(store.stats().subscribers).toEqual([]);
  });

  it('is given nothing more once it is closed, whatever it was doing', async () => {
    const { store, fill } = open();
    const { given, handler, next } = worker();
    const consumer = store.consume(handler, { policy: { buffer: 8 } });
    fill(3);
    consumer.close();
    consumer.close();
    expect([given.splice(0), await next()]).toEqual([['batch 1'], []]);
    expect([consumer.closed, store.stats().subscribers]).toEqual([true, []]);
  });

  it('is given what waits when the store closes, and is closed then', async () => {
    const { store, fill } = open();
    const { given, handler, next } = worker();
    const consumer = store.consume(handler, { policy: { buffer: 8 } });
    fill(2);
    store.close();
    expect([given.splice(0), consumer.closed]).toEqual([['batch 1'], false]);
    expect([await next(), consumer.closed]).toEqual([['batch 2'], false]);
    expect([await next(), consumer.closed]).toEqual([[], true]);
    expect(() => store.consume(handler, { policy: 'drop' })).toThrow(expect.objectContaining({ code: 'StoreClosed' }));
  });

  it('that retention overtakes is told', async () => {
    const { store, fill } = open({ keep: { batches: 2 } });
    fill(2);
    const { handler, next } = worker();
    const consumer = store.consume(handler, { from: 1, policy: 'latest' });
    fill(5);
    await next();
    expect([consumer.closed, codes()]).toEqual([true, ['OffsetCompacted']]);
  });

  it('is told of a restore where it asked for markers, and else ended', async () => {
    const { store, fill } = open();
    fill(2);
    const bytes = await store.snapshot().toBytes();
    const [told, plain] = [worker(), worker()];
    store.consume(told.handler, { policy: { buffer: 8 }, markers: true });
    const other = store.consume(plain.handler, { policy: { buffer: 8 } });
    fill(3);
    await store.restore(bytes);
    fill(1);
    expect(told.given.splice(0)).toEqual(['caughtUp 2']);
    expect([await told.next(), await told.next(), await told.next()]).toEqual([['reset 3'], [], []]);
    await plain.next();
    expect([other.closed, codes()]).toEqual([true, ['LineageChanged']]);
  });

  it('refuses what makes no sense', () => {
    const { store } = open();
    const refused = (handler: unknown, options: object) =>
      expect(() => store.consume(handler as never, options as never)).toThrow(
        expect.objectContaining({ code: 'OptionInvalid' }),
      );
    refused('no function', { policy: 'latest' });
    const policies = [undefined, null, 'buffer', {}, { buffer: 0 }, { buffer: 1.5 }, { buffer: 1, block: 1 }, { n: 1 }];
    for (const policy of [...policies, { block: 1 }]) refused(() => undefined, { policy });
    refused(() => undefined, { policy: 'latest', hold: true });
    expect(store.stats().subscribers).toEqual([]);
  });
});

describe('batches that come while a consumer is at work', () => {
  const after = async (policy: Policy, act: (store: ReturnType<typeof open>) => void) => {
    const opened = open();
    const { given, handler, next } = worker();
    const consumer = opened.store.consume(handler, { policy });
    opened.put('start');
    act(opened);
    return { all: [given.splice(0), await next(), await next()], consumer };
  };

  it('wait, up to so many, and then end it', async () => {
    const { all } = await after({ buffer: 2 }, ({ fill }) => fill(2));
    expect(all).toEqual([['batch 1'], ['batch 2'], ['batch 3']]);
    const { consumer } = await after({ buffer: 2 }, ({ fill }) => fill(3));
    expect(consumer.closed).toBe(true);
    expect(reported).toMatchObject([{ code: 'ConsumerTooSlow', offset: 2, limit: 2 }]);
    reported.splice(0);
  });

  it('are passed over but for the latest', async () => {
    const { all } = await after('latest', ({ fill }) => fill(5));
    expect(all).toEqual([['batch 1'], ['batch 6'], []]);
  });

  it('are dropped, and a gap says which', async () => {
    const { all } = await after('drop', ({ fill }) => fill(5));
    expect(all).toEqual([['batch 1'], ['gap 2 to 6'], []]);
  });

  it('become one, with the net change of each row', async () => {
    const { all } = await after('coalesceByKey', ({ store, put }) => {
      put('a', 1);
      put('b', 1);
      put('a', 2);
      put('gone', 1);
      store.transact((tx) => tx.items.delete('gone'));
      store.transact((tx) => tx.items.delete('start'));
    });
    expect(all).toEqual([['batch 1'], ['2 to 7: i b, i a, d start'], []]);
  });

  it.each<[Policy]>([['latest'], ['drop'], ['coalesceByKey']])(
    'take no room however many there are, with %s, if it never comes back',
    (policy) => {
      const { store, put } = open({ keep: { batches: 16 }, mode: 'production' });
      store.consume(() => new Promise(() => undefined), { policy });
      put();
      const before = heap();
      for (let i = 0; i < BATCHES; i++) put(`${i % 10}`);
      expect(heap() - before).toBeLessThan(8 * 2 ** 20);
      expect(store.stats().subscribers).toMatchObject([{ offset: 0, lag: BATCHES + 1 }]);
    },
  );
});

/** Bytes that are in use once everything that can be collected has been. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('a consumer that blocks', () => {
  const opened = async () =>
    openStore({ tables, log: new MemoryMedium().plan(), onError: (error) => reported.push(error) });

  it('has transactions wait while too much waits for it, in their order', async () => {
    const store = await opened();
    const { given, handler, next } = worker();
    store.consume(handler, { policy: { block: 2 } });
    const settled: number[] = [];
    const all = [1, 2, 3, 4, 5].map(async (n) => {
      await store.transact((tx) => tx.items.put({ id: 'a', n }));
      settled.push(n);
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([given.splice(0), settled.splice(0), store.head]).toEqual([['batch 1'], [], 5]);
    expect(await next()).toEqual(['batch 2']);
    expect(await next()).toEqual(['batch 3']);
    expect(settled).toEqual([]);
    expect(await next()).toEqual(['batch 4']);
    await Promise.all(all);
    expect(settled).toEqual([1, 2, 3, 4, 5]);
    await store.close();
  });

  it('has nobody wait once it or the store is closed', async () => {
    const store = await opened();
    const dead = store.consume(() => new Promise(() => undefined), { policy: { block: 1 } });
    let n = 0;
    const write = () => store.transact((tx) => tx.items.put({ id: 'a', n: n++ }));
    await write();
    const waits = [write(), write()];
    await new Promise((resolve) => setTimeout(resolve, 5));
    dead.close();
    await Promise.all(waits);
    store.consume(() => new Promise(() => undefined), { policy: { block: 1 } });
    const last = [write(), write()];
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.close();
    await Promise.all(last);
    expect(store.head).toBe(5);
  });
});
