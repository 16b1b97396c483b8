import * as t from 'io-ts';
import { asyncScheduler, delay, firstValueFrom, map, mergeMap, observeOn, share, type Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type StoreOptions } from '../../src/index.js';

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

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' });
const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const tables = { items, notes };

/** What subscribers threw, where no test took it out: a failed expectation, perhaps. */
const thrown: unknown[][] = [];
afterEach(() => expect(thrown.splice(0).flat()).toEqual([]));

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const errors: unknown[] = [];
  thrown.push(errors);
  const store = createStore({ tables, lineage: 'here', onError: (error) => errors.push(error), ...options });
  const put = (id: string, n = store.head + 1) => store.transact((tx) => tx.items.put({ id, n })).offset;
  const fill = (batches: number) => {
    for (let i = 0; i < batches; i++) put('a');
  };
  return { store, errors, put, fill };
}
type Store = ReturnType<typeof open>['store'];

/** What a stream gives, as it comes: offsets, markers, and in the end 'end' or the code of an error. */
function collect(stream: Observable<{ readonly offset: number; readonly marker?: string }>): (number | string)[] {
  const told: (number | string)[] = [];
  stream.subscribe({
    next: ({ offset, marker }) => told.push(marker === undefined ? offset : `${marker} ${offset}`),
    error: (error: MemoirError) => told.push(error.code),
    complete: () => told.push('end'),
  });
  return told;
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const later = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

describe('resuming', () => {
  it('from any offset gives the same suffix, first of history, then live', async () => {
    const { store, fill } = open();
    fill(6);
    const whole = [...range(1, 6)].map((offset) => store.batch(offset));
    for (const from of range(1, 7)) {
      const pushed: unknown[] = [];
      store.changes({ from }).subscribe((batch) => pushed.push(batch));
      expect(pushed).toEqual(whole.slice(from - 1));
      const pulled: unknown[] = [];
      for await (const batch of store.follow({ from: { lineage: 'here', offset: from } })) {
        pulled.push(batch);
        if (batch.offset === 6) break;
        if (pulled.length > 9) throw new Error('too many');
      }
      if (from <= 6) expect(pulled).toEqual(whole.slice(from - 1));
      if (from === 6) break;
    }
  });

  it('goes on live without a gap or a repetition, wherever it began, and whoever writes while being told', () => {
    const { store, fill, put } = open();
    fill(3);
    const told = [0, 1, 2, 3, 4].map((from) => {
      const seen: number[] = [];
      store.changes({ from }).subscribe(({ offset }) => {
        seen.push(offset);
        if (store.head < 20 && offset % 2 === from % 2) put('b');
      });
      return seen;
    });
    const live = collect(store.changes());
    const start = store.head;
    while (store.head < 30) put('c');
    expect(told).toEqual([1, 1, 2, 3, 4].map((from) => range(from, 30)));
    expect(live).toEqual(range(start + 1, 30));
  });

  it('gives the very batches that were appended', () => {
    const { store, put } = open();
    const told: unknown[] = [];
    store.changes().subscribe((batch) => told.push(batch));
    put('a');
    expect(told[0]).toBe(store.batch(1));
  });

  it('is live only where it is not told from where', () => {
    const { store, fill } = open();
    fill(3);
    const told = collect(store.changes());
    expect(told).toEqual([]);
    fill(2);
    expect(told).toEqual([4, 5]);
  });

  it('is live from when it is subscribed to, not from when it is made', () => {
    const { store, fill } = open();
    const stream = store.changes();
    fill(2);
    const told = collect(stream);
    fill(1);
    expect(told).toEqual([3]);
  });

  it.each([
    ['below the floor', 3, 'OffsetCompacted'],
    ['from before all, when that is gone', 0, 'OffsetCompacted'],
    ['in the future', 8, 'OffsetInFuture'],
  ])('%s is an error that says so, and not a skip', async (_what, from, code) => {
    const { store, fill } = open({ keep: { batches: 2 } });
    fill(6);
    expect([store.floor, collect(store.changes({ from })), collect(store.changes({ from: 5 }))]).toEqual([
      5,
      [code],
      [5, 6],
    ]);
    await expect((async () => store.follow({ from }).next())()).rejects.toMatchObject({
      code,
      requested: Math.max(from, 1),
      floor: 5,
      head: 6,
    });
  });

  it.each<[unknown, string]>([
    [-1, 'OffsetInvalid'],
    [1.5, 'OffsetInvalid'],
    [NaN, 'OffsetInvalid'],
    ['1', 'OffsetInvalid'],
    [null, 'OffsetInvalid'],
    [{ lineage: 'there', offset: 1 }, 'LineageChanged'],
  ])('from %j is refused at once', (from, code) => {
    const { store } = open();
    expect(refusal(() => store.changes({ from: from as number })).code).toBe(code);
    expect(refusal(() => store.follow({ from: from as number })).code).toBe(code);
  });

  it('ends with an error when retention overtakes a stream that writes while it reads history', () => {
    const { store, fill } = open({ keep: { batches: 3 } });
    fill(3);
    const told: unknown[] = [];
    store.changes({ from: 1 }).subscribe({
      next: ({ offset }) => (told.push(offset), offset === 1 && fill(4)),
      error: (error: MemoirError) => told.push(error.code),
    });
    expect(told).toEqual([1, 'OffsetCompacted']);
  });
});

describe('a subscriber that fails', () => {
  const mine = new Error('mine');
  const fail = (): never => {
    throw mine;
  };
  class Observer {
    readonly error = mine;
    next(): void {
      throw this.error;
    }
  }
  const rejecting = (subscriber: () => Promise<unknown>) => subscriber as unknown as () => void;
  const ways: [string, (store: Store) => unknown][] = [
    ['a function that throws', (store) => store.changes().subscribe(fail)],
    ['an observer whose next throws', (store) => store.changes().subscribe({ next: fail })],
    [
      'an instance of a class',
      (store) => store.changes().subscribe({ next: new Observer().next.bind(new Observer()) }),
    ],
    ['an operator that throws', (store) => store.changes().pipe(map(fail)).subscribe()],
    [
      'a function behind an operator',
      (store) =>
        store
          .changes()
          .pipe(map((batch) => batch.offset))
          .subscribe(fail),
    ],
    ['a function behind an operator that is late', (store) => store.changes().pipe(delay(0)).subscribe(fail)],
    ['a function on another scheduler', (store) => store.changes().pipe(observeOn(asyncScheduler)).subscribe(fail)],
    [
      'an inner stream that fails',
      (store) =>
        store
          .changes()
          .pipe(mergeMap(async () => Promise.reject(mine)))
          .subscribe(),
    ],
    ['a function behind share()', (store) => store.changes().pipe(share()).subscribe(fail)],
    ['an async function', (store) => store.changes().subscribe(rejecting(async () => Promise.reject(mine)))],
    [
      'an async function that fails late',
      (store) => store.changes().subscribe(rejecting(async () => later(1).then(fail))),
    ],
    ['a predicate that throws', (store) => store.changes({ where: fail }).subscribe()],
    [
      'its own error handler',
      (store) =>
        store
          .changes({
            where: () => {
              throw new Error('other');
            },
          })
          .subscribe({ error: fail }),
    ],
    ['a live query’s subscriber', (store) => store.live((db) => db.items.size).subscribe((size) => size > 0 && fail())],
    ['a live query', (store) => store.live((db) => db.items.size > 0 && fail()).subscribe()],
    ['a live query’s equality', (store) => store.live((db) => db.items.size, { equal: fail }).subscribe()],
    [
      'a live query behind an operator',
      (store) =>
        store
          .live((db) => db.items.size)
          .pipe(map((size) => size > 0 && fail()))
          .subscribe(),
    ],
  ];
  it.each(ways)(
    'is unsubscribed and reported, and hurts neither the writer nor the others: %s',
    async (_what, subscribe) => {
      const { store, errors, put } = open();
      const before = collect(store.changes());
      subscribe(store);
      const after = collect(store.changes());
      const sizes: number[] = [];
      store.live((db) => db.items.size).subscribe((size) => sizes.push(size));
      expect(put('a')).toBe(1);
      await later(3);
      expect(errors.splice(0)).toEqual([mine]);
      expect([put('b'), put('c')]).toEqual([2, 3]);
      await later(3);
      expect([errors, before, after, sizes]).toEqual([[], [1, 2, 3], [1, 2, 3], [0, 1, 2, 3]]);
      await store.waitFor(3);
    },
  );

  it('on what it is told first of all is reported too', () => {
    const { store, errors, put } = open();
    put('a');
    store.changes({ from: 1 }).subscribe(fail);
    store.live((db) => db.items.size).subscribe(fail);
    store.live(fail).subscribe();
    expect(errors.splice(0)).toEqual([mine, mine, mine]);
    expect(put('b')).toBe(2);
  });

  it('when the store closes keeps no other from hearing of it', () => {
    const { store, errors } = open();
    store.changes().subscribe({ complete: fail });
    const told = collect(store.changes());
    store.live((db) => db.items.size).subscribe({ complete: fail });
    store.close();
    expect([told, errors.splice(0)]).toEqual([['end'], [mine, mine]]);
  });

  it('hears of what ends its stream, if it has an error handler; else onError does', () => {
    const { store, errors, fill } = open({ keep: { batches: 1 } });
    fill(3);
    expect(collect(store.changes({ from: 1 }))).toEqual(['OffsetCompacted']);
    expect(errors).toEqual([]);
    store.changes({ from: 1 }).subscribe();
    expect(errors.splice(0)).toMatchObject([{ code: 'OffsetCompacted' }]);
  });

  it('does no harm even where onError throws', () => {
    const { store, put } = open({ onError: fail });
    store.changes().subscribe(fail);
    store.live((db) => db.items.size > 0 && fail()).subscribe();
    store.changes({ where: fail }).subscribe();
    const told = collect(store.changes());
    expect([put('a'), put('b'), told]).toEqual([1, 2, [1, 2]]);
  });

  it('and whose teardown throws is reported for both', () => {
    const { store, errors, put } = open();
    const subscription = store.changes().subscribe(fail);
    subscription.add(() => {
      throw new Error('teardown');
    });
    expect(put('a')).toBe(1);
    expect(errors.splice(0)[0]).toBe(mine);
  });
});

describe('while subscribers are told', () => {
  it('all of them hear of the batches in one order, however deep one writes', () => {
    const { store, put } = open();
    const told: number[][] = [[], [], []];
    const subscribe = (i: number, writes: (offset: number) => boolean) =>
      store.changes().subscribe(({ offset }) => {
        told[i]!.push(offset);
        if (writes(offset)) put(`${i}`);
      });
    subscribe(0, (offset) => offset === 1);
    subscribe(1, (offset) => offset < 4);
    subscribe(2, (offset) => offset === 2);
    put('a');
    expect(told).toEqual(told.map(() => range(1, store.head)));
    expect(store.head).toBe(6);
  });

  it('each batch goes to all of them before the next goes to any', () => {
    const { store, put } = open();
    const told: string[] = [];
    for (const who of ['first', 'second', 'third']) {
      store.changes().subscribe(({ offset }) => {
        told.push(`${who} ${offset}`);
        if (offset === 1 && who !== 'third') put(who);
      });
    }
    put('a');
    expect(told).toEqual([1, 2, 3].flatMap((offset) => ['first', 'second', 'third'].map((who) => `${who} ${offset}`)));
  });

  it('nobody hears of a batch before it can be read', () => {
    const { store, fill, put } = open();
    const early: unknown[] = [];
    store.changes({ from: 1 }).subscribe((batch) => {
      const { offset, changes } = batch;
      const then = store.asOf(offset).items;
      const readable = changes.every(({ key, after }) => then.get(key) === after);
      if (!readable || store.batch(offset) !== batch || store.now().offset < offset) early.push(offset);
      if (store.head < 5) put('b');
    });
    store.transact((tx) => tx.items.put({ id: 'z', n: 0 }));
    fill(2);
    expect([early, store.head]).toEqual([[], 7]);
  });

  it('one that unsubscribes hears no more, nor does one that another unsubscribes', () => {
    const { store, put } = open();
    const told: string[] = [];
    const first = store.changes().subscribe(({ offset }) => {
      told.push(`first ${offset}`);
      second.unsubscribe();
      if (offset === 2) first.unsubscribe();
    });
    const second = store.changes().subscribe(({ offset }) => told.push(`second ${offset}`));
    store.changes().subscribe(({ offset }) => told.push(`third ${offset}`));
    for (const id of ['a', 'b', 'c']) put(id);
    expect(told).toEqual(['first 1', 'third 1', 'first 2', 'third 2', 'third 3']);
  });

  it('one that is added hears of what comes after it, or of all that it asks for, once', () => {
    const { store, put } = open();
    const told: Record<string, (number | string)[]> = {};
    store.changes().subscribe(({ offset }) => {
      if (offset !== 1) return;
      told['live'] = collect(store.changes());
      put('b');
      told['late'] = collect(store.changes());
      told['all'] = collect(store.changes({ from: 1 }));
      told['next'] = collect(store.changes({ from: 2 }));
    });
    put('a');
    put('c');
    expect(told).toEqual({ live: [2, 3], late: [3], all: [1, 2, 3], next: [2, 3] });
  });

  it('one that closes the store ends it for all, and the writer is none the wiser', () => {
    const { store, put } = open();
    store.changes().subscribe(() => store.close());
    const told = collect(store.changes());
    expect(put('a')).toBe(1);
    expect([told, refusal(() => put('b')).code]).toEqual([['end'], 'StoreClosed']);
  });
});

describe('as an Observable', () => {
  it('a stream ends with the store; one made before and subscribed to after has its history and its end', async () => {
    const { store, fill } = open();
    fill(2);
    const [live, all, answers] = [store.changes(), store.changes({ from: 1 }), store.live((db) => db.items.size)];
    const told = collect(live);
    const first = firstValueFrom(live, { defaultValue: 'none' as const });
    store.close();
    expect([told, collect(live), collect(all)]).toEqual([['end'], ['end'], [1, 2, 'end']]);
    expect(await first).toBe('none');
    let ended = false;
    answers.subscribe({ complete: () => (ended = true), error: () => (ended = true) });
    expect(ended).toBe(true);
    expect([refusal(() => store.changes()).code, refusal(() => store.live(() => 1)).code]).toEqual([
      'StoreClosed',
      'StoreClosed',
    ]);
    expect(refusal(() => store.follow()).code).toBe('StoreClosed');
  });
});
