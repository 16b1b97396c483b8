import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { answerDiff, answerHistory, answerTree, answerVerify } from './answers.js';
import { parseRequest, type Request, USAGE, UsageError } from './arguments.js';
import { follow } from './follow.js';
import { openRepository, resolveCommit } from './git-repository.js';
import { GitError, type GitErrorCode } from './git.js';
import { gitSource, type HistorySource } from './history-source.js';
import { ProgressBar } from './progress-bar.js';
import { recordedSource } from './recorded-history.js';
import { endWithOutput, print, say } from './terminal.js';
import { TimeMachine } from './time-machine.js';
import { tour } from './tour.js';

/** Where the example stands: unless told otherwise, it tells of its own history. */
const HERE = resolve(import.meta.dirname, '../..');
/** What it means that there is no history of git. */
const NO_HISTORY: readonly GitErrorCode[] = ['GitMissing', 'NotARepository', 'NoCommits'];

endWithOutput();
// the code alone, as process.exit would cut off what is still being written
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(parseRequest(args));
  } catch (error) {
    if (error instanceof UsageError) {
      say(`${error.message}\nnpm start -s -- --help tells what there is.`);
      return 2;
    }
    if (!(error instanceof GitError)) throw error;
    say(error.message);
    return 1;
  }
}

async function run(request: Request): Promise<number> {
  if (request.kind === 'help') {
    print(USAGE);
    return 0;
  }
  const source = await openSource(request.path);
  const bar = new ProgressBar();
  const machine = new TimeMachine(source, {
    // git takes as long to count lines as for all the rest: only who shows them waits for that
    lines: request.kind === 'tour' || request.kind === 'history' ? undefined : false,
    onProgress: (done, total) => bar.update(done, total),
  });
  try {
    return (await answer(machine, request, bar)) ? 0 : 1;
  } finally {
    bar.end();
  }
}

async function answer(
  machine: TimeMachine,
  request: Exclude<Request, { readonly kind: 'help' }>,
  bar: ProgressBar,
): Promise<boolean> {
  switch (request.kind) {
    case 'tree':
      await answerTree(machine, request.point);
      return true;
    case 'diff':
      await answerDiff(machine, request.from, request.to);
      return true;
    case 'history':
      await answerHistory(machine, request.file);
      return true;
    case 'verify':
      return answerVerify(machine, request.count);
    case 'tour':
      await machine.catchUp();
      bar.end();
      tour(machine);
      if (request.watch || (process.stdin.isTTY && process.stdout.isTTY)) await followUntilStopped(machine);
      return true;
  }
}

async function openSource(path: string | undefined): Promise<HistorySource> {
  if (path !== undefined) return gitSource(await openRepository(path));
  const source = existsSync(join(HERE, '.git')) ? await openHistory(HERE) : undefined;
  if (source === undefined)
    say('There is no history of git to read here: this is the recorded one that ships with the example.');
  return source ?? recordedSource();
}

async function openHistory(path: string): Promise<HistorySource | undefined> {
  try {
    const repository = await openRepository(path);
    await resolveCommit(repository, 'HEAD');
    return gitSource(repository);
  } catch (error) {
    if (!(error instanceof GitError && NO_HISTORY.includes(error.code))) throw error;
    say(error.message);
    return undefined;
  }
}

async function followUntilStopped(machine: TimeMachine): Promise<void> {
  const { repository, name } = machine.source;
  if (repository === undefined) return say(`Nothing will happen to ${name}, so there is nothing to follow.`);
  const stop = new AbortController();
  // npm and tsx pass on what the terminal has sent already, so a second one says nothing new
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  say(`Following HEAD of ${name}: new commits appear here as they are made. Ctrl-C stops.`);
  await follow(machine, stop.signal);
}
