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

const put = (store: DurableStore<typeof tables>, id: string, n = 0, name?: string) =>
  store.transact((tx) => tx.items.put({ id, n }), name === undefined ? {} : { id: name });

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

/** What came of promises, in the order in which they settled. */
function settling(): { readonly settled: unknown[]; readonly note: (name: string, it: Promise<unknown>) => void } {
  const settled: unknown[] = [];
  const note = (name: string, made: Promise<unknown>): void => {
    void made.then(
      () => settled.push(name),
      (error: unknown) => settled.push(`${name} ${String(code(error))}`),
    );
  };
  return { settled, note };
}

const later = () => new Promise((resolve) => setTimeout(resolve));

describe('a transaction', () => {
  it('can be seen when the log has it, and not before', async () => {
    const { medium, store } = await opened();
    const seen: unknown[] = [];
    store.changes().subscribe(({ offset }) => seen.push([offset, store.head, store.now().items.get('a')?.n]));
    store.live((db) => db.items.count()).subscribe((count) => seen.push(count));
    const open = hold(medium);
    const made = put(store, 'a', 1);
    expect(store.with((tx) => tx.items.get('a')).result).toEqual({ id: 'a', n: 1 });
    await later();
    expect([store.head, store.now().items.size, store.history('items', 'a'), seen]).toEqual([0, 0, [], [0]]);
    expect(() => store.batch(1)).toThrow(expect.objectContaining({ code: 'OffsetInFuture' }) as Error);
    open();
    expect(await made).toMatchObject({ offset: 1, result: { id: 'a', n: 1 } });
    expect([store.head, store.now().items.size, seen]).toEqual([1, 1, [0, 1, [1, 1, 1]]]);
    expect(store.now()).toBe(store.now());
    expect(await made).toMatchObject(store.batch(1));
  });

  it('builds on those that wait for the log', async () => {
    const { medium, store } = await opened();
    const open = hold(medium);
    const made = [
      put(store, 'a', 1),
      store.transact((tx) => tx.items.update('a', { n: 2 }), { expect: 1 }),
      store.transact((tx) => tx.items.get('a')),
      store.transact((tx) => tx.items.delete('a'), { expect: 1 }),
    ];
    open();
    expect(await Promise.allSettled(made)).toMatchObject([
      { value: { offset: 1 } },
      { value: { offset: 2, changes: [{ before: { n: 1 }, after: { n: 2 } }] } },
      { value: { appended: false, offset: 2, result: { n: 2 } } },
      { reason: { code: 'Conflict', head: 2, requested: 1 } },
    ]);
  });

  it('goes to the log with all others of its turn, in one append', async () => {
    const { medium, store } = await opened();
    const made = Array.from({ length: 50 }, (_, i) => put(store, `i${i}`));
    await Promise.all(made);
    expect(medium.groups).toEqual([50]);
    await put(store, 'a');
    expect(medium.groups).toEqual([50, 1]);
  });

  it('has an id always', async () => {
    const { store } = await opened();
    const one = await put(store, 'a');
    const { id } = store.batch(1);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(one).toMatchObject({ id });
    expect(await put(store, 'b', 0, 'mine')).toMatchObject({ id: 'mine' });
  });

  it('is repeated by its id while it waits, too', async () => {
    const { store } = await opened();
    const [first, again] = await Promise.all([put(store, 'a', 1, 'one'), put(store, 'b', 2, 'one')]);
    expect(again).toMatchObject({ repeated: true, offset: 1, changes: [{ key: 'a' }] });
    expect(again.result).toBeUndefined();
    expect(first.repeated).toBeUndefined();
    expect(store.head).toBe(1);
  });
});

describe('promises settle in the order of the calls', () => {
  it('values, errors, empty ones and repeated ids', async () => {
    const { medium, store } = await opened();
    const { settled, note } = settling();
    const open = hold(medium);
    note('one', put(store, 'a', 1, 'one'));
    note(
      'thrown',
      store.transact(() => {
        throw new RangeError('mine');
      }),
    );
    note(
      'empty',
      store.transact(() => 0),
    );
    note('repeated', put(store, 'a', 1, 'one'));
    note(
      'conflict',
      store.transact((tx) => tx.items.delete('a'), { expect: 99 }),
    );
    note('two', put(store, 'b'));
    await later();
    expect(settled).toEqual([]);
    open();
    await later();
    expect(settled).toEqual(['one', 'thrown RangeError: mine', 'empty', 'repeated', 'conflict Conflict', 'two']);
  });

  it('those of subscribers after the one that they are told of', async () => {
    const { store } = await opened();
    const { settled, note } = settling();
    const empty = () => store.transact(() => 0);
    store.changes().subscribe(({ offset }) => {
      if (offset > 1) return;
      note('empty', empty());
      note('own', put(store, 'b'));
      void Promise.resolve().then(() => note('soon', empty()));
    });
    note('first', put(store, 'a'));
    await later();
    expect(settled).toEqual(['first', 'empty', 'own', 'soon']);
    expect(store.head).toBe(2);
  });
});

describe('when the log fails', () => {
  it('and refuses, each is told that the log does not have it, later ones that they did not happen', async () => {
    const { medium, store } = await opened();
    await put(store, 'a', 1);
    const open = hold(medium);
    const first = put(store, 'b', 2, 'b');
    await later();
    medium.trouble = 'refused';
    const second = put(store, 'c', 3);
    const empty = store.transact(() => 0);
    open();
    const [one, two, three] = await Promise.allSettled([first, second, empty]);
    expect(one).toMatchObject({ reason: { code: 'LogRefused', id: 'b', offset: 2 } });
    expect([two, three]).toMatchObject([{ reason: { code: 'Aborted' } }, { reason: { code: 'Aborted' } }]);
    expect([store.head, [...store.now().items.scan()]]).toEqual([1, [{ id: 'a', n: 1 }]]);
    await expect(put(store, 'd')).rejects.toMatchObject({ code: 'LogRefused' });
    await store.close();
    const again = await openOn(medium);
    expect([...again.now().items.scan()]).toEqual([{ id: 'a', n: 1 }]);
    await again.close();
  });

  it.each(['lands', 'lost'] as const)('in a way that is not known (%s), a repeat happens once', async (trouble) => {
    const { medium, store } = await opened();
    medium.trouble = trouble;
    const [one, empty, two] = await Promise.allSettled([
      put(store, 'a', 1, 'one'),
      store.transact(() => 0),
      put(store, 'b', 2, 'two'),
    ]);
    // Both were of one append.
    expect(one).toMatchObject({ reason: { code: 'OutcomeUnknown', id: 'one', offset: 1 } });
    expect(two).toMatchObject({ reason: { code: 'OutcomeUnknown', id: 'two', offset: 2 } });
    expect(empty).toMatchObject({ reason: { code: 'Aborted' } });
    expect(store.head).toBe(0);
    await expect(put(store, 'a', 1, 'one')).rejects.toMatchObject({ code: 'LogRefused' });
    await store.close();
    const again = await openOn(medium);
    expect((await put(again, 'a', 1, 'one')).repeated).toBe(trouble === 'lands' ? true : undefined);
    expect((await put(again, 'b', 2, 'two')).repeated).toBe(trouble === 'lands' ? true : undefined);
    expect([again.head, again.now().items.size]).toEqual([2, 2]);
    await again.close();
  });

  it('and says nothing that memoir knows, the outcome is unknown', async () => {
    const medium = new MemoryMedium();
    const plan = medium.plan();
    const log = {
      ...plan,
      async open() {
        const bytes = await plan.open();
        bytes.append = () => Promise.reject(new TypeError('odd'));
        return bytes;
      },
    };
    const store = await openOn(medium, { log });
    await expect(put(store, 'a', 1, 'x')).rejects.toMatchObject({ code: 'OutcomeUnknown', id: 'x' });
    await store.close();
  });
});

describe('when the log fails by itself', () => {
  it('the store is told, takes no more, can be read, and says so when it is closed', async () => {
    const { medium, store } = await opened();
    await put(store, 'a', 1);
    medium.lose();
    expect(errors.splice(0)).toMatchObject([{ code: 'OutcomeUnknown' }]);
    await expect(put(store, 'b')).rejects.toMatchObject({ code: 'LogRefused', cause: { code: 'OutcomeUnknown' } });
    expect([store.head, store.now().items.size, medium.groups]).toEqual([1, 1, [1]]);
    await expect(store.close()).rejects.toMatchObject({ code: 'LogRefused' });
    expect(medium.isOpen).toBe(false);
    await (await openOn(medium)).close();
  });

  it('what is on its way meets the fate that the log tells of, and what comes after has not happened', async () => {
    const { medium, store } = await opened();
    const { settled, note } = settling();
    const open = hold(medium);
    note('a', put(store, 'a', 1));
    await later();
    note('b', put(store, 'b', 2));
    note(
      'wait',
      store.transact(() => undefined),
    );
    medium.lose();
    note('c', put(store, 'c', 3));
    await later();
    expect(settled).toEqual([]);
    open();
    await later();
    expect(settled).toEqual(['a LogRefused', 'b Aborted', 'wait Aborted', 'c Aborted']);
    expect(errors.splice(0)).toHaveLength(1);
    await expect(store.close()).rejects.toMatchObject({ code: 'LogRefused' });
  });

  it('a restore that waits for it is given up', async () => {
    const { medium, store } = await opened();
    await put(store, 'a', 1);
    const bytes = await store.snapshot().toBytes();
    const open = hold(medium);
    void put(store, 'b').catch(() => undefined);
    await later();
    const restored = store.restore(bytes);
    await later();
    await later();
    medium.lose();
    open();
    await expect(restored).rejects.toMatchObject({ code: 'Aborted' });
    expect(errors.splice(0)).toHaveLength(1);
    await store.close().catch(() => undefined);
  });
});

describe('what waits for the log', () => {
  it('is bounded', async () => {
    const { medium, store } = await opened({ pendingBytesMax: 200 });
    const open = hold(medium);
    const made = Array.from({ length: 20 }, (_, i) => put(store, `i${i}`));
    open();
    const results = await Promise.allSettled(made);
    const kept = results.filter(({ status }) => status === 'fulfilled').length;
    expect(kept).toBeGreaterThan(1);
    expect(kept).toBe(results.findIndex(({ status }) => status === 'rejected'));
    expect(results.at(-1)).toMatchObject({ reason: { code: 'PendingFull', limit: 200 } });
    expect(store.head).toBe(kept);
    await put(store, 'a');
    expect(store.head).toBe(kept + 1);
  });

  it('is refused where the log would not take a batch of that size, and undone', async () => {
    const { medium, store } = await opened();
    const large = store.transact((tx) => {
      for (let i = 0; i < 30_000; i++) tx.items.put({ id: `${i}${'x'.repeat(50)}`, n: i });
    });
    await expect(large).rejects.toMatchObject({ code: 'BatchTooLarge', limit: 1 << 20 });
    await put(store, 'a');
    expect([store.now().items.size, medium.groups]).toEqual([1, [1]]);
  });

  it('is counted nowhere that readers look', async () => {
    const { medium, store } = await opened();
    await put(store, 'a', 1);
    const open = hold(medium);
    const made = put(store, 'b', 2);
    expect(store.now().items.count('byN', { gte: [0] })).toBe(1);
    expect(store.stats()).toMatchObject({ head: 1, tables: { items: { rows: 1 } } });
    const snapshot = store.snapshot();
    expect(snapshot.offset).toBe(1);
    open();
    await made;
    expect((await snapshot.toBytes()).length).toBeGreaterThan(0);
  });
});

describe('closing', () => {
  it('waits for what is pending, tells streams and waits of it, and ends them', async () => {
    const { medium, store } = await opened();
    const told: unknown[] = [];
    store.changes().subscribe({ next: ({ offset }) => told.push(offset), complete: () => told.push('end') });
    const waits = [store.waitFor(1), store.waitFor(2)];
    const pulled = store.follow().next();
    const made = put(store, 'a');
    const closing = store.close();
    await expect(put(store, 'b')).rejects.toMatchObject({ code: 'StoreClosed' });
    expect(() => store.changes()).toThrow(expect.objectContaining({ code: 'StoreClosed' }) as Error);
    await closing;
    expect(await made).toMatchObject({ offset: 1 });
    expect(told).toEqual([1, 'end']);
    expect((await pulled).value).toMatchObject({ offset: 1 });
    expect(await Promise.allSettled(waits)).toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'StoreClosed', offset: 2 } },
    ]);
    expect(medium.isOpen).toBe(false);
    expect(store.now().items.size).toBe(1);
    await store.close();
  });

  it('waits for a snapshot that is being saved, and lets none begin', async () => {
    const { medium, store } = await opened();
    await put(store, 'a');
    const [one, two] = [store.saveSnapshot(), store.saveSnapshot()];
    await store.close();
    expect([...medium.snapshots.keys()]).toEqual([1]);
    expect([await one, await two]).toEqual([1, 1]);
    await expect(store.saveSnapshot()).rejects.toMatchObject({ code: 'StoreClosed' });
  });

  it('is what `await using` does', async () => {
    const { medium } = await (async () => {
      const made = await opened();
      await using store = made.store;
      void put(store, 'a');
      return made;
    })();
    expect([medium.isOpen, medium.entries.length]).toEqual([false, 1]);
  });
});
