/**
 * Rows whose key `migrate` changes.
 *
 * Strategy: a random history of a table under older definitions, several rows a batch; then newer ones, which make the
 * key of other fields, of fewer, or of a part of one.
 *
 * Invariants: where the log opens, its rows are those of the snapshot, each state on the way is the older one row by
 * row, and no batch has two changes of one key; where rows have become one, at any time, the log is refused, and where
 * they are one at the end, the snapshot is too. Of what was before a snapshot that the log goes on from, each state is
 * right or refused.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, MemoirError, openStore, readSnapshot, table } from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { runs } from '../support/runs.js';

const Old = t.strict({ id: t.string, name: t.string });
type Old = t.TypeOf<typeof Old>;
const New = t.strict({ a: t.string, b: t.string, was: t.string });
type New = t.TypeOf<typeof New>;

/** How rows become those of today. */
const steps: readonly ((row: Old) => New)[] = [
  ({ id, name }) => ({ a: name, b: '', was: id }),
  ({ id, name }) => ({ a: name, b: id, was: id }),
  ({ id, name }) => ({ a: id.slice(0, 1), b: name.slice(0, 1), was: id }),
  ({ id, name }) => ({ a: 'x', b: name, was: id }),
];

type Step = { readonly put: Old } | { readonly drop: string };
const ids = fc.constantFrom('a', 'b', 'cd', 'ce', 'f');
const names = fc.constantFrom('k', 'l', 'mn', 'mo', 'p', 'q', 'r', 's');
const put = fc.record({ put: fc.record({ id: ids, name: names }) });
const batches = fc.array(
  fc.array(fc.oneof({ weight: 3, arbitrary: put }, fc.record({ drop: ids })) as fc.Arbitrary<Step>, { maxLength: 4 }),
  { maxLength: 8 },
);

it('a log whose rows have other keys today gives what a snapshot gives, or is refused', async () => {
  let opened = 0;
  const property = fc.asyncProperty(batches, fc.constantFrom(...steps), async (history, step) => {
    const medium = new MemoryMedium();
    const older = await openStore({ tables: { rows: table(Old, { primaryKey: 'id' }) }, log: medium.plan() });
    for (const batch of history) {
      await older.transact((tx) => {
        for (const one of batch) {
          if ('put' in one) tx.rows.put(one.put);
          else tx.rows.delete(one.drop);
        }
      });
    }
    const states = Array.from({ length: older.head + 1 }, (_, offset) => [...older.asOf(offset).rows.scan()]);
    const image = await readSnapshot(await older.snapshot().toBytes());
    await older.close();

    const newer = { tables: { rows: table(New, { primaryKey: ['a', 'b'] }) }, migrate: { rows: { 2: step } } };
    const today = states.map((rows) => rows.map(step));
    const loads = (): New[] => [
      ...createStore({ ...newer, snapshot: image })
        .now()
        .rows.scan(),
    ];
    if (isShared(today.at(-1)!)) expect(loads).toThrow(expect.objectContaining({ code: 'SchemaIncompatible' }));
    if (today.some(isShared)) {
      const refused = openStore({ ...newer, log: medium.plan() });
      await expect(refused).rejects.toMatchObject({ code: 'SchemaIncompatible' });
      return;
    }
    opened++;
    await using store = await openStore({ ...newer, log: medium.plan() });
    expect([...store.now().rows.scan()]).toStrictEqual(loads());
    for (const [offset, rows] of today.entries())
      expect([...store.asOf(offset).rows.scan()]).toStrictEqual(
        rows.toSorted((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1)),
      );
    for (let offset = 1; offset <= store.head; offset++) {
      const keys = store.batch(offset).changes.map(({ key }) => String(key));
      expect(new Set(keys).size).toBe(keys.length);
    }
    store.check();
  });
  await fc.assert(property, { numRuns: runs(100) });
  expect(opened).toBeGreaterThan(0);
});

it('and so is each state before a snapshot from which it goes on', async () => {
  let refused = 0;
  let right = 0;
  const property = fc.asyncProperty(batches, fc.nat(7), fc.constantFrom(...steps), async (history, saveAt, step) => {
    const medium = new MemoryMedium();
    const older = await openStore({ tables: { rows: table(Old, { primaryKey: 'id' }) }, log: medium.plan() });
    for (const [i, batch] of history.entries()) {
      await older.transact((tx) => {
        for (const one of batch) {
          if ('put' in one) tx.rows.put(one.put);
          else tx.rows.delete(one.drop);
        }
      });
      if (i === saveAt) await older.saveSnapshot();
    }
    const today = Array.from({ length: older.head + 1 }, (_, offset) => [...older.asOf(offset).rows.scan()].map(step));
    const [saved = 0] = medium.snapshots.keys();
    await older.close();
    if (today.slice(saved).some(isShared)) return;

    const newer = { tables: { rows: table(New, { primaryKey: ['a', 'b'] }) }, migrate: { rows: { 2: step } } };
    const opening = openStore({ ...newer, log: medium.plan() });
    // A single batch in which rows have become one is refused as it is read, wherever the snapshot stands.
    if (today.some(isShared) && (await refusalOf(opening)) === 'SchemaIncompatible') return;
    await using store = await opening;
    for (const [offset, rows] of [...today.entries()].toReversed()) {
      const found = scanned(() => store.asOf(offset));
      if (found === 'SchemaIncompatible') {
        expect(today.some(isShared)).toBe(true);
        refused++;
        continue;
      }
      expect(isShared(rows)).toBe(false);
      expect(found).toStrictEqual(rows.toSorted((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1)));
      right++;
    }
    store.check();
  });
  const shared: Step[][] = [[{ put: { id: 'cd', name: 'k' } }], [{ put: { id: 'ce', name: 'k' } }], [{ drop: 'ce' }]];
  await fc.assert(property, { numRuns: runs(200), examples: [[shared, 2, steps[2]!]] });
  expect(refused).toBeGreaterThan(0);
  expect(right).toBeGreaterThan(0);
});

const refusalOf = (opening: Promise<unknown>): Promise<unknown> =>
  opening.then(
    () => undefined,
    (error: unknown) => (error as MemoirError).code,
  );

/** The rows of a view, or what refuses it. */
function scanned(open: () => { readonly rows: { scan(): Iterable<New> } }): readonly New[] | string {
  try {
    return [...open().rows.scan()];
  } catch (error) {
    return error instanceof MemoirError ? error.code : String(error);
  }
}

function keyOf({ a, b }: New): string {
  return `${a} ${b}`;
}

function isShared(rows: readonly New[]): boolean {
  return new Set(rows.map(keyOf)).size < rows.length;
}
