import * as t from 'io-ts';
import { afterEach, describe, expect, it } from 'vitest';

import {
  createStore,
  MemoirError,
  openStore,
  readSnapshot,
  table,
  type DurableStore,
  type OpenOptions,
} from '../../src/index.js';
import { avro } from '../../src/avro.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } });
const tables = { items };
type Options = Partial<OpenOptions<typeof tables>>;

/** What the stores were told of, where no test took it out. */
const errors: unknown[] = [];
afterEach(() => expect(errors.splice(0)).toEqual([]));

const openOn = (medium: MemoryMedium, options: Options = {}) =>
  openStore({ tables, log: medium.plan(), onError: (error) => errors.push(error), ...options });
const put = (store: DurableStore<typeof tables>, id: string, n = 0, name?: string) =>
  store.transact((tx) => tx.items.put({ id, n }), name === undefined ? {} : { id: name });
const later = () => new Promise((resolve) => setTimeout(resolve));
const codeOf = (made: Promise<unknown>): Promise<unknown> =>
  made.then(
    () => 'done',
    (error: unknown) => (error instanceof MemoirError ? error.code : error),
  );

/** A store in memory of so many batches, the last of them named, and a sequence. */
function other(batches: number) {
  const store = createStore({ tables, lineage: 'there', clock: () => 5000 });
  for (let n = 1; n <= batches; n++)
    store.transact(
      (tx) => {
        tx.nextId('s');
        tx.items.put({ id: 'o', n });
      },
      { id: `other ${n}` },
    );
  return store;
}
const bytesOf = (batches: number) => other(batches).snapshot().toBytes();
const imageOf = async (batches: number) => readSnapshot(await bytesOf(batches));

/** A store of three batches, on a medium. */
async function three(options: Options = {}) {
  const medium = new MemoryMedium();
  const store = await openOn(medium, options);
  for (let n = 1; n <= 3; n++) await put(store, 'a', n, `mine ${n}`);
  return { medium, store };
}

/** What a store of the other one's batches has, whoever has it now. */
async function expectOther(store: DurableStore<typeof tables>, batches: number): Promise<void> {
  expect([...store.now().items.scan()]).toEqual([{ id: 'o', n: batches }]);
  expect([store.head, store.floor]).toEqual([batches, batches + 1]);
  expect((await put(store, 'x', 0, `other ${batches}`)).repeated).toBe(true);
  store.check();
}

describe('a log that begins with a snapshot', () => {
  it('has its rows, ids, sequences and time, and goes on after its offset', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium, { snapshot: await imageOf(7), clock: () => 10 });
    await expectOther(store, 7);
    expect(store.lineage).not.toBe('there');
    const made = await store.transact((tx) => [tx.items.put({ id: 'p', n: tx.nextId('s') }), tx.at]);
    expect([made.offset, made.result]).toEqual([8, [{ id: 'p', n: 8 }, 5000]]);
    await store.close();
    const again = await openOn(medium);
    expect([again.lineage, again.head, again.floor, again.now().items.size]).toEqual([store.lineage, 8, 8, 2]);
    expect(() => again.asOf(6)).toThrow(expect.objectContaining({ code: 'OffsetCompacted' }) as Error);
    await again.close();
  });

  it('has the lineage that it is given, and the codec of its store, whatever the snapshot had', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium, { snapshot: await imageOf(2), lineage: 'there', codec: avro });
    expect(store.lineage).toBe('there');
    await store.close();
    const again = await openOn(medium, { codec: avro });
    await expectOther(again, 2);
    await again.close();
  });

  it('that is not empty is refused, and is what it was', async () => {
    const { medium, store } = await three();
    await store.close();
    const opening = openOn(medium, { snapshot: await imageOf(7) });
    await expect(opening).rejects.toMatchObject({ code: 'LogNotEmpty', head: 3, floor: 1 });
    const again = await openOn(medium);
    expect([again.head, again.now().items.get('a')?.n]).toEqual([3, 3]);
    await again.close();
    const begun = new MemoryMedium();
    await (await openOn(begun, { snapshot: await imageOf(7) })).close();
    expect(await codeOf(openOn(begun, { snapshot: await imageOf(7) }))).toBe('LogNotEmpty');
  });

  it('is empty still where it fails, for the snapshot or for the log', async () => {
    const medium = new MemoryMedium();
    const snapshot = await imageOf(7);
    const strict = { items: table(t.strict({ id: t.string, n: t.number, more: t.string }), { primaryKey: 'id' }) };
    expect(await codeOf(openStore({ tables: strict, log: medium.plan(), snapshot }))).toBe('SchemaIncompatible');
    for (const trouble of ['refused', 'lost'] as const) {
      medium.beginTrouble = trouble;
      const code = trouble === 'refused' ? 'LogRefused' : 'OutcomeUnknown';
      expect(await codeOf(openOn(medium, { snapshot }))).toBe(code);
      expect([medium.isOpen, medium.snapshots.size, medium.floor]).toEqual([false, 0, 1]);
    }
    const store = await openOn(medium, { snapshot });
    await expectOther(store, 7);
    await store.close();
  });

  it('has no lineage of its own to be given without a snapshot', async () => {
    const opening = openOn(new MemoryMedium(), { lineage: 'mine' });
    await expect(opening).rejects.toMatchObject({ code: 'DefinitionInvalid', path: 'lineage' });
  });
});

describe('a restore of a store on a log', () => {
  it.each([1, 3, 9])('puts state and log in the place of what there was, at offset %i', async (batches) => {
    const { medium, store } = await three();
    const before = store.lineage;
    const held = store.now();
    const told: unknown[] = [];
    const ended: unknown[] = [];
    store.changes({ markers: true }).subscribe((item) => told.push('marker' in item ? item.marker : item.offset));
    store.changes().subscribe({ error: (error: MemoirError) => ended.push(error.code) });
    store.live((db) => db.items.get('o')?.n).subscribe((n) => told.push(`n ${n}`));
    await store.restore(await bytesOf(batches));
    await expectOther(store, batches);
    expect(store.lineage).not.toBe(before);
    expect([told, ended]).toEqual([['caughtUp', 'n undefined', `n ${batches}`, 'reset'], ['LineageChanged']]);
    expect(held.items.get('a')).toEqual({ id: 'a', n: 3 });
    expect((await put(store, 'b', 1)).offset).toBe(batches + 1);
    await store.saveSnapshot();
    await put(store, 'c', 1);
    await store.close();
    const again = await openOn(medium);
    expect([again.lineage, again.head, again.floor]).toEqual([store.lineage, batches + 2, batches + 1]);
    expect(again.now().items.size).toBe(3);
    again.check();
    await again.close();
  });

  it('keeps its lineage with a later snapshot of its own log, and has another with an earlier one', async () => {
    const { store } = await three();
    const { lineage } = store;
    const own = await store.snapshot().toBytes();
    const offsets: unknown[] = [];
    store.changes().subscribe({
      next: ({ offset }) => offsets.push(offset),
      error: ({ code }: MemoirError) => offsets.push(code),
    });
    await store.restore(own);
    expect([store.lineage, store.head]).toEqual([lineage, 3]);
    await put(store, 'b');
    expect(offsets).toEqual([4]);
    await store.restore(await readSnapshot(own));
    expect([store.lineage === lineage, store.head, store.now().items.size]).toEqual([false, 3, 1]);
    await store.restore(own, { lineage: 'given' });
    expect([store.lineage, offsets]).toEqual(['given', [4, 'LineageChanged']]);
    await store.close();
  });

  it('lets what is pending end first, and what comes while the log is at it has not happened', async () => {
    const { medium, store } = await three();
    const bytes = await bytesOf(9);
    let open = (): void => {};
    medium.gate = new Promise((resolve) => (open = resolve));
    const pending = put(store, 'b', 1);
    const restoring = store.restore(bytes);
    await later();
    await later();
    expect(store.head).toBe(3);
    open();
    await pending;
    expect(store.head).toBe(4);
    medium.gate = new Promise((resolve) => (open = resolve));
    await later();
    const [aborted, empty] = [put(store, 'c', 1), store.transact((tx) => tx.items.get('c'))];
    expect(store.with((tx) => tx.items.get('c')).result).toEqual({ id: 'c', n: 1 });
    open();
    medium.gate = undefined;
    expect(await Promise.all([codeOf(aborted), codeOf(empty), codeOf(restoring)])).toEqual([
      'Aborted',
      'Aborted',
      'done',
    ]);
    await expectOther(store, 9);
    expect((await put(store, 'c', 1)).offset).toBe(10);
    await store.close();
  });

  it('of bytes that are damaged changes nothing, and the store goes on', async () => {
    const { medium, store } = await three();
    const bytes = await bytesOf(9);
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      expect(await codeOf(store.restore(damaged))).toMatch(/Damaged|FormatUnknown/);
    }
    expect(await codeOf(store.restore(bytes, { wrong: 1 } as never))).toBe('OptionInvalid');
    expect([store.head, medium.snapshots.size]).toEqual([3, 0]);
    await put(store, 'a', 4);
    await store.close();
    expect(await codeOf(store.restore(bytes))).toBe('StoreClosed');
  });

  it('that the log refuses changes nothing; what waited for it is appended, and the store goes on', async () => {
    const { medium, store } = await three();
    medium.beginTrouble = 'refused';
    let open = (): void => {};
    medium.gate = new Promise((resolve) => (open = resolve));
    const restoring = store.restore(await bytesOf(9));
    await later();
    const waiting = put(store, 'b', 1);
    open();
    medium.gate = undefined;
    expect(await Promise.all([codeOf(restoring), codeOf(waiting)])).toEqual(['LogRefused', 'done']);
    expect([store.head, store.now().items.size]).toEqual([4, 2]);
    await put(store, 'c', 1);
    await store.close();
    const again = await openOn(medium);
    expect([again.head, again.lineage]).toEqual([5, store.lineage]);
    await again.close();
  });

  it.each(['lands', 'lost'] as const)('whose fate is not known leaves what can be read; it %s', async (trouble) => {
    const { medium, store } = await three();
    medium.beginTrouble = trouble;
    expect(await codeOf(store.restore(await bytesOf(9)))).toBe('OutcomeUnknown');
    expect([store.head, store.now().items.get('a')?.n]).toEqual([3, 3]);
    expect(await codeOf(put(store, 'b'))).toBe('LogRefused');
    expect(await codeOf(store.restore(await bytesOf(9)))).toBe('LogRefused');
    await store.close();
    const again = await openOn(medium);
    if (trouble === 'lands') await expectOther(again, 9);
    else expect([again.head, again.now().items.get('a')?.n]).toEqual([3, 3]);
    await again.close();
  });

  it('waits for the snapshots under way, so that none of what was before lies beside the log', async () => {
    const { medium, store } = await three();
    const restoring = store.restore(await bytesOf(9));
    expect(await Promise.all([store.saveSnapshot(), store.saveSnapshot()])).toEqual([3, 3]);
    await restoring;
    expect([await store.saveSnapshot(), [...medium.snapshots.keys()]]).toEqual([9, [9]]);
    await store.close();
    const again = await openOn(medium);
    await expectOther(again, 9);
    await again.close();
  });

  it('has the tables and indexes that were added meanwhile', async () => {
    const { medium, store } = await three();
    let open = (): void => {};
    const bytes = await bytesOf(9);
    medium.gate = new Promise((resolve) => (open = resolve));
    const restoring = store.restore(bytes);
    await later();
    const more = store.addTable('notes', table(t.strict({ id: t.string }), { primaryKey: 'id' }));
    open();
    medium.gate = undefined;
    await restoring;
    await more.transact((tx) => tx.notes.insert({ id: 'n' }));
    expect([more.now().notes.size, more.now().items.get('o')?.n]).toEqual([1, 9]);
    more.check();
    await store.close();
  });

  it('tells a subscriber of the reset who writes at once, and two at once are done one after the other', async () => {
    const { medium, store } = await three();
    const made: Promise<unknown>[] = [];
    store.changes({ markers: true }).subscribe((item) => {
      if ('marker' in item && item.marker === 'reset') made.push(put(store, `r${item.offset}`));
    });
    await Promise.all([store.restore(await bytesOf(9)), store.restore(await bytesOf(2))]);
    await Promise.allSettled(made);
    expect([made.length, store.head, [...store.now().items.scan()].map(({ id }) => id)]).toEqual([2, 3, ['o', 'r2']]);
    await store.close();
    const again = await openOn(medium);
    expect([again.head, again.now().items.size]).toEqual([3, 2]);
    await again.close();
  });

  it('under way when the store is closed ends before the log does', async () => {
    const { medium, store } = await three();
    const restoring = store.restore(await bytesOf(9));
    await store.close();
    expect(await codeOf(restoring)).toMatch(/done|StoreClosed/);
    expect(medium.isOpen).toBe(false);
    await (await openOn(medium)).close();
  });
});
