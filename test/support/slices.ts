import { vi } from 'vitest';

import { platform } from '../../src/platform.js';

/** So short that a slice ends at its first look at the clock. */
export const SLICES = { budgetMs: Number.MIN_VALUE };

const pauses: (() => void)[] = [];

/** Has the stores that are made from now on wait between slices, until `turn`; until all mocks are restored. */
export function stepwise(): void {
  vi.spyOn(platform, 'pause').mockImplementation(() => new Promise((resolve) => void pauses.push(resolve)));
}

/** Lets every build that waits run its next slice. */
export async function turn(): Promise<void> {
  for (const end of pauses.splice(0)) end();
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

/** How many builds wait. */
export const waiting = (): number => pauses.length;

/** Lets builds run, slice by slice, until one has ended. */
export async function finished<A>(building: Promise<A>): Promise<A> {
  const state = { going: true };
  const settled = (): void => void (state.going = false);
  building.then(settled, settled);
  while (state.going) await turn();
  return building;
}
