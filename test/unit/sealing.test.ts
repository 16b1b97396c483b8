import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, date, readSnapshot, table, type Store } from '../../src/index.js';
import { MemoryLog } from '../../src/log/memory-log.js';

const Item = t.intersection([t.strict({ id: t.string, n: t.number }), t.partial({ at: date })]);
const tables = { items: table(Item, { primaryKey: 'id', indexes: { byN: ['n'] } }) };

/** Lets the sealer have all the turns it wants. */
async function idle(): Promise<void> {
  for (let i = 0; i < 200; i++) await new Promise<void>((resolve) => void setTimeout(resolve, 0));
}

/** So many batches of one small row each, as `transact` gave them. */
function write(store: Store<typeof tables>, count: number): unknown[] {
  return Array.from({ length: count }, (_, i) => {
    const row = { id: `i${i % 50}`, n: i, ...(i % 3 === 0 && { at: new Date(i) }) };
    const options = i % 7 === 0 ? { id: `b${store.head}`, meta: { i, on: new Date(i) } } : {};
    const { result: _result, ...batch } = store.transact((tx) => {
      tx.items.put(row);
      if (i % 11 === 0) tx.nextId('s');
    }, options) as { readonly result?: unknown };
    return batch;
  });
}

describe('old batches', () => {
  it('read the same when they have been sealed, whoever reads them, and go like any other', async () => {
    let now = 0;
    const store = createStore({ tables, keep: 'all', clock: () => (now += 5) });
    const batches = write(store, 8000);
    await idle();
    const seen: unknown[] = [];
    store.changes({ from: 1 }).subscribe((batch) => seen.push(batch));
    expect(seen).toStrictEqual(batches);
    expect(store.batch(1)).not.toBe(store.batch(1));
    expect(store.batch(8000)).toBe(store.batch(8000));
    expect(Object.isFrozen(store.batch(1))).toBe(true);
    expect(store.asOf(new Date(5 * 100)).offset).toBe(100);
    expect(store.history('items', 'i3').length).toBe(160);
    expect(store.diff(0, 50).length).toBe(50);
    store.compact(2000);
    expect(() => store.batch(1999)).toThrow(expect.objectContaining({ code: 'OffsetCompacted' }));
    expect(store.batch(2000)).toStrictEqual(batches[1999]);
    store.check();
  });

  it('that retention drops, sealed or not, are known by their ids as long as those are remembered', async () => {
    const open = () => createStore({ tables, keep: { batches: 100 }, idWindow: 6000, clock: () => 1, lineage: 'one' });
    const append = (store: Store<typeof tables>, from: number, to: number): void => {
      for (let i = from; i <= to; i++)
        store.transact((tx) => tx.items.put({ id: `i${i % 50}`, n: i }), i % 2 === 0 ? { id: `request ${i}` } : {});
    };
    const store = open();
    append(store, 1, 9000);
    await idle();
    const captured = store.snapshot();
    append(store, 9001, 16_000);
    await idle();
    expect(store.batchOf('request 10000')).toBeUndefined();
    for (const offset of [10_002, 10_240, 12_000, 15_898, 16_000]) {
      const again = store.transact(() => expect.unreachable(), { id: `request ${offset}` });
      expect(again).toMatchObject({ offset, repeated: true, changes: [{ after: { n: offset } }] });
    }
    const bytes = await captured.toBytes();
    const twin = open();
    append(twin, 1, 9000);
    expect(bytes).toEqual(await twin.snapshot().toBytes());
    const loaded = createStore({ tables, snapshot: await readSnapshot(bytes), idWindow: 6000 });
    expect(loaded.batchOf('request 3000')).toBeUndefined();
    expect(loaded.batchOf('request 3002')?.offset).toBe(3002);
    append(loaded, 9001, 9010);
    expect([loaded.batchOf('request 3010'), loaded.batchOf('request 3012')?.offset]).toEqual([undefined, 3012]);
  });

  it('of a table that came later are sealed with it', async () => {
    const store = createStore({ tables, keep: 'all' });
    write(store, 3000);
    const wider = store.addTable('more', table(t.strict({ k: t.bigint }), { primaryKey: 'k' }));
    for (let i = 0n; i < 5000n; i++) wider.transact((tx) => tx.more.put({ k: i % 9n }));
    await idle();
    expect(wider.batch(3001).changes[0]).toStrictEqual({
      ...{ table: 'more', key: 0n, kind: 'insert', before: undefined },
      after: { k: 0n },
    });
    expect(wider.batch(1).changes[0]!.table).toBe('items');
  });

  it('take few more bytes than what they hold', () => {
    const log = new MemoryLog('one');
    const body = new Uint8Array(60);
    const seal = { body: () => body, reader: undefined as never, frozen: false };
    const batch = { at: 0, id: undefined, meta: {}, changes: [], events: [] };
    for (let offset = 1; offset <= 10_240; offset++) log.append([{ ...batch, offset }], { expect: offset - 1 });
    while (log.seal(seal));
    const sealed = 6 * 1024;
    expect(log.sealedBytes).toBeGreaterThan(sealed * body.length);
    expect(log.sealedBytes).toBeLessThan(sealed * body.length * 1.1);
  });
});
