/**
 * The task server as three nodes behind Raft: consensus by hashicorp/raft in Go, state by memoir in Node.
 *
 * `npm run example:raft` builds, starts three nodes on this machine, shows what they do, and stops them. It needs Go
 * and two of Debian's packages, which it names when they are missing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildRaftd, Cluster, NAMES } from './cluster.js';

const PORT = 48_100;

/** A morning of the cluster, told line by line. */
async function walkThrough(cluster: Cluster, tell: (line: string) => void): Promise<void> {
  cluster.start(...NAMES);
  const first = await cluster.leader();
  tell(`${first} leads`);
  const moves = { packed: ['sent'], sent: ['delivered'], delivered: [] };
  await cluster.ask(first, '/commands/define', { name: 'parcel', initial: 'packed', moves });
  const other = NAMES.find((name) => name !== first)!;
  const started = await cluster.ask(other, '/commands/start', { definition: 'parcel', title: 'a book' });
  tell(`${other} was asked to start a parcel, and the leader did: ${JSON.stringify(started.body)}`);
  const { index } = started.body as unknown as { readonly index: number };
  const read = await cluster.ask(other, `/board/parcel?index=${index}`);
  tell(`${other} has it, too: ${JSON.stringify(read.body['board'])}`);
  const refused = await cluster.ask(other, '/commands/move', { id: 'parcel-1', to: 'delivered' });
  tell(`what the rules refuse is an answer: ${String(refused.body['code'])}, ${String(refused.body['message'])}`);

  tell(`${first} is killed`);
  await cluster.kill(first);
  const second = await cluster.leader();
  const moved = await cluster.ask(second, '/commands/move', { id: 'parcel-1', to: 'sent' });
  tell(`${second} leads, and goes on: ${JSON.stringify(moved.body)}`);
  cluster.start(first);
  const last = moved.body as unknown as { readonly index: number };
  await cluster.applied(last.index);
  for (const name of NAMES) {
    const { body } = await cluster.ask(name, `/status?index=${last.index}`);
    tell(`${name} at entry ${last.index}: state hash ${String(body['hash'])}`);
  }
}

const dir = mkdtempSync(join(tmpdir(), 'raft-task-server-'));
const cluster = new Cluster(dir, buildRaftd(dir), PORT);
try {
  await walkThrough(cluster, (line) => console.log(line));
} finally {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
}
process.exit(0);
