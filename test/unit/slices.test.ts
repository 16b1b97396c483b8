import { describe, expect, it } from 'vitest';

import { inSlices } from '../../src/projections/slices.js';

const SLICE_MS = 8;

/** How long the slices of some work take, by a clock that its steps move; `given` says which of them give something. */
async function slicesOf(steps: readonly number[], given: ReadonlySet<number> = new Set()) {
  let [now, looks, begun] = [0, 0, 0];
  const slices: number[] = [];
  const work = function* (): Generator<number | undefined> {
    for (const [i, ms] of steps.entries()) {
      now += ms;
      yield given.has(i) ? i : undefined;
    }
  };
  const turns = {
    elapsed: () => (looks++, now),
    pause() {
      slices.push(now - begun);
      begun = now;
      return Promise.resolve();
    },
  };
  const got: number[] = [];
  for await (const one of inSlices(work(), SLICE_MS, turns)) got.push(one);
  return { slices, looks, got };
}

describe('work in slices', () => {
  it('keeps the time it is given, however long its steps are', async () => {
    for (const ms of [0.001, 0.01, 0.1, 0.5, 1, 2, 3, 4]) {
      const { slices } = await slicesOf(Array<number>(Math.ceil(200 / ms)).fill(ms));
      expect(Math.max(...slices), `steps of ${ms} ms`).toBeLessThan(SLICE_MS);
      expect(slices.length, `steps of ${ms} ms`).toBeGreaterThan(20);
    }
  });

  it('has at most the steps to the next look too many where they grow longer, none where those say so', async () => {
    const steps = [...Array<number>(1000).fill(0.005), ...Array<number>(100).fill(2)];
    const told = new Set(steps.flatMap((ms, i) => (ms === 2 ? [i] : [])));
    expect(Math.max(...(await slicesOf(steps, told)).slices)).toBeLessThan(SLICE_MS);
    const { slices } = await slicesOf(steps);
    expect(slices.filter((ms) => ms >= SLICE_MS).length).toBeLessThanOrEqual(1);
  });

  it('looks at the clock once in eight short steps', async () => {
    const { looks } = await slicesOf(Array<number>(8000).fill(0.005));
    expect(looks).toBeLessThan(1000 + 50);
  });

  it('gives what the steps give, in their order', async () => {
    const given = new Set([0, 3, 4, 99]);
    expect((await slicesOf(Array<number>(100).fill(1), given)).got).toEqual([...given]);
  });
});
