/**
 * Snapshots against the state they were taken of.
 *
 * Strategy: a random history of inserts, updates, deletes, aborts, ids and sequences; a snapshot taken somewhere in it
 * and encoded in slices while the history goes on; a second store that comes to the same state by another way.
 *
 * Invariants: the store made of the bytes has the state at the moment of the snapshot, whatever was written since; its
 * own snapshot is the same bytes; a state is the same bytes whatever happened on the way to it; what was remembered
 * (ids, sequences, time) goes on; snapshot and the batches after it give what the store has.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { bytes, createStore, date, readSnapshot, table, type Store } from '../../src/index.js';
import { runs } from '../support/runs.js';

const Item = t.intersection([
  t.type({ id: t.string, rank: t.number, tags: t.array(t.string) }),
  t.partial({ due: date, note: t.union([t.string, t.null]), raw: bytes }),
]);
type Item = t.TypeOf<typeof Item>;
const Link = t.strict({ from: t.string, to: t.string, weight: t.bigint });
const tables = {
  items: table(Item, { primaryKey: 'id', indexes: { byRank: ['rank'], byTag: { each: 'tags' } } }),
  links: table(Link, { primaryKey: ['from', 'to'] }),
};
type Tables = typeof tables;

const id = fc.nat(30).map((n) => `i${n}`);
const item: fc.Arbitrary<Item> = fc.record(
  {
    id,
    rank: fc.double({ noNaN: true }),
    tags: fc.array(fc.string({ unit: 'grapheme', maxLength: 3 }), { maxLength: 3 }),
    due: fc.date({ noInvalidDate: true }),
    note: fc.option(fc.string({ unit: 'grapheme' })),
    raw: fc.uint8Array({ maxLength: 5 }),
  },
  { requiredKeys: ['id', 'rank', 'tags'] },
);
const link = fc.record({ from: id, to: id, weight: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) });

type Step =
  | { readonly put: readonly Item[]; readonly links: readonly t.TypeOf<typeof Link>[]; readonly name: number }
  | { readonly drop: readonly string[] }
  | { readonly sequence: string };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ put: fc.array(item, { maxLength: 4 }), links: fc.array(link, { maxLength: 3 }), name: fc.nat(20) }),
  fc.record({ drop: fc.array(id, { maxLength: 3 }) }),
  fc.record({ sequence: fc.constantFrom('a', '__proto__', 'ü') }),
);

/** Takes a step; `detour` does besides what leaves no trace. */
function take(store: Store<Tables>, wanted: Step, at: number, detour: boolean): void {
  if (detour) {
    expect(() =>
      store.transact((tx) => {
        tx.items.put({ id: 'gone', rank: 1, tags: [] });
        tx.nextId('gone');
        throw new Error('never mind');
      }),
    ).toThrow('never mind');
    store.now();
  }
  if ('put' in wanted) {
    const { put, links, name } = wanted;
    const options = name < 10 ? { id: `id ${name}`, meta: { actor: 'me', at } } : {};
    store.transact((tx) => {
      for (const row of put) tx.items.put(row);
      for (const row of links) tx.links.put(row);
    }, options);
  } else if ('drop' in wanted) {
    store.transact((tx) => {
      for (const key of wanted.drop) tx.items.delete(key);
    });
  } else store.transact((tx) => tx.nextId(wanted.sequence));
}

function storeOf(clock: () => number, idWindow: number): Store<Tables> {
  return createStore({ tables, clock, idWindow, lineage: 'one', stateHash: true });
}

function rowsOf(store: Store<Tables>): unknown {
  return store.read((db) => [[...db.items.scan()], [...db.items.scan('byTag')], [...db.links.scan()]]);
}

it('are the state, and nothing but the state', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(step, { minLength: 1, maxLength: 10 }),
      fc.constantFrom(3, 100),
      async (before, after, idWindow) => {
        let now = 1000;
        const [store, twin] = [storeOf(() => now, idWindow), storeOf(() => now, idWindow)];
        for (const [i, wanted] of before.entries()) {
          now += 10;
          take(store, wanted, i, false);
          take(twin, wanted, i, true);
        }
        const [rows, { head }] = [rowsOf(store), store];
        const hash = store.stateHash();
        const snapshot = store.snapshot();
        const chunks: Uint8Array[] = [];
        let i = 0;
        for await (const chunk of snapshot.chunks({ sliceMs: 0.001 })) {
          chunks.push(chunk);
          if (i < after.length) take(store, after[i]!, i++, false);
        }
        const encoded = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
        expect(encoded).toEqual(await twin.snapshot().toBytes());

        const image = await readSnapshot(encoded);
        expect(image).toMatchObject({ offset: head, lineage: 'one', stateHash: hash });
        const kept = { stateHash: true, lineage: image.lineage };
        const again = createStore({ tables, clock: () => now, idWindow, snapshot: image, ...kept });
        expect([again.stateHash(), store.stateHash(head)]).toEqual([hash, hash]);
        expect(rowsOf(again)).toStrictEqual(rows);
        again.check();
        expect(await again.snapshot().toBytes()).toEqual(encoded);
        for (const wanted of after.slice(0, i)) {
          take(again, wanted, 0, false);
          take(twin, wanted, 0, false);
        }
        expect(rowsOf(again)).toStrictEqual(rowsOf(twin));
        expect(await again.snapshot().toBytes()).toEqual(await twin.snapshot().toBytes());
        for (let offset = head; offset <= twin.head; offset++)
          expect(again.stateHash(offset)).toBe(twin.stateHash(offset));
      },
    ),
    { numRuns: runs(60) },
  );
});

it('are the right state or a typed error, whichever byte is another and wherever they are cut', async () => {
  const store = storeOf(() => 1000, 10);
  take(store, { put: [{ id: 'a', rank: 1, tags: ['x'], due: new Date(5) }], links: [], name: 1 }, 0, false);
  take(store, { sequence: 's' }, 0, false);
  const whole = await store.snapshot().toBytes();
  const { stateHash } = await readSnapshot(whole);
  const outcome = async (given: Uint8Array): Promise<string> =>
    readSnapshot(given).then(
      (image) => image.stateHash,
      (error: unknown) => (error as { readonly code: string }).code,
    );
  for (let at = 0; at < whole.length; at++) {
    const flipped = Uint8Array.from(whole);
    flipped[at]! ^= 1 << (at % 8);
    expect(['Damaged', 'FormatUnknown']).toContain(await outcome(flipped));
    expect(['Damaged', 'FormatUnknown']).toContain(await outcome(whole.subarray(0, at)));
  }
  expect(await outcome(whole)).toBe(stateHash);
  expect(await outcome(Uint8Array.from([...whole, 0]))).toBe('Damaged');
});
