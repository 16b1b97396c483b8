/**
 * Whatever a consumer's policy, and however its work falls among the writes, it misses nothing unknowingly.
 *
 * Strategy: random writes to a few rows, and a consumer that begins at a random offset and whose promise settles at
 * random moments. It keeps a copy of the rows from what it is given.
 *
 * Invariants: it is never given anything while it is at work; offsets go up; with a buffer that is large enough it is
 * given every batch, and with `coalesceByKey` the copy is equal, whenever nothing waits, to the rows there are; the
 * latest batch always comes; batches and gaps together leave nothing out. A smaller buffer ends it exactly when one
 * batch too many waits.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, MemoirError, table, type Change, type Policy } from '../../src/index.js';

const items = table(t.strict({ id: t.string, n: t.Int }), { primaryKey: 'id' });
const tables = { items };
type Changes = readonly Change<typeof tables>[];
interface Item {
  readonly offset: number;
  readonly first?: number;
  readonly marker?: string;
  readonly changes?: Changes;
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ key: fc.constantFrom('a', 'b', 'c'), gone: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant('settle' as const) },
);
const policy = fc.constantFrom<Policy>({ buffer: 1000 }, { buffer: 2 }, 'latest', 'coalesceByKey', 'drop');

/** What is to be true of everything that a consumer was given. */
function checkGiven(given: readonly Item[], from: number, head: number, kind: Policy, ended: boolean): void {
  let next = from;
  for (const { offset, first = offset } of given) {
    // Only the latest may leave something out without a word.
    if (kind === 'latest') expect(first).toBeGreaterThanOrEqual(next);
    else expect(first).toBe(next);
    next = offset + 1;
  }
  if (!ended) expect(next).toBe(head + 1);
}

it('a consumer misses nothing unknowingly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(8), policy, async (steps, start, kind) => {
      const errors: unknown[] = [];
      const store = createStore({ tables, onError: (error) => errors.push(error) });
      let n = 0;
      const write = (key: string, gone: boolean) =>
        store.transact((tx) => (gone && tx.items.has(key) ? tx.items.delete(key) : tx.items.put({ id: key, n: n++ })));
      for (let i = 0; i < 8; i++) write('a', false);
      const from = start + 1;
      const copy = new Map<string, object>();
      for (const row of store.asOf(start).items.scan()) copy.set(row.id, row);
      const given: Item[] = [];
      const work: { settle: (() => void) | undefined } = { settle: undefined };
      const consumer = store.consume(
        (item: Item) => {
          expect(work.settle).toBeUndefined();
          given.push(item);
          for (const { key, after } of item.changes ?? []) {
            if (after === undefined) copy.delete(key);
            else copy.set(key, after);
          }
          return new Promise<void>((resolve) => (work.settle = resolve));
        },
        { from, policy: kind },
      );
      const turn = async () => {
        const { settle } = work;
        work.settle = undefined;
        settle?.();
        for (let i = 0; i < 5; i++) await Promise.resolve();
      };
      for (const one of steps) {
        if (one === 'settle') await turn();
        else write(one.key, one.gone);
      }
      while (work.settle !== undefined) await turn();
      const ended = consumer.closed;
      checkGiven(given, from, store.head, kind, ended);
      expect(ended).toBe(errors.length > 0);
      if (ended) {
        expect(errors).toMatchObject([{ code: 'ConsumerTooSlow', offset: given.at(-1)!.offset + 1, limit: 2 }]);
        expect(errors[0]).toBeInstanceOf(MemoirError);
      } else if (kind === 'coalesceByKey' || typeof kind === 'object') {
        const rows = [...store.now().items.scan()].map((row) => [row.id, row] as const);
        expect(copy).toEqual(new Map(rows));
      }
      if (kind === 'latest') expect(given.at(-1)?.offset ?? store.head).toBe(store.head);
    }),
  );
});
