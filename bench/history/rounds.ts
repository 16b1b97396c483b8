import { collect } from '../harness/measure.js';

/** Something to measure: nanoseconds per operation, each time it is asked. */
export type Probe = () => number;

/**
 * Asks probes in turn, round by round, each round beginning with another one, so that what disturbs the machine
 * disturbs all of them. The first two rounds warm up and are not told.
 */
export function interleave(probes: Readonly<Record<string, Probe>>, rounds: number): Record<string, number[]> {
  const names = Object.keys(probes);
  const series: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    if (round <= 0) collect();
    for (let k = 0; k < names.length; k++) {
      const name = names[(round + 2 + k) % names.length]!;
      const ns = probes[name]!();
      if (round >= 0) series[name]!.push(ns);
    }
  }
  return series;
}
