import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { commandOn, createFsm } from '../../src/fsm.js';
import { createStore, table, type MemoirError } from '../../src/index.js';
import { atEndOfStack } from '../support/end-of-stack.js';

const Row = t.strict({ id: t.string, name: t.string, n: t.number, tags: t.readonlyArray(t.string) });
const tables = {
  rows: table(Row, {
    primaryKey: 'id',
    indexes: { byName: { on: ['name'], unique: true }, byN: ['n'], byTag: { each: 'tags' } },
  }),
};
type Row = t.TypeOf<typeof Row>;
const rowOf = (i: number, n = i): Row => ({ id: `r${i}`, name: `row ${i}`, n, tags: [`t${i % 7}`, `u${n % 5}`] });
/** Frames of more than what V8 needs to compile a function, and of what memoir asks for. */
const DEPTHS = 3000;

/** Rows as every index has them. */
const found = (store: Pick<ReturnType<typeof open>, 'read'>) =>
  store.read((db) => ({
    rows: [...db.rows.scan()],
    byName: [...db.rows.scan('byName')].length,
    byN: [...db.rows.scan('byN')].map(({ n }) => n),
    byTag: [...db.rows.scan('byTag', { prefix: ['t3'] })].length,
  }));
const open = () => createStore({ tables, keep: 'all' });

type Writes = { put(row: Row): unknown; update(key: string, to: Partial<Row>): unknown; delete(key: string): unknown };
const STATEMENTS: Readonly<Record<string, (rows: Writes, i: number) => unknown>> = {
  'a put of a new row': (rows, i) => rows.put(rowOf(100 + i)),
  'a put over a row': (rows, i) => rows.put(rowOf(i % 100, 1000 + i)),
  'an update': (rows, i) => rows.update(`r${i % 100}`, { n: 2000 + i, name: `other ${i}`, tags: ['t3'] }),
  'a delete': (rows, i) => rows.delete(`r${i % 100}`),
  'an update by a function that writes': (rows, i) => {
    const change = (row: Row) => {
      rows.put(rowOf(5000 + i));
      return { ...row, n: i };
    };
    return rows.update(`r${i % 100}`, change as never);
  },
};

describe('a statement at the end of the stack', () => {
  it.each(Object.entries(STATEMENTS))('%s, caught, aborts the transaction, which leaves nothing', (_, statement) => {
    const store = open();
    store.transact((tx) => {
      for (let i = 0; i < 100; i++) tx.rows.insert(rowOf(i));
    });
    const before = found(store);
    const refused = expect(() =>
      store.transact((tx) => {
        let i = 0;
        tx.rows.put(rowOf(9999));
        atEndOfStack(DEPTHS, () => statement(tx.rows, i++));
      }),
    );
    refused.toThrow(expect.objectContaining({ code: 'StackFull' }) as Error);
    store.check();
    expect(found(store)).toEqual(before);
    expect(store.head).toBe(1);
    store.transact((tx) => tx.rows.put(rowOf(100)));
    store.check();
    expect(found(store).rows).toHaveLength(101);
  });

  it('refuses every statement after it, and says why', () => {
    const store = open();
    const codes: unknown[] = [];
    const body = () =>
      store.transact((tx) => {
        atEndOfStack(DEPTHS, () => tx.rows.put(rowOf(1)));
        try {
          tx.rows.put(rowOf(2));
        } catch (error) {
          codes.push((error as MemoirError).code);
        }
        throw new Error('of the body itself');
      });
    expect(body).toThrow(expect.objectContaining({ code: 'StackFull' }) as Error);
    expect(codes).toEqual(['StackFull']);
  });

  it('is as if it had not been where the stack ends in the body itself', () => {
    const store = open();
    store.transact((tx) => {
      tx.rows.put(rowOf(1));
      let times = 0;
      atEndOfStack(DEPTHS, () => times++);
      expect(times).toBeGreaterThan(100);
      tx.rows.put(rowOf(2));
    });
    store.check();
    expect(found(store).rows).toEqual([rowOf(1), rowOf(2)]);
  });

  it('is none of a dry run that was not run', () => {
    const store = open();
    const body = () => store.with((tx) => atEndOfStack(DEPTHS, () => tx.rows.put(rowOf(1))));
    expect(body).toThrow(expect.objectContaining({ code: 'StackFull' }) as Error);
    store.check();
  });
});

describe('an event at the end of the stack', () => {
  it('caught, aborts the transaction, which leaves no gap in its stream', () => {
    const store = createStore({ tables, events: { Noted: t.strict({ text: t.string }) } });
    const codes = new Set<unknown>();
    const body = () =>
      store.transact((tx) =>
        atEndOfStack(DEPTHS, () => {
          try {
            tx.emit('Noted', { text: 'a' }, { stream: 's' });
          } catch (error) {
            codes.add((error as MemoirError).code);
            throw error;
          }
        }),
      );
    expect(body).toThrow(expect.objectContaining({ code: 'StackFull' }) as Error);
    expect([...codes]).toContain('StackFull');
    expect([...codes]).not.toContain('TransactionEnded');
    const { events } = store.transact((tx) => tx.emit('Noted', { text: 'b' }, { stream: 's' }));
    expect(events).toMatchObject([{ position: 1 }]);
    store.check();
  });
});

describe('a transaction at the end of the stack', () => {
  it('is whole or nothing, at whatever depth', () => {
    const store = open();
    const done: Row[] = [];
    let i = 0;
    atEndOfStack(DEPTHS, () => {
      const row = rowOf(i++);
      store.transact((tx) => tx.rows.put(row));
      done.push(row);
    });
    store.check();
    const { rows } = found(store);
    const ids = new Set(rows.map(({ id }) => id));
    expect(done.every(({ id }) => ids.has(id))).toBe(true);
    expect(rows).toHaveLength(store.head);
    expect(done.length).toBeGreaterThan(10);
  });

  it('puts entries in their places for a reader, or leaves them where they were', () => {
    const store = open();
    let i = 0;
    for (const count of [5, 40, 400, 4000]) {
      store.transact((tx) => {
        for (let k = 0; k < count; k++) tx.rows.put(rowOf(i++));
      });
      let read = 0;
      atEndOfStack(DEPTHS, () => {
        for (const _ of store.now().rows.scan('byN', { limit: 1 })) read++;
      });
      store.check();
      expect(read).toBeGreaterThan(100);
      expect(found(store).byN).toEqual(Array.from({ length: i }, (_, n) => n));
    }
  });
});

describe('a command at the end of the stack', () => {
  it.each(['development', 'production'] as const)('that catches it halts the machine in %s', (mode) => {
    const command = commandOn(tables);
    const fsm = createFsm({
      tables,
      mode,
      onInvalid: 'skip',
      commands: {
        put: command(t.strict({ i: t.number }), (tx, { i }) => void tx.rows.put(rowOf(i))),
        deep: command(t.strict({ i: t.number }), (tx, { i }) => {
          tx.rows.put(rowOf(i));
          atEndOfStack(DEPTHS, () => tx.rows.put(rowOf(i, 7)));
          return 'as if nothing had been';
        }),
      },
    });
    const entry = (index: number, name: 'put' | 'deep') => ({
      ...{ index, term: 1 },
      data: fsm.encode(name, { i: index }, { at: 0 }),
    });
    fsm.apply(entry(1, 'put'));
    const before = [found(fsm.store), fsm.stateHash()];
    for (let again = 0; again < 2; again++)
      expect(() => fsm.apply(entry(2, 'deep'))).toThrow(expect.objectContaining({ code: 'EntryInvalid' }) as Error);
    fsm.store.check();
    expect([found(fsm.store), fsm.stateHash()]).toEqual(before);
    expect(fsm.appliedIndex).toBe(1);
  });
});
