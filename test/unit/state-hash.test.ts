import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, readSnapshot, table, type StoreOptions } from '../../src/index.js';

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' });
const tables = { items };

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, stateHash: true, lineage: 'one', clock: () => 1000, ...options });
  const put = (id: string, n: number, name?: string) =>
    store.transact((tx) => tx.items.put({ id, n }), name === undefined ? {} : { id: name });
  return { store, put };
}
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the state hash', () => {
  it('is that of the snapshot, and that of every way to the same state', async () => {
    const [one, other] = [open(), open()];
    one.put('a', 1);
    one.put('b', 2);
    one.put('c', 3, 'named');
    expect(() =>
      other.store.transact((tx) => {
        tx.items.put({ id: 'z', n: 0 });
        throw new Error('never mind');
      }),
    ).toThrow('never mind');
    other.put('b', 5);
    other.put('a', 1);
    other.store.transact((tx) => [tx.items.update('b', { n: 2 }), tx.items.put({ id: 'c', n: 3 })], { id: 'named' });
    expect(one.store.stateHash()).toBe(other.store.stateHash());
    expect((await readSnapshot(await one.store.snapshot().toBytes())).stateHash).toBe(one.store.stateHash());
    expect(one.store.stateHash()).toMatch(/^[0-9a-f]{32}$/);
    expect(one.store.stateHash(0)).toBe('0'.repeat(32));
  });

  it('tells apart what differs: rows, sequences, ids, and where they were used', () => {
    const hashes = [
      (store: ReturnType<typeof open>) => store.put('a', 1),
      (store: ReturnType<typeof open>) => store.put('a', 2),
      (store: ReturnType<typeof open>) => store.put('b', 1),
      (store: ReturnType<typeof open>) => store.put('a', 1, 'x'),
      ({ store }: ReturnType<typeof open>) => store.transact((tx) => tx.items.put({ id: 'a', n: tx.nextId('s') })),
      (store: ReturnType<typeof open>) => [store.put('b', 1), store.put('a', 1, 'x')],
    ].map((act) => {
      const opened = open();
      act(opened);
      return opened.store.stateHash();
    });
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('comes back when everything is as it was, once ids are forgotten', () => {
    const { store, put } = open({ idWindow: 2 });
    put('a', 1);
    const first = store.stateHash();
    put('b', 1, 'named');
    store.transact((tx) => tx.items.delete('b'));
    expect(store.stateHash()).not.toBe(first);
    put('c', 1);
    store.transact((tx) => tx.items.delete('c'));
    expect(store.stateHash()).toBe(first);
  });

  it('is known of every offset that can be opened, by a subscriber too', () => {
    const { store, put } = open({ keep: { batches: 300 } });
    const told: string[] = [];
    store.changes().subscribe(({ offset }) => told.push(store.stateHash(offset)));
    for (let i = 0; i < 1000; i++) put('a', i);
    expect(store.floor).toBe(701);
    for (let offset = 700; offset <= 1000; offset++) expect(store.stateHash(offset)).toBe(told[offset - 1]);
    expect(store.stateHash({ lineage: 'one', offset: 1000 })).toBe(store.stateHash());
    expect(() => store.stateHash(699)).toThrow(code('OffsetCompacted'));
    expect(() => store.stateHash(1001)).toThrow(code('OffsetInFuture'));
    expect(() => store.stateHash(-1)).toThrow(code('OffsetInvalid'));
    expect(() => store.stateHash({ lineage: 'other', offset: 1 })).toThrow(code('LineageChanged'));
  });

  it('is that of what was restored', async () => {
    const { store, put } = open();
    put('a', 1, 'x');
    const hash = store.stateHash();
    const bytes = await store.snapshot().toBytes();
    put('b', 2);
    await store.restore(bytes);
    expect(store.stateHash()).toBe(hash);
    expect(() => store.stateHash(0)).toThrow(code('OffsetCompacted'));
    put('b', 2);
    put('b', 3);
    expect(store.stateHash(1)).toBe(hash);
  });

  it('is kept only where it is asked for', () => {
    const store = createStore({ tables });
    expect(() => store.stateHash()).toThrow(code('OptionInvalid'));
    expect(() => createStore({ tables, stateHash: 1 as never })).toThrow(code('DefinitionInvalid'));
  });
});
