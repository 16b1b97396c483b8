/**
 * Every state of what is retained can be had, whatever stays at hand as rows.
 *
 * Strategy: random batches over few rows, in stores that keep few row versions and lay checkpoints down close together,
 * or never; turns of the event loop between, so that checkpoints come early, late, or are overtaken by retention. A
 * store on a log is closed and opened again, with or without a snapshot, and with other options; a store in memory gets
 * and loses indexes, and is restored. After each step some offsets, at the end all of them, up, down or criss-cross,
 * are compared with a deep copy of the state at that offset, and so are the views that are held.
 *
 * Invariants: `asOf` gives every state from the floor − 1 to the head, and none before; what it gave stays what it is;
 * a row's history is that of the batches; there are no more checkpoints than there is room for; row versions go.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import {
  MemoirError,
  createStore,
  openStore,
  table,
  type DurableStore,
  type Store,
  type Transaction,
  type View,
} from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { runs } from '../support/runs.js';

const Item = t.intersection([
  t.strict({ id: t.string, rank: t.number, tags: t.array(t.string) }),
  t.partial({ note: t.string }),
]);
type Item = t.TypeOf<typeof Item>;
const tables = {
  items: table(Item, { primaryKey: 'id', indexes: { byRank: ['rank'], byTag: { each: 'tags' } } }),
};
type Db = View<typeof tables>;
type Model = ReadonlyMap<string, Item>;

const id = fc.integer({ min: 0, max: 5 }).map((n) => `i${n}`);
const item: fc.Arbitrary<Item> = fc.record({
  id,
  rank: fc.integer({ min: 0, max: 3 }),
  tags: fc.subarray(['x', 'y', 'z']),
});
const write = fc.record({
  puts: fc.array(item, { maxLength: 3 }),
  removes: fc.array(id, { maxLength: 2 }),
});
type Write = typeof write extends fc.Arbitrary<infer A> ? A : never;

const history = fc.record({
  batches: fc.constantFrom(0, 1, 3, 8, Infinity),
  checkpointEvery: fc.constantFrom(1, 2, 5, 9, Infinity),
});
const keep = fc.constantFrom('all' as const, { batches: 3 }, { batches: 12 }, { batches: 30 });
const common = [
  { weight: 8, arbitrary: fc.record({ write: fc.array(write, { minLength: 1, maxLength: 8 }) }) },
  { weight: 4, arbitrary: fc.constant({ turn: true } as const) },
  { weight: 2, arbitrary: fc.record({ hold: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ release: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ compact: fc.nat(5) }) },
];

const turn = () => new Promise<void>((resolve) => void setTimeout(resolve, 2));
const ranked = (model: Model): readonly Item[] =>
  [...model.values()].sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1));

/** A view that is held, and what it has to give. */
interface Held {
  readonly db: Db;
  readonly state: Model;
}

/** The states by offset, and the views that are held of some. */
class World {
  readonly states = new Map<number, Model>([[0, new Map()]]);
  readonly held: Held[] = [];
  /** How far it goes from one offset that it asks for to the next, and from where. */
  readonly #stride: number;
  #at = 0;
  /** Since when there is an index of notes, if there is one. */
  notes: number | 'dropped' | undefined;

  constructor(stride: number) {
    this.#stride = stride;
  }

  /** A transaction's body, which tells what the state is after it. */
  apply({ puts, removes }: Write, head: number): (tx: Transaction<typeof tables>) => void {
    const next = new Map(this.states.get(head));
    return (tx) => {
      for (const row of puts)
        next.set(row.id, tx.items.put(typeof this.notes === 'number' ? { ...row, note: 'n' } : row));
      for (const key of removes) expect(tx.items.delete(key)).toBe(next.delete(key));
      this.states.set(head + 1, next);
    };
  }

  /** Compares so many states with what they were. */
  look(store: Looked, every: number, most: number): void {
    const { head, floor } = store;
    const count = head - floor + 2;
    for (let i = 0; i < Math.min(count, most); i++) {
      this.#at += this.#stride;
      const offset = floor - 1 + (((this.#at % count) + count) % count);
      const db = store.asOf(offset);
      expect(db.offset).toBe(offset);
      this.compare({ db, state: this.states.get(offset)! });
      db.close();
    }
    if (floor > 1) expect(codeOf(() => store.asOf(floor - 2))).toBe('OffsetCompacted');
    for (const held of this.held) this.compare(held);
    const { checkpoints } = store.stats().history;
    expect(checkpoints).toBeLessThanOrEqual((head - floor + 1) / every + 2);
    for (const key of ['i0', 'i3']) {
      const told = store.history('items', key).map(({ offset, after }) => [offset, after]);
      const wanted = [...this.states.keys()].filter(
        (offset) =>
          offset >= floor && !isSame(this.states.get(offset)!.get(key), this.states.get(offset - 1)?.get(key)),
      );
      expect(told).toEqual(wanted.map((offset) => [offset, this.states.get(offset)!.get(key)]));
    }
    store.check();
  }

  compare({ db, state }: Held): void {
    const wanted = ranked(state);
    expect([...db.items.scan('byRank')]).toEqual(wanted);
    expect(db.items.size).toBe(state.size);
    expect(db.items.get('i1')).toEqual(state.get('i1'));
    expect(db.items.count('byTag', { prefix: ['x'] })).toBe(wanted.filter(({ tags }) => tags.includes('x')).length);
    expect(db.items.explain('byRank').offset).toBe(db.offset);
    const { notes } = this;
    const noted = codeOf(() => expect(db.items.count('byNote' as never)).toBe(state.size));
    if (notes === undefined) expect(noted).toBe('RangeInvalid');
    else if (notes === 'dropped') expect(noted).toBe('IndexDropped');
    else expect(noted).toBe(db.offset < notes ? 'IndexNotYet' : undefined);
  }
}

type Looked = Pick<Store<typeof tables>, 'asOf' | 'head' | 'floor' | 'history' | 'check' | 'stats'>;
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error instanceof MemoirError ? error.code : error;
  }
  return undefined;
}

/** What a step does that both kinds of store know. */
async function doCommon(
  store: Store<typeof tables> | DurableStore<typeof tables>,
  world: World,
  step: { hold?: number; release?: number; compact?: number; turn?: true },
): Promise<void> {
  if (step.turn !== undefined) await turn();
  if (step.hold !== undefined) {
    const offset = store.floor - 1 + (step.hold % (store.head - store.floor + 2));
    world.held.push({ db: store.asOf(offset), state: world.states.get(offset)! });
  }
  if (step.release !== undefined && world.held.length > 0)
    world.held.splice(step.release % world.held.length, 1)[0]!.db.close();
  if (step.compact !== undefined) store.compact(Math.max(0, store.head - step.compact));
}

const MOST = 6;
const stride = fc.constantFrom(-1, 1, 7);

it('of a store on a log, opened again and again', async () => {
  const opening = fc.record({ history, keep, save: fc.boolean() });
  const steps = fc.array(fc.oneof(...common, { weight: 2, arbitrary: opening }), { maxLength: 25, size: 'max' });
  const property = fc.asyncProperty(opening, steps, stride, async (begin, all, by) => {
    const medium = new MemoryMedium();
    const world = new World(by);
    let now = begin;
    const open = () => openStore({ tables, log: medium.plan(), history: now.history, keep: now.keep });
    let store = await open();
    for (const step of all) {
      if ('history' in step) {
        if (step.save) await store.saveSnapshot();
        await store.close();
        now = step;
        store = await open();
      } else if ('write' in step) {
        for (const made of step.write) await store.transact(world.apply(made, store.head));
      } else await doCommon(store, world, step);
      world.look(store, now.history.checkpointEvery, MOST);
    }
    await store.close();
    world.look(store, now.history.checkpointEvery, Infinity);
  });
  await fc.assert(property, { numRuns: runs(40) });
});

/** Gives every row a note, which no older one has, and adds an index that none without would fit. */
async function addNotes(store: Store<typeof tables>, world: World): Promise<void> {
  const rows = [...world.states.get(store.head)!.values()];
  const puts = rows.map((row) => ({ ...row, note: row.id }));
  if (puts.length > 0) store.transact(world.apply({ puts, removes: [] }, store.head));
  await store.addIndex('items', 'byNote', ['note']);
  world.notes = store.head;
}

it('of a store in memory, whose indexes come and go, and which is restored', async () => {
  const schema = fc.constantFrom('add' as const, 'drop' as const, 'restore' as const);
  const step = fc.oneof(...common, { weight: 2, arbitrary: fc.record({ schema }) });
  const steps = fc.array(step, { maxLength: 25, size: 'max' });
  const property = fc.asyncProperty(history, keep, steps, stride, async (kept, retained, all, by) => {
    const store = createStore({ tables, history: kept, keep: retained });
    const world = new World(by);
    for (const made of all) {
      if ('schema' in made) {
        const isThere = typeof world.notes === 'number';
        if (made.schema === 'add' && !isThere) await addNotes(store, world);
        if (made.schema === 'drop' && isThere) {
          store.dropIndex('items', 'byNote' as never);
          world.notes = 'dropped';
        }
        if (made.schema === 'restore') {
          await store.restore(await store.snapshot().toBytes(), { lineage: 'another' });
          expect([store.floor, store.stats().history]).toMatchObject([store.head + 1, { checkpoints: 0, made: 0 }]);
          for (const held of world.held.splice(0)) world.compare(held);
          // What was added before is there from the beginning, now, and nobody knows what was dropped.
          world.notes = isThere ? 0 : world.notes;
        }
      } else if ('write' in made) {
        for (const one of made.write) store.transact(world.apply(one, store.head));
      } else await doCommon(store, world, made);
      world.look(store, kept.checkpointEvery, MOST);
    }
    world.look(store, kept.checkpointEvery, Infinity);
  });
  await fc.assert(property, { numRuns: runs(40) });
});
