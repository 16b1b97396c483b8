import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, MemoirError, table } from '../../src/index.js';

const Task = t.intersection([
  t.strict({ id: t.Int, queue: t.string, tags: t.array(t.string) }),
  t.partial({ owner: t.string }),
]);
const tasks = table(Task, { primaryKey: 'id', indexes: { byQueue: ['queue'] } });
const notes = table(t.strict({ id: t.string, task: t.Int }), { primaryKey: 'id', indexes: { byTask: ['task'] } });

function open(rows = 100) {
  const store = createStore({ tables: { tasks } });
  const put = (id: number, owner?: string, queue = `q${id % 3}`) =>
    store.transact((tx) => tx.tasks.put({ id, queue, tags: [`t${id % 2}`], ...(owner !== undefined && { owner }) }));
  store.transact((tx) => {
    for (let id = 0; id < rows; id++) tx.tasks.insert({ id, queue: `q${id % 3}`, tags: [], owner: `o${id}` });
  });
  return { store, put };
}

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

describe('dropIndex', () => {
  it('is not forgotten by a restore', async () => {
    const { store } = open();
    const bytes = await store.snapshot().toBytes();
    store.dropIndex('tasks', 'byQueue');
    await store.restore(bytes);
    expect(codeOf(() => [...store.now().tasks.scan('byQueue')])).toBe('IndexDropped');
  });

  it('takes the index from views of every offset, and from scans under way', async () => {
    const { store, put } = open(100);
    const older = store.asOf(0);
    const scan = store.now().tasks.scan('byQueue')[Symbol.iterator]();
    scan.next();
    const narrower = store.dropIndex('tasks', 'byQueue');
    expect(narrower).toBe(store);
    put(3);
    expect(codeOf(() => [...{ [Symbol.iterator]: () => scan }])).toBe('IndexDropped');
    expect(codeOf(() => older.tasks.scan('byQueue'))).toBe('IndexDropped');
    expect(codeOf(() => store.now().tasks.explain('byQueue'))).toBe('IndexDropped');
    expect(codeOf(() => store.transact((tx) => tx.tasks.count('byQueue')))).toBe('IndexDropped');
    expect(codeOf(() => store.dropIndex('tasks', 'byQueue'))).toBe('IndexDropped');
    store.check();
    const again = await narrower.addIndex('tasks', 'byQueue', ['queue', 'id']);
    expect(again.now().tasks.count('byQueue', { prefix: ['q0', 3] })).toBe(1);
    expect(codeOf(() => older.tasks.scan('byQueue'))).toBe('IndexNotYet');
    expect(codeOf(() => scan.next())).toBe('IndexDropped');
    store.check();
  });

  it('frees what the index demanded', () => {
    const users = table(t.strict({ id: t.Int, email: t.string }), {
      primaryKey: 'id',
      indexes: { byEmail: { on: ['email'], unique: true } },
    });
    const store = createStore({ tables: { users } });
    store.transact((tx) => tx.users.insert({ id: 1, email: 'a' }));
    store.dropIndex('users', 'byEmail');
    store.transact((tx) => tx.users.insert({ id: 2, email: 'a' }));
    store.check();
  });

  it('ends live queries that read it with an error, and lets the others go on', () => {
    const { store, put } = open(6);
    const told: unknown[] = [];
    const listen = (name: string, query: (db: ReturnType<typeof store.now>) => unknown) =>
      store.live(query).subscribe({
        next: (value) => told.push(`${name} ${String(value)}`),
        error: ({ code }: MemoirError) => told.push(`${name} ${code}`),
      });
    listen('by queue', (db) => db.tasks.count('byQueue', { prefix: ['q0'] }));
    listen('size', (db) => db.tasks.size);
    listen('either', (db) => {
      try {
        return db.tasks.count('byQueue', { prefix: ['q0'] });
      } catch {
        return db.tasks.count({ filter: ({ queue }) => queue === 'q0' });
      }
    });
    store.dropIndex('tasks', 'byQueue');
    put(6);
    expect(told).toEqual(['by queue 2', 'size 6', 'either 2', 'by queue IndexDropped', 'size 7', 'either 3']);
  });

  it('is refused for what is no index, and for the primary key', () => {
    const { store } = open(1);
    const loose = store as unknown as { dropIndex(table: string, name: string): unknown };
    expect(codeOf(() => loose.dropIndex('tasks', 'nope'))).toBe('RangeInvalid');
    expect(codeOf(() => loose.dropIndex('tasks', 'primaryKey'))).toBe('DefinitionInvalid');
    expect(codeOf(() => loose.dropIndex('nope', 'byQueue'))).toBe('OptionInvalid');
  });
});

describe('addTable', () => {
  it('gives views, transactions, streams and live queries a table more', () => {
    const { store } = open(3);
    const seen: unknown[] = [];
    const wider = store.addTable('notes', notes);
    expect(wider).toBe(store);
    wider.changes({ tables: ['notes'] }).subscribe(({ changes }) => seen.push(changes.length));
    wider.live((db) => db.notes.count('byTask', { prefix: [2] })).subscribe((n) => seen.push(`live ${n}`));
    wider.transact((tx) => {
      tx.notes.insert({ id: 'n1', task: 2 });
      tx.tasks.update(2, { owner: 'ada' });
    });
    expect(seen).toEqual(['live 0', 'live 1', 1]);
    expect(wider.now().notes.get('n1')).toEqual({ id: 'n1', task: 2 });
    expect(wider.history('notes', 'n1')).toHaveLength(1);
    expect(wider.stats().tables.notes.rows).toBe(1);
    store.check();
  });

  it('has no rows in views of before, as it had none then', () => {
    const { store } = open(3);
    const before = store.now();
    const wider = store.addTable('notes', notes);
    wider.transact((tx) => tx.notes.insert({ id: 'n1', task: 2 }));
    expect(wider.asOf(1).notes.size).toBe(0);
    expect([...wider.asOf(0).notes.scan('byTask')]).toEqual([]);
    expect((before as ReturnType<typeof wider.now>).notes.get('n1')).toBeUndefined();
  });

  it('is refused where the name is taken, or no table is given', () => {
    const { store } = open(1);
    const loose = store as unknown as { addTable(name: unknown, definition: unknown): unknown };
    for (const name of ['tasks', 'offset', 'then', 'constructor', '', 7, '\ud800'])
      expect(
        codeOf(() => loose.addTable(name, notes)),
        String(name),
      ).toBe('DefinitionInvalid');
    expect(codeOf(() => loose.addTable('notes', {}))).toBe('DefinitionInvalid');
    expect(Object.keys(Object.getPrototypeOf(store.now()) as object)).toEqual(['tasks']);
  });
});

describe('a change of the schema', () => {
  it('is refused inside a transaction and inside a live query', async () => {
    const { store } = open(1);
    expect(codeOf(() => store.transact(() => void store.dropIndex('tasks', 'byQueue')))).toBe('NestedTransaction');
    expect(codeOf(() => store.transact(() => void store.addTable('notes', notes)))).toBe('NestedTransaction');
    let inside: Promise<MemoirError> | undefined;
    store.transact(() => void (inside = refusal(store.addIndex('tasks', 'byOwner', ['owner']))));
    expect((await inside!).code).toBe('NestedTransaction');
    const codes: unknown[] = [];
    store
      .live(() => void store.addTable('notes', notes))
      .subscribe({ error: ({ code }: MemoirError) => codes.push(code) });
    expect(codes).toEqual(['UntrackedRead']);
  });

  it('may come from a subscriber', () => {
    const { store, put } = open(3);
    const told: unknown[] = [];
    store.changes().subscribe(() => void (store.head === 2 && store.dropIndex('tasks', 'byQueue')));
    store
      .live((db) => db.tasks.count('byQueue'))
      .subscribe({ next: (n) => told.push(n), error: ({ code }: MemoirError) => told.push(code) });
    put(7);
    expect(told).toEqual([3, 4, 'IndexDropped']);
    store.check();
  });

  it('is refused by a closed store', () => {
    const { store } = open(1);
    store.close();
    expect(codeOf(() => store.dropIndex('tasks', 'byQueue'))).toBe('StoreClosed');
    expect(codeOf(() => store.addTable('notes', notes))).toBe('StoreClosed');
  });
});
