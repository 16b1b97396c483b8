/**
 * A projection that is built from rows while these are written is what it would be of the rows as they are in the end.
 *
 * Strategy: a store with two tables, some hundred rows in each, and three projections of them: a join, groups, and a
 * copy whose unique index holds only in states that the store has really had. Each is built anew in the shortest
 * slices, with so little room for pinned history that the building goes through many views; in every turn between there
 * is a random transaction: puts, deletes, and exchanges of what must be unique.
 *
 * Invariants: no transaction is refused; the swap and all that follows leave the tables that a new store makes of the
 * same rows; the structures of the store verify.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { count, groupBy, join, sum } from '../../src/folds.js';
import { createStore, projection, table } from '../../src/index.js';
import { runs } from '../support/runs.js';

const Member = t.strict({ id: t.string, team: t.string, badge: t.number });
const tables = {
  members: table(Member, { primaryKey: 'id', indexes: { byTeam: ['team'] } }),
  teams: table(t.strict({ team: t.string, lead: t.string }), { primaryKey: 'team' }),
};
const { members, teams } = tables;

const Copied = t.strict({ id: t.string, badge: t.number, lead: t.string });
const projections = (version: number) => [
  groupBy({ name: 'sizes', version, of: { members }, by: 'team', measures: { n: count(), badges: sum('badge') } }),
  join({
    ...{ name: 'led', version, left: { members }, right: { teams }, on: ['byTeam', 'primaryKey'] },
    ...{ row: Copied, primaryKey: 'id' },
    select: ({ id, badge }, { lead }) => ({ id, badge, lead }),
  }),
  projection({
    ...{ name: 'badges', version, sources: { members }, from: 'rows' },
    tables: { badges: table(Member, { primaryKey: 'id', indexes: { byBadge: { on: ['badge'], unique: true } } }) },
    on: {
      changes: {
        members: (tx, { key, after }) => void (after === undefined ? tx.badges.delete(key) : tx.badges.put(after)),
      },
    },
  }),
];
const DERIVED = ['sizes', 'led', 'badges'];

const ROWS = 600;
const idOf = (n: number): string => `m${String(n).padStart(4, '0')}`;
const teamOf = (n: number): string => `t${n % 40}`;

const options = { tables, pinnedBytesMax: 16_384, keep: { batches: 10 } };
const made = () => createStore({ ...options, projections: projections(1) });
type Store = ReturnType<typeof made>;

function filled(): Store {
  const store = made();
  store.transact((tx) => {
    for (let n = 0; n < ROWS; n++) tx.members.insert({ id: idOf(2 * n), team: teamOf(n), badge: n });
    for (let n = 0; n < 40; n += 2) tx.teams.insert({ team: teamOf(n), lead: `l${n}` });
  });
  return store;
}

const place = fc.nat(2 * ROWS);
const write = fc.oneof(
  fc.record({ put: place, team: fc.nat(39) }),
  fc.record({ remove: place }),
  // What is exchanged may lie on both sides of where the building is.
  fc.record({ exchange: place, by: place }),
  fc.record({ lead: fc.nat(39), is: fc.constantFrom('ada', 'bob', undefined) }),
);

type Write = typeof write extends fc.Arbitrary<infer A> ? A : never;

let badge = ROWS;
function transact(store: Store, one: Write): void {
  store.transact((tx) => {
    if ('put' in one) tx.members.put({ id: idOf(one.put), team: teamOf(one.team), badge: badge++ });
    if ('remove' in one) tx.members.delete(idOf(one.remove));
    if ('lead' in one && one.is === undefined) tx.teams.delete(teamOf(one.lead));
    if ('lead' in one && one.is !== undefined) tx.teams.put({ team: teamOf(one.lead), lead: one.is });
  });
  if (!('exchange' in one)) return;
  // In three steps, as a fold of one change at a time can follow. A view that was merely dropped would go on pinning.
  const [a, b] = store.read(({ members: all }) => [all.get(idOf(one.exchange)), all.get(idOf(one.by))]);
  if (a === undefined || b === undefined || a === b) return;
  store.transact((tx) => tx.members.delete(a.id));
  store.transact((tx) => tx.members.update(b.id, { badge: a.badge }));
  store.transact((tx) => tx.members.insert({ ...a, badge: b.badge }));
}

/** All rows of the tables that are derived, by name. */
const derived = (store: Store) =>
  DERIVED.map((name) => [...(store.now() as never as Record<string, { scan(): Iterable<unknown> }>)[name]!.scan()]);

it('what is built from rows while they are written is what the rows are in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 5, maxLength: 60 }), fc.nat(2), async (writes, which) => {
      const store = filled();
      const rebuilding = store.rebuild(projections(2)[which] as never, { sliceMs: 0.001 });
      const progress = { isDone: false, turns: 0 };
      void rebuilding.finally(() => (progress.isDone = true));
      for (; !progress.isDone; progress.turns++) {
        // Often enough to go past what may be pinned, and then it rests, as writers do.
        if (progress.turns < 300) transact(store, writes[progress.turns % writes.length]!);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await rebuilding).toMatchObject({ projection: DERIVED[which], from: 1, to: 2 });
      for (const one of writes) transact(store, one);
      store.check();
      const again = made();
      again.transact((tx) => {
        for (const row of store.now().members.scan()) tx.members.insert(row);
        for (const row of store.now().teams.scan()) tx.teams.insert(row);
      });
      expect(derived(store)).toEqual(derived(again));
    }),
    { numRuns: runs(25) },
  );
});
