import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { Figures } from '../harness/figures.js';
import { measure, ROOT, run, type Job } from '../harness/launch.js';
import { listOf, wholeOf } from '../peers/options.js';
import { PEERS } from './kinds.js';
import { FOLDER } from './places.js';
import { prepare } from './prepare.js';
import { report } from './report.js';

const USAGE = `npm run bench:durable -- [options]
  --rounds 9              how often each case runs
  --writers 1,8,64        how many commits are in flight
  --peers a,b             of ${PEERS.join(', ')}
  --only a,b              of commits, recovery, snapshots
  --rows 1000000          how many rows are recovered and copied
  --seconds 3             how long commits go on
  --dir bench/results     where the stores are made, in a folder that is removed: choose the disk
  --smoke                 tiny sizes: shows only that everything runs`;

const PARTS = ['commits', 'recovery', 'snapshots'];
/** What Linux calls a file system in memory, where a sync does nothing. */
const TMPFS = 0x01021994;
/** So many rows are made for commits to insert; who inserts them all is done earlier. */
const COMMITS_MAX = 200_000;

interface Settings {
  readonly peers: readonly string[];
  readonly writers: readonly number[];
  readonly only: readonly string[];
  readonly rounds: number;
  readonly rows: number;
  readonly seconds: number;
}

/** The jobs of a round: each group is of peers that are compared. */
function groupsOf({ peers, writers, only, rounds, rows, seconds }: Settings): readonly (readonly Job[])[] {
  const base = { rounds, rows, heap: Math.max(2048, Math.ceil(rows / 200)), suffix: 0 };
  const memoir = peers.includes('memoir');
  const commits = [...writers.map((count) => [count, 'always'] as const), [Math.max(...writers), 'never'] as const];
  const most = Math.min(COMMITS_MAX, rows);
  const wanted = {
    commits: commits.map(([count, fsync]) =>
      peers.map((peer) => ({ ...base, part: 'commits', peer, rows: most, fsync, writers: count, seconds })),
    ),
    recovery: [
      [
        ...(memoir ? [{ ...base, part: 'inserts', peer: 'memoir' }] : []),
        ...(memoir ? [{ ...base, part: 'reinserts', peer: 'memoir' }] : []),
        ...(memoir ? [{ ...base, part: 'open', peer: 'memoir', suffix: Math.floor(rows / 10) }] : []),
        ...peers.map((peer) => ({ ...base, part: 'open', peer })),
      ],
    ],
    snapshots: [peers.filter((peer) => peer !== 'classic-level').map((peer) => ({ ...base, part: 'snapshot', peer }))],
  };
  return Object.entries(wanted).flatMap(([part, groups]) => (only.includes(part) ? groups : []));
}

/** Each round begins every group with another of its jobs, so that none is always first or last. */
function inTurn(groups: readonly (readonly Job[])[], round: number): readonly Job[] {
  return groups.flatMap((jobs) => jobs.map((_, k) => jobs[(round - 1 + k) % jobs.length]!));
}

/** Makes the stores that are opened and copied in every round. */
function fillAll(jobs: readonly Job[]): void {
  const stores = jobs.filter(({ part }) => part === 'open' || part === 'snapshot');
  const ones = new Map(stores.map((job) => [`${String(job['peer'])} ${String(job['suffix'])}`, job]));
  for (const { rounds: _rounds, ...order } of ones.values()) measure('durable', { ...order, part: 'fill' }, 0);
}

function main(settings: Settings, dir: string, smoke: boolean): void {
  const versions = prepare(settings.peers);
  const groups = groupsOf(settings);
  mkdirSync(dir, { recursive: true });
  if (statfsSync(dir).type === TMPFS) console.error(`${dir} is in memory: nothing lasts there, and syncs cost nothing`);
  const folder = mkdtempSync(join(dir, 'durable-'));
  process.env[FOLDER] = folder;
  // A batch of LevelDB waits in a thread of Node's pool: with four of them no more than four would be joined.
  process.env['UV_THREADPOOL_SIZE'] = String(Math.max(4, ...settings.writers));
  try {
    fillAll(groups.flat());
    const results = run('durable', groups.flat(), smoke, { inTurn: (_, round) => inTurn(groups, round), versions });
    console.log(report(new Figures([results])));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: {
    ...{ rounds: text, writers: text, peers: text, only: text, rows: text, seconds: text, dir: text },
    ...{ smoke: flag, help: flag },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const { smoke } = values;
  const writers = (values.writers ?? (smoke ? '8' : '1,8,64')).split(',');
  const settings: Settings = {
    peers: listOf(values.peers, PEERS, PEERS),
    only: listOf(values.only, PARTS, PARTS),
    writers: writers.map((count) => wholeOf('writers', count, 1, 1)),
    rounds: wholeOf('rounds', values.rounds, smoke ? 1 : 9, 1),
    rows: wholeOf('rows', values.rows, smoke ? 2000 : 1_000_000, 10),
    seconds: values.seconds === undefined ? (smoke ? 0.2 : 3) : Number(values.seconds),
  };
  main(settings, resolve(values.dir ?? join(ROOT, 'bench/results')), smoke);
}
