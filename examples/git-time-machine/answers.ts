import { posix } from 'node:path';

import { GitError } from './git.js';
import { formatTree } from './ls-tree.js';
import { formatNameStatus, statusOf } from './name-status.js';
import { differences, type FileEvent, historyOf, tree } from './questions.js';
import { parseQuoted } from './quoted-path.js';
import { commitLine, count, print, say } from './terminal.js';
import type { TimeMachine } from './time-machine.js';
import { verifyTrees } from './verify.js';

/** Prints the tree at a point, as git does. */
export async function answerTree(machine: TimeMachine, point: string): Promise<void> {
  using view = machine.store.asOf(await machine.offsetAt(point));
  print(formatTree(tree(view), machine.source.format));
}

/** Prints what changed from one point to another, as git does. */
export async function answerDiff(machine: TimeMachine, from: string, to: string): Promise<void> {
  const start = await machine.offsetAt(from);
  const end = await machine.offsetAt(to);
  print(formatNameStatus(differences(machine.store, start, end), machine.source.format.quotePath));
}

/** Prints the commits that changed a file, newest first. */
export async function answerHistory(machine: TimeMachine, file: string): Promise<void> {
  await machine.catchUp();
  const { format, name } = machine.source;
  const quoted = parseQuoted(file);
  // as it is meant in a shell, or as git and this program print it
  for (const given of quoted === undefined ? [file] : [file, quoted]) {
    const events = historyOf(machine.store, posix.normalize(`${format.prefix ?? ''}${given}`));
    if (events.length > 0) return print(events.map(eventLine).reverse().join(''));
  }
  throw new GitError('UnknownRevision', `no commit of ${name} has a file ${JSON.stringify(file)}`);
}

function eventLine(event: FileEvent): string {
  const { added, deleted } = event.after ?? { added: null, deleted: null };
  const lines = added === null || deleted === null ? '' : ` (+${added} −${deleted})`;
  return `${statusOf(event)} ${commitLine(event.commit)}${lines}\n`;
}

/** Holds trees against those of git; false where one differs. */
export async function answerVerify(machine: TimeMachine, commits: number): Promise<boolean> {
  const { repository, name } = machine.source;
  if (repository === undefined) throw new GitError('NotARepository', `there is no git to hold ${name} against`);
  await machine.catchUp();
  const { verified, wrong } = await verifyTrees(machine, repository, commits);
  print(
    `${count(verified, 'commit')} verified: ${wrong.length === 0 ? 'every tree is what git lists' : 'trees differ'}\n`,
  );
  for (const id of wrong) say(`the tree of ${id} is not what git lists`);
  return wrong.length === 0;
}
