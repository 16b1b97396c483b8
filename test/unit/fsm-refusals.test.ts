import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createFsm, Rejection } from '../../src/fsm.js';
import { MemoirError } from '../../src/index.js';
import { command, machine, put, tables } from '../support/row-machine.js';

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

/** A machine whose command writes, and then throws what it is given. */
const throwing = (mode: 'development' | 'production', thrown: () => unknown) =>
  createFsm({
    tables,
    mode,
    commands: {
      fail: command(t.strict({}), (tx) => {
        tx.rows.put({ id: 'a', n: 1 });
        throw thrown();
      }),
      ask: command(t.strict({}), () => 1),
    },
  });

const refuseToShow = (): never => {
  throw new Error('I will not be shown');
};

describe('a command that throws what nobody expects', () => {
  it.each<readonly [string, () => unknown, string]>([
    ['an object without a prototype', () => Object.create(null), 'CommandFailed'],
    ['an object that cannot be made a text', () => ({ toString: refuseToShow }), 'CommandFailed'],
    ['an error without a message', () => Object.defineProperty(new Error('a'), 'message', { get: refuseToShow }), ''],
    ['an error whose message is no text', () => Object.assign(new Error('a'), { message: 5 }), 'CommandFailed'],
    ['a proxy that says nothing', () => new Proxy({}, { getPrototypeOf: refuseToShow }), 'CommandFailed'],
    ['a symbol', () => Symbol('s'), 'CommandFailed'],
    ['nothing', () => undefined, 'CommandFailed'],
    ['a Rejection whose code is a symbol', () => new Rejection(Symbol('s') as never, 'no'), 'CommandFailed'],
    ['a Rejection whose code is no well-formed text', () => new Rejection('\ud800', 'no'), 'CommandFailed'],
    ['a Rejection without a code', () => new Rejection(undefined as never, 'no'), 'CommandFailed'],
    ['a Rejection whose code is a whole book', () => new Rejection('x'.repeat(1e6), 'no'), 'CommandFailed'],
    ['an error of another store, which is full', () => new MemoirError('HistoryFull', 'full'), 'HistoryFull'],
    ['an error of another store, which is closed', () => new MemoirError('StoreClosed', 'closed'), 'StoreClosed'],
  ])('is answered, and has one batch: %s', (_, thrown, expected) => {
    for (const mode of ['development', 'production'] as const) {
      const fsm = throwing(mode, thrown);
      const data = (name: 'fail' | 'ask') => fsm.encode(name, {}, { at: 0 });
      const answer = fsm.apply({ index: 1, term: 1, data: data('fail') });
      expect(answer).toMatchObject({ status: 'rejected', code: expected || 'CommandFailed', index: 1, offset: 1 });
      expect(typeof (answer as { message?: unknown }).message).toBe('string');
      expect([fsm.appliedIndex, fsm.store.head, fsm.store.now().rows.size]).toEqual([1, 1, 0]);
      expect(fsm.apply({ index: 2, term: 1, data: data('ask') })).toMatchObject({ status: 'accepted', offset: 2 });
    }
  });

  it('is answered where it applies an entry itself, which has not happened', () => {
    const fsm = createFsm({
      tables,
      commands: {
        ask: command(t.strict({}), () => 1),
        nest: command(t.strict({}), (): unknown => apply(9, 'ask')),
      },
    });
    const apply = (index: number, name: 'ask' | 'nest'): unknown =>
      fsm.apply({ index, term: 1, data: fsm.encode(name, {}, { at: index }) });
    expect(apply(1, 'nest')).toMatchObject({ status: 'rejected', code: 'NestedTransaction', offset: 1 });
    expect([fsm.appliedIndex, fsm.store.head, fsm.store.batch(1).at]).toEqual([1, 1, 1]);
  });
});

describe('what is given in the place of something else', () => {
  it('is refused: a time to wait that is no number, and a snapshot that is none', async () => {
    const fsm = machine();
    put(fsm, 1, 'a');
    for (const timeoutMs of ['5', null, undefined, Number.NaN, -1])
      await expect(fsm.watch(() => 1, { since: 1, timeoutMs: timeoutMs as number })).rejects.toThrow(
        code('OptionInvalid'),
      );
    expect(await fsm.watch((db) => db.rows.size, { since: 1, timeoutMs: 0 })).toEqual({ index: 1, value: 1 });
    for (const source of [undefined, null, 5, new ArrayBuffer(4), {}])
      await expect(fsm.restore(source as never)).rejects.toThrow(code('OptionInvalid'));
    expect(put(fsm, 2, 'b')).toMatchObject({ status: 'accepted' });
  });

  it('is refused: indexes that are none', () => {
    const fsm = machine();
    const data = fsm.encode('put', { id: 'a', n: 1 }, { at: 0 });
    expect(fsm.apply({ index: 2 ** 53 - 1, term: 1, data })).toMatchObject({ status: 'accepted', index: 2 ** 53 - 1 });
    for (const index of [2 ** 53, 0, -1, 0.5, Number.NaN, '3', undefined, 1n])
      expect(() => machine().apply({ index: index as number, term: 1, data })).toThrow(code('OptionInvalid'));
    for (const entries of [undefined, 5, new Set([{ index: 1, term: 1, data }])])
      expect(() => machine().applyBatch(entries as never)).toThrow(code('OptionInvalid'));
    for (const entry of [undefined, null, 5])
      expect(() => machine().apply(entry as never)).toThrow(code('OptionInvalid'));
  });
});
