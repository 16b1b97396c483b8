import type { Commit } from './commit.js';
import { type GitRepository, resolveCommit } from './git-repository.js';
import { GitError, streamGit } from './git.js';
import { LOG_FORMAT, LogParser } from './log-parser.js';

export interface CommitRange {
  /** The commit that the first one read follows, without reading it; by default the history is read from its root. */
  readonly from?: string | undefined;
  /** The last commit to read; by default HEAD. */
  readonly to?: string | undefined;
  /**
   * Whether to count lines, for which git reads and compares contents: it takes about twice as long. By default true,
   * but in a partial clone, which would have to fetch them all.
   */
  readonly lines?: boolean | undefined;
}

/** What no configuration of the user's, and no attribute of a path, may change about a list of changes. */
const CHANGES = [
  '--raw',
  '-z',
  '-r',
  '--no-abbrev',
  '--no-renames',
  '--ignore-submodules=none',
  '--no-relative',
  '--no-ext-diff', // run no program that a repository or an attribute names
  '--no-textconv',
  '-O/dev/null', // no diff.orderFile, which git would stop at if it were not there
];

const LOG = [
  '--first-parent',
  '--diff-merges=first-parent',
  '--reverse',
  '--root', // whatever log.showRoot says
  '--no-show-signature',
  '--encoding=UTF-8',
  `--format=tformat:${LOG_FORMAT}`,
];

/**
 * Reads the first-parent history, oldest commit first, as fast as it is taken. Whoever applies the changes of each
 * commit in turn, from nothing or from the tree of `from`, has the tree of that commit.
 *
 * Throws `HistoryDiverged`, before the first commit, where `from` is not in the first-parent history of `to`.
 */
export async function* readCommits(
  repository: GitRepository,
  { from, to = 'HEAD', lines = !repository.partial }: CommitRange = {},
): AsyncGenerator<Commit, void, undefined> {
  const [start, end] = await Promise.all([
    from === undefined ? undefined : resolveCommit(repository, from),
    resolveCommit(repository, to),
  ]);
  if (start === end) return;
  let last = start;
  for await (const commit of log(repository.path, logArguments(start, end, lines))) {
    if (commit.parents[0] !== last) throw diverged(repository, last, commit.id);
    last = commit.id;
    yield commit;
  }
  if (last !== end) throw diverged(repository, last, end);
}

async function* log(path: string, args: readonly string[]): AsyncGenerator<Commit, void, undefined> {
  const parser = new LogParser();
  for await (const chunk of streamGit(path, args)) yield* parser.push(chunk);
  yield* parser.end();
}

/** What to run git with for output that `LogParser` reads: the commits up to `end`, without those up to `start`. */
export function logArguments(start: string | undefined, end: string, lines: boolean): string[] {
  const range = start === undefined ? [end] : [end, `^${start}`];
  return ['log', ...LOG, ...CHANGES, ...(lines ? ['--numstat'] : []), '--end-of-options', ...range, '--'];
}

function diverged({ path }: GitRepository, from: string | undefined, to: string): GitError {
  if (from === undefined) return new GitError('GitFailed', `git log left out what comes before ${to} in ${path}`);
  return new GitError(
    'HistoryDiverged',
    `${to} does not follow ${from} along first parents in ${path}: its history was rewritten, so read it anew`,
  );
}
