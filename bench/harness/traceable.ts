import type { RunResults } from './launch.js';

/**
 * Refuses results of a state that no commit has: whoever reads a figure of them could not measure it again.
 *
 * @throws naming the results, by when they were made
 */
export function refuseUntraceable(runs: readonly Pick<RunResults, 'bench' | 'made' | 'commit'>[]): void {
  const strange = runs.filter(({ commit }) => commit === 'unknown' || commit.endsWith('-dirty'));
  if (strange.length === 0) return;
  const names = strange.map(({ bench, made, commit }) => `${bench} of ${made} (${commit})`).join(', ');
  throw new Error(
    `these results are of no commit: ${names}. Commit what was measured, and measure again; or delete them`,
  );
}
