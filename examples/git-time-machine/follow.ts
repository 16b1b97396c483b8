import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from 'memoir';
import { skip } from 'rxjs';

import { GitError } from './git.js';
import { type Summary, summary } from './questions.js';
import type { tables } from './tables.js';
import { commitLine, count, print, say } from './terminal.js';
import type { TimeMachine } from './time-machine.js';

const LOOK_EVERY_MS = 1000;

/** Follows HEAD until told to stop: tells of every new commit, and then how a live question is answered now. */
export async function follow(machine: TimeMachine, signal: AbortSignal): Promise<void> {
  const { store } = machine;
  let answer: Summary | undefined;
  const batches = store.changes({ from: store.head + 1 }).subscribe((batch) => print(describe(batch)));
  const answers = store
    .live(summary)
    .pipe(skip(1))
    .subscribe((next) => (answer = next));
  const stopped = (): boolean => signal.aborted;
  let said: string | undefined;
  while (!stopped()) {
    try {
      await machine.catchUp();
      said = undefined;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // whoever stops this from a terminal stops git as well; and what goes wrong may pass, so it is said once
      if (!stopped() && said !== error.message) say(error.message);
      said = error.message;
    }
    if (answer !== undefined) print(`  now ${count(answer.commits, 'commit')}, ${count(answer.files, 'file')}\n`);
    answer = undefined;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  batches.unsubscribe();
  answers.unsubscribe();
}

function describe({ id, changes }: Batch<typeof tables>): string {
  const commits = changes.filter((change) => change.table === 'commits');
  const files = changes.filter((change) => change.table === 'files').length;
  const [change] = commits;
  if (id !== undefined && change?.after !== undefined) return `${commitLine(change.after)} (${count(files, 'file')})\n`;
  const gone = commits.filter(({ kind }) => kind === 'delete').length;
  const back = commits.length - gone;
  return `HEAD stands on another line of history: ${count(gone, 'commit')} gone, ${count(back, 'commit')} back\n`;
}
