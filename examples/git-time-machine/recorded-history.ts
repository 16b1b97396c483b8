import { readFileSync } from 'node:fs';

import type { Commit } from './commit.js';

/**
 * The history that ships with the example, for where there is no git: all odd cases in a few commits, just as
 * `readCommits` gives them. `test/integration/git-recorded-history.test.ts` holds it against the repository that it
 * was recorded from; with UPDATE_RECORDED=1 in the environment that test records it anew.
 */
export const RECORDED_HISTORY = new URL('recorded-history.json', import.meta.url);

export function loadRecordedHistory(): readonly Commit[] {
  return JSON.parse(readFileSync(RECORDED_HISTORY, 'utf8')) as readonly Commit[];
}
