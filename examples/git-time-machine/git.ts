import { spawn } from 'node:child_process';
import { Buffer } from 'node:buffer';

export type GitErrorCode =
  | 'GitMissing'
  | 'PathInvalid'
  | 'NotARepository'
  | 'NoCommits'
  | 'UnknownRevision'
  | 'HistoryDiverged'
  | 'GitFailed';

/** Every way in which git can refuse; the message says what happened, where, and what to do. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly code: GitErrorCode;

  constructor(code: GitErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Variables that would point git at another repository than the one at the path, or change what it reads there, as
 * they are set inside hooks and `git rebase --exec`. Those that only configure git stay: a container may need
 * `safe.directory` from GIT_CONFIG_COUNT, and options of the command line win over all of them.
 */
const MISLEADING = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_SHALLOW_FILE',
  'GIT_GRAFT_FILE',
  'GIT_CONFIG',
]);

const STDERR_CHARACTERS_MAX = 4096;

function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !MISLEADING.has(name));
  // messages in English, so that they can be told apart; no locks taken and no password asked for, as this only reads
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' };
}

interface Ending {
  readonly failure?: unknown;
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
}

/**
 * Runs git at a path, without a shell, and gives its output as it comes; git waits while nobody takes it. Ends by
 * throwing unless git succeeded, and ends git where the caller stops early.
 */
export async function* streamGit(path: string, args: readonly string[]): AsyncGenerator<Buffer, void, undefined> {
  const child = spawnGit(path, args);
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (failure) => resolve({ failure }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_CHARACTERS_MAX);
  });
  let broken: unknown;
  let finished = false;
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    finished = true;
  } catch (failure) {
    // where git could not be started its output breaks as well; how it ended says why
    broken = failure;
    finished = true;
  } finally {
    if (!finished) child.kill();
  }
  const ending = await ended;
  if (ending.failure !== undefined || ending.code !== 0) throw explain(path, args, ending, said);
  if (broken !== undefined) throw explain(path, args, { failure: broken }, said);
}

/** Runs git at a path and gives all that it printed. */
export async function runGit(path: string, args: readonly string[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamGit(path, args)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function spawnGit(path: string, args: readonly string[]) {
  try {
    return spawn('git', ['--no-pager', '-C', path, ...args], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
  } catch (cause) {
    // Node refuses a zero byte in an argument, which no path and no revision can hold
    throw new GitError('PathInvalid', `git cannot be given ${JSON.stringify([path, ...args])}`, { cause });
  }
}

function explain(path: string, args: readonly string[], { failure, code, signal }: Ending, said: string): GitError {
  if ((failure as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    return new GitError('GitMissing', 'git was not found: install git 2.31 or newer, and have it on the PATH', {
      cause: failure,
    });
  if (said.includes('fatal: cannot change to'))
    return new GitError('PathInvalid', `${path} is no folder that can be opened: pass the path of a git repository`);
  if (said.includes('not a git repository'))
    return new GitError('NotARepository', `${path} is in no git repository: pass the path of one, or run git init`);
  const how = signal ? `was ended by ${signal}` : failure === undefined ? `failed with ${code}` : 'could not be run';
  const reason = said.trim() === '' ? '' : `: ${said.trim()}`;
  return new GitError('GitFailed', `git ${args[0]} ${how} in ${path}${reason}`, { cause: failure });
}
