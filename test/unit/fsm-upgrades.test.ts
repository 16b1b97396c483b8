import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { json, projection, readSnapshot, table } from '../../src/index.js';
import { avro } from '../../src/avro.js';
import { commandOn, createFsm } from '../../src/fsm.js';
import { bytesOf, machine, put, tables, type RowMachine } from '../support/row-machine.js';

const Row = t.strict({ id: t.string, n: t.number });
const command = commandOn(tables);

describe('nodes of old and of new code, in the middle of an upgrade', () => {
  const Old = t.strict({ name: t.string });
  const make = {
    old: (codec = json) =>
      createFsm({
        ...{ tables, codec, lineage: 'cluster' },
        commands: { put: command(Old, (tx, { name }) => tx.rows.put({ id: name, n: tx.nextId('n') }).n) },
      }),
    now: (codec = json) =>
      createFsm({
        ...{ tables, codec, lineage: 'cluster' },
        commands: {
          put: command(
            t.strict({ id: t.string, by: t.number }),
            (tx, { id, by }) => tx.rows.put({ id, n: tx.nextId('n') * by }).n,
            {
              version: 2,
              upcasts: { 1: { codec: Old, to: ({ name }: t.TypeOf<typeof Old>) => ({ id: name, by: 1 }) } },
            },
          ),
        },
      }),
  };

  it.each([
    ['old', 'now', json],
    ['now', 'old', json],
    ['old', 'now', avro],
    ['now', 'old', avro],
  ] as const)('restore what the others have written, %s to %s, and go on alike', async (from, to, codec) => {
    const proposer = make.old(codec);
    const entry = (index: number) =>
      ({ index, term: 1, data: proposer.encode('put', { name: `r${index % 5}` }, { at: index }) }) as const;
    const [one, other] = [make[from](codec), make[to](codec)];
    // It has been left behind, and has something that the others do not.
    other.apply({ ...entry(1), data: proposer.encode('put', { name: 'lost' }, { at: 1 }) });
    for (let index = 1; index <= 12; index++) one.apply(entry(index));
    await other.restore(await bytesOf(one));
    expect([other.appliedIndex, other.stateHash()]).toEqual([12, one.stateHash()]);
    for (let index = 13; index <= 24; index++) {
      expect(other.apply(entry(index))).toEqual(one.apply(entry(index)));
      expect(other.stateHash()).toBe(one.stateHash());
    }
    expect(await bytesOf(other)).toEqual(await bytesOf(one));
    // Once all are new, what was proposed by new code means the same to the one that came by an old snapshot.
    const upgraded = make.now(codec);
    await upgraded.restore(await bytesOf(other));
    const data = upgraded.encode('put', { id: 'r1', by: 10 }, { at: 30 });
    expect(upgraded.apply({ index: 25, term: 2, data })).toMatchObject({ status: 'accepted', value: 250 });
  });
});

describe('a projection that new code has no more', () => {
  const doubled = () =>
    projection({
      ...{ name: 'doubled', version: 1, from: 'rows' as const, sources: tables },
      tables: { doubled: table(Row, { primaryKey: 'id' }) },
      on: {
        changes: { rows: (tx, { key, after }) => after && tx.doubled.put({ id: key, n: after.n * 2 }) },
      },
    });
  const rowsOf = (fsm: RowMachine) =>
    [...(fsm.store.now() as unknown as { doubled: { scan(): Iterable<t.TypeOf<typeof Row>> } }).doubled.scan()].map(
      ({ n }) => n,
    );
  const filled = (options: Parameters<typeof machine>[0]) => {
    const fsm = machine({ lineage: 'cluster', ...options });
    for (let index = 1; index <= 5; index++) put(fsm, index, `r${index}`);
    return fsm;
  };

  it.each([
    ['none', []],
    ['another', ['other']],
  ])('leaves nothing in what is restored, with %s in its place', async (_what, names) => {
    const projections = names.map((name) =>
      projection({
        ...{ name, version: 1, from: 'rows' as const, sources: tables },
        tables: { [name]: table(Row, { primaryKey: 'id' }) },
        on: { changes: { rows: () => {} } },
      }),
    );
    const [restored, replayed] = [machine({ projections }), filled({ projections })];
    await restored.restore(await bytesOf(filled({ projections: [doubled()] })));
    expect(restored.stateHash()).toBe(replayed.stateHash());
    expect(await bytesOf(restored)).toEqual(await bytesOf(replayed));
    expect((await readSnapshot(await bytesOf(restored))).stateHash).toBe(restored.stateHash());
  });

  it('is built anew by old code that restores what new code has written', async () => {
    const before = filled({ projections: [doubled()] });
    const without = machine();
    await without.restore(await bytesOf(before));
    const back = machine({ projections: [doubled()] });
    await back.restore(await bytesOf(without));
    expect(rowsOf(back)).toEqual([2, 4, 6, 8, 10]);
    expect(back.stateHash()).toBe(before.stateHash());
  });
});
