import * as t from 'io-ts';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type StoreOptions, type ViewOf } from '../../src/index.js';

// Strategy: each anomaly that databases are known for, by its name, provoked on purpose; then long runs of writes
// against a naive twin, with views held from everywhere along the way.
//
// Invariant of the bank: however money moves between the tables, its sum is 100.

const cash = table(t.strict({ id: t.string, sum: t.number }), { primaryKey: 'id', indexes: { bySum: ['sum'] } });
const debts = table(t.strict({ id: t.string, sum: t.number, by: t.string }), {
  primaryKey: 'id',
  indexes: { byWhom: { on: ['by'], unique: true }, bySum: { by: ({ sum }) => [sum] } },
});
const tables = { cash, debts };

/** What subscribers threw: an expectation that fails in one of them would go unnoticed. */
const thrown: unknown[] = [];
afterEach(() => expect(thrown.splice(0)).toEqual([]));

function bank(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, clock: () => 1, onError: (error) => thrown.push(error), ...options });
  store.transact((tx) => {
    tx.cash.insert({ id: 'a', sum: 60 });
    tx.debts.insert({ id: 'b', sum: 40, by: 'bob' });
  });
  /** Moves an amount from one table to the other, in two statements. */
  const move = (amount: number) =>
    store.transact((tx) => {
      tx.cash.update('a', ({ sum, ...rest }) => ({ ...rest, sum: sum - amount }));
      tx.debts.update('b', ({ sum, ...rest }) => ({ ...rest, sum: sum + amount }));
    });
  return { store, move };
}
type Db = ViewOf<ReturnType<typeof bank>['store']>;

const all = (db: Pick<Db, 'cash' | 'debts'>) => [...db.cash.scan('bySum'), ...db.debts.scan('bySum')];
const total = (db: Pick<Db, 'cash' | 'debts'>) => all(db).reduce((sum, row) => sum + row.sum, 0);
const sums = (db: Pick<Db, 'cash' | 'debts'>) => all(db).map(({ sum }) => sum);

describe('anomalies that do not occur', () => {
  it('dirty read: nobody sees what a body has written before it ends', () => {
    const { store } = bank();
    const told: unknown[] = [];
    store.changes().subscribe((batch) => told.push(batch));
    store.live(sums).subscribe((value) => told.push(value));
    const seen: unknown[] = [];
    store.transact((tx) => {
      tx.cash.update('a', { sum: 0 });
      tx.cash.insert({ id: 'c', sum: 60 });
      const views = [store.now(), store.asOf(1), store.asOf(store.head)];
      for (const db of views) seen.push(sums(db), db.cash.size, db.cash.get('c'), db.cash.count());
      store.read((db) => seen.push(db.cash.first('bySum')?.sum, db.cash.last()?.id));
      seen.push(
        store.history('cash', 'a').map(({ after }) => after?.sum),
        store.history('cash', 'c'),
        store.head,
      );
      store.live(sums).subscribe((value) => seen.push(value));
    });
    const before = [[60, 40], 1, undefined, 1];
    expect(seen).toEqual([...before, ...before, ...before, 60, 'a', [60], [], 1, [60, 40], [0, 60, 40]]);
    expect(told).toHaveLength(3);
  });

  it('aborted read: what a failed body wrote was never there, not even in views it opened', () => {
    const { store } = bank();
    const told: unknown[] = [];
    store.changes().subscribe((batch) => told.push(batch));
    let within: Db | undefined;
    const fail = () =>
      store.transact((tx) => {
        tx.debts.delete('b');
        tx.debts.insert({ id: 'z', sum: 40, by: 'bob' });
        within = store.now();
        tx.debts.update('z', { sum: 1 });
        throw new Error('mine');
      });
    expect(fail).toThrow('mine');
    for (const db of [within!, store.now(), store.asOf(1)]) {
      expect([sums(db), db.debts.find('byWhom', 'bob')?.id, db.debts.get('z')]).toEqual([[60, 40], 'b', undefined]);
    }
    expect([told, store.history('debts', 'z'), store.history('debts', 'b').length]).toEqual([[], [], 1]);
    store.check();
  });

  it('intermediate read: of what a body wrote several times, only the last is ever seen', () => {
    const { store } = bank();
    const told: unknown[] = [];
    const answers: unknown[] = [];
    store.changes().subscribe(({ changes }) => told.push(changes.map(({ after }) => after?.sum)));
    store.live((db) => db.cash.get('a')?.sum).subscribe((sum) => answers.push(sum));
    const held: Iterable<unknown>[] = [];
    store.transact((tx) => {
      for (const sum of [1, 2, 3]) {
        tx.cash.update('a', { sum });
        held.push(tx.cash.scan());
      }
    });
    expect([told, answers]).toEqual([[[3]], [60, 3]]);
    expect(store.history('cash', 'a').map(({ before, after }) => [before?.sum, after?.sum])).toEqual([
      [undefined, 60],
      [60, 3],
    ]);
    expect(store.diff(1, 2).map(({ before, after }) => [before?.sum, after?.sum])).toEqual([[60, 3]]);
  });

  it('dirty write: two transactions do not write into each other', () => {
    const { store, move } = bank();
    const outcomes: unknown[] = [];
    store.transact((tx) => {
      tx.cash.update('a', { sum: 50 });
      try {
        move(5);
      } catch (error) {
        outcomes.push(error instanceof MemoirError && error.code);
      }
      tx.debts.update('b', { sum: 50 });
    });
    expect([outcomes, total(store.now()), store.head]).toEqual([['NestedTransaction'], 100, 2]);
  });

  it('non-repeatable read: a view answers the same, however often the rows are written', () => {
    const { store, move } = bank();
    const db = store.now();
    const answers = () => [
      db.cash.get('a'),
      db.debts.find('byWhom', 'bob'),
      db.cash.first('bySum'),
      db.debts.last('bySum'),
    ];
    const before = answers();
    for (let i = 0; i < 20; i++) move(1);
    store.transact((tx) => [tx.cash.delete('a'), tx.debts.deleteRange()]);
    store.transact((tx) => tx.debts.insert({ id: 'z', sum: 1, by: 'bob' }));
    expect(answers()).toEqual(before);
    expect(answers()[0]).toBe(before[0]);
  });

  it('phantom: a range of a view gains no row and loses none', () => {
    const { store } = bank();
    const db = store.now();
    const begun = db.cash.scan('bySum', { gte: [0] })[Symbol.iterator]();
    store.transact((tx) => {
      for (let i = 0; i < 300; i++) tx.cash.insert({ id: `n${i}`, sum: i });
      tx.cash.delete('a');
    });
    expect([db.cash.size, db.cash.count(), db.cash.count('bySum', { gt: [0] }), db.cash.has('n5')]).toEqual([
      1,
      1,
      1,
      false,
    ]);
    expect([db.cash.last()?.id, db.cash.longestPrefix(['n55']), db.cash.page({ limit: 5 }).rows.length]).toEqual([
      'a',
      undefined,
      1,
    ]);
    expect([begun.next().value, begun.next().done]).toEqual([{ id: 'a', sum: 60 }, true]);
  });

  it('lost update: of two that read the same and write across an await, one is refused', async () => {
    const { store } = bank();
    const withdraw = async (amount: number) => {
      const db = store.now();
      const { sum } = db.cash.getOrThrow('a');
      await Promise.resolve();
      return store.transact((tx) => tx.cash.update('a', { sum: sum - amount }), { expect: db.offset });
    };
    const [first, second] = await Promise.allSettled([withdraw(10), withdraw(20)]);
    expect([first.status, second]).toMatchObject(['fulfilled', { status: 'rejected', reason: { code: 'Conflict' } }]);
    expect(store.now().cash.get('a')?.sum).toBe(50);
  });

  it('cursor lost update: a loop that updates what it iterates misses nothing and repeats nothing', () => {
    const { store } = bank();
    store.transact((tx) => {
      for (let i = 0; i < 200; i++) tx.cash.insert({ id: `k${i}`, sum: i % 7 });
      for (const row of tx.cash.scan('bySum')) tx.cash.update(row.id, { sum: row.sum + 3 });
    });
    const expected = 60 + 3 + Array.from({ length: 200 }, (_, i) => (i % 7) + 3).reduce((a, b) => a + b);
    expect([...store.now().cash.scan('bySum')].reduce((sum, row) => sum + row.sum, 0)).toBe(expected);
    store.check();
  });

  it('write skew: two that each keep a rule by what they read cannot break it together', () => {
    const { store } = bank();
    // The rule: cash and debts together are at least 100. Each withdrawal alone would keep to it, had nobody else come.
    store.transact((tx) => tx.cash.insert({ id: 'spare', sum: 50 }));
    const seen = store.now();
    const take =
      (id: string) =>
      (tx: {
        readonly cash: Pick<Db['cash'], 'getOrThrow'> & { update(id: string, patch: { sum: number }): unknown };
      }) => {
        if (total(seen) - 50 >= 100) tx.cash.update(id, { sum: tx.cash.getOrThrow(id).sum - 50 });
      };
    store.transact(take('spare'), { expect: seen.offset });
    expect(() => store.transact(take('a'), { expect: seen.offset })).toThrow(
      expect.objectContaining({ code: 'Conflict' }),
    );
    expect(total(store.now())).toBe(100);
  });

  it('read skew: tables read one after the other from one view are of one moment', () => {
    const { store, move } = bank();
    const db = store.now();
    const left = db.cash.getOrThrow('a').sum;
    move(25);
    expect(left + db.debts.getOrThrow('b').sum).toBe(100);
    expect(store.read((view) => [view.cash.get('a')?.sum, (move(5), view.debts.get('b')?.sum)])).toEqual([35, 65]);
  });

  it('torn state: in no callback is one table ahead of the other', async () => {
    const { store, move } = bank();
    const seen: number[] = [];
    const note = () => seen.push(total(store.now()), store.read(total));
    store.changes().subscribe((batch) => [note(), seen.push(total(store.asOf(batch.offset)))]);
    store.changes({ tables: ['cash'], where: () => note() > 0 }).subscribe(note);
    store.live(total).subscribe((sum) => [seen.push(sum), note()]);
    store.live((db) => db.debts.size + total(db)).subscribe(note);
    const waited = store.waitFor(5).then(note);
    const follower = store.follow({ from: 1 });
    for (let i = 0; i < 4; i++) move(i + 1);
    for (let i = 0; i < 5; i++) await follower.next().then(note);
    await waited;
    expect(seen.length).toBeGreaterThan(30);
    expect(new Set(seen)).toEqual(new Set([100]));
  });

  it('time travel: a reader’s own views never go back', () => {
    const { store, move } = bank();
    const offsets: number[] = [];
    store.changes().subscribe(({ offset }) => {
      if (offset < 6) move(1);
      offsets.push(store.now().offset);
      expect(store.now().offset).toBeGreaterThanOrEqual(offset);
    });
    move(1);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  });

  it('read of the future: the state at a batch holds nothing that a subscriber wrote after it', () => {
    const { store, move } = bank();
    const states: unknown[] = [];
    store.changes().subscribe(({ offset }) => {
      if (offset < 4) move(10);
      states.push([offset, store.asOf(offset).cash.get('a')?.sum]);
    });
    move(10);
    expect(states).toEqual([
      [2, 50],
      [3, 40],
      [4, 30],
    ]);
  });

  it('stale write: what a transaction returned is there for the next, and for every view after it', () => {
    const { store, move } = bank();
    for (let i = 1; i <= 5; i++) {
      move(1);
      expect([store.now().cash.get('a')?.sum, store.transact((tx) => tx.cash.get('a')?.sum).result]).toEqual([
        60 - i,
        60 - i,
      ]);
    }
  });

  it('resurrection: a row deleted and made anew is two rows to those who look at different times', () => {
    const { store } = bank();
    const steps: [string, number][] = [
      ['b', 1],
      ['c', 2],
      ['b', 3],
      ['b', 4],
      ['c', 5],
    ];
    for (const [id, sum] of steps) {
      store.transact((tx) => tx.debts.deleteRange());
      store.transact((tx) => tx.debts.insert({ id, sum, by: 'bob' }));
    }
    const found = Array.from({ length: 11 }, (_, i) => store.asOf(i + 1).debts.find('byWhom', 'bob'));
    expect(found.map((row) => (row === undefined ? '-' : row.id + row.sum)).join(' ')).toBe(
      'b40 - b1 - c2 - b3 - b4 - c5',
    );
    expect(store.history('debts', 'b').map(({ after }) => after?.sum)).toEqual([
      40,
      undefined,
      1,
      undefined,
      3,
      undefined,
      4,
      undefined,
    ]);
    store.check();
  });

  it('fractured read: a pass over a view goes on undisturbed while a transaction writes and is undone', () => {
    const { store } = bank();
    store.transact((tx) => {
      for (let i = 0; i < 400; i++) tx.cash.insert({ id: `k${i}`, sum: i });
    });
    const begun = store.now().cash.scan('bySum', { reverse: true })[Symbol.iterator]();
    const seen = [begun.next().value?.sum];
    const fail = () =>
      store.transact((tx) => {
        tx.cash.deleteRange('bySum', { gte: [100], lt: [300] });
        for (let i = 0; i < 50; i++) seen.push(begun.next().value?.sum);
        for (let i = 0; i < 400; i += 3) tx.cash.put({ id: `k${i}`, sum: -i });
        for (let i = 0; i < 50; i++) seen.push(begun.next().value?.sum);
        throw new Error('undo');
      });
    expect(fail).toThrow('undo');
    for (let step = begun.next(); step.done !== true; step = begun.next()) seen.push(step.value.sum);
    const expected = [60, ...Array.from({ length: 400 }, (_, i) => i)].toSorted((a, b) => b - a);
    expect(seen).toEqual(expected);
    store.check();
  });
});

describe('views held from everywhere', () => {
  /** Numbers from a seed: the same in every run. (mulberry32) */
  function dice(seed: number): (sides: number) => number {
    let state = seed;
    return (sides) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
    };
  }

  type Twin = ReadonlyMap<string, number>;
  const order = (twin: Twin) => [...twin].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([id]) => id);

  /** Everything a view says of the debts, in words of the twin. */
  function agrees(db: Db, twin: Twin): void {
    const ids = order(twin);
    const by = (index: 'bySum', reverse: boolean) => Array.from(db.debts.scan(index, { reverse }), ({ id }) => id);
    const rows = Array.from(db.debts.scan(), ({ id, sum }) => id + sum);
    const found = ids.map((id) => db.debts.find('byWhom', `${twin.get(id)}`)?.id);
    expect([db.debts.size, db.debts.count(), by('bySum', false), by('bySum', true), rows, found]).toEqual([
      ...[twin.size, twin.size, ids, ids.toReversed()],
      ids.toSorted().map((id) => `${id}${twin.get(id)}`),
      ids,
    ]);
  }

  it.each([
    [1, 'all'],
    [2, { batches: 4, bytes: 900 }],
    [3, { batches: 0 }],
  ] as const)('stay what they were through hundreds of writes, undone ones too (seed %i, keep %j)', (seed, keep) => {
    const roll = dice(seed);
    const { store } = bank({ keep });
    let twin: Twin = new Map([['b', 40]]);
    store.transact((tx) => tx.debts.update('b', { by: '40' }));
    const held: { readonly db: Db; readonly twin: Twin }[] = [];
    for (let step = 0; step < 70; step++) {
      const next = new Map(twin);
      const undo = roll(4) === 0;
      try {
        store.transact((tx) => {
          for (let n = roll(6); n >= 0; n--) {
            const [id, sum] = [`k${roll(12)}`, roll(30)];
            if (roll(3) === 0) expect(tx.debts.delete(id)).toBe(next.delete(id));
            else if ([...next].some(([other, taken]) => taken === sum && other !== id)) {
              expect(() => tx.debts.put({ id, sum, by: `${sum}` })).toThrow(MemoirError);
            } else {
              tx.debts.put({ id, sum, by: `${sum}` });
              next.set(id, sum);
            }
            if (roll(5) === 0) expect(Array.from(tx.debts.scan('bySum'), (row) => row.id)).toEqual(order(next));
            if (roll(9) === 0) held.push({ db: store.asOf(store.head), twin });
          }
          if (undo) throw new Error('undo');
        });
        twin = next;
      } catch (error) {
        expect(error).toEqual(new Error('undo'));
      }
      if (roll(6) === 0) held.push({ db: store.asOf(store.head), twin });
      if (roll(8) === 0 && held.length > 0) held.splice(roll(held.length), 1)[0]!.db.close();
      if (step % 35 === 34) for (const { db, twin: then } of held) agrees(db, then);
    }
    for (const { db, twin: then } of held) agrees(db, then);
    agrees(store.now(), twin);
    store.check();
  });
});
