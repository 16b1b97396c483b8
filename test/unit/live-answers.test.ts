import * as t from 'io-ts';
import { take, type Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type ViewOf } from '../../src/index.js';

const items = table(t.strict({ id: t.string, n: t.number, tags: t.array(t.string) }), {
  primaryKey: 'id',
  indexes: { byN: ['n'] },
});
const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });

/** What subscribers threw: an expectation that fails in one of them would go unnoticed. */
const thrown: unknown[] = [];
afterEach(() => expect(thrown.splice(0)).toEqual([]));

function open() {
  const store = createStore({ tables: { items, notes }, onError: (error) => thrown.push(error) });
  const put = (id: string, n: number, tags: string[] = []) => store.transact((tx) => tx.items.put({ id, n, tags }));
  return { store, put };
}
type Opened = ReturnType<typeof open>;
type Db = ViewOf<Opened['store']>;
const ids = (rows: Iterable<{ readonly id: string }>) => Array.from(rows, ({ id }) => id).join(' ');

/** What a live query answers, as it comes; an error by its code or message. */
function answers<A>(stream: Observable<A>): unknown[] {
  const told: unknown[] = [];
  stream.subscribe({
    next: (value) => told.push(value),
    error: (error: Error) => told.push(error instanceof MemoirError ? error.code : error.message),
    complete: () => told.push('end'),
  });
  return told;
}

describe('what a live query answers', () => {
  it('is told only when it differs, by structure', () => {
    const { store, put } = open();
    put('k1', 10, ['t1', 'all']);
    const told = answers(store.live((db) => db.items.get('k1')?.tags));
    const found = answers(
      store.live((db) =>
        Array.from(db.items.scan('byN', { lt: [15] }), ({ id }) => ({ id, at: new Date(0), no: NaN })),
      ),
    );
    put('k1', 11, ['t1', 'all']);
    put('k1', 11, ['t1']);
    expect(told).toEqual([['t1', 'all'], ['t1']]);
    expect(found).toHaveLength(1);
  });

  it.each<[string, (n: number) => unknown]>([
    ['numbers', (n) => n],
    ['Dates', (n) => new Date(n)],
    ['bytes', (n) => Uint8Array.of(n)],
    ['lists in lists', (n) => [[n]]],
    ['maps', (n) => new Map([['n', n]])],
    ['sets', (n) => new Set([n])],
    ['zeros of either sign', (n) => (n % 2 === 0 ? 0 : -0)],
    ['absence and undefined', (n) => (n % 2 === 0 ? {} : { n: undefined })],
    ['a list and an object', (n) => (n % 2 === 0 ? ['a'] : { 0: 'a' })],
    ['instances of a class', (n) => new RegExp(`${n}`)],
  ])('differs where %s do', (_what, answer) => {
    const { store, put } = open();
    const told = answers(store.live((db) => answer(db.items.size)));
    put('a', 1);
    put('a', 2);
    put('b', 3);
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told.slice(0, 2)).toEqual([answer(0), answer(1)]);
  });

  it('is compared by the function that is given', () => {
    const { store, put } = open();
    const told = answers(
      store.live((db) => db.items.size, { equal: (a, b) => Math.floor(a / 2) === Math.floor(b / 2) }),
    );
    for (let n = 1; n <= 5; n++) put(`${n}`, n);
    expect(told).toEqual([0, 2, 4]);
    const all = answers(store.live((db) => db.items.has('a'), { equal: () => false }));
    put('a', 10);
    put('a', 20);
    expect(all).toEqual([false, true, true]);
  });

  it('bears, stamped, the offset at which it is the answer', () => {
    const { store, put } = open();
    const told = answers(store.live((db) => db.items.size, { stamped: true }));
    put('a', 1);
    put('a', 2);
    put('b', 3);
    expect(told).toEqual([
      { offset: 0, value: 0 },
      { offset: 1, value: 1 },
      { offset: 3, value: 2 },
    ]);
  });

  it.each<[string, (db: Db) => unknown]>([
    ['a scan', (db) => db.items.scan()],
    ['a scan of an index', (db) => db.items.scan('byN', { limit: 0 })],
    ['a begun iterator', (db) => db.items.scan()[Symbol.iterator]()],
    ['a list with a scan in it', (db) => [1, db.items.scan()]],
    ['an object with a scan in it', (db) => ({ rows: db.items.scan() })],
    ['a scan deeper in it', (db) => ({ a: { b: [db.items.scan()] } })],
    ['a map with a scan in it', (db) => new Map([['rows', db.items.scan()]])],
    ['its view', (db) => db],
    ['a table of its view', (db) => db.items],
    ['a promise', async (db) => Promise.resolve(db.items.size)],
    ['a promise that will be rejected', async () => Promise.reject(new Error('late'))],
    ['an object with a promise in it', (db) => ({ size: Promise.resolve(db.items.size) })],
  ])('is data, and not %s', (_what, query) => {
    expect(answers(open().store.live(query))).toEqual(['LazyResult']);
  });
});

describe('inside a live query', () => {
  it.each<[string, (store: Opened['store']) => unknown]>([
    ['now', (store) => store.now()],
    ['asOf', (store) => store.asOf(0)],
    ['read', (store) => store.read((db) => db.items.size)],
    ['snapshotThenFollow', (store) => store.snapshotThenFollow((db) => db.items.size)],
    ['history', (store) => store.history('items', 'a')],
    ['diff', (store) => store.diff(0, 1)],
    ['with', (store) => store.with((tx) => tx.items.size)],
  ])('the store’s own %s would be a read that nobody knows of', (_what, ask) => {
    const { store, put } = open();
    put('a', 1);
    expect(answers(store.live(() => ask(store)))).toEqual(['UntrackedRead']);
    let late = false;
    const told = answers(store.live((db) => [db.items.size, late && ask(store)][0]));
    late = true;
    put('b', 2);
    expect(told).toEqual([1, 'UntrackedRead']);
    expect(store.now().items.size).toBe(2);
  });

  it('another store may be read, and afterwards this one too', () => {
    const [{ store, put }, other] = [open(), open()];
    other.put('x', 1);
    const sizes: number[] = [];
    store
      .live((db) => db.items.size + other.store.now().items.size)
      .subscribe((size) => sizes.push(size, store.now().items.size));
    put('a', 1);
    expect(sizes).toEqual([1, 0, 2, 1]);
  });

  it('the view is over when the query is', () => {
    const { store, put } = open();
    let kept: Db | undefined;
    answers(store.live((db) => ((kept = db), db.items.size)));
    expect(() => kept?.items.size).toThrow(expect.objectContaining({ code: 'ViewClosed' }));
    put('a', 1);
    expect(() => kept?.items.get('a')).toThrow(expect.objectContaining({ code: 'ViewClosed' }));
  });

  it('what is written is seen by the query itself, in the end', () => {
    const { store } = open();
    let written = 0;
    const told = answers(
      store.live((db) => {
        const { size } = db.notes;
        if (size < 3) store.transact((tx) => tx.notes.put({ id: `${written++}` }));
        return size;
      }),
    );
    expect([told.at(-1), store.now().notes.size]).toEqual([3, 3]);
  });

  it('an error ends the stream and nothing else', () => {
    const { store, put } = open();
    const failing = answers(store.live((db) => db.items.getOrThrow('a').n));
    const other = answers(store.live((db) => db.items.size));
    put('a', 1);
    const later = answers(store.live((db) => db.items.getOrThrow('a').n));
    store.transact((tx) => tx.items.delete('a'));
    put('a', 2);
    expect([failing, later, other]).toEqual([['RowNotFound'], [1, 'RowNotFound'], [0, 1, 0, 1]]);
  });
});

describe('a subscriber of a live query', () => {
  it('may unsubscribe while it is told, itself and others', () => {
    const { store, put } = open();
    const told: string[] = [];
    const sizes = store.live((db) => db.items.size);
    const first = sizes.subscribe((size) => {
      told.push(`first ${size}`);
      if (size === 1) second.unsubscribe();
      if (size === 2) first.unsubscribe();
    });
    const second = sizes.subscribe((size) => told.push(`second ${size}`));
    for (const id of ['a', 'b', 'c']) put(id, 1);
    expect(told).toEqual(['first 0', 'second 0', 'first 1', 'first 2']);
  });

  it('may unsubscribe at its first answer, and the query does not run again', () => {
    const { store, put } = open();
    let runs = 0;
    const told = answers(store.live((db) => (runs++, db.items.size)).pipe(take(1)));
    put('a', 1);
    expect([runs, told]).toEqual([1, [0, 'end']]);
  });

  it('may write, and hears of it after the others have heard of what is under way', () => {
    const { store, put } = open();
    const told: string[] = [];
    const sizes = store.live((db) => db.items.size);
    sizes.subscribe((size) => {
      told.push(`first ${size}`);
      if (size === 1) put('again', 9);
    });
    sizes.subscribe((size) => told.push(`second ${size}`));
    put('a', 1);
    expect(told.filter((line) => line.startsWith('first'))).toEqual(['first 0', 'first 1', 'first 2']);
    expect(told.at(-1)).toMatch(/2$/);
    expect(told.filter((line) => line === 'second 2')).toHaveLength(1);
  });

  it('may subscribe to another', () => {
    const { store, put } = open();
    let inner: unknown[] = [];
    store
      .live((db) => db.items.size)
      .subscribe((size) => {
        if (size === 1) inner = answers(store.live((db) => ids(db.items.scan())));
      });
    put('a', 1);
    put('b', 2);
    expect(inner).toEqual(['a', 'a b']);
  });

  it('hears of the end of the store', () => {
    const { store } = open();
    const told = answers(store.live((db) => db.items.size));
    store.close();
    expect(told).toEqual([0, 'end']);
  });
});
