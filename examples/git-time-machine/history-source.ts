import type { Commit } from './commit.js';
import { type CommitRange, readCommits } from './git-log.js';
import { type GitRepository, readLine, resolveCommit, resolveDate } from './git-repository.js';
import type { TreeFormat } from './ls-tree.js';
import { say } from './terminal.js';

/** Where a history comes from: a repository of git's, or the recording that ships with the example. */
export interface HistorySource {
  /** What to call it. */
  readonly name: string;
  /** The repository; absent where there is none to ask. */
  readonly repository?: GitRepository;
  /** How trees are written there. */
  readonly format: TreeFormat;
  /** The id of the commit that a revision names. @throws `GitError` `UnknownRevision`, `NoCommits` */
  resolve(revision: string): string | Promise<string>;
  /** The seconds since 1970 that a date is taken for; `seconds` is what it says. */
  dateOf(date: string, seconds: number): number | Promise<number>;
  /** The ids of the history up to a commit along first parents, newest first. */
  line(to: string): Iterable<string> | AsyncIterable<string>;
  /** The commits of a range, oldest first; see `readCommits`. */
  read(range: CommitRange): Iterable<Commit> | AsyncIterable<Commit>;
}

/** The history of a repository. */
export function gitSource(repository: GitRepository): HistorySource {
  return {
    name: repository.path,
    repository,
    format: repository,
    resolve: (revision) => resolveCommit(repository, revision),
    dateOf: async (date, seconds) => {
      const taken = await resolveDate(repository, date);
      if (taken !== seconds)
        say(`git takes the date ${date} for another, and so it is here: ${taken} seconds since 1970`);
      return taken;
    },
    line: (to) => readLine(repository, to),
    read: (range) => readCommits(repository, range),
  };
}
