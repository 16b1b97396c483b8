import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { definitionOf } from '../../src/codecs/table.js';
import { createStore, table, type StoreOptions } from '../../src/index.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { Subscribers } from '../../src/log/subscribers.js';
import { Engine } from '../../src/projections/engine.js';
import { Horizon } from '../../src/projections/horizon.js';
import { IndexHistory } from '../../src/projections/index-history.js';
import { OrderedTree } from '../../src/projections/ordered-tree.js';
import { statsOf } from '../../src/projections/stats.js';
import { TableState } from '../../src/projections/table-state.js';

const tasks = table(t.strict({ id: t.Int, queue: t.string, tags: t.array(t.string) }), {
  primaryKey: 'id',
  indexes: { byQueue: ['queue'], byTag: { each: 'tags' }, byName: { by: ({ id }) => [`n${id}`], unique: true } },
});
const notes = table(t.strict({ id: t.Int }), { primaryKey: 'id' });
const tables = { tasks, notes };

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const store = createStore({ tables, ...options });
  const put = (id: number, queue = 'a', tags = ['x', 'y']) => store.transact((tx) => tx.tasks.put({ id, queue, tags }));
  return { store, put };
}

describe('stats', () => {
  it('count rows, entries and what is kept of the past', () => {
    const { store, put } = open();
    for (let id = 0; id < 10; id++) put(id);
    put(3, 'b');
    put(4, 'a', []);
    store.transact((tx) => tx.tasks.delete(5));
    const { head, floor, tables: counted, log } = store.stats();
    expect([head, floor, log.batches]).toEqual([13, 1, 13]);
    expect(log.bytes).toBeGreaterThan(0);
    expect(counted.notes).toMatchObject({ rows: 0, past: 0, indexes: { primaryKey: { entries: 0, past: 0 } } });
    expect(counted.tasks).toMatchObject({
      rows: 9,
      past: 3,
      indexes: {
        primaryKey: { entries: 9, past: 1 },
        byQueue: { entries: 9, past: 2 },
        byTag: { entries: 16, past: 4 },
        byName: { entries: 9, past: 1 },
      },
    });
  });

  it('tell of bytes that grow with what is there', () => {
    const { store, put } = open();
    for (let id = 0; id < 100; id++) put(id);
    const before = store.stats().tables.tasks;
    store.transact((tx) => {
      for (let id = 0; id < 2000; id++) tx.tasks.put({ id, queue: `q${id % 7}`, tags: ['x', 'z'] });
    });
    store.transact((tx) => tx.tasks.delete(7));
    const after = store.stats().tables.tasks;
    expect(after.bytes).toBeGreaterThan(before.bytes);
    for (const name of ['primaryKey', 'byQueue', 'byTag', 'byName'] as const) {
      const { entries, bytes, past, pastBytes } = after.indexes[name];
      expect(bytes).toBeGreaterThan(before.indexes[name].bytes);
      expect(bytes).toBeGreaterThanOrEqual(entries * 16);
      expect(pastBytes).toBeGreaterThanOrEqual(past * 32);
    }
  });

  it('fall when history is given back', () => {
    const { store, put } = open({ keep: { batches: 2 } });
    for (let i = 0; i < 50; i++) put(i % 5, `q${i}`);
    const { floor, log, tables: counted } = store.stats();
    expect([floor, log.batches, counted.tasks.past]).toEqual([49, 2, 2]);
    expect(counted.tasks.indexes.byQueue.past).toBeLessThan(50);
  });

  it('are not changed by what was undone', () => {
    const { store, put } = open();
    put(1);
    const { tables: before } = store.stats();
    expect(() =>
      store.transact((tx) => {
        tx.tasks.put({ id: 1, queue: 'z', tags: [] });
        tx.tasks.put({ id: 2, queue: 'z', tags: [] });
        throw new RangeError('undo');
      }),
    ).toThrow('undo');
    const { tables: after } = store.stats();
    for (const name of ['rows', 'past'] as const) expect(after.tasks[name]).toBe(before.tasks[name]);
    expect(after.tasks.indexes.byQueue).toMatchObject({ entries: 1, past: 0 });
  });

  it('list who pins, for how long', () => {
    let now = 1000;
    const { store, put } = open({ clock: () => now, keep: { batches: 1 } });
    put(1);
    const view = store.asOf(1, { label: 'report' });
    const follower = store.follow({ from: 1, hold: true, label: 'slow' });
    now = 5000;
    put(2);
    put(3);
    const { pins, pinnedBytes } = store.stats();
    expect(pins).toEqual([
      { kind: 'cursor', label: 'slow', offset: 0, since: 1000, bytes: expect.any(Number), ageMs: 4000 },
      { kind: 'view', label: 'report', offset: 1, since: 1000, bytes: expect.any(Number), ageMs: 4000 },
    ]);
    expect(pinnedBytes).toBeGreaterThan(0);
    view.close();
    void follower.return?.();
    put(4);
    expect(store.stats()).toMatchObject({ pins: [], pinnedBytes: 0 });
  });

  it('list who follows, how far behind', async () => {
    const { store, put } = open();
    put(1);
    const pushed = store.changes({ label: 'cache' }).subscribe();
    const live = store.live((db) => db.tasks.size, { label: 'screen' }).subscribe();
    const pulled = store.follow({ from: 1, label: 'export' });
    for (let id = 2; id < 6; id++) put(id);
    await pulled.next();
    expect(store.stats().subscribers).toEqual([
      { kind: 'changes', label: 'cache', offset: 5, lag: 0 },
      { kind: 'live', label: 'screen', offset: 5, lag: 0 },
      { kind: 'follow', label: 'export', offset: 1, lag: 4 },
    ]);
    pushed.unsubscribe();
    live.unsubscribe();
    await pulled.return?.();
    expect(store.stats().subscribers).toEqual([]);
  });

  it('name those who did not name themselves by what they called', () => {
    const { store } = open();
    store.changes().subscribe();
    store.live((db) => db.tasks.size).subscribe();
    store.follow();
    expect(store.stats().subscribers.map(({ label }) => label)).toEqual(['changes()', 'live()', 'follow()']);
  });

  it('are plain data', () => {
    const { store, put } = open();
    put(1);
    store.follow({ hold: true });
    const stats = store.stats();
    expect(JSON.parse(JSON.stringify(stats))).toStrictEqual(stats);
  });

  it('are nothing for a live query, which could not be told when they change', () => {
    const { store } = open();
    const codes: unknown[] = [];
    store.live(() => store.stats().head).subscribe({ error: ({ code }: { code: unknown }) => codes.push(code) });
    expect(codes).toEqual(['UntrackedRead']);
  });
});

describe('the cost of stats', () => {
  /** How often any method of the structures is called while stats are made of so many rows with a past. */
  function calls(rows: number): number {
    const engine = new Engine(new Map([['tasks', definitionOf('tasks', tasks)]]));
    const log = new MemoryLog('lineage');
    const horizon = new Horizon(engine, log, {
      keep: 'all',
      history: { batches: Infinity, checkpointEvery: 1 },
      pinnedBytesMax: Infinity,
      clock: () => 0,
    });
    const [state] = engine.tables.values();
    for (const [queue, step] of [
      ['a', 1],
      ['b', 10],
    ] as const) {
      engine.begin();
      for (let id = 0; id < rows; id += step)
        engine.put(state!, [id], state!.slotOf([id]), { id, queue, tags: ['x', `y${id % 3}`] });
      engine.settle();
    }
    let count = 0;
    const restore: (() => unknown)[] = [];
    for (const { prototype } of [TableState, OrderedTree, IndexHistory]) {
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const { value } = Object.getOwnPropertyDescriptor(prototype, name)!;
        if (typeof value !== 'function' || name === 'constructor') continue;
        Object.defineProperty(prototype, name, {
          configurable: true,
          writable: true,
          value(this: unknown, ...args: unknown[]): unknown {
            count++;
            return (value as (...all: unknown[]) => unknown).apply(this, args);
          },
        });
        restore.push(() => Object.defineProperty(prototype, name, { value }));
      }
    }
    const untouchable = new Proxy([], {
      get: (_, name) => {
        if (name === 'length') return rows;
        throw new Error(`a row was looked at: ${String(name)}`);
      },
    });
    const { rows: kept } = state!;
    restore.push(() => Object.defineProperty(state!, 'rows', { value: kept }));
    Object.defineProperty(state!, 'rows', { value: untouchable, configurable: true });
    horizon.timeline.reset(engine.version, log.head);
    const past = { spans: 0, checkpoints: { laid: [], bytes: 0 } };
    const { tables: counted } = statsOf({ engine, log, horizon, past, subscribers: new Subscribers() });
    for (const act of restore) act();
    expect(counted['tasks']).toMatchObject({ rows, past: rows / 10, indexes: { byTag: { entries: rows * 2 } } });
    return count;
  }

  it('is the same for 100 rows and for 100,000, and no row is looked at', { timeout: 60_000 }, () => {
    expect(calls(100_000)).toBe(calls(100));
  });
});
