import { describe, expect, it } from 'vitest';

import { meets, median, ratioOf } from '../../bench/peers/statistics.js';

describe('the statistics of the benches', () => {
  it('take the middle of an odd number of values, and between the two middles of an even one', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('leave the values in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('pair the values of a round, so that slow rounds cancel out', () => {
    expect(ratioOf([1, 10, 100], [3, 30, 300])).toEqual({ ratio: 3, low: 3, high: 3 });
  });

  it('give an interval around the median of the ratios, within what was seen', () => {
    const ours = [10, 11, 9, 10, 12, 10, 8, 10, 10];
    const theirs = [20, 20, 21, 19, 22, 24, 18, 20, 20];
    const ratios = ours.map((value, i) => theirs[i]! / value);
    const { ratio, low, high } = ratioOf(ours, theirs);
    expect(ratio).toBe(2);
    expect(low).toBeLessThanOrEqual(ratio);
    expect(high).toBeGreaterThanOrEqual(ratio);
    expect(low).toBeGreaterThanOrEqual(Math.min(...ratios));
    expect(high).toBeLessThanOrEqual(Math.max(...ratios));
    expect(high).toBeGreaterThan(low);
  });

  it('say the same twice, as they draw from a seed', () => {
    const [ours, theirs] = [
      [5, 6, 7, 8, 9],
      [11, 9, 14, 20, 17],
    ];
    expect(ratioOf(ours, theirs, 7)).toEqual(ratioOf(ours, theirs, 7));
  });

  it('cover the true ratio about 95 times of 100', () => {
    // ratios spread evenly around 2, from a generator that is no better than it need be
    let state = 1;
    const next = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    let covered = 0;
    for (let i = 0; i < 40; i++) {
      const theirs = Array.from({ length: 9 }, () => 1.5 + next());
      const { low, high } = ratioOf(
        Array.from({ length: 9 }, () => 1),
        theirs,
        i,
      );
      if (low <= 2 && 2 <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(34);
  });

  it('take a bar for met when the interval begins within a tenth of it', () => {
    expect(meets({ ratio: 2, low: 1.8, high: 2.2 }, 2)).toBe(true);
    expect(meets({ ratio: 2, low: 1.79, high: 2.2 }, 2)).toBe(false);
  });
});
