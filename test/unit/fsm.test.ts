import * as t from 'io-ts';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createStore, table } from '../../src/index.js';
import { bisect, commandOn, createFsm, Rejection, type Entry } from '../../src/fsm.js';

const Task = t.strict({ id: t.string, done: t.boolean, at: t.number });
const tables = { tasks: table(Task, { primaryKey: 'id', indexes: { byDone: ['done'] } }) };
const Id = t.strict({ id: t.string });
const command = commandOn(tables);

/** What subscribers threw. */
const thrown: unknown[] = [];
afterEach(() => expect(thrown.splice(0)).toEqual([]));

function machine(
  options: { readonly onInvalid?: 'halt' | 'skip'; readonly contiguous?: boolean; readonly keep?: number } = {},
) {
  const { keep, ...rest } = options;
  return createFsm({
    tables,
    ...rest,
    ...(keep !== undefined && { keep: { batches: keep } }),
    lineage: 'cluster',
    onError: (error) => thrown.push(error),
    commands: {
      create: command(Id, (tx, { id }, { at }) => tx.tasks.insert({ id, done: false, at }).id),
      complete: command(Id, (tx, { id }, { index }) => {
        tx.tasks.update(id, { done: true });
        if (id === 'never') throw new Rejection('Never', 'not this one', { index });
        if (id === 'odd') throw new TypeError('odd');
        return tx.nextId('completions');
      }),
      look: command(Id, (tx, { id }) => tx.tasks.get(id)?.done),
    },
  });
}
type Machine = ReturnType<typeof machine>;

const entry = (
  fsm: Machine,
  index: number,
  name: 'create' | 'complete' | 'look',
  id: string,
  at = index * 10,
): Entry => ({
  index,
  term: 1,
  data: fsm.encode(name, { id }, { at }),
});
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a state machine', () => {
  it('answers each entry, with one batch each', () => {
    const fsm = machine();
    const apply = (index: number, name: 'create' | 'complete' | 'look', id: string) =>
      fsm.apply(entry(fsm, index, name, id));
    expect(apply(3, 'create', 'a')).toEqual({ status: 'accepted', index: 3, offset: 1, value: 'a' });
    expect(apply(4, 'create', 'a')).toMatchObject({ status: 'rejected', index: 4, offset: 2, code: 'UniqueViolation' });
    expect(apply(7, 'complete', 'a')).toEqual({ status: 'accepted', index: 7, offset: 3, value: 1 });
    expect(apply(8, 'look', 'a')).toEqual({ status: 'accepted', index: 8, offset: 4, value: true });
    expect(apply(9, 'complete', 'b')).toMatchObject({ status: 'rejected', code: 'RowNotFound' });
    expect([fsm.appliedIndex, fsm.store.head]).toEqual([9, 5]);
    const batches = [1, 2, 3, 4, 5].map((offset) => fsm.store.batch(offset));
    expect(
      batches.map(({ id, at, meta, changes }) => [id, at, meta['outcome'], meta['command'], changes.length]),
    ).toEqual([
      ['3', 30, 'accepted', 'create', 1],
      ['4', 40, 'rejected', 'create', 0],
      ['7', 70, 'accepted', 'complete', 1],
      ['8', 80, 'accepted', 'look', 0],
      ['9', 90, 'rejected', 'complete', 0],
    ]);
    expect(batches[0]!.meta).toEqual({ index: 3, term: 1, outcome: 'accepted', command: 'create' });
    expect(batches[1]!.meta).toMatchObject({ code: 'UniqueViolation' });
  });

  it('undoes what a command that throws wrote, and tells who proposed it', () => {
    const fsm = machine();
    for (const [index, id] of [
      [1, 'never'],
      [2, 'odd'],
    ] as const)
      fsm.apply(entry(fsm, index, 'create', id));
    expect(fsm.apply(entry(fsm, 3, 'complete', 'never'))).toEqual({
      status: 'rejected',
      index: 3,
      offset: 3,
      code: 'Never',
      message: 'not this one',
      data: { index: 3 },
    });
    expect(fsm.apply(entry(fsm, 4, 'complete', 'odd'))).toMatchObject({ code: 'CommandFailed', message: 'odd' });
    expect([...fsm.store.now().tasks.scan()].map(({ done }) => done)).toEqual([false, false]);
    fsm.apply(entry(fsm, 5, 'create', 'a'));
    expect(fsm.apply(entry(fsm, 6, 'complete', 'a'))).toMatchObject({ value: 1 });
  });

  it('passes over what it has applied, and takes gaps for normal', () => {
    const fsm = machine();
    const first = entry(fsm, 5, 'create', 'a');
    fsm.apply(first);
    const hash = fsm.stateHash();
    expect(fsm.apply(first)).toEqual({ status: 'repeated', index: 5 });
    expect(fsm.apply(entry(fsm, 2, 'create', 'b'))).toEqual({ status: 'repeated', index: 2 });
    expect([fsm.store.head, fsm.stateHash()]).toEqual([1, hash]);
    expect(fsm.applyBatch([first, entry(fsm, 9, 'look', 'a'), entry(fsm, 9, 'look', 'a')])).toMatchObject([
      { status: 'repeated' },
      { status: 'accepted', index: 9 },
      { status: 'repeated' },
    ]);
  });

  it('refuses a gap where there is to be none, and halts', () => {
    const fsm = machine({ contiguous: true });
    fsm.apply(entry(fsm, 1, 'create', 'a'));
    expect(() => fsm.apply(entry(fsm, 3, 'create', 'b'))).toThrow(code('EntryInvalid'));
    expect(() => fsm.apply(entry(fsm, 2, 'create', 'b'))).toThrow(code('EntryInvalid'));
    expect([fsm.appliedIndex, fsm.store.head]).toEqual([1, 1]);
  });

  const other = createFsm({ tables, commands: { other: command(Id, () => 1) } });
  const newer = createFsm({
    tables,
    commands: {
      look: command(Id, () => 1, { version: 2, upcasts: { 1: { codec: Id, to: (old: t.TypeOf<typeof Id>) => old } } }),
    },
  });
  it.each<[string, Uint8Array]>([
    ['no bytes', new Uint8Array()],
    ['bytes of something else', Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9)],
    ['a command that is not known', other.encode('other', { id: 'a' }, { at: 1 })],
    ['a version that is not known', newer.encode('look', { id: 'a' }, { at: 1 })],
    ['an input that is cut', machine().encode('look', { id: 'abc' }, { at: 1 }).slice(0, -2)],
    ['an input that goes on', Uint8Array.from([...machine().encode('look', { id: 'abc' }, { at: 1 }), 0])],
  ])('halts at %s, or passes it over where it is told to', (_what, data) => {
    const [halting, skipping] = [machine(), machine({ onInvalid: 'skip' })];
    expect(() => halting.apply({ index: 1, term: 1, data })).toThrow(code('EntryInvalid'));
    expect(() => halting.apply(entry(halting, 2, 'create', 'a'))).toThrow(code('EntryInvalid'));
    expect([halting.appliedIndex, halting.store.head]).toEqual([0, 0]);
    expect(skipping.apply({ index: 1, term: 1, data })).toMatchObject({ status: 'skipped', index: 1, offset: 1 });
    expect(skipping.apply(entry(skipping, 2, 'create', 'a'))).toMatchObject({ status: 'accepted', offset: 2 });
    expect(skipping.store.batch(1)).toMatchObject({ changes: [], meta: { outcome: 'skipped' } });
  });

  it('takes any byte of a command for one or for none, and never throws anything else', () => {
    const whole = machine().encode('create', { id: 'ü' }, { at: 1 });
    for (let at = 0; at < whole.length; at++) {
      const data = Uint8Array.from(whole);
      data[at]! ^= 1 << (at % 8);
      const fsm = machine({ onInvalid: 'skip' });
      expect(['accepted', 'rejected', 'skipped']).toContain(fsm.apply({ index: 1, term: 1, data }).status);
      expect(['accepted', 'skipped']).toContain(fsm.apply({ index: 2, term: 1, data: whole.subarray(0, at) }).status);
    }
  });

  it('tells the time of the entries, which never goes back', () => {
    const fsm = machine();
    fsm.apply(entry(fsm, 1, 'create', 'a', 500));
    fsm.apply(entry(fsm, 2, 'create', 'b', 400));
    expect([...fsm.store.now().tasks.scan()].map(({ at }) => at)).toEqual([500, 500]);
    expect([1, 2].map((offset) => fsm.store.batch(offset).at)).toEqual([500, 500]);
    expect(() => fsm.encode('look', { id: 'a' }, { at: Number.NaN })).toThrow(code('OptionInvalid'));
  });

  it('has a store that can be read, and written by entries alone', () => {
    const fsm = machine();
    const names = new Set<string>();
    for (let at: object = createStore({ tables }); at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
      for (const name of Object.getOwnPropertyNames(at)) names.add(name);
    const writes = [
      'transact',
      'together',
      'with',
      'restore',
      'rebuild',
      'compact',
      'addIndex',
      'dropIndex',
      'addTable',
      'close',
    ];
    const others = ['constructor', 'blocks', 'commit', 'older', 'buildStale', 'buildStaleNow'];
    expect(Object.keys(fsm.store).sort()).toEqual(
      [...names].filter((name) => ![...writes, ...others].includes(name)).sort(),
    );
    for (const name of writes) expect(name in fsm.store).toBe(false);
    expect([fsm.store.lineage, fsm.store.head, fsm.store.floor]).toEqual(['cluster', 0, 1]);
  });

  it('makes the same bytes of the same command, and refuses an input that is none', () => {
    const fsm = machine();
    const at = 17;
    expect(fsm.encode('create', { id: 'a' }, { at })).toEqual(machine().encode('create', { id: 'a' }, { at }));
    expect(() => fsm.encode('create', { id: 1 } as never)).toThrow(code('RowInvalid'));
    expect(() => fsm.encode('create', { id: 'a', more: 1 } as never)).toThrow(code('UnknownField'));
    expect(() => fsm.encode('nope' as never, { id: 'a' } as never)).toThrow(code('OptionInvalid'));
    expect(() => fsm.apply({ index: 0, term: 1, data: new Uint8Array() })).toThrow(code('OptionInvalid'));
    expect(fsm.store.head).toBe(0);
  });

  it('is refused where it makes no sense', () => {
    const refused = (options: object) =>
      expect(() => createFsm({ tables, ...options } as never)).toThrow(code('DefinitionInvalid'));
    refused({});
    refused({ commands: {} });
    refused({ commands: { a: command(Id, () => 1) }, onInvalid: 'panic' });
    refused({ commands: { a: command(Id, () => 1) }, clock: () => 1 });
    refused({ commands: { a: command(Id, () => 1, { version: 2 }) } });
    refused({ commands: { a: command(Id, () => 1, { version: 0 }) } });
    refused({ commands: { a: command(Id, () => 1, { upcasts: { 1: { codec: Id, to: () => ({ id: '' }) } } }) } });
    refused({ commands: { ['a'.repeat(256)]: command(Id, () => 1) } });
    expect(() => command(Id, 'no function' as never)).toThrow(code('DefinitionInvalid'));
    refused({ commands: { a: command(t.strict({ f: t.Function }), () => 1) } });
  });
});

describe('its snapshot', () => {
  it('is taken at once, persisted while later entries apply, and restored whole', async () => {
    const fsm = machine();
    fsm.apply(entry(fsm, 2, 'create', 'a'));
    fsm.apply(entry(fsm, 5, 'complete', 'a'));
    const [snapshot, hash] = [fsm.snapshot(), fsm.stateHash()];
    expect([snapshot.index, snapshot.term]).toEqual([5, 1]);
    fsm.apply(entry(fsm, 6, 'create', 'b'));
    const pieces: Uint8Array[] = [];
    for await (const piece of snapshot.persist()) pieces.push(piece);
    snapshot.release();

    const again = machine();
    again.apply(entry(again, 1, 'create', 'gone'));
    const told: unknown[] = [];
    again.store.changes({ markers: true }).subscribe((item) => told.push('marker' in item ? item.marker : item.offset));
    const seen: unknown[] = [];
    again.store.live((db) => db.tasks.size).subscribe((size) => seen.push(size));
    const waited = again.waitFor(5);
    await again.restore(
      (async function* () {
        for (const piece of pieces) yield await Promise.resolve(piece);
      })(),
    );
    await waited;
    expect([again.appliedIndex, again.store.head, again.stateHash()]).toEqual([5, 2, hash]);
    expect(again.store.now().tasks.get('gone')).toBeUndefined();
    expect(again.apply(entry(again, 5, 'create', 'z'))).toEqual({ status: 'repeated', index: 5 });
    again.apply(entry(again, 6, 'create', 'b'));
    expect(again.stateHash()).toBe(fsm.stateHash());
    expect(again.apply(entry(again, 7, 'complete', 'b'))).toMatchObject({ value: 2 });
    expect(told).toEqual(['caughtUp', 'reset', 3, 4]);
    expect(seen).toEqual([1, 1, 2].slice(seen.length === 2 ? 1 : 0));
    expect([again.offsetOf(5), again.offsetOf(6), again.indexOf(2), again.indexOf(3)]).toEqual([2, 3, 5, 6]);
    expect(() => again.offsetOf(4)).toThrow(code('OffsetCompacted'));
  });

  it('changes nothing when it is bad, and can be dropped', async () => {
    const fsm = machine();
    fsm.apply(entry(fsm, 1, 'create', 'a'));
    const [hash, dropped] = [fsm.stateHash(), fsm.snapshot()];
    dropped.release();
    await expect(fsm.restore(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({
      code: expect.stringMatching(/Damaged|FormatUnknown/),
    });
    expect([fsm.appliedIndex, fsm.stateHash()]).toEqual([1, hash]);
    expect(fsm.store.holders()).toEqual([]);
  });

  it('brings a machine that has halted back', async () => {
    const [good, bad] = [machine(), machine()];
    good.apply(entry(good, 4, 'create', 'a'));
    expect(() => bad.apply({ index: 1, term: 1, data: new Uint8Array() })).toThrow(code('EntryInvalid'));
    const pieces: Uint8Array[] = [];
    for await (const piece of good.snapshot().persist()) pieces.push(piece);
    await bad.restore(Uint8Array.from(pieces.flatMap((piece) => [...piece])));
    expect(bad.apply(entry(bad, 5, 'complete', 'a'))).toMatchObject({ status: 'accepted', index: 5 });
  });
});

describe('indexes and offsets', () => {
  it('are twins, gaps apart', () => {
    const fsm = machine({ keep: 3 });
    expect([fsm.offsetOf(0), fsm.indexOf(0)]).toEqual([0, 0]);
    for (const index of [2, 3, 7, 8, 20]) fsm.apply(entry(fsm, index, 'look', 'a'));
    expect([6, 7, 8, 9, 19, 20].map((index) => fsm.offsetOf(index))).toEqual([2, 3, 4, 4, 4, 5]);
    expect([3, 4, 5].map((offset) => fsm.indexOf(offset))).toEqual([7, 8, 20]);
    expect(() => fsm.offsetOf(21)).toThrow(code('OffsetInFuture'));
    expect(() => fsm.offsetOf(5)).toThrow(code('OffsetCompacted'));
    expect(() => fsm.offsetOf(-1)).toThrow(code('OffsetInvalid'));
    expect(() => fsm.indexOf(1)).toThrow(code('OffsetCompacted'));
  });

  it('are found at which two replicas parted', () => {
    const make = (fault: number) =>
      createFsm({
        tables,
        commands: {
          create: command(Id, (tx, { id }, { index }) => void tx.tasks.insert({ id, done: index === fault, at: 0 })),
        },
      });
    for (const fault of [1, 2, 30, 50]) {
      const [a, b] = [make(0), make(fault)];
      for (let index = 1; index <= 50; index++) {
        const data = a.encode('create', { id: `t${index}` }, { at: 0 });
        for (const fsm of [a, b]) fsm.apply({ index: 2 * index, term: 1, data });
      }
      expect(bisect(a, b)).toEqual(fault % 2 === 1 ? undefined : { index: fault, offset: fault / 2 });
      expect(bisect(a, a)).toBeUndefined();
    }
  });
});

describe('waiting', () => {
  it('ends when the index is applied, when it is called off, and when the machine closes', async () => {
    const fsm = machine();
    const waited = fsm.waitFor(2);
    fsm.apply(entry(fsm, 1, 'create', 'a'));
    fsm.apply(entry(fsm, 3, 'create', 'b'));
    await waited;
    await fsm.waitFor(3);
    const controller = new AbortController();
    const aborted = expect(fsm.waitFor(9, { signal: controller.signal })).rejects.toMatchObject({
      code: 'WaitAborted',
    });
    controller.abort();
    await aborted;
    const closed = expect(fsm.waitFor(9)).rejects.toMatchObject({ code: 'StoreClosed' });
    fsm.close();
    await closed;
  });

  const sizes = (fsm: Machine, since: number, timeoutMs: number, signal?: AbortSignal) =>
    fsm.watch((db) => [...db.tasks.scan('byDone', { prefix: [true] })].length, {
      since,
      timeoutMs,
      ...(signal && { signal }),
    });

  it('for an answer that differs gives it at once, when it comes, or the present one when time is up', async () => {
    vi.useFakeTimers();
    try {
      const fsm = machine();
      fsm.apply(entry(fsm, 1, 'create', 'a'));
      fsm.apply(entry(fsm, 2, 'complete', 'a'));
      await expect(sizes(fsm, 1, 1000)).resolves.toEqual({ index: 2, value: 1 });
      const later = sizes(fsm, 2, 1000);
      fsm.apply(entry(fsm, 3, 'create', 'b'));
      fsm.apply(entry(fsm, 4, 'complete', 'b'));
      await expect(later).resolves.toEqual({ index: 4, value: 2 });
      const never = sizes(fsm, 4, 1000);
      fsm.apply(entry(fsm, 5, 'create', 'c'));
      vi.advanceTimersByTime(1000);
      await expect(never).resolves.toEqual({ index: 5, value: 2 });
      expect(vi.getTimerCount()).toBe(0);
      expect(fsm.store.stats().subscribers).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('for an answer ends with the query, with the caller and with the machine', async () => {
    const fsm = machine({ keep: 1 });
    for (const [index, id] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ] as const)
      fsm.apply(entry(fsm, index, 'create', id));
    await expect(sizes(fsm, 1, 1000)).resolves.toEqual({ index: 3, value: 0 });
    const failing = fsm.watch(
      () => {
        throw new Error('no such query');
      },
      { since: 3, timeoutMs: 1000 },
    );
    await expect(failing).rejects.toThrow('no such query');
    await expect(sizes(fsm, 3, -1)).rejects.toMatchObject({ code: 'OptionInvalid' });
    await expect(sizes(fsm, 3, 1000, AbortSignal.abort())).rejects.toMatchObject({ code: 'WaitAborted' });
    const controller = new AbortController();
    const aborted = expect(sizes(fsm, 3, 1000, controller.signal)).rejects.toMatchObject({ code: 'WaitAborted' });
    controller.abort();
    await aborted;
    const closed = expect(sizes(fsm, 3, 1000)).rejects.toMatchObject({ code: 'StoreClosed' });
    fsm.close();
    await closed;
    expect(fsm.store.stats().subscribers).toEqual([]);
  });
});
