import * as t from 'io-ts';
import { afterEach, describe, expect, it } from 'vitest';

import { MemoirError, openStore, table, type DurableStore, type OpenOptions } from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const Item = t.strict({ id: t.string, n: t.number });
const items = table(Item, { primaryKey: 'id', indexes: { byN: ['n'] } });
const tables = { items };
type Options = Partial<OpenOptions<typeof tables>>;

/** What subscribers threw, where no test took it out: a failed expectation, perhaps. */
const errors: unknown[] = [];
afterEach(() => expect(errors.splice(0)).toEqual([]));

const openOn = (medium: MemoryMedium, options: Options = {}) =>
  openStore({ tables, log: medium.plan(), onError: (error) => errors.push(error), ...options });

async function opened(options: Options = {}) {
  const medium = new MemoryMedium();
  const store = await openOn(medium, options);
  return { medium, store };
}

const put = (store: DurableStore<typeof tables>, id: string, n: number) =>
  store.transact((tx) => tx.items.put({ id, n }));

/** Makes appends wait until the function that it gives is called. */
function hold(medium: MemoryMedium): () => void {
  let open = (): void => {};
  medium.gate = new Promise((resolve) => {
    open = () => {
      medium.gate = undefined;
      resolve();
    };
  });
  return () => open();
}

const code = (error: unknown): unknown => (error instanceof MemoirError ? error.code : error);

const later = () => new Promise((resolve) => setTimeout(resolve));

describe('an index that is added while batches wait for the log', () => {
  it('can be read when the batches can that it has', async () => {
    const bare = { items: table(Item, { primaryKey: 'id' }) };
    const medium = new MemoryMedium();
    const store = await openStore({ tables: bare, log: medium.plan() });
    await store.transact((tx) => tx.items.put({ id: 'a', n: 1 }));
    const open = hold(medium);
    const pending = store.transact((tx) => ['a', 'b'].map((id) => tx.items.put({ id, n: 2 })));
    const adding = store.addIndex('items', 'byN', ['n']);
    await later();
    await later();
    const early = store.live((db) => (db as ReturnType<Indexed['now']>).items.count('byN'));
    type Indexed = Awaited<typeof adding>;
    const told: unknown[] = [];
    early.subscribe({ next: (count) => told.push(count), error: (error) => told.push(code(error)) });
    expect(told).toEqual(['IndexNotYet']);
    open();
    await pending;
    const indexed = await adding;
    expect([...indexed.now().items.scan('byN')].map(({ id, n }) => `${id}${n}`)).toEqual(['a2', 'b2']);
    indexed.check();
    await store.close();
  });

  it('is gone without a trace where the log refuses what it waits for', async () => {
    const { medium, store } = await opened();
    await put(store, 'a', 1);
    const open = hold(medium);
    medium.trouble = 'refused';
    const pending = put(store, 'b', 2);
    const adding = store.addIndex('items', 'byId', ['id']);
    await later();
    await later();
    await expect(store.addIndex('items', 'byId', ['n'])).rejects.toMatchObject({ code: 'DefinitionInvalid' });
    const live: unknown[] = [];
    const count = (db: unknown) => (db as ReturnType<Awaited<typeof adding>['now']>).items.count('byId');
    expect(() => count(store.now())).toThrow(expect.objectContaining({ code: 'IndexNotYet' }) as Error);
    store.live(count).subscribe({ next: (found) => live.push(found), error: (error) => live.push(code(error)) });
    open();
    await expect(pending).rejects.toMatchObject({ code: 'LogRefused' });
    await expect(adding).rejects.toMatchObject({ code: 'Aborted' });
    expect(Object.keys(store.stats().tables.items.indexes)).not.toContain('byId');
    expect(() => count(store.now())).toThrow(expect.objectContaining({ code: 'RangeInvalid' }) as Error);
    await expect(store.addIndex('items', 'byId', ['id'])).rejects.toMatchObject({ code: 'LogRefused' });
    expect(Object.keys(store.stats().tables.items.indexes)).not.toContain('byId');
    expect(live).toEqual(['IndexNotYet']);
    store.check();
    await store.close();
  });

  it('is one of the state that a restore puts in the place of what it waits for', async () => {
    const { medium, store } = await opened();
    await put(store, 'a', 1);
    const bytes = await store.snapshot().toBytes();
    const open = hold(medium);
    const restored = store.restore(bytes);
    await later();
    await later();
    const pending = put(store, 'b', 2);
    const adding = store.addIndex('items', 'byId', ['id']);
    await later();
    await later();
    open();
    await expect(pending).rejects.toMatchObject({ code: 'Aborted' });
    await restored;
    const indexed = await adding;
    expect([indexed.head, indexed.now().items.count('byId')]).toEqual([1, 1]);
    indexed.check();
    await store.close();
  });
});
