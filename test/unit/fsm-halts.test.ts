import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createFsm, type Entry } from '../../src/fsm.js';
import { MemoirError } from '../../src/index.js';
import { command, machine, put, tables } from '../support/row-machine.js';

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

describe('a stack that is full', () => {
  const deep = (n: number): number => (n === 0 ? 0 : 1 + deep(n - 1));
  const make = (mode: 'development' | 'production', options: object = {}) =>
    createFsm({
      tables,
      mode,
      onInvalid: 'skip',
      ...options,
      commands: {
        put: command(t.strict({ id: t.string, n: t.number }), (tx, { id, n }) => {
          tx.rows.put({ id, n: 1 });
          tx.rows.put({ id, n: deep(n) });
        }),
        old: command(t.strict({ id: t.string }), () => 1, {
          version: 2,
          upcasts: { 1: { codec: t.strict({ n: t.number }), to: ({ n }: { n: number }) => ({ id: `${deep(n)}` }) } },
        }),
      },
    });

  it.each(['development', 'production'] as const)('halts the machine in %s, since nodes differ in it', (mode) => {
    const fsm = make(mode);
    const entry = (index: number, n: number): Entry => ({
      ...{ index, term: 1 },
      data: fsm.encode('put', { id: 'a', n }, { at: 0 }),
    });
    fsm.apply(entry(1, 5));
    const before = fsm.stateHash();
    expect(() => fsm.apply(entry(2, 1e6))).toThrow(code('EntryInvalid'));
    expect(() => fsm.apply(entry(3, 5))).toThrow(code('EntryInvalid'));
    expect([fsm.appliedIndex, fsm.store.head, fsm.stateHash()]).toEqual([1, 1, before]);
  });

  it('halts it where a command is run twice, too, and where an upcast is', () => {
    const twice = make('production', { checkPurity: { every: 1 } });
    const data = twice.encode('put', { id: 'a', n: 1e6 }, { at: 0 });
    expect(() => twice.apply({ index: 1, term: 1, data })).toThrow(code('EntryInvalid'));
    const before = createFsm({ tables, commands: { old: command(t.strict({ n: t.number }), () => 1) } });
    const old = before.encode('old', { n: 1e6 }, { at: 0 });
    for (const mode of ['development', 'production'] as const)
      expect(() => make(mode).apply({ index: 1, term: 1, data: old })).toThrow(code('EntryInvalid'));
  });

  it('is not taken for one where a command throws another RangeError', () => {
    const fsm = createFsm({ tables, commands: { a: command(t.strict({}), () => 'a'.repeat(-1).length) } });
    expect(fsm.apply({ index: 1, term: 1, data: fsm.encode('a', {}, { at: 0 }) })).toMatchObject({
      status: 'rejected',
      code: 'CommandFailed',
    });
  });
});

describe('a state that contradicts itself', () => {
  it('halts the machine, which goes on with nothing', () => {
    const broken = new MemoirError('Defect', 'an index has an entry for every key of its rows');
    const fsm = createFsm({
      tables,
      commands: {
        break: command(t.strict({}), () => {
          throw broken;
        }),
        ask: command(t.strict({}), () => 1),
      },
    });
    const data = (name: 'break' | 'ask') => fsm.encode(name, {}, { at: 0 });
    expect(fsm.apply({ index: 1, term: 1, data: data('ask') })).toMatchObject({ status: 'accepted' });
    for (const [index, name] of [
      [2, 'break'],
      [2, 'break'],
      [3, 'ask'],
    ] as const)
      expect(() => fsm.apply({ index, term: 1, data: data(name) })).toThrow(broken);
    expect([fsm.appliedIndex, fsm.store.head]).toEqual([1, 1]);
  });
});

describe('history that is full', () => {
  it('refuses an entry, which can be applied once it has been let go of', () => {
    const fsm = machine({ pinnedBytesMax: 2000, keep: { batches: 1 } });
    const snapshot = fsm.snapshot();
    const apply = () => {
      for (let index = fsm.appliedIndex + 1; index < 5000; index++) put(fsm, index, 'a');
    };
    expect(apply).toThrow(code('HistoryFull'));
    const { appliedIndex } = fsm;
    expect(() => put(fsm, appliedIndex + 1, 'a', 7)).toThrow(code('HistoryFull'));
    expect([fsm.appliedIndex, fsm.store.head]).toEqual([appliedIndex, appliedIndex]);
    snapshot.release();
    expect(put(fsm, appliedIndex + 1, 'a', 7)).toMatchObject({ status: 'accepted', index: appliedIndex + 1 });
  });
});

describe('a time that no Date can hold', () => {
  it('is refused where it is proposed, and makes no command of an entry', () => {
    const fsm = machine({ onInvalid: 'skip' });
    for (const at of [8.64e15 + 1, -8.64e15 - 1, Number.MAX_SAFE_INTEGER, Number.NaN, 0.5])
      expect(() => fsm.encode('put', { id: 'a', n: 1 }, { at })).toThrow(code('OptionInvalid'));
    const data = fsm.encode('put', { id: 'a', n: 1 }, { at: 0 });
    new DataView(data.buffer).setFloat64(3, Number.MAX_SAFE_INTEGER, true);
    expect(fsm.apply({ index: 1, term: 1, data })).toMatchObject({ status: 'skipped' });
    put(fsm, 2, 'a');
    expect(fsm.store.batch(2).at).toBe(2);
    fsm.apply({ index: 3, term: 1, data: fsm.encode('put', { id: 'a', n: 1 }, { at: 8.64e15 }) });
    expect(new Date(fsm.store.batch(3).at).getTime()).toBe(8.64e15);
  });
});
