import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, projection, readSnapshot, table } from '../../src/index.js';
import { bytesOf, machine, put, tables, type RowMachine } from '../support/row-machine.js';

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
const size = (fsm: RowMachine) => fsm.store.now().rows.size;

/** A machine with an entry at every tenth index, five of them. */
function tens(options: Parameters<typeof machine>[0] = {}): RowMachine {
  const fsm = machine(options);
  for (let index = 10; index <= 50; index += 10) put(fsm, index, `r${index}`);
  return fsm;
}

describe('whoever is told of a restore', () => {
  it('finds the index of the snapshot, in streams and in live queries', async () => {
    const bytes = await bytesOf(tens());
    const fsm = machine();
    put(fsm, 1, 'x');
    const seen: unknown[] = [];
    fsm.store.changes({ markers: true }).subscribe((item) => {
      if ('marker' in item && item.marker === 'reset')
        seen.push([fsm.appliedIndex, fsm.snapshot().index, fsm.offsetOf(50), fsm.indexOf(5), fsm.store.head]);
    });
    fsm.store.live((db) => db.rows.size).subscribe((rows) => seen.push([rows, fsm.appliedIndex]));
    const watched = fsm.watch((db) => db.rows.size, { since: 1, timeoutMs: 10_000 });
    await fsm.restore(bytes);
    expect(seen).toEqual([
      [1, 1],
      [5, 50],
      [50, 50, 5, 50, 5],
    ]);
    await expect(watched).resolves.toEqual({ index: 50, value: 5 });
  });

  it('cannot apply an entry before it is over, which would be lost or come twice', async () => {
    const bytes = await bytesOf(tens());
    const refused: unknown[] = [];
    const fsm = machine({ onError: (error) => refused.push(error) });
    put(fsm, 1, 'x');
    fsm.store.changes({ markers: true }).subscribe((item) => {
      if ('marker' in item && item.marker === 'reset') put(fsm, 20, 'again');
    });
    const restored = fsm.restore(bytes);
    expect(() => put(fsm, 60, 'lost')).toThrow(code('OptionInvalid'));
    expect(() => fsm.applyBatch([])).toThrow(code('OptionInvalid'));
    await expect(fsm.restore(bytes)).rejects.toMatchObject({ code: 'OptionInvalid' });
    await restored;
    expect(refused).toEqual([code('OptionInvalid')]);
    expect([fsm.appliedIndex, fsm.store.head, size(fsm)]).toEqual([50, 5, 5]);
    expect(put(fsm, 20, 'again')).toEqual({ status: 'repeated', index: 20 });
    expect(put(fsm, 60, 'next')).toMatchObject({ status: 'accepted', offset: 6 });
  });

  it('can apply entries again when it came to nothing', async () => {
    const fsm = machine();
    await expect(fsm.restore(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'FormatUnknown' });
    expect(put(fsm, 1, 'a')).toMatchObject({ status: 'accepted' });
  });
});

describe('the log of a restored machine', () => {
  it('goes on with that of the snapshot, so that a node that begins anew takes its own tokens', async () => {
    const fsm = tens();
    const { value, next } = fsm.store.snapshotThenFollow((db) => db.rows.size);
    const again = machine();
    await again.restore(await bytesOf(fsm));
    put(again, 60, 'next');
    const seen: number[] = [];
    again.store.changes({ from: next }).subscribe((batch) => seen.push(batch.offset));
    expect([value, seen, again.store.lineage]).toEqual([5, [6], fsm.store.lineage]);
  });

  it('is told to streams with markers, and ends those without, where it is another one', async () => {
    const leader = tens();
    const follower = machine();
    put(follower, 10, 'r10');
    const token = { lineage: follower.store.lineage, offset: 2 };
    const [marked, plain]: [unknown[], unknown[]] = [[], []];
    follower.store.changes({ markers: true }).subscribe((item) => marked.push('marker' in item ? item : item.offset));
    follower.store.changes().subscribe({ error: (error: { code: string }) => plain.push(error.code) });
    await follower.restore(await bytesOf(leader));
    put(follower, 60, 'next');
    const { lineage } = leader.store;
    expect(marked).toEqual([{ marker: 'caughtUp', offset: 1 }, { marker: 'reset', offset: 5, lineage }, 6]);
    expect(plain).toEqual(['LineageChanged']);
    expect(() => follower.store.asOf(token)).toThrow(code('LineageChanged'));
    expect(follower.store.asOf({ lineage, offset: 6 }).offset).toBe(6);
  });

  it('makes the snapshots of nodes with equal states the same bytes, where they share it', async () => {
    const [a, b] = [tens({ lineage: 'cluster' }), tens({ lineage: 'cluster' })];
    const installed = machine();
    const early = machine({ lineage: 'cluster' });
    for (let index = 10; index <= 30; index += 10) put(early, index, `r${index}`);
    await installed.restore(await bytesOf(early));
    for (const index of [40, 50]) put(installed, index, `r${index}`);
    const bytes = await bytesOf(a);
    for (const other of [b, installed]) expect(await bytesOf(other)).toEqual(bytes);
    const restored = machine();
    await restored.restore(bytes);
    expect(await bytesOf(restored)).toEqual(bytes);
  });
});

describe('a snapshot that says no index', () => {
  it('is refused before anything has changed', async () => {
    const store = createStore({ tables });
    for (let n = 0; n < 4; n++) store.transact((tx) => tx.rows.put({ id: `r${n}`, n }));
    const forgets = createStore({ tables, idWindow: 0 });
    forgets.transact((tx) => tx.rows.put({ id: 'a', n: 1 }), { id: '5', meta: { index: 5, term: 1 } });
    for (const one of [store, forgets]) {
      const fsm = machine();
      put(fsm, 7, 'x');
      const before = [fsm.appliedIndex, fsm.stateHash(), fsm.store.lineage];
      await expect(fsm.restore(await one.snapshot().toBytes())).rejects.toMatchObject({ code: 'FormatUnknown' });
      expect([fsm.appliedIndex, fsm.stateHash(), fsm.store.lineage]).toEqual(before);
    }
    expect(() => machine({ idWindow: 0 })).toThrow(code('DefinitionInvalid'));
  });

  it('is none where it is of before all entries', async () => {
    const fsm = tens();
    await fsm.restore(await bytesOf(machine()));
    expect([fsm.appliedIndex, fsm.store.head, size(fsm)]).toEqual([0, 0, 0]);
  });
});

describe('a snapshot of before projections changed', () => {
  const Sum = t.strict({ id: t.string, n: t.number });
  /** Each row so many times. */
  const times = (version: number, by: number, name = 'sums', from: 'rows' | 'log' = 'rows') =>
    projection({
      ...{ name, version, from, sources: tables },
      tables: { [name]: table(Sum, { primaryKey: 'id', indexes: { byN: { on: ['n'], unique: true } } }) },
      on: {
        changes: {
          rows: (tx, { key, after }) => {
            const into = (tx as unknown as Record<string, { put(row: object): void; delete(key: string): void }>)[
              name
            ]!;
            if (after === undefined) into.delete(key);
            else into.put({ id: key, n: after.n * by });
          },
        },
      },
    });
  const derived = (fsm: RowMachine, name = 'sums') =>
    [...(fsm.store.now() as unknown as Record<string, { scan(): Iterable<t.TypeOf<typeof Sum>> }>)[name]!.scan()].map(
      ({ n }) => n,
    );

  it.each([
    ['another version', [times(1, 2)]],
    ['none', []],
    ['one that is gone', [times(1, 2, 'other')]],
  ])('is restored by code whose projection follows rows, from %s of it', async (_what, projections) => {
    const old = tens({ projections, lineage: 'cluster' });
    const bytes = await bytesOf(old);
    const [one, other] = [machine({ projections: [times(2, 5)] }), machine({ projections: [times(2, 5)] })];
    const seen: unknown[] = [];
    one.store.changes({ markers: true }).subscribe((item) => seen.push('marker' in item ? derived(one) : item.offset));
    for (const fsm of [one, other]) {
      await fsm.restore(bytes);
      expect([fsm.appliedIndex, fsm.store.head]).toEqual([50, 5]);
      put(fsm, 60, 'next', 1);
      expect(derived(fsm)).toEqual([5, 50, 100, 150, 200, 250]);
      fsm.store.check();
    }
    expect(seen).toEqual([[], [50, 100, 150, 200, 250], 6]);
    expect(one.stateHash()).toBe(other.stateHash());
    // What is kept of the hash is that of the rows which are there.
    const verified = await readSnapshot(await bytesOf(one));
    expect(verified.stateHash).toBe(one.stateHash());
    const again = machine({ projections: [times(2, 5)] });
    await again.restore(await bytesOf(one));
    expect([again.stateHash(), derived(again)]).toEqual([one.stateHash(), derived(one)]);
  });

  it('comes to what the new code makes of all entries', async () => {
    const old = tens({ projections: [times(1, 2)] });
    const [restored, replayed] = [machine({ projections: [times(2, 5)] }), tens({ projections: [times(2, 5)] })];
    await restored.restore(await bytesOf(old));
    expect(restored.stateHash()).toBe(replayed.stateHash());
  });

  it('brings projections of those that were built along', async () => {
    const over = projection({
      ...{ name: 'over', version: 1, from: 'rows' as const, sources: { sums: table(Sum, { primaryKey: 'id' }) } },
      tables: { over: table(Sum, { primaryKey: 'id' }) },
      on: { changes: { sums: (tx, { key, after }) => after && tx.over.put({ id: key, n: after.n + 1 }) } },
    });
    const old = tens({ projections: [times(1, 2), over] });
    const fsm = machine({ projections: [times(2, 5), over] });
    await fsm.restore(await bytesOf(old));
    expect(derived(fsm, 'over')).toEqual([51, 101, 151, 201, 251]);
  });

  it('is refused where one follows the log, which is not there, and nothing has changed', async () => {
    const fsm = machine({ projections: [times(2, 5, 'sums', 'log')] });
    put(fsm, 1, 'x');
    await expect(fsm.restore(await bytesOf(tens()))).rejects.toMatchObject({ code: 'ProjectionStale' });
    expect([fsm.appliedIndex, derived(fsm)]).toEqual([1, [5]]);
  });

  it('is refused where a fold fails, and nothing has changed', async () => {
    const fails = projection({
      ...{ name: 'fails', version: 1, from: 'rows' as const, sources: tables },
      tables: { fails: table(Sum, { primaryKey: 'id' }) },
      on: {
        changes: {
          rows: () => {
            throw new Error('not this one');
          },
        },
      },
    });
    const fsm = machine({ projections: [fails] });
    await expect(fsm.restore(await bytesOf(tens()))).rejects.toMatchObject({ code: 'ProjectionFailed' });
    expect(fsm.appliedIndex).toBe(0);
  });
});
