import * as t from 'io-ts';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createStore, MemoirError, table } from '../../src/index.js';
import { platform } from '../../src/platform.js';
import { finished, SLICES, stepwise, turn, waiting } from '../support/slices.js';

const Task = t.intersection([
  t.strict({ id: t.Int, queue: t.string, tags: t.array(t.string) }),
  t.partial({ owner: t.string }),
]);
const tasks = table(Task, { primaryKey: 'id', indexes: { byQueue: ['queue'] } });

function open(rows = 100) {
  const store = createStore({ tables: { tasks } });
  const put = (id: number, owner?: string, queue = `q${id % 3}`) =>
    store.transact((tx) => tx.tasks.put({ id, queue, tags: [`t${id % 2}`], ...(owner !== undefined && { owner }) }));
  store.transact((tx) => {
    for (let id = 0; id < rows; id++) tx.tasks.insert({ id, queue: `q${id % 3}`, tags: [], owner: `o${id}` });
  });
  return { store, put };
}
const ids = (rows: Iterable<{ readonly id: number }>) => Array.from(rows, ({ id }) => id);

afterEach(() => {
  vi.restoreAllMocks();
  expect(waiting()).toBe(0);
});

async function refusal(promise: Promise<unknown>): Promise<MemoirError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MemoirError) return error.code;
    throw error;
  }
  return 'nothing was refused';
}

describe('addIndex', () => {
  it('gives the same store, which has the index from then on', async () => {
    const { store } = open(20);
    const wider = await store.addIndex('tasks', 'byOwner', ['owner']);
    expect(wider).toBe(store);
    expect(wider.now().tasks.first('byOwner', { prefix: ['o7'] })?.id).toBe(7);
    wider.transact((tx) => tx.tasks.update(7, { owner: 'eve' }));
    expect(wider.now().tasks.count('byOwner', { prefix: ['o7'] })).toBe(0);
    expect(ids(wider.now().tasks.scan('byOwner', { prefix: ['eve'] }))).toEqual([7]);
    store.check();
  });

  it.each([
    ['each element', { each: 'tags' }, 60],
    ['a computed key', { by: (row: t.TypeOf<typeof Task>) => [row.id % 2, row.queue] }, 60],
    ['some rows', { on: ['queue'], where: (row: t.TypeOf<typeof Task>) => row.id > 49 }, 10],
  ] as const)('makes an index of %s', async (_, spec, entries) => {
    const { store, put } = open(0);
    for (let id = 0; id < 60; id++) put(id);
    await store.addIndex('tasks', 'made', spec as { readonly each: 'tags' }, SLICES);
    expect(store.stats().tables.tasks.indexes).toMatchObject({ made: { entries } });
    store.check();
  });

  it('takes writes in that go on while it builds, wherever the front stands', async () => {
    stepwise();
    const { store, put } = open(100);
    const building = store.addIndex('tasks', 'byOwner', { on: ['owner'], sparse: true }, SLICES);
    let turns = 0;
    for (let id = 0; store.stats().builds.length > 0; id += 7, turns++) {
      put(id % 100, 'new');
      put(100 + id, 'newer');
      store.transact((tx) => tx.tasks.delete((id * 5) % 100));
      expect(() =>
        store.transact((tx) => {
          tx.tasks.deleteRange({ lt: [50] });
          tx.tasks.insert({ id: 999, queue: 'q', tags: [], owner: 'nobody' });
          throw new RangeError('undo');
        }),
      ).toThrow('undo');
      store.check();
      await turn();
    }
    const wider = await finished(building);
    expect(turns).toBeGreaterThan(9);
    const all = [...store.now().tasks.scan()].filter(({ owner }) => owner !== undefined);
    all.sort((a, b) => (a.owner! < b.owner! ? -1 : a.owner! > b.owner! ? 1 : a.id - b.id));
    expect(ids(wider.now().tasks.scan('byOwner'))).toEqual(ids(all));
    store.check();
  });

  it('tells how far it has come', async () => {
    const { store } = open(100);
    const building = store.addIndex('tasks', 'byOwner', ['owner'], SLICES);
    expect(store.stats().builds).toEqual([{ table: 'tasks', index: 'byOwner', done: 0, of: 100 }]);
    expect(store.stats().tables.tasks.indexes).not.toHaveProperty('byOwner');
    await building;
    expect(store.stats().builds).toEqual([]);
  });

  it('looks at the clock after every eight rows, and goes on later when its time is over', async () => {
    stepwise();
    let now = 0;
    vi.spyOn(platform, 'elapsed').mockImplementation(() => now++);
    const { store } = open(100);
    const building = store.addIndex('tasks', 'byOwner', ['owner'], { budgetMs: 3 });
    const done: number[] = [];
    for (const { builds } = store.stats(); builds.length > 0 && done.length < 5;) {
      await turn();
      done.push(store.stats().builds[0]?.done ?? 100);
    }
    await finished(building);
    expect(done).toEqual([24, 48, 72, 96, 100]);
  });

  it('can be read from views of the head it appeared at on, and not from older ones', async () => {
    const { store, put } = open(10);
    put(1, 'ada');
    const older = store.asOf(1);
    const same = store.now();
    const wider = await store.addIndex('tasks', 'byOwner', ['owner']);
    const read = (db: unknown) => ids((db as ReturnType<typeof wider.now>).tasks.scan('byOwner', { prefix: ['ada'] }));
    expect(read(same)).toEqual([1]);
    expect(codeOf(() => read(older))).toBe('IndexNotYet');
    expect(codeOf(() => read(store.asOf(0)))).toBe('IndexNotYet');
    put(2, 'ada');
    expect(read(same)).toEqual([1]);
    expect(read(store.asOf(2))).toEqual([1]);
    expect(read(store.now())).toEqual([1, 2]);
    const error = await refusal(Promise.resolve().then(() => read(older)));
    expect(error).toMatchObject({ table: 'tasks', index: 'byOwner', offset: 2 });
  });

  it('is refused by rows that share a key, names them, and leaves nothing behind', async () => {
    const { store, put } = open(50);
    put(30, 'o3');
    put(40, 'o3');
    const before = store.stats().tables.tasks;
    const error = await refusal(store.addIndex('tasks', 'owner', { on: ['owner'], unique: true }, SLICES));
    expect(error).toMatchObject({ code: 'UniqueViolation', table: 'tasks', index: 'owner', key: ['o3'] });
    expect(error.keys).toEqual([[3], [30]]);
    expect(store.stats()).toMatchObject({ builds: [], tables: { tasks: before } });
    put(41, 'o3');
    store.check();
    put(30, 'x');
    put(40, 'y');
    put(41, 'z');
    await store.addIndex('tasks', 'owner', { on: ['owner'], unique: true }, SLICES);
    expect(codeOf(() => put(5, 'o3'))).toBe('UniqueViolation');
    store.check();
  });

  it('is refused by rows that come to share a key while it builds', async () => {
    stepwise();
    const { store, put } = open(100);
    const building = refusal(store.addIndex('tasks', 'owner', { on: ['owner'], unique: true }, SLICES));
    await turn();
    put(100, 'o0');
    expect(await finished(building)).toMatchObject({ code: 'UniqueViolation', keys: [[0], [100]] });
    expect(store.stats().builds).toEqual([]);
  });

  it('is not refused by what is undone or mended before anyone could see it', async () => {
    stepwise();
    const { store, put } = open(100);
    const building = store.addIndex('tasks', 'owner', { on: ['owner'], unique: true }, SLICES);
    for (let i = 0; i < 3; i++) {
      await turn();
      put(0, 'o1');
      put(0, 'o0');
      store.transact((tx) => tx.tasks.update(1, { owner: undefined }));
      put(1, 'o1');
      store.with((tx) => tx.tasks.update(2, { owner: 'o3' }));
      store.with((tx) => tx.tasks.delete(3) && tx.tasks.insert({ id: 3, queue: 'q', tags: [], owner: 'o4' }));
      store.with((tx) => tx.tasks.delete(4) && tx.tasks.put({ id: 5, queue: 'q', tags: [], owner: 'o6' }));
      put(7, 'o8');
      store.transact((tx) => tx.tasks.delete(7));
      store.with((tx) => tx.tasks.update(2, { owner: undefined }));
      store.check();
    }
    const wider = await finished(building);
    expect(wider.now().tasks.find('owner', 'o1')?.id).toBe(1);
    store.check();
  });

  it.each([
    ['before the front', 0],
    ['beyond it', 99],
  ])('is refused by a row without a value %s, and refuses no write until it is there', async (_, id) => {
    stepwise();
    const { store } = open(100);
    const building = refusal(store.addIndex('tasks', 'byOwner', ['owner'], SLICES));
    await turn();
    store.transact((tx) => tx.tasks.update(id, { owner: undefined }));
    expect(store.now().tasks.get(id)?.owner).toBeUndefined();
    expect(await finished(building)).toMatchObject({ code: 'MissingValue', table: 'tasks', index: 'byOwner' });
    store.check();
  });

  it.each([0, 99])('is refused by a row %i whose key is longer than the others', async (id) => {
    stepwise();
    const { store, put } = open(100);
    const by = ({ owner, queue }: t.TypeOf<typeof Task>): readonly [string, ...string[]] =>
      owner === 'long' ? [queue, owner] : [queue];
    const building = refusal(store.addIndex('tasks', 'made', { by }, SLICES));
    await turn();
    put(id, 'long');
    expect(await finished(building)).toMatchObject({ code: 'KeyInvalid', table: 'tasks', index: 'made' });
    store.check();
  });

  it('rejects with what a callback throws', async () => {
    const { store } = open(10);
    const by = (): readonly [string] => {
      throw new RangeError('mine');
    };
    await expect(store.addIndex('tasks', 'made', { by })).rejects.toThrow('mine');
    expect(store.stats().builds).toEqual([]);
    store.check();
  });

  it('lets no callback write', async () => {
    const { store, put } = open(10);
    const where = () => put(1).offset > 0;
    expect((await refusal(store.addIndex('tasks', 'made', { on: ['queue'], where }))).code).toBe('NestedTransaction');
    put(1);
    store.check();
  });

  it('leaves nothing behind when it is aborted', async () => {
    stepwise();
    const { store } = open(100);
    const controller = new AbortController();
    const building = refusal(store.addIndex('tasks', 'byOwner', ['owner'], { ...SLICES, signal: controller.signal }));
    await turn();
    controller.abort();
    expect((await finished(building)).code).toBe('WaitAborted');
    expect(store.stats().builds).toEqual([]);
    expect(codeOf(() => store.now().tasks.scan('byOwner' as 'byQueue'))).toBe('RangeInvalid');
    store.check();
    await finished(store.addIndex('tasks', 'byOwner', ['owner']));
  });

  it('leaves nothing behind when the store closes', async () => {
    const { store } = open(100);
    const building = refusal(store.addIndex('tasks', 'byOwner', ['owner'], SLICES));
    store.close();
    expect((await building).code).toBe('StoreClosed');
    expect(store.stats().builds).toEqual([]);
    expect((await refusal(store.addIndex('tasks', 'byOwner', ['owner']))).code).toBe('StoreClosed');
  });

  it('is refused where the name is taken, at once or by an index on its way', async () => {
    const { store } = open(100);
    const again = 'byQueue' as 'other';
    expect(await refusal(store.addIndex('tasks', again, ['queue']))).toMatchObject({ code: 'DefinitionInvalid' });
    const building = store.addIndex('tasks', 'byOwner', ['owner'], SLICES);
    expect((await refusal(store.addIndex('tasks', 'byOwner', ['owner']))).path).toBe('indexes.byOwner');
    await building;
  });

  it('is refused with a wrong definition, table or option', async () => {
    const { store } = open(10);
    const loose = store as unknown as { addIndex(...args: unknown[]): Promise<unknown> };
    expect((await refusal(loose.addIndex('tasks', 'made', ['nope']))).code).toBe('DefinitionInvalid');
    expect((await refusal(loose.addIndex('tasks', 'primaryKey', ['queue']))).code).toBe('DefinitionInvalid');
    expect((await refusal(loose.addIndex('tasks', 7, ['queue']))).code).toBe('DefinitionInvalid');
    expect((await refusal(loose.addIndex('task', 'made', ['queue']))).code).toBe('OptionInvalid');
    expect((await refusal(loose.addIndex('tasks', 'made', ['queue'], { budgetMs: 0 }))).code).toBe('OptionInvalid');
    expect((await refusal(loose.addIndex('tasks', 'made', ['queue'], { budget: 8 }))).code).toBe('OptionInvalid');
  });

  it('builds several at a time', async () => {
    stepwise();
    const { store, put } = open(60);
    const all = [
      store.addIndex('tasks', 'byOwner', ['owner'], SLICES),
      store.addIndex('tasks', 'byTag', { each: 'tags' }, SLICES),
    ];
    await turn();
    put(5, 'ada');
    await finished(Promise.all(all));
    store.check();
    expect(store.stats().tables.tasks.indexes).toMatchObject({ byOwner: { entries: 60 }, byTag: { entries: 1 } });
  });

  it('checks by replaying a log whose older rows would not fit it', async () => {
    const { store, put } = open(0);
    put(1);
    put(1, 'ada');
    await store.addIndex('tasks', 'byOwner', ['owner']);
    store.check();
  });
});
