import fc from 'fast-check';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, openReplica, readSnapshot, table } from '../../src/index.js';
import { count, groupBy } from '../../src/folds.js';
import { runs } from '../support/runs.js';

const Task = t.strict({ id: t.string, n: t.Int });
const tables = { tasks: table(Task, { primaryKey: 'id', indexes: { byN: ['n'] } }) };
const events = { Seen: t.strict({ id: t.string }) };
const projections = [groupBy({ name: 'counts', of: tables, by: 'n', measures: { tasks: count() } })] as const;

const storeOf = (lineage = 'one') => createStore({ tables, events, projections, lineage, stateHash: true });
type Store = ReturnType<typeof storeOf>;
type AnyBatch = ReturnType<Store['batch']>;
const replicaOf = (options: object = {}) =>
  openReplica({ tables, events, projections, stateHash: true, lineage: 'one', ...options });
type Replica = ReturnType<typeof replicaOf>;

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
const put = (store: Store, id: string, n: number) =>
  store.transact((tx) => {
    tx.tasks.put({ id, n });
    tx.emit('Seen', { id }, { stream: `task-${id}` });
    tx.nextId('puts');
  });
const all = ({ store }: Replica) => [store.head, [...store.now().tasks.scan()]];

describe('a replica', () => {
  it('is what the store is, at every offset, however its batches come', async () => {
    const step = fc.record({ id: fc.constantFrom('a', 'b', 'c'), n: fc.nat(3), deletes: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.nat(25), async (steps, cut) => {
        const store = storeOf();
        const [near, far] = [replicaOf(), replicaOf()];
        const following = near.follow(store);
        let late: Replica | undefined;
        for (const [i, { id, n, deletes }] of steps.entries()) {
          if (deletes) store.transact((tx) => tx.tasks.delete(id));
          else put(store, id, n);
          if (i === cut) late = replicaOf({ snapshot: await readSnapshot(await store.snapshot().toBytes()) });
        }
        const following2 = late?.follow(store);
        for (let offset = 1; offset <= store.head; offset++)
          far.apply(JSON.parse(JSON.stringify(store.batch(offset))) as AnyBatch);
        for (const replica of [near, far, ...(late === undefined ? [] : [late])]) {
          await replica.store.waitFor(store.head);
          expect([replica.store.lineage, replica.store.head]).toEqual(['one', store.head]);
          for (let offset = replica.store.floor - 1; offset <= store.head; offset++)
            expect(replica.store.stateHash(offset)).toBe(store.stateHash(offset));
          for (let offset = replica.store.floor; offset <= store.head; offset++)
            expect(replica.store.batch(offset)).toEqual(store.batch(offset));
          replica.store.check();
          replica.close();
        }
        await Promise.all([following, following2]);
      }),
      { numRuns: runs(20) },
    );
  });

  it('is read while it follows: live queries, streams, history', async () => {
    const store = storeOf();
    const replica = replicaOf();
    const sizes: number[] = [];
    replica.store.live((db) => db.tasks.size).subscribe((size) => sizes.push(size));
    const ending = new AbortController();
    const following = replica.follow(store, { signal: ending.signal });
    await expect(replica.follow(store)).rejects.toThrow(code('OptionInvalid'));
    for (const id of ['a', 'b']) put(store, id, 1);
    await replica.store.waitFor(2);
    expect(sizes).toEqual([0, 1, 2]);
    expect(replica.store.now().counts.get(1)?.tasks).toBe(2);
    expect(replica.store.history('tasks', 'a')).toHaveLength(1);
    ending.abort();
    await following;
    put(store, 'c', 1);
    // oxlint-disable-next-line require-await -- its batches are all at hand
    async function* rest(from: number) {
      for (let offset = from; offset <= store.head; offset++) yield store.batch(offset);
    }
    await replica.follow({ lineage: 'one', follow: ({ from }: { readonly from: number }) => rest(from) });
    expect(replica.store.head).toBe(3);
    replica.close();
    expect(() => replica.apply(store.batch(3))).toThrow(code('StoreClosed'));
  });

  it('says Conflict of what comes again, though it was made before and deletes what is gone', () => {
    let time = 1;
    const store = createStore({ tables, lineage: 'one', clock: () => time++ });
    store.transact((tx) => tx.tasks.insert({ id: 'a', n: 1 }));
    store.transact((tx) => tx.tasks.delete('a'));
    store.transact((tx) => tx.tasks.insert({ id: 'b', n: 1 }));
    const replica = openReplica({ tables, lineage: 'one' });
    for (const offset of [1, 2, 3]) replica.apply(store.batch(offset));
    for (const offset of [1, 2, 3, 5]) {
      const again = { ...store.batch(Math.min(offset, 3)), offset };
      expect(() => replica.apply(again)).toThrow(code('Conflict'));
    }
  });

  it('takes nothing that does not follow, or does not fit, and stays as it was', async () => {
    const store = storeOf();
    for (const id of ['a', 'b']) put(store, id, 1);
    const replica = replicaOf();
    replica.apply(store.batch(1));
    const before = all(replica);
    const good = JSON.parse(JSON.stringify(store.batch(2))) as Record<string, unknown>;
    const change = (good['changes'] as object[])[0]!;
    const faults: readonly (readonly [unknown, string])[] = [
      [store.batch(1), 'Conflict'],
      [{ ...good, offset: 3 }, 'Conflict'],
      [undefined, 'Damaged'],
      [{ ...good, offset: NaN }, 'Damaged'],
      [{ ...good, at: -1 }, 'Damaged'],
      [{ ...good, at: 'soon' }, 'Damaged'],
      [{ ...good, id: 7 }, 'Damaged'],
      [{ ...good, changes: 'none' }, 'Damaged'],
      [{ ...good, changes: [7] }, 'Damaged'],
      [{ ...good, changes: [{ ...change, table: '__proto__' }] }, 'DefinitionInvalid'],
      [{ ...good, changes: [{ ...change, key: 'other' }] }, 'Damaged'],
      [{ ...good, changes: [{ ...change, key: {} }] }, 'KeyInvalid'],
      [{ ...good, changes: [{ ...change, after: { id: 'b', n: 1.5 } }] }, 'RowInvalid'],
      [{ ...good, changes: [{ ...change, after: { id: 'b', n: 1, more: 1 } }] }, 'UnknownField'],
      [{ ...good, changes: [{ ...change, key: 'zz', after: undefined }] }, 'Damaged'],
      [{ ...good, events: [{ type: 'Unseen', data: {} }] }, 'EventUnknown'],
      [{ ...good, events: [{ type: 'Seen', data: { id: 7 } }] }, 'EventInvalid'],
      [{ ...good, events: [{ type: 'Seen', data: { id: 'a' }, stream: 's' }] }, 'Damaged'],
      [{ ...good, sequences: { puts: 'many' } }, 'Damaged'],
      [{ ...good, meta: 7 }, 'MetaInvalid'],
    ];
    for (const [batch, expected] of faults) {
      expect(() => replica.apply(batch as never), JSON.stringify(batch)).toThrow(code(expected));
      expect(all(replica)).toEqual(before);
    }
    replica.apply(good as never);
    expect(replica.store.stateHash()).toBe(store.stateHash());
    replica.store.check();

    await expect(replica.follow(storeOf('two') as never)).rejects.toThrow(code('LineageChanged'));
    await expect(replica.follow(7 as never)).rejects.toThrow(code('OptionInvalid'));
    expect(() => openReplica({ tables, lineage: '' })).toThrow(code('DefinitionInvalid'));
  });

  it('goes on with a snapshot where batches are gone, and is of its log then', async () => {
    const store = createStore({ tables, lineage: 'three', keep: { batches: 1 } });
    const replica = openReplica({ tables });
    const reset: unknown[] = [];
    replica.store.changes({ markers: true }).subscribe((item) => {
      if ('marker' in item) reset.push(item.marker);
    });
    for (let i = 0; i < 5; i++) store.transact((tx) => tx.tasks.put({ id: `t${i}`, n: 1 }));
    await expect(replica.follow(store)).rejects.toThrow(code('OffsetCompacted'));
    await replica.restore(await store.snapshot().toBytes());
    expect([replica.store.lineage, replica.store.head, replica.store.now().tasks.size]).toEqual(['three', 5, 5]);
    expect(reset).toContain('reset');
    const following = replica.follow(store);
    store.transact((tx) => tx.tasks.delete('t0'));
    await replica.store.waitFor(6);
    expect(replica.store.now().tasks.size).toBe(4);
    replica.close();
    await following;
  });
});
