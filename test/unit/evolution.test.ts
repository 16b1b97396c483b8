import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import {
  checkCompatibility,
  createStore,
  describeSchema,
  event,
  openStore,
  readSnapshot,
  table,
  type Migrate,
  type Tables,
} from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const Old = t.strict({ id: t.string, name: t.string, size: t.Int });
const older = { jobs: table(Old, { primaryKey: 'id' }), gone: table(t.strict({ k: t.string }), { primaryKey: 'k' }) };

/** A log and a snapshot with rows of the older definitions: one row was changed, one deleted. */
async function written(): Promise<{ readonly medium: MemoryMedium; readonly snapshot: Uint8Array }> {
  const medium = new MemoryMedium();
  const store = await openStore({ tables: older, log: medium.plan() });
  await store.transact((tx) => {
    tx.jobs.insert({ id: 'a', name: 'one', size: 1 });
    tx.jobs.insert({ id: 'b', name: 'two', size: 2 });
    tx.gone.insert({ k: 'x' });
  });
  await store.transact((tx) => tx.jobs.update('a', { size: 3 }));
  await store.transact((tx) => tx.jobs.delete('b'));
  const snapshot = await store.snapshot().toBytes();
  await store.close();
  return { medium, snapshot };
}

/** The rows under newer definitions, out of the log and out of the snapshot alike, and the batches of the log. */
async function read<const S extends Tables>(tables: S, name: keyof S & string, migrate?: Migrate<S>) {
  const { medium, snapshot } = await written();
  const options = migrate === undefined ? { tables } : { tables, migrate };
  const store = await openStore({ ...options, log: medium.plan() });
  const again = createStore({ ...options, snapshot: await readSnapshot(snapshot) });
  const rows = (db: unknown): unknown => [...(db as Record<string, { scan(): Iterable<unknown> }>)[name]!.scan()];
  expect(again.read(rows)).toStrictEqual(store.read(rows));
  const changes = [1, 2, 3].map((offset) => store.batch(offset).changes);
  store.check();
  await store.close();
  return { rows: store.read(rows), changes };
}

describe('rows of older definitions', () => {
  it('have what was added, renamed and widened since, and not what was dropped', async () => {
    const New = t.intersection([
      t.strict({ id: t.string, title: t.string, size: t.number, level: t.Int }),
      t.partial({ note: t.string }),
    ]);
    const jobs = table(New, {
      primaryKey: 'id',
      indexes: { bySize: ['size'] },
      fields: { title: { aliases: ['name'] }, level: { default: 7 } },
    });
    const { rows, changes } = await read({ jobs }, 'jobs');
    expect(rows).toStrictEqual([{ id: 'a', title: 'one', size: 3, level: 7 }]);
    expect(changes).toStrictEqual([
      [
        {
          table: 'jobs',
          key: 'a',
          kind: 'insert',
          before: undefined,
          after: { id: 'a', title: 'one', size: 1, level: 7 },
        },
        {
          table: 'jobs',
          key: 'b',
          kind: 'insert',
          before: undefined,
          after: { id: 'b', title: 'two', size: 2, level: 7 },
        },
      ],
      [expect.objectContaining({ kind: 'update', before: { id: 'a', title: 'one', size: 1, level: 7 } })],
      [expect.objectContaining({ kind: 'delete', key: 'b', after: undefined })],
    ]);
  });

  it('are found under the new name of their table', async () => {
    const { rows } = await read({ tasks: table(Old, { primaryKey: 'id', aliases: ['jobs'] }) }, 'tasks');
    expect(rows).toStrictEqual([{ id: 'a', name: 'one', size: 3 }]);
  });

  it('are deleted and inserted where a step changes their key, or updated in the place of another', async () => {
    const medium = new MemoryMedium();
    const store = await openStore({ tables: older, log: medium.plan() });
    await store.transact((tx) => {
      tx.jobs.insert({ id: 'a', name: 'one', size: 1 });
      tx.jobs.insert({ id: 'b', name: 'two', size: 2 });
    });
    await store.transact((tx) => {
      tx.jobs.update('a', { name: 'two' });
      tx.jobs.update('b', { name: 'three' });
    });
    await store.close();
    const jobs = table(t.strict({ name: t.string, was: t.string }), { primaryKey: 'name' });
    const step = ({ name, id }: t.TypeOf<typeof Old>) => ({ name, was: id });
    await using again = await openStore({ tables: { jobs }, log: medium.plan(), migrate: { jobs: { 2: step } } });
    expect([...again.now().jobs.scan()]).toStrictEqual([
      { name: 'three', was: 'b' },
      { name: 'two', was: 'a' },
    ]);
    expect(again.batch(2).changes.map(({ kind, key, before, after }) => [kind, key, before?.was, after?.was])).toEqual([
      ['delete', 'one', 'a', undefined],
      ['update', 'two', 'b', 'a'],
      ['insert', 'three', undefined, 'b'],
    ]);
  });

  it('are refused where a step makes one of two, in one batch, in several, and in a snapshot', async () => {
    const jobs = table(t.strict({ kind: t.string }), { primaryKey: 'kind' });
    const options = { tables: { jobs }, migrate: { jobs: { 2: () => ({ kind: 'same' }) } } };
    const refusal = { code: 'SchemaIncompatible', table: 'jobs', key: ['same'], reasons: [expect.any(String)] };
    for (const ids of [[['a', 'b']], [['a'], ['b']]]) {
      const medium = new MemoryMedium();
      const store = await openStore({ tables: older, log: medium.plan() });
      for (const batch of ids)
        await store.transact((tx) => batch.forEach((id) => tx.jobs.insert({ id, name: id, size: 1 })));
      const image = await readSnapshot(await store.snapshot().toBytes());
      await store.close();
      await expect(openStore({ ...options, log: medium.plan() })).rejects.toMatchObject({
        ...refusal,
        offset: ids.length,
      });
      expect(() => createStore({ ...options, snapshot: image })).toThrow(expect.objectContaining(refusal));
    }
  });

  it('go through every step to today', async () => {
    const jobs = table(t.strict({ id: t.string, words: t.array(t.string) }), { primaryKey: 'id' });
    const { rows } = await read({ jobs }, 'jobs', {
      jobs: {
        2: (row: { id: string; name: string }) => ({ id: row.id, words: row.name }),
        3: (row: { id: string; words: string }) => ({ ...row, words: [row.words, '!'] }),
      },
    });
    expect(rows).toStrictEqual([{ id: 'a', words: ['one', '!'] }]);
  });

  it('are refused with every reason at once, and nothing is touched', async () => {
    const New = t.strict({ id: t.string, name: t.Int, must: t.string });
    const tables = { jobs: table(New, { primaryKey: 'id' }) };
    const { medium, snapshot } = await written();
    const before = [...medium.entries];
    const refusal = { code: 'SchemaIncompatible', reasons: [expect.anything(), expect.anything()] };
    await expect(openStore({ tables, log: medium.plan() })).rejects.toMatchObject(refusal);
    expect(medium.entries).toEqual(before);
    expect(medium.isOpen).toBe(false);
    const image = await readSnapshot(snapshot);
    expect(() => createStore({ tables, snapshot: image })).toThrow(expect.objectContaining(refusal));
  });

  it('are refused when a step throws, or makes no row of today, with the row and the step', async () => {
    const tables = { jobs: table(Old, { primaryKey: 'id' }) };
    for (const step of [
      (): never => {
        throw new Error('no idea');
      },
      () => ({ id: 1 }),
    ]) {
      const { medium } = await written();
      await expect(openStore({ tables, log: medium.plan(), migrate: { jobs: { 2: step } } })).rejects.toMatchObject({
        code: 'SchemaIncompatible',
        message: expect.stringContaining('jobs') as string,
      });
    }
  });

  it('are refused when they are of a version that is not there yet', async () => {
    const { medium } = await written();
    const jobs = table(Old, { primaryKey: 'id' });
    const step = (row: t.TypeOf<typeof Old>): t.TypeOf<typeof Old> => row;
    const newer = await openStore({ tables: { jobs }, log: medium.plan(), migrate: { jobs: { 2: step } } });
    await newer.transact((tx) => tx.jobs.insert({ id: 'c', name: 'three', size: 3 }));
    await newer.close();
    await expect(openStore({ tables: { jobs }, log: medium.plan() })).rejects.toMatchObject({
      code: 'SchemaIncompatible',
      message: expect.stringContaining('version 2') as string,
    });
  });
});

describe('checkCompatibility', () => {
  it('says of a text and of tables what opening would say', () => {
    const newer = { tables: { jobs: table(t.strict({ id: t.string, extra: t.string }), { primaryKey: 'id' }) } };
    const reasons = checkCompatibility(describeSchema({ tables: older }), newer);
    expect(reasons).toEqual([expect.stringContaining('extra')]);
    expect(checkCompatibility({ tables: older }, newer)).toEqual(reasons);
    expect(checkCompatibility({ tables: older }, { tables: older })).toEqual([]);
    expect(() => checkCompatibility('{', newer)).toThrow(expect.objectContaining({ code: 'Damaged' }));
  });

  it('refuses what two tables, or two types of events, are said to have become, with every other reason', () => {
    const Row = t.strict({ id: t.string });
    const before = {
      tables: { a: table(Row, { primaryKey: 'id' }), b: table(Row, { primaryKey: 'id' }) },
      events: { A: event(Row, {}), B: event(Row, {}) },
    };
    const newer = {
      tables: { c: table(t.strict({ id: t.string, extra: t.string }), { primaryKey: 'id', aliases: ['a', 'b'] }) },
      events: { C: event(Row, { aliases: ['A', 'B'] }) },
    };
    expect(checkCompatibility(before, newer)).toEqual([
      expect.stringContaining('a: row.extra'),
      expect.stringContaining('b: row.extra'),
      'c: is named as what has become of a and b, and can be that of one alone',
      'event C: is named as what has become of A and B, and can be that of one alone',
    ]);
    expect(checkCompatibility({ tables: { a: before.tables.a } }, { tables: newer.tables })).toHaveLength(1);
  });

  it('refuses a primary key that has become another', () => {
    const newer = { tables: { jobs: table(Old, { primaryKey: 'name' }) } };
    expect(checkCompatibility({ tables: older }, newer)).toEqual([expect.stringContaining('primary key')]);
  });
});

describe('definitions of what older rows need', () => {
  const define = (options: object) => () => table(Old, { primaryKey: 'id', ...options });
  it.each([
    [{ fields: { nome: {} } }, 'fields.nome'],
    [{ fields: { name: { alias: [] } } }, 'fields.name.alias'],
    [{ fields: { name: { aliases: 'x' } } }, 'fields.name.aliases'],
    [{ fields: { size: { default: 1.5 } } }, 'fields.size.default'],
    [{ aliases: [1] }, 'aliases'],
  ])('refuse %j', (options, path) => {
    expect(define(options)).toThrow(expect.objectContaining({ code: 'DefinitionInvalid', path }));
  });

  it.each([
    [{ other: {} }, 'migrate.other'],
    [{ jobs: { 3: () => ({}) } }, 'migrate.jobs.3'],
    [{ jobs: { 2: 1 } }, 'migrate.jobs.2'],
  ])('refuse steps %j', (migrate, path) => {
    expect(() => describeSchema({ tables: older, migrate: migrate as never })).toThrow(
      expect.objectContaining({ code: 'DefinitionInvalid', path }),
    );
  });
});
