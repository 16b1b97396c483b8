/**
 * The state machine inside a real Raft: three nodes of hashicorp/raft, each a Go process with a Node process for its
 * state.
 *
 * Strategy: writers propose commands with titles of their own while nodes are killed in every way there is: the
 * leader's state machine, the leader's raftd, a follower whose disk is wiped, so that it is given a snapshot, all at
 * once; and the leader is stopped and goes on. Snapshots are made every few hundred entries. Other clients race each
 * other for a few instances, and read them linearizably.
 *
 * Invariants: what was acknowledged is there once, as it was answered; what was not is there once or not at all; in the
 * end all nodes say the same state hash, and at every index that they share. Some order explains what the racing
 * clients were told.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { linearizable } from '../../src/testing.js';
import { lights, Racers } from '../support/raft-racers.js';
import { buildRaftd, Cluster, NAMES, type Name, type Response } from '../../examples/raft-task-server/cluster.js';

const PORT = 48_200;

/** So long a cluster may take to be one again, and to take what is proposed. */
const PATIENCE_MS = 60_000;

const dir = mkdtempSync(join(tmpdir(), 'raft-'));
let cluster: Cluster;

beforeAll(async () => {
  cluster = new Cluster(dir, buildRaftd(dir), PORT, { threshold: 200, trailing: 50 });
  cluster.start(...NAMES);
  const leader = await cluster.leader();
  const moves = { open: ['done'], done: [] };
  expect(await cluster.ask(leader, '/commands/define', { name: 'job', initial: 'open', moves })).toMatchObject({
    status: 200,
  });
}, 120_000);

afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Proposes jobs until told to stop, through whichever node answers; keeps what was answered. */
class Writers {
  readonly acknowledged = new Map<string, { readonly id: string; readonly index: number }>();
  readonly unsure = new Set<string>();
  #stopped = false;
  readonly #done: Promise<unknown>;

  constructor(count: number) {
    this.#done = Promise.all(Array.from({ length: count }, (_, writer) => this.#write(writer)));
  }

  /** Resolves when so many more are acknowledged: whatever was done to the cluster, it goes on. */
  async more(count: number): Promise<void> {
    const enough = this.acknowledged.size + count;
    for (const begin = performance.now(); this.acknowledged.size < enough; await sleep(20)) {
      if (performance.now() - begin > PATIENCE_MS) throw new Error(`${enough - this.acknowledged.size} are not taken`);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #write(writer: number): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const title = `job ${writer}-${n}`;
      const said = await cluster
        .ask(NAMES[(writer + n) % 3]!, '/commands/start', { definition: 'job', title })
        .catch(() => undefined);
      const { index, value } = (said?.body ?? {}) as { readonly index?: number; readonly value?: string };
      if (said?.status === 200) this.acknowledged.set(title, { id: value!, index: index! });
      else this.unsure.add(title);
      if (said?.status !== 200) await sleep(50);
    }
  }
}

/** What nodes have: every job's title and id. */
async function jobsOf(name: Name, index: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const { body } = await cluster.ask(name, `/all/job?index=${index}`);
  const found = new Map<string, string[]>();
  for (const { id, title } of body['instances'] as readonly { readonly id: string; readonly title: string }[])
    found.set(title, [...(found.get(title) ?? []), id]);
  return found;
}

const status = async (name: Name, index?: number): Promise<Response['body']> =>
  (await cluster.ask(name, `/status${index === undefined ? '' : `?index=${index}`}`)).body;
const followerOf = (leader: Name): Name => NAMES.find((name) => name !== leader)!;

describe('a cluster', () => {
  it('loses nothing that it acknowledged, whatever is killed, and its nodes agree', async () => {
    const racers = new Racers(cluster);
    await racers.start(4);
    const writers = new Writers(8);
    await writers.more(200);

    const first = await cluster.leader();
    await cluster.kill(first);
    await writers.more(100);
    cluster.start(first);
    await writers.more(50);

    const second = await cluster.leader();
    process.kill((await status(second))['raftPid'] as number, 'SIGKILL');
    await writers.more(100);

    const third = await cluster.leader();
    const wiped = followerOf(third);
    await cluster.kill(wiped);
    await sleep(300);
    cluster.wipe(wiped);
    await writers.more(100);
    cluster.start(wiped);
    await writers.more(100);

    const fourth = await cluster.leader();
    // Both of it: the others elect one of them, and the old leader wakes up to a term that is not its own.
    const stopped = [cluster.pidOf(fourth), (await status(fourth))['raftPid'] as number];
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    await writers.more(20);
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    await writers.more(50);
    // Its state machine alone: it leads on, and nothing is taken until it goes on.
    const fifth = await cluster.leader();
    process.kill(cluster.pidOf(fifth), 'SIGSTOP');
    await sleep(1000);
    process.kill(cluster.pidOf(fifth), 'SIGCONT');
    await writers.more(50);

    await cluster.kill(...NAMES);
    await sleep(300);
    cluster.start(...NAMES);
    await writers.more(50);
    await racers.answered(100);
    await writers.stop();
    await racers.stop();

    const { acknowledged, unsure } = writers;
    const last = Math.max(...[...acknowledged.values()].map(({ index }) => index));
    await cluster.applied(last);
    console.info(`${acknowledged.size} acknowledged, ${unsure.size} not, entry ${last}`);
    for (const name of NAMES) {
      const jobs = await jobsOf(name, last);
      for (const [title, { id }] of acknowledged) expect([name, title, jobs.get(title)]).toEqual([name, title, [id]]);
      for (const title of unsure) expect(jobs.get(title)?.length ?? 0).toBeLessThanOrEqual(1);
      expect([...jobs.keys()].filter((title) => !acknowledged.has(title) && !unsure.has(title))).toEqual([]);
    }
    const { history } = racers;
    const answered = history.filter(({ returned }) => returned !== undefined);
    console.info(
      `${answered.length} moves and reads that raced were answered, ${history.length - answered.length} not`,
    );
    expect(linearizable(history, lights)).toBeUndefined();
    // The history can show a fault: one read that says something else is found.
    const read = answered.findLast(({ input }) => input.to === undefined)!;
    const wrong = history.map((one) => (one === read ? { ...read, output: 'blue' } : one));
    expect(linearizable(wrong, lights)?.unexplained.output).toBe('blue');
    const stands = await Promise.all(NAMES.map((name) => status(name, last)));
    expect(new Set(stands.map(({ hash }) => hash)).size).toBe(1);
    const from = Math.max(...stands.map(({ floor }) => floor as number));
    const shared = await Promise.all(
      NAMES.map((name) => cluster.ask(name, `/hashes?from=${from}&to=${String(stands[0]!['offset'])}`)),
    );
    const [one, ...others] = shared.map(({ body }) => body['hashes'] as readonly unknown[]);
    expect(one!.length).toBeGreaterThan(0);
    for (const other of others) expect(other).toEqual(one);
    // Snapshots were made and installed: no node has all batches since the beginning.
    for (const { floor } of stands) expect(floor).toBeGreaterThan(1);
  }, 400_000);

  it('reads what was written: at least at an index, and linearizably', async () => {
    const leader = await cluster.leader();
    const follower = followerOf(leader);
    const { body } = await cluster.ask(follower, '/commands/start', { definition: 'job', title: 'the last' });
    const there = await cluster.ask(follower, `/instances/${String(body['value'])}?index=${String(body['index'])}`);
    expect(there).toMatchObject({ status: 200, body: { title: 'the last', state: 'open' } });
    expect(await cluster.ask(leader, '/board/job?linearizable=1')).toMatchObject({ status: 200 });
    expect(await cluster.ask(follower, '/board/job?linearizable=1')).toMatchObject({
      status: 503,
      body: { outcome: 'refused' },
    });

    const { body: before } = await cluster.ask(follower, '/board/job');
    const watched = cluster.ask(follower, `/watch/job?since=${String(before['index'])}`);
    await cluster.ask(leader, '/commands/move', { id: body['value'], to: 'done' });
    const { done } = (await watched).body['value'] as { readonly done: number };
    expect(done).toBe(1);
    const refused = await cluster.ask(leader, '/commands/move', { id: body['value'], to: 'open' });
    expect(refused).toMatchObject({
      status: 409,
      body: { status: 'rejected', code: 'IllegalMove', data: { legal: [] } },
    });
  }, 60_000);
});
