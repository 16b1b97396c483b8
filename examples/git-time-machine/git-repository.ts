import { bytesToPath } from './git-path.js';
import { GitError, runGit, streamGit } from './git.js';

/** A place that git can be run at, and what it says about that place. */
export interface GitRepository {
  /** As it was given; git finds the repository from there, as `git -C` does. */
  readonly path: string;
  /** Where the path lies below the top of the work tree: empty, or folders with a slash after each. */
  readonly prefix: string;
  /** Whether `git ls-tree` quotes bytes beyond ASCII here: `core.quotePath`. */
  readonly quotePath: boolean;
  /** Whether contents are missing here until they are needed, and are fetched one by one then: a partial clone. */
  readonly partial: boolean;
}

/** Finds the repository that a path is in: a work tree, a folder in one, a bare repository or a shallow clone. */
export async function openRepository(path: string): Promise<GitRepository> {
  const [prefix, quotePath, promises] = await Promise.all([
    runGit(path, ['rev-parse', '--show-prefix']),
    runGit(path, ['config', '--type=bool', '--default=true', '--get', 'core.quotePath']),
    // nothing found is a failure to git config
    runGit(path, ['config', '--get-regexp', '^(remote\\..*\\.promisor|extensions\\.partialclone)$']).catch(() => ''),
  ]);
  return {
    path,
    // one line, but the name of a folder can hold a line feed of its own
    prefix: bytesToPath(prefix.subarray(0, -1)),
    quotePath: quotePath.toString().trim() === 'true',
    partial: promises.length > 0,
  };
}

/** The id of the commit that a revision names: a branch, a tag, an id, `HEAD~3`, `:/words`. */
export async function resolveCommit({ path }: GitRepository, revision: string): Promise<string> {
  try {
    // in two steps, as `^{commit}` at the end of `:/words` would be a part of the words
    const object = await parseRevision(path, revision);
    return await parseRevision(path, `${object}^{commit}`);
  } catch (cause) {
    if (!(cause instanceof GitError) || (cause.code !== 'GitFailed' && cause.code !== 'PathInvalid')) throw cause;
    if (revision === 'HEAD')
      throw new GitError('NoCommits', `HEAD of ${path} names no commit: commit first, or check out a branch`, {
        cause,
      });
    const reason = cause.message.includes('fatal: ') ? ` (${cause.message})` : '';
    throw new GitError(
      'UnknownRevision',
      `${JSON.stringify(revision)} names no commit in ${path}${reason}: pass a branch, a tag or the id of a commit`,
      { cause },
    );
  }
}

async function parseRevision(path: string, revision: string): Promise<string> {
  const output = await runGit(path, ['rev-parse', '--verify', '--quiet', '--end-of-options', revision]);
  const id = output.toString().trim();
  // `^main` parses too, as an exclusion
  if (!/^[0-9a-f]{40,64}$/.test(id)) throw new GitError('GitFailed', `git rev-parse gave ${JSON.stringify(id)}`);
  return id;
}

/** The ids of the first-parent history up to a commit, newest first. */
export async function* readLine({ path }: GitRepository, to: string): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of streamGit(path, ['rev-list', '--first-parent', '--end-of-options', to, '--'])) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

/**
 * The seconds since 1970 that git takes a date for. Of years before 1970 and after 2099 it knows nothing, and reads
 * them as something else.
 */
export async function resolveDate({ path }: GitRepository, date: string): Promise<number> {
  const output = (await runGit(path, ['rev-parse', `--until=${date}`])).toString();
  const seconds = /^--min-age=(\d+)\n$/.exec(output)?.[1];
  if (seconds === undefined) throw new GitError('GitFailed', `git rev-parse read the date ${date} as ${output}`);
  return Number(seconds);
}
