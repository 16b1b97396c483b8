import * as t from 'io-ts';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type Keep } from '../../src/index.js';
import type { AnyBatch } from '../../src/log/batch.js';
import type { Log } from '../../src/log/log.js';
import { MemoryLog } from '../../src/log/memory-log.js';

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

/** What any log keeps to: run it on your own with a function that makes an empty one of a given lineage. */
function logContract(name: string, make: (lineage: string) => Log): void {
  const batch = (offset: number, at = offset * 10): AnyBatch => ({
    ...{ offset, at, id: offset % 2 === 0 ? `id${offset}` : undefined, meta: { actor: `a${offset}` }, events: [] },
    changes: [
      { table: 'items', key: `k${offset}`, kind: 'insert', before: undefined, after: { id: `k${offset}`, n: offset } },
    ],
  });
  const batches = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => batch(from + i));
  const filled = (head: number): Log => {
    const log = make('here');
    log.append(batches(1, head), { expect: 0 });
    return log;
  };
  const offsets = (log: Log, from: number, to?: number) => Array.from(log.read(from, to), ({ offset }) => offset);

  describe(`the log contract, kept by ${name}`, () => {
    it('begins with nothing in it', () => {
      const log = make('here');
      expect([log.lineage, log.head, log.floor, log.lastAt]).toEqual(['here', 0, 1, -Infinity]);
      expect([offsets(log, 1), log.offsetAt(5)]).toEqual([[], 0]);
      expect(refusal(() => log.at(1))).toMatchObject({ code: 'OffsetInFuture', requested: 1, head: 0 });
      expect(refusal(() => log.at(0)).code).toBe('OffsetCompacted');
    });

    it('gives back what was appended, deep-equal, one by one and in a row', () => {
      const log = make('here');
      expect(log.append([batch(1)], { expect: 0 })).toBe(1);
      expect(log.append(batches(2, 4), { expect: 1 })).toBe(4);
      expect(log.append([], { expect: 4 })).toBe(4);
      expect([log.head, log.floor, log.lastAt]).toEqual([4, 1, 40]);
      for (let offset = 1; offset <= 4; offset++) expect(log.at(offset)).toEqual(batch(offset));
      expect([...log.read(1)]).toEqual(batches(1, 4));
      expect([offsets(log, 2, 3), offsets(log, 4), offsets(log, 5), offsets(log, 3, 2)]).toEqual([[2, 3], [4], [], []]);
    });

    it.each([0, 2, 4, -1, NaN])('refuses to append when its head is 3 and %s is expected', (expected) => {
      const log = filled(3);
      expect(refusal(() => log.append([batch(4)], { expect: expected }))).toMatchObject({ code: 'Conflict', head: 3 });
      expect(refusal(() => log.append([], { expect: expected })).code).toBe('Conflict');
      expect([log.head, offsets(log, 1)]).toEqual([3, [1, 2, 3]]);
    });

    it.each<[string, readonly AnyBatch[]]>([
      ['a gap at once', [batch(5)]],
      ['a gap later', [batch(4), batch(6)]],
      ['an offset that is taken', [batch(3)]],
      ['an offset twice', [batch(4), batch(4)]],
      ['a time before the last', [batch(4, 29)]],
      ['a time that goes back within', [batch(4, 50), batch(5, 49)]],
    ])('appends all or nothing: %s leaves it as it was', (_what, list) => {
      const log = filled(3);
      expect(() => log.append(list, { expect: 3 })).toThrow(MemoirError);
      expect([log.head, log.lastAt, offsets(log, 1)]).toEqual([3, 30, [1, 2, 3]]);
      expect(log.append([batch(4, 30)], { expect: 3 })).toBe(4);
    });

    it('refuses to read what is gone, and what is not there yet', () => {
      const log = filled(6);
      log.truncateBefore(4);
      expect(refusal(() => log.at(3))).toMatchObject({ code: 'OffsetCompacted', requested: 3, floor: 4, head: 6 });
      expect(refusal(() => offsets(log, 3)).code).toBe('OffsetCompacted');
      expect(refusal(() => offsets(log, 5, 7))).toMatchObject({ code: 'OffsetInFuture', requested: 7, head: 6 });
      expect(refusal(() => log.at(7)).code).toBe('OffsetInFuture');
      expect(offsets(log, 4)).toEqual([4, 5, 6]);
    });

    it('is truncated before an offset, never back, and at the most to its end', () => {
      const log = filled(5);
      const floors = [0, 3, 2, 3, 5, 6, 99].map((before) => (log.truncateBefore(before), [log.floor, log.head]));
      expect(floors).toEqual([
        [1, 5],
        [3, 5],
        [3, 5],
        [3, 5],
        [5, 5],
        [6, 5],
        [6, 5],
      ]);
      expect([log.lastAt, offsets(log, 6)]).toEqual([50, []]);
      expect(refusal(() => log.append([batch(6, 49)], { expect: 5 })).code).toBe('Defect');
      expect(log.append([batch(6)], { expect: 5 })).toBe(6);
      expect([offsets(log, 6), log.floor]).toEqual([[6], 6]);
    });

    it('knows the last batch made by a time, ties included', () => {
      const log = make('here');
      const times = [10, 20, 20, 20, 30];
      log.append(
        times.map((at, i) => batch(i + 1, at)),
        { expect: 0 },
      );
      const at = (...asked: number[]) => asked.map((time) => log.offsetAt(time));
      expect(at(-Infinity, 9, 10, 19, 20, 29, 30, Infinity)).toEqual([0, 0, 1, 1, 4, 4, 5, 5]);
      log.truncateBefore(3);
      expect(at(20, 29, 30)).toEqual([4, 4, 5]);
      for (const time of [9, 10, 19]) expect(refusal(() => log.offsetAt(time)).code).toBe('OffsetCompacted');
      log.truncateBefore(6);
      expect(at(30, 31)).toEqual([5, 5]);
      expect(refusal(() => log.offsetAt(29))).toMatchObject({ code: 'OffsetCompacted', floor: 6 });
    });

    it('holds thousands, and drops them at any place', () => {
      const log = filled(2500);
      for (const floor of [2, 1023, 1024, 1025, 1026, 2047, 2048, 2049, 2050, 2500, 2501]) {
        log.truncateBefore(floor);
        expect([log.floor, log.head, offsets(log, floor).length]).toEqual([floor, 2500, 2501 - floor]);
        expect(refusal(() => log.at(floor - 1)).code).toBe('OffsetCompacted');
        if (floor <= 2500) expect(log.at(floor)).toEqual(batch(floor));
      }
      log.append(batches(2501, 4000), { expect: 2500 });
      expect([log.at(2501).offset, log.at(4000).offset, offsets(log, 3990, 3992)]).toEqual([
        2501,
        4000,
        [3990, 3991, 3992],
      ]);
    });

    it('takes nothing more once it is closed, and is still read', () => {
      const log = filled(2);
      log.close();
      log.close();
      expect(refusal(() => log.append([batch(3)], { expect: 2 })).code).toBe('StoreClosed');
      expect([log.head, log.at(1), offsets(log, 1)]).toEqual([2, batch(1), [1, 2]]);
    });

    it('shares nothing with another', () => {
      const [one, two] = [filled(2), make('there')];
      expect([one.head, two.head, one.lineage, two.lineage]).toEqual([2, 0, 'here', 'there']);
    });
  });
}

logContract('the log in memory', (lineage) => new MemoryLog(lineage));

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } });

/** What subscribers threw: an expectation that fails in one of them would go unnoticed. */
const thrown: unknown[] = [];
afterEach(() => expect(thrown.splice(0)).toEqual([]));

function open(keep?: Keep) {
  const time = { now: 0 };
  const store = createStore({
    tables: { items },
    clock: () => time.now,
    lineage: 'here',
    onError: (error) => thrown.push(error),
    ...(keep !== undefined && { keep }),
  });
  const put = (id: string, n = 0) => store.transact((tx) => tx.items.put({ id, n })).offset;
  const fill = (batches: number) => {
    for (let i = 0; i < batches; i++) put('a', store.head + 1);
  };
  return { store, time, put, fill };
}

describe('retention', () => {
  it.each<[Keep | undefined, number]>([
    [undefined, 1],
    ['all', 1],
    [{ batches: 30 }, 1],
    [{ batches: 29 }, 2],
    [{ batches: 1 }, 30],
    [{ batches: 0 }, 31],
    [{ batches: Infinity }, 1],
    [{ bytes: 0 }, 31],
    [{ bytes: 1e9 }, 1],
    [{ ageMs: 1e9 }, 1],
    [{ batches: 5, bytes: 1e9, ageMs: 1e9 }, 26],
    [{ batches: 1e9, bytes: 0 }, 31],
  ])('that is %j leaves the floor at %i after thirty batches', (keep, floor) => {
    const { store, fill } = open(keep);
    expect([store.floor, store.head]).toEqual([1, 0]);
    fill(30);
    expect([store.floor, store.head]).toEqual([floor, 30]);
    for (const offset of [floor - 1, Math.min(floor, 30), 30])
      expect(store.asOf(offset).items.get('a')?.n).toBe(offset || undefined);
    if (floor > 1)
      expect(refusal(() => store.batch(floor - 1))).toMatchObject({
        code: 'OffsetCompacted',
        requested: floor - 1,
        floor,
      });
    if (floor > 1)
      expect(refusal(() => store.asOf(floor - 2))).toMatchObject({
        code: 'OffsetCompacted',
        requested: floor - 2,
        floor,
      });
    if (floor < 31) expect(store.batch(floor)).toMatchObject({ offset: floor, changes: [{ after: { n: floor } }] });
    store.check();
  });

  it('by age counts from the newest batch', () => {
    const { store, time, put } = open({ ageMs: 100 });
    for (const at of [0, 50, 100, 101, 150, 400]) {
      time.now = at;
      put('a', at);
    }
    expect(store.floor).toBe(6);
    time.now = 10_000;
    expect(store.floor).toBe(6);
    const { store: other, time: clock, put: write } = open({ ageMs: 100 });
    const floors = [0, 50, 100, 101, 150, 250].map((at) => ((clock.now = at), write('a', at), other.floor));
    expect(floors).toEqual([1, 1, 1, 2, 2, 5]);
  });

  it('by bytes keeps what fits, and drops more for a large batch', () => {
    const { store, put, fill } = open({ bytes: 1000 });
    fill(100);
    const kept = store.head - store.floor + 1;
    expect(kept).toBeGreaterThan(5);
    expect(kept).toBeLessThan(60);
    put('x'.repeat(950));
    expect(store.head - store.floor + 1).toBeLessThanOrEqual(2);
    put('y'.repeat(2000));
    expect(store.floor).toBe(store.head + 1);
  });

  it('takes nothing from those who are told of each batch as it comes', () => {
    const { store, fill, put } = open({ batches: 0 });
    const [told, sizes]: [number[], number[]] = [[], []];
    store.changes().subscribe((batch) => {
      told.push(batch.offset);
      expect([store.batch(batch.offset), store.asOf(batch.offset - 1).offset]).toEqual([batch, batch.offset - 1]);
    });
    store.live((db) => db.items.size).subscribe((size) => sizes.push(size));
    fill(3);
    put('b');
    expect([told, sizes, store.floor]).toEqual([[1, 2, 3, 4], [0, 1, 2], 5]);
  });

  it('waits until everyone has heard of what a subscriber wrote', () => {
    const { store, put } = open({ batches: 0 });
    const told: unknown[] = [];
    store.changes().subscribe(({ offset }) => {
      if (offset < 4) put('b', offset);
      told.push([offset, store.batch(offset).offset, store.asOf(offset).offset]);
    });
    store.changes().subscribe({ next: ({ offset }) => told.push(offset), error: (error) => told.push(error) });
    put('a');
    expect(told).toEqual([1, 2, 3, 4].flatMap((offset) => [[offset, offset, offset], offset]));
    expect([store.floor, store.head]).toEqual([5, 4]);
  });

  it('forgets deleted rows and their keys, which can be used again', () => {
    const { store, put } = open({ batches: 1 });
    for (let i = 0; i < 200; i++) {
      put(`k${i % 5}`, i);
      if (i % 2 === 0) store.transact((tx) => tx.items.delete(`k${i % 5}`));
    }
    expect(store.now().items.size).toBe(3);
    store.check();
  });
});

describe('compact', () => {
  it('gives back the batches before an offset, and no state that is in use', () => {
    const { store, fill, put } = open('all');
    fill(10);
    const held = store.asOf(3);
    store.compact(6);
    expect([store.floor, store.asOf(5).items.get('a')?.n, held.items.get('a')?.n]).toEqual([6, 5, 3]);
    expect(refusal(() => store.asOf(4)).code).toBe('OffsetCompacted');
    store.compact(2);
    store.compact({ lineage: 'here', offset: 7 });
    expect(store.floor).toBe(7);
    store.compact(1000);
    expect([store.floor, store.head, put('a', 11)]).toEqual([11, 10, 11]);
    store.check();
  });

  it.each<[unknown, string]>([
    [-1, 'OffsetInvalid'],
    [1.5, 'OffsetInvalid'],
    ['3', 'OffsetInvalid'],
    [undefined, 'OffsetInvalid'],
    [{ lineage: 'there', offset: 3 }, 'LineageChanged'],
  ])('refuses %j', (before, code) => {
    const { store, fill } = open('all');
    fill(3);
    expect(refusal(() => store.compact(before as number)).code).toBe(code);
    expect(store.floor).toBe(1);
  });

  it('leaves a holding follower what it has not read, and takes it once it is read', async () => {
    const { store, fill } = open({ batches: 2 });
    const follower = store.follow({ from: 1, hold: true });
    const other = store.follow({ from: 1 });
    fill(6);
    store.compact(7);
    expect(store.floor).toBe(1);
    for (let offset = 1; offset <= 4; offset++) expect((await follower.next()).value).toMatchObject({ offset });
    store.compact(7);
    expect(store.floor).toBe(5);
    await follower.return!();
    store.compact(7);
    expect(store.floor).toBe(7);
    await expect(other.next()).rejects.toMatchObject({ code: 'OffsetCompacted', requested: 1, floor: 7 });
  });

  it('by a subscriber takes nothing from those who have yet to hear', () => {
    const { store, put } = open('all');
    const told: unknown[] = [];
    store.changes().subscribe(({ offset }) => {
      if (offset === 1) put('b');
      store.compact(store.head + 1);
    });
    store.changes().subscribe({ next: ({ offset }) => told.push(offset), error: (error) => told.push(error) });
    expect([put('a'), put('c')]).toEqual([1, 3]);
    expect([told, store.floor]).toEqual([[1, 2, 3], 4]);
    store.check();
  });

  it('in a body leaves what the body needs to be undone', () => {
    const { store, fill } = open('all');
    fill(5);
    const fail = () =>
      store.transact((tx) => {
        tx.items.put({ id: 'b', n: 1 });
        tx.items.delete('a');
        store.compact(6);
        tx.items.put({ id: 'a', n: 99 });
        throw new Error('undo');
      });
    expect(fail).toThrow('undo');
    expect([store.floor, store.now().items.get('a')?.n, store.now().items.size]).toEqual([6, 5, 1]);
    store.check();
  });
});
