import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { bytesOf, machine, put, type RowMachine } from '../support/row-machine.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const halt = (fsm: RowMachine) =>
  expect(() => fsm.apply({ index: fsm.appliedIndex + 1, term: 1, data: new Uint8Array() })).toThrow('holds no command');

/** What a promise comes to, as far as it has: 'waits' until then. */
async function now(promise: Promise<unknown>): Promise<unknown> {
  let come: unknown = 'waits';
  promise.then(
    (value) => (come = value),
    (error: unknown) => (come = error),
  );
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  return come;
}

const sizes = (fsm: RowMachine, since: number, timeoutMs: number, signal?: AbortSignal) =>
  fsm.watch((db) => db.rows.size, { since, timeoutMs, ...(signal !== undefined && { signal }) });

describe('a blocking query', () => {
  it('waits as long as it is told to, be it longer than a timer can, or for ever', async () => {
    const fsm = machine();
    put(fsm, 1, 'a');
    const [forever, long] = [sizes(fsm, 1, Infinity), sizes(fsm, 1, 3e9)];
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(3e9 - 1);
    expect([await now(forever), await now(long)]).toEqual(['waits', 'waits']);
    await vi.advanceTimersByTimeAsync(1);
    expect(await now(long)).toEqual({ index: 1, value: 1 });
    expect(vi.getTimerCount()).toBe(0);
    put(fsm, 2, 'b');
    expect(await now(forever)).toEqual({ index: 2, value: 2 });
    const called = sizes(fsm, 2, 3e9);
    await vi.advanceTimersByTimeAsync(2.5e9);
    put(fsm, 3, 'c');
    expect(await now(called)).toEqual({ index: 3, value: 3 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('first waits for the index that its caller has seen elsewhere, and then for another answer', async () => {
    const fsm = machine();
    put(fsm, 1, 'a');
    const ahead = sizes(fsm, 3, 1000);
    put(fsm, 2, 'b');
    expect(await now(ahead)).toBe('waits');
    put(fsm, 4, 'a');
    expect(await now(ahead)).toBe('waits');
    put(fsm, 5, 'c');
    expect(await now(ahead)).toEqual({ index: 5, value: 3 });
  });

  it('for an index that does not come gives the present answer when time is up, or ends with its caller', async () => {
    const fsm = machine();
    put(fsm, 1, 'a');
    const controller = new AbortController();
    const [late, aborted] = [sizes(fsm, 9, 1000), sizes(fsm, 9, 1000, controller.signal)];
    expect(await now(late)).toBe('waits');
    controller.abort();
    expect(await now(aborted)).toMatchObject({ code: 'WaitAborted' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await now(late)).toEqual({ index: 1, value: 1 });
    expect([vi.getTimerCount(), fsm.store.stats().subscribers]).toEqual([0, []]);
  });
});

describe('who waits for an index', () => {
  it('is told at once what the index cannot be', async () => {
    const fsm = machine();
    for (const index of [Number.NaN, 0.5, -1, Infinity]) {
      expect(await now(fsm.waitFor(index))).toMatchObject({ code: 'OffsetInvalid' });
      expect(await now(sizes(fsm, index, 1000))).toMatchObject({ code: 'OffsetInvalid' });
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is told that the machine has halted, before or after', async () => {
    const fsm = machine();
    put(fsm, 1, 'a');
    const [waits, watches] = [fsm.waitFor(5), sizes(fsm, 5, 1000)];
    halt(fsm);
    expect([await now(waits), await now(watches)]).toMatchObject([{ code: 'EntryInvalid' }, { code: 'EntryInvalid' }]);
    expect(await now(fsm.waitFor(5))).toMatchObject({ code: 'EntryInvalid' });
    expect(await now(fsm.waitFor(1))).toBeUndefined();
  });

  it('is told so by a group in which the machine halts, and goes on after a restore', async () => {
    const [fsm, other] = [machine(), machine()];
    put(other, 3, 'a');
    vi.useRealTimers();
    const bytes = await bytesOf(other);
    const waits = fsm.waitFor(3);
    const data = fsm.encode('put', { id: 'a', n: 1 }, { at: 1 });
    const group = [data, new Uint8Array()].map((each, i) => ({ index: i + 1, term: 1, data: each }));
    expect(() => fsm.applyBatch(group)).toThrow('holds no command');
    await expect(waits).rejects.toMatchObject({ code: 'EntryInvalid' });
    await fsm.restore(bytes);
    await fsm.waitFor(3);
  });
});
