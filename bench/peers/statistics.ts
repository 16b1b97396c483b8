import { randomFrom } from './random.js';

/** The middle value; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A ratio, and the interval in which it lies with 95 % confidence. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** How often samples are drawn anew. */
const RESAMPLES = 10_000;

/**
 * How many times smaller `ours` is than `theirs`: the median of the ratios within each round, since what disturbs a
 * machine disturbs a whole round. The interval comes of drawing rounds anew, with replacement, from a seed.
 *
 * @param ours values by round
 * @param theirs values by round, of the same rounds
 */
export function ratioOf(ours: readonly number[], theirs: readonly number[], seed = 1): Ratio {
  const ratios = ours.map((value, round) => theirs[round]! / value);
  const random = randomFrom(seed);
  const medians = Array.from({ length: RESAMPLES }, () => median(ratios.map(() => ratios[random() % ratios.length]!)));
  const sorted = medians.toSorted((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.min(RESAMPLES - 1, Math.floor(q * RESAMPLES))]!;
  return { ratio: median(ratios), low: quantile(0.025), high: quantile(0.975) };
}

/** A bar is met when all of the interval is within a tenth of it, or better. */
export function meets({ low }: Ratio, bar: number): boolean {
  return low >= 0.9 * bar;
}
