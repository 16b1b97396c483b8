import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { bisect, createFsm } from '../../src/fsm.js';
import { bytesOf, command, machine, put, tables, type RowMachine } from '../support/row-machine.js';

/** Two machines that were given entries at every third index, one of them with other numbers at some places. */
function pair({
  keep = [Infinity, Infinity],
  wrong = (_i: number) => 0,
  entries = [10, 10],
  key = (i: number) => `r${i}`,
}) {
  const [a, b] = keep.map((batches) => machine({ keep: { batches } })) as [RowMachine, RowMachine];
  for (let i = 1; i <= entries[0]!; i++) put(a, i * 3, key(i), 0);
  for (let i = 1; i <= entries[1]!; i++) put(b, i * 3, key(i), wrong(i));
  return [a, b] as const;
}

describe('bisect', () => {
  it.each([
    ['the newest batches', [3, Infinity]],
    ['the newest batches on both sides', [3, 4]],
    ['everything', [Infinity, Infinity]],
  ])('names the first entry after which two replicas differ that have %s', (_what, keep) => {
    const [a, b] = pair({ keep, wrong: (i) => (i >= 8 ? 1 : 0) });
    expect([bisect(a, b), bisect(b, a)]).toEqual([
      { index: 24, offset: 8 },
      { index: 24, offset: 8 },
    ]);
    expect([bisect(a, a), bisect(b, b)]).toEqual([undefined, undefined]);
  });

  it('names it where what came later made them the same again', () => {
    const [a, b] = pair({ wrong: (i) => (i === 4 || i === 7 ? 1 : 0), key: () => 'same' });
    expect(a.stateHash()).toBe(b.stateHash());
    expect(bisect(a, b)).toEqual({ index: 12, offset: 4 });
  });

  it('names the oldest state that both have, where they differ in that already', () => {
    const [a, b] = pair({ keep: [3, Infinity], wrong: (i) => (i === 2 ? 1 : 0) });
    expect([bisect(a, b), bisect(b, a)]).toEqual([
      { index: 21, offset: 7 },
      { index: 21, offset: 7 },
    ]);
  });

  it('refuses two that share no state, of which it can say nothing', () => {
    const [a, b] = pair({ keep: [2, Infinity], entries: [50, 10], wrong: () => 9 });
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const)
      expect(() => bisect(one, other)).toThrow(expect.objectContaining({ code: 'OffsetCompacted' }) as Error);
  });

  it('compares one that was restored from where that begins', async () => {
    const [a, b] = pair({ entries: [10, 6] });
    const restored = machine();
    await restored.restore(await bytesOf(b));
    for (let i = 7; i <= 10; i++) put(restored, i * 3, `r${i}`, i === 9 ? 1 : 0);
    expect([bisect(a, restored), bisect(restored, a)]).toEqual([
      { index: 27, offset: 9 },
      { index: 27, offset: 9 },
    ]);
    const fresh = machine();
    await fresh.restore(await bytesOf(b));
    expect(bisect(a, fresh)).toBeUndefined();
  });

  it('tells entries and outcomes apart that leave the same rows', () => {
    const make = (fails: boolean) =>
      createFsm({
        tables,
        idWindow: 2,
        commands: {
          look: command(t.strict({ id: t.string }), () => {
            if (fails) throw new Error('not here');
          }),
        },
      });
    const [a, b] = [make(false), make(true)];
    const data = a.encode('look', { id: 'a' }, { at: 0 });
    for (const fsm of [a, b]) fsm.apply({ index: 4, term: 1, data });
    expect(a.stateHash()).toBe(b.stateHash());
    expect(bisect(a, b)).toEqual({ index: 4, offset: 1 });
  });
});
