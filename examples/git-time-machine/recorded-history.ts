import { readFileSync } from 'node:fs';

import type { Commit } from './commit.js';
import { GitError } from './git.js';
import type { HistorySource } from './history-source.js';

/**
 * The history that ships with the example, for where there is no git: all odd cases in a few commits, just as
 * `readCommits` gives them. `test/integration/git-recorded-history.test.ts` holds it against the repository that it
 * was recorded from; with UPDATE_RECORDED=1 in the environment that test records it anew.
 */
export const RECORDED_HISTORY = new URL('recorded-history.json', import.meta.url);

/** The shortest beginning of an id that git takes for it. */
const PREFIX_MIN = 4;

export function loadRecordedHistory(): readonly Commit[] {
  return JSON.parse(readFileSync(RECORDED_HISTORY, 'utf8')) as readonly Commit[];
}

/** The recorded history, to be read as a repository's is. Its revisions are HEAD, and ids or their beginnings. */
export function recordedSource(commits: readonly Commit[] = loadRecordedHistory()): HistorySource {
  const placeOf = (id: string | undefined): number => commits.findIndex((commit) => commit.id === id);
  return {
    name: 'the recorded history',
    format: { quotePath: true },
    resolve: (revision) => findRevision(commits, revision),
    dateOf: (_date, seconds) => seconds,
    line: (to) =>
      commits
        .slice(0, placeOf(to) + 1)
        .map(({ id }) => id)
        .reverse(),
    read: ({ from, to }) => commits.slice(placeOf(from) + 1, to === undefined ? undefined : placeOf(to) + 1),
  };
}

function findRevision(commits: readonly Commit[], revision: string): string {
  const isPrefix = /^[0-9a-f]+$/i.test(revision) && revision.length >= PREFIX_MIN;
  const prefix = revision.toLowerCase();
  const found = isPrefix ? commits.filter(({ id }) => id.startsWith(prefix)) : [];
  const [id] = revision === 'HEAD' ? commits.slice(-1).map((commit) => commit.id) : found.map((commit) => commit.id);
  if (id !== undefined && found.length <= 1) return id;
  const what = found.length > 1 ? `begins the ids of ${found.length} commits` : 'names no commit';
  throw new GitError(
    'UnknownRevision',
    `${JSON.stringify(revision)} ${what} of the recorded history: pass HEAD, or an id or its first ${PREFIX_MIN} ` +
      'digits or more',
  );
}
