import type { AuthorRow, CommitRow, Db, FileRow, History } from './tables.js';

/**
 * Questions about a history. Those about one moment are functions of a view, and answer alike for now, for any moment
 * of the past, and live; those about a stretch of time are functions of the store.
 */
export type Question<A> = (db: Db) => A;

export interface Summary {
  readonly commits: number;
  readonly authors: number;
  readonly files: number;
  readonly latest: CommitRow | undefined;
}

/** How much there is. */
export const summary: Question<Summary> = ({ commits, authors, files }) => ({
  commits: commits.size,
  authors: authors.size,
  files: files.size,
  latest: commits.last('byPlace'),
});

/** The files of the tree, in the order of their paths. */
export const tree: Question<Iterable<FileRow>> = ({ files }) => files.scan();

/**
 * The commit that `git rev-list -1 --first-parent --before=DATE` names: the newest in the history, not the latest by
 * the clock, of those committed by then. Dates can go back, so this walks; the answer is mostly near.
 */
export const commitBy =
  (seconds: number): Question<CommitRow | undefined> =>
  ({ commits }) => {
    for (const commit of commits.scan('byPlace', { reverse: true })) if (commit.committedAt <= seconds) return commit;
    return undefined;
  };

/** The commit at a place in the history, from 1. */
export const commitAt =
  (place: number): Question<CommitRow | undefined> =>
  ({ commits }) =>
    commits.find('byPlace', place);

/** The files with an extension. */
export const filesByExtension =
  (extension: string): Question<readonly FileRow[]> =>
  ({ files }) => [...files.scan('byExtension', { prefix: [extension] })];

export interface ExtensionCount {
  readonly extension: string;
  readonly files: number;
}

/** How many files each extension has, most first. Leaps from one extension to the next, past the files between. */
export const extensions: Question<readonly ExtensionCount[]> = ({ files }) => {
  const counts: ExtensionCount[] = [];
  let next = files.first('byExtension');
  while (next !== undefined) {
    const { extension } = next;
    counts.push({ extension, files: files.count('byExtension', { prefix: [extension] }) });
    next = files.first('byExtension', { gt: [extension] });
  }
  return counts.sort((a, b) => b.files - a.files);
};

/** The files that an author was the last to change. */
export const filesByAuthor =
  (author: string): Question<readonly FileRow[]> =>
  ({ files }) => [...files.scan('byAuthor', { prefix: [author] })];

/** Who made the most commits. */
export const topAuthors =
  (limit: number): Question<readonly AuthorRow[]> =>
  ({ authors }) => [...authors.scan('byCommits', { reverse: true, limit })];

/** The paths that the most commits have changed, of those that are there. */
export const mostChanged =
  (limit: number): Question<readonly FileRow[]> =>
  ({ files }) => [...files.scan('byChanges', { reverse: true, limit })];

export interface FileEvent {
  readonly commit: CommitRow;
  readonly before: FileRow | undefined;
  readonly after: FileRow | undefined;
}

/** What the commits of the present history did to one path, oldest first. */
export function historyOf(store: History, path: string): readonly FileEvent[] {
  const { commits } = store.now();
  return store.history('files', path).flatMap(({ id, before, after }) => {
    // batches without an id, and commits that are gone, are where history was rewritten
    const commit = id === undefined ? undefined : commits.get(id);
    return commit === undefined ? [] : [{ commit, before, after }];
  });
}

/** What happened to a file between two moments. */
export interface FileDifference {
  readonly path: string;
  readonly before: FileRow | undefined;
  readonly after: FileRow | undefined;
}

/** The files that differ between the states after two batches, either way round, in content or in mode. */
export function differences(store: History, from: number, to: number): readonly FileDifference[] {
  return store.diff(from, to).flatMap((change) => {
    if (change.table !== 'files') return [];
    const { key: path, before, after } = change;
    // a file that was changed and changed back has other rows, but is no other file
    return before?.blob === after?.blob && before?.mode === after?.mode ? [] : [{ path, before, after }];
  });
}
