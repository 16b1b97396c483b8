import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import {
  createStore,
  openReplica,
  openStore,
  projection,
  readSnapshot,
  table,
  type Batch,
  type MemoirError,
  type Store,
  type Tables,
} from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const Item = t.strict({ id: t.string, n: t.number });
const items = table(Item, { primaryKey: 'id', indexes: { byN: ['n'] } });
const notes = table(t.strict({ id: t.string }), { primaryKey: 'id' });
const tables = { items };

const open = (lineage = 'here') => createStore({ tables, lineage });
type Items = ReturnType<typeof open>;
const put = (store: Items, id: string, n = 0) => store.transact((tx) => tx.items.put({ id, n })).offset;
const rows = (store: Items) => [...store.now().items.scan()].map(({ id, n }) => `${id}${n}`).join(' ');
const bytesOf = <S extends Tables>(store: Store<S>) => store.snapshot().toBytes();

/** A store with so many batches, all of the row `a`, but for the last two. */
function filled(batches: number, lineage?: string): Items {
  const store = open(lineage);
  for (let n = 1; n <= batches; n++) put(store, n > batches - 2 ? `z${n}` : 'a', n);
  return store;
}

/** What is told to whoever follows, as it comes. */
function heard(store: Items, options: object = {}): unknown[] {
  const told: unknown[] = [];
  store.changes<'items'>(options).subscribe({
    next: ({ offset, ...rest }: Partial<Batch<typeof tables>> & { marker?: string; lineage?: string }) =>
      told.push(rest.marker === undefined ? offset : [rest.marker, offset, rest.lineage]),
    error: (error: MemoirError) => told.push(error.code),
    complete: () => told.push('end'),
  });
  return told;
}

const code = async (made: Promise<unknown>): Promise<unknown> =>
  made.then(
    () => 'done',
    (error: MemoirError) => error.code,
  );
const refused = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return (error as MemoirError).code;
  }
};

describe('a restore', () => {
  it('puts a state in the place of what there is: rows, indexes, head, time, ids and sequences', async () => {
    const other = open('there');
    const made = other.transact((tx) => tx.items.put({ id: `i${tx.nextId('i')}`, n: 7 }), { id: 'one' });
    const store = filled(5);
    store.transact((tx) => tx.nextId('gone'), { id: 'two' });
    await store.restore(await bytesOf(other));
    expect([store.head, store.floor, rows(store)]).toEqual([1, 2, 'i17']);
    expect(store.lineage).toMatch(/^[0-9a-f]{32}$/);
    expect([...store.now().items.scan('byN', { gte: [7] })].length).toBe(1);
    expect(store.transact((tx) => tx.items.delete('i1'), { id: 'one' })).toEqual({
      ...made,
      repeated: true,
      result: undefined,
    });
    const next = store.transact((tx) => [tx.nextId('i'), tx.nextId('gone')], { id: 'two' });
    expect([next.result, next.offset]).toEqual([[2, 1], 2]);
    expect([refused(() => store.batch(1)), refused(() => store.asOf(0))]).toEqual(Array(2).fill('OffsetCompacted'));
    expect(store.asOf(1).items.size).toBe(1);
    store.check();
  });

  it('takes a snapshot that was verified, any number of times', async () => {
    const bytes = await bytesOf(filled(6, 'there'));
    const verified = await readSnapshot(bytes.slice());
    const store = open();
    for (let i = 0; i < 3; i++) {
      await store.restore(verified, { lineage: `copy ${i}` });
      expect([store.head, store.lineage, rows(store)]).toEqual([6, `copy ${i}`, 'a4 z55 z66']);
      put(store, 'b');
    }
  });

  it('takes a snapshot as it was when it was verified, whatever becomes of the bytes', async () => {
    const bytes = await bytesOf(filled(6, 'there'));
    const verified = await readSnapshot(bytes);
    const other = { items: table(t.intersection([Item, t.partial({ more: t.string })]), { primaryKey: 'id' }) };
    const [store, wider] = [open(), createStore({ tables: other })];
    const restored = wider.restore(bytes);
    await Promise.resolve();
    await store.restore(bytes.slice());
    bytes.fill(0x61);
    await restored;
    for (const one of [store, wider, createStore({ tables, snapshot: verified })])
      expect(rows(one as Items)).toBe('a4 z55 z66');
  });

  it('ends where indexes are computed, which a definition does not show', async () => {
    const computed = table(t.strict({ at: t.string, tags: t.array(t.string) }), {
      primaryKey: 'at',
      indexes: { byTag: { each: 'tags' }, long: { on: ['at'], where: ({ tags }) => tags.length > 1 } },
    });
    const store = createStore({ tables: { computed } });
    store.transact((tx) => tx.computed.put({ at: 'x', tags: ['a', 'b'] }));
    await store.restore(await bytesOf(store));
    await store.restore(await bytesOf(store));
    const found = store.read((db) => [db.computed.count('byTag', { prefix: ['b'] }), db.computed.count('long')]);
    expect(found).toEqual([1, 1]);
  });

  it('changes nothing when the bytes are bad', async () => {
    const store = filled(3);
    const good = await bytesOf(filled(5, 'there'));
    const uniqueN = table(Item, { primaryKey: 'id', indexes: { byN: { on: ['n'], unique: true } } });
    const strict = createStore({ tables: { items: uniqueN } });
    strict.transact((tx) => tx.items.put({ id: 'a', n: 1 }));
    const twins = open();
    for (const id of ['x', 'y']) put(twins, id, 5);
    const unlike = createStore({ tables: { items: table(t.strict({ id: t.string }), { primaryKey: 'id' }) } });
    unlike.transact((tx) => tx.items.put({ id: 'a' }));
    const told = heard(store);
    const answers: unknown[] = [];
    store.live((db) => db.items.count()).subscribe((count) => answers.push(count));
    const view = store.now();
    const bad: readonly [Uint8Array, string][] = [
      [good.map((byte, at) => (at === 600 ? byte ^ 1 : byte)), 'Damaged'],
      [good.subarray(0, good.length - 30), 'Damaged'],
      [new Uint8Array(50), 'FormatUnknown'],
      [await bytesOf(unlike), 'SchemaIncompatible'],
    ];
    for (const [bytes, wanted] of bad) expect(await code(store.restore(bytes))).toBe(wanted);
    expect(await code(strict.restore(await bytesOf(twins)))).toBe('UniqueViolation');
    expect([store.head, store.lineage, rows(store), strict.head]).toEqual([3, 'here', 'a1 z22 z33', 1]);
    expect([store.now() === view, told, answers]).toEqual([true, [], [3]]);
    put(store, 'b');
    strict.transact((tx) => tx.items.put({ id: 'b', n: 2 }));
    expect([told, answers]).toEqual([[4], [3, 4]]);
    for (const one of [store, strict]) one.check();
  });

  it('is refused when the store has closed, be it while it is read', async () => {
    const bytes = await bytesOf(filled(3));
    const store = open();
    const running = store.restore(bytes);
    store.close();
    expect([await code(running), await code(store.restore(bytes))]).toEqual(['StoreClosed', 'StoreClosed']);
    expect([store.head, rows(store)]).toEqual([0, '']);
  });

  it('wins over what is written while it is read', async () => {
    const bytes = await bytesOf(filled(3));
    const store = filled(1);
    const restored = store.restore(bytes);
    expect(put(store, 'late')).toBe(2);
    await restored;
    expect([store.head, rows(store)]).toEqual([3, 'a1 z22 z33']);
    expect(put(store, 'b')).toBe(4);
    store.check();
  });

  it('may be under way twice: each is whole, the later one stays', async () => {
    const [one, two] = await Promise.all([filled(4, 'one'), filled(9, 'two')].map(bytesOf));
    const store = open();
    const heads: unknown[] = [];
    store.live((db) => [db.offset, db.items.count()]).subscribe((answer) => heads.push(answer));
    await Promise.all([store.restore(one!), store.restore(two!)]);
    expect(heads).toEqual([
      [0, 0],
      [4, 3],
      [9, 3],
    ]);
    store.check();
  });

  it('may be asked for by a subscriber, and is over after it', async () => {
    const verified = await readSnapshot(await bytesOf(filled(5, 'there')));
    const store = open();
    let restored: Promise<void> | undefined;
    store
      .live((db) => db.items.count())
      .subscribe((count) => {
        if (count === 1) restored ??= store.restore(verified);
        expect(store.head).toBe(restored === undefined ? 0 : count === 1 ? 1 : 5);
      });
    const told = heard(store, { markers: true });
    put(store, 'a');
    await restored;
    expect(told).toEqual([['caughtUp', 0, undefined], 1, ['reset', 5, store.lineage]]);
    expect(rows(store)).toBe('a3 z44 z55');
  });
});

describe('views', () => {
  it('that are open stay what they are, scans under way too, and can be closed', async () => {
    const store = filled(5);
    const views = [store.asOf(2), store.now(), store.asOf(5)];
    const scan = views[2]!.items.scan('byN')[Symbol.iterator]();
    const given = [scan.next().value as { id: string }];
    await store.restore(await bytesOf(filled(9, 'there')));
    for (let n = 0; n < 20; n++) put(store, `new${n}`, n);
    expect(views.map((view) => view.items.count('byN'))).toEqual([1, 3, 3]);
    for (let next = scan.next(); next.done !== true; next = scan.next()) given.push(next.value);
    expect(given.map(({ id }) => id)).toEqual(['a', 'z4', 'z5']);
    expect(views.map(({ lineage, offset }) => `${lineage}${offset}`)).toEqual(['here2', 'here5', 'here5']);
    expect(store.holders()).toEqual([]);
    for (const view of views) view.close();
    expect(refused(() => views[0]!.items.size)).toBe('ViewClosed');
    store.check();
  });

  it('of before have a table that is added after, without rows', async () => {
    const store = filled(3);
    const old = store.asOf(3);
    await store.restore(await bytesOf(filled(5, 'there')));
    const more = store.addTable('notes', notes);
    more.transact((tx) => tx.notes.put({ id: 'x' }));
    expect((old as unknown as ReturnType<typeof more.now>).notes.size).toBe(0);
    expect(more.now().notes.size).toBe(1);
  });

  it('are not opened by tokens and positions of before', async () => {
    const store = filled(5);
    const old = store.asOf(5);
    const { next } = old.items.page({ limit: 1 });
    await store.restore(await bytesOf(filled(5, 'there')));
    expect(old.items.page({ limit: 1, after: next! }).rows.map(({ id }) => id)).toEqual(['z4']);
    const position = { lineage: 'here', offset: 5 };
    const acts = [
      () => store.asOf(next!),
      () => store.now().items.page({ limit: 1, after: next! }),
      () => store.batch(position),
      () => store.changes({ from: position }),
      () => store.follow({ from: position }),
      () => store.transact(() => 0, { expect: position }),
      () => store.diff(position, 5),
    ];
    expect(acts.map(refused)).toEqual(acts.map(() => 'LineageChanged'));
    expect(await code(store.waitFor(position))).toBe('LineageChanged');
    expect(store.transact(() => 0, { expect: 5 }).result).toBe(0);
    expect(refused(() => store.transact(() => 0, { expect: 4 }))).toBe('Conflict');
  });
});

describe('live queries', () => {
  it('run again, tell what differs, and go on', async () => {
    const store = filled(5);
    const [counts, ones, offsets]: unknown[][] = [[], [], []];
    store.live((db) => db.items.count()).subscribe((count) => counts!.push(count));
    store.live((db) => db.items.get('a')?.n).subscribe((n) => ones!.push(n));
    store.live((db) => db.items.get('q'), { stamped: true }).subscribe(({ offset }) => offsets!.push(offset));
    await store.restore(await bytesOf(filled(9, 'there')));
    expect([counts, ones, offsets]).toEqual([[3], [3, 7], [5]]);
    put(store, 'q');
    put(store, 'a', 0);
    expect([counts, ones, offsets]).toEqual([
      [3, 4],
      [3, 7, 0],
      [5, 10],
    ]);
  });

  it('may write when they hear of it: everyone hears of the restore first, and of that then', async () => {
    const store = filled(3);
    let armed = false;
    store
      .live((db) => db.items.get('a')?.n)
      .subscribe(() => {
        if (armed) put(store, 'b', store.head);
      });
    armed = true;
    const wait = code(store.waitFor(5));
    const told = [heard(store, { markers: true }), heard(store)];
    await store.restore(await bytesOf(filled(9, 'there')));
    expect(await wait).toBe('LineageChanged');
    const after = told[0]!.at(-1);
    expect(after).toEqual(['reset', 10, store.lineage]);
    expect(told[1]).toEqual(['LineageChanged']);
    put(store, 'c');
    expect(told[0]!.at(-1)).toBe(11);
  });
});

describe('restore with a lineage that depends on the snapshot', () => {
  it('asks for it once all is known, and before anything has changed', async () => {
    const [from, to] = [filled(3, 'there'), filled(2)];
    const bytes = await bytesOf(from);
    const asked: unknown[] = [];
    for (const given of [bytes, await readSnapshot(bytes)])
      await to.restore(given, {
        lineage: ({ lineage, offset }, last) => {
          asked.push([lineage, offset, last, rows(to)]);
          return `${lineage} again`;
        },
      });
    expect(asked).toEqual([
      ['there', 3, undefined, 'z11 z22'],
      ['there', 3, undefined, 'a1 z22 z33'],
    ]);
    expect(to.lineage).toBe('there again');
  });

  it('changes nothing where that refuses it, or gives none', async () => {
    const [from, to] = [open('there'), filled(2)];
    from.transact((tx) => tx.items.put({ id: 'a', n: 1 }), { id: 'first', meta: { by: 'me' } });
    const bytes = await bytesOf(from);
    const before = rows(to);
    const lineage = (_: unknown, last?: { readonly id: string | undefined; readonly meta: unknown }) => {
      throw new Error(JSON.stringify([last?.id, last?.meta]));
    };
    await expect(to.restore(bytes, { lineage })).rejects.toThrow('["first",{"by":"me"}]');
    await expect(to.restore(bytes, { lineage: () => '' })).rejects.toMatchObject({ code: 'OptionInvalid' });
    expect([rows(to), to.lineage]).toEqual([before, 'here']);
  });
});

describe('restore of a snapshot whose projections are others', () => {
  const sums = (version: number, by: number) =>
    projection({
      ...{ name: 'sums', version, from: 'rows' as const, sources: tables },
      tables: { sums: table(Item, { primaryKey: 'id' }) },
      on: { changes: { items: (tx, { key, after }) => after && tx.sums.put({ id: key, n: after.n * by }) } },
    });

  it('is refused unless they are to be built, which stores in memory can', async () => {
    const bytes = await bytesOf(filled(2));
    const store = createStore({ tables, projections: [sums(1, 10)], stateHash: true });
    await expect(store.restore(bytes)).rejects.toMatchObject({ code: 'ProjectionStale' });
    await expect(store.restore(bytes, { projections: 'all' as 'build' })).rejects.toMatchObject({
      code: 'OptionInvalid',
    });
    for (const given of [bytes, await readSnapshot(bytes)]) {
      await store.restore(given, { projections: 'build' });
      expect([...store.now().sums.scan()].map(({ n }) => n)).toEqual([10, 20]);
      expect(store.head).toBe(2);
      store.check();
      expect((await readSnapshot(await bytesOf(store))).stateHash).toBe(store.stateHash());
    }
    const replica = openReplica({ tables });
    await expect(replica.restore(bytes, { projections: 'build' } as object)).rejects.toMatchObject({
      code: 'OptionInvalid',
    });
  });
});

describe('two restores', () => {
  /** Takes far longer to verify than the other. */
  async function largeAndSmall(): Promise<readonly [large: Uint8Array, small: Uint8Array]> {
    const large = open();
    large.transact((tx) => {
      for (let n = 0; n < 3000; n++) tx.items.insert({ id: `large${n}`, n });
    });
    const small = open();
    put(small, 'small', 1);
    put(small, 'small', 2);
    return [await bytesOf(large), await bytesOf(small)];
  }

  it('are done in the order in which they were asked for, in every kind of store', async () => {
    const [large, small] = await largeAndSmall();
    const memory = open();
    const replica = openReplica({ tables });
    const logged = await openStore({ tables, log: new MemoryMedium().plan() });
    for (const [store, read] of [
      [memory, memory] as const,
      [replica, replica.store] as const,
      [logged, logged] as const,
    ]) {
      await Promise.all([store.restore(large, { sliceMs: 1 }), store.restore(small)]);
      expect(read.read((db) => [db.items.size, db.items.get('small')?.n])).toEqual([1, 2]);
      await store.close();
    }
  });

  it('are each done though the one before is refused', async () => {
    const [large, small] = await largeAndSmall();
    const store = open();
    large[large.length - 1]! ^= 1;
    const [first, second] = [store.restore(large), store.restore(small)];
    expect([await code(first), await code(second), rows(store)]).toEqual(['Damaged', 'done', 'small2']);
  });
});
