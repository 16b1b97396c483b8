/**
 * Stats against a naive count.
 *
 * Strategy: random transactions of one statement a row, some undone, under random retention; what stats tell is
 * compared with what scans, batches and definitions give.
 *
 * Invariants: rows and entries are those that a walk finds; with all history kept, the past is every change of a row
 * but its first; nothing is left of what was undone.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, table } from '../../src/index.js';
import { runs } from '../support/runs.js';

const Item = t.strict({ id: t.Int, rank: t.number, tags: t.array(t.string) });
const items = table(Item, {
  primaryKey: 'id',
  indexes: { byRank: ['rank'], byTag: { each: 'tags' }, high: { on: ['rank'], where: ({ rank }) => rank > 2 } },
});

const row = fc.record({
  id: fc.integer({ min: 0, max: 15 }),
  rank: fc.integer({ min: 0, max: 5 }),
  tags: fc.subarray(['x', 'y', 'z']),
});
const step = fc.record({
  rows: fc.uniqueArray(row, { maxLength: 6, selector: ({ id }) => id }),
  drop: fc.boolean(),
  undo: fc.boolean(),
});

it('stats tell what a walk over everything finds', () => {
  const keep = fc.constantFrom('all' as const, { batches: 3 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), keep, (steps, kept) => {
      const store = createStore({ tables: { items }, keep: kept });
      for (const { rows, drop, undo } of steps) {
        const run = (): void => {
          store.transact((tx) => {
            for (const one of rows) {
              if (drop) tx.items.delete(one.id);
              else tx.items.put(one);
            }
            if (undo) throw new RangeError('undo');
          });
        };
        if (undo) expect(run).toThrow('undo');
        else run();
        const stats = store.stats();
        const all = [...store.now().items.scan()];
        const entries = {
          primaryKey: all.length,
          byRank: all.length,
          byTag: all.reduce((sum, { tags }) => sum + tags.length, 0),
          high: all.filter(({ rank }) => rank > 2).length,
        };
        const counted = stats.tables.items;
        expect(counted.rows).toBe(all.length);
        for (const name of ['primaryKey', 'byRank', 'byTag', 'high'] as const)
          expect(counted.indexes[name].entries).toBe(entries[name]);
        expect(stats.log.batches).toBe(store.head - store.floor + 1);
        if (kept !== 'all') continue;
        const changes = Array.from({ length: store.head }, (_, i) => store.batch(i + 1).changes).flat();
        expect(counted.past).toBe(changes.length - new Set(changes.map(({ key }) => key)).size);
        const gone = changes.filter(({ kind }) => kind === 'delete').length;
        expect(counted.indexes.primaryKey.past).toBe(gone);
      }
    }),
    { numRuns: runs(60) },
  );
});
