import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

import type { Order } from './driver.js';
import { kindOf } from './kinds.js';
import { readOptions, USAGE, type Options } from './options.js';
import { DRIVER, GO_HARNESS, MEMOIR, RESULTS } from './places.js';
import { isGo, output, prepare, versionsOf } from './prepare.js';
import { report, ROUNDS_MIN } from './report.js';
import { Results, type Sample } from './results.js';
import type { Measured } from './workload.js';

/** Peers that run with the same rows, and so can be compared. */
interface Group {
  readonly rows: number;
  readonly peers: readonly string[];
}

/** Peers that could not bear all the rows get a group of their own, with go-memdb beside them. */
function groupsOf(peers: readonly string[], rows: number): readonly Group[] {
  const rowsOf = (peer: string) => (isGo(peer) ? rows : Math.min(rows, kindOf(peer).rowsMax ?? rows));
  const sizes = [...new Set([rows, ...peers.map(rowsOf)])];
  const groups = sizes.map((size) => ({
    rows: size,
    peers: peers.filter((peer) => rowsOf(peer) === size || peer === 'go-memdb'),
  }));
  return groups.filter((group) => group.rows === rows || group.peers.some((peer) => peer !== 'go-memdb'));
}

/** What a Node process may use: some of it for rows and indexes, most of it for what the slower peers leave behind. */
function heapFlag(rows: number): string {
  return `--max-old-space-size=${Math.max(4096, Math.ceil(rows / 100))}`;
}

/** The build of memoir that a peer is; for another store it is of no matter. */
function entryOf(peer: string, builds: Options['builds']): string {
  return builds.find(({ name }) => name === peer)?.entry ?? MEMOIR;
}

function setupOf(peer: string, { builds }: Options): string | undefined {
  return kindOf(peer, entryOf(peer, builds)).setup;
}

/** How long one run may take, in milliseconds. */
const TIMEOUT = 30 * 60_000;

/** Runs one peer once, in a process of its own. */
function measure(peer: string, rows: number, { cap, only, builds }: Options, data: string): Measured {
  const memoir = entryOf(peer, builds);
  const order: Order = { peer, memoir, rows, cap, only, data };
  const [command, args] = isGo(peer)
    ? [
        GO_HARNESS,
        [`-std=${peer === 'go-memdb-std'}`, `-rows=${rows}`, `-cap=${cap}`, `-data=${data}`, `-only=${only.join(',')}`],
      ]
    : [process.execPath, ['--expose-gc', heapFlag(rows), DRIVER, JSON.stringify(order)]];
  const { status, signal, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIMEOUT,
  });
  if (status !== 0) throw new Error(`${peer} ended with ${status ?? signal ?? 'nothing'}`);
  return JSON.parse(stdout) as Measured;
}

/** Every peer once a round; each round begins with another one, so that none is always first or last. */
function measureAll(group: Group, options: Options, data: string): readonly Sample[] {
  const { peers, rows } = group;
  return Array.from({ length: options.rounds }, (_, i) => i).flatMap((i) =>
    peers.map((_peer, k) => {
      const peer = peers[(i + k) % peers.length]!;
      const begin = Date.now();
      const sample = { peer, rows, round: i + 1, ...measure(peer, rows, options, data) };
      const seconds = ((Date.now() - begin) / 1000).toFixed(0);
      console.error(`round ${i + 1} of ${options.rounds}: ${peer}, ${rows} rows, ${seconds} s, load ${load()}`);
      return sample;
    }),
  );
}

function load(): string {
  return loadavg()[0]!.toFixed(1);
}

function main(options: Options): void {
  const { peers, data } = prepare(options);
  const groups = groupsOf(peers, options.rows);
  console.error(
    `node runs with --expose-gc ${groups.map(({ rows }) => `${heapFlag(rows)} (${rows} rows)`).join(', ')}`,
  );
  const setups = Object.fromEntries(peers.filter((peer) => !isGo(peer)).map((peer) => [peer, setupOf(peer, options)]));
  for (const [peer, setup] of Object.entries(setups)) if (setup !== undefined) console.error(`${peer}: ${setup}`);
  if (options.rounds < ROUNDS_MIN) console.error(`fewer than ${ROUNDS_MIN} rounds: nothing is said of bars`);

  const samples = groups.flatMap((group) => measureAll(group, options, data));
  const results = groups.map(({ rows }) => new Results(rows, samples));
  const mismatches = results.flatMap((one) => one.mismatches());
  const [cpu] = cpus();
  const about = {
    made: new Date().toISOString(),
    machine: { cpu: cpu?.model, cores: cpus().length, memory: totalmem() },
    versions: versionsOf(peers),
    commit: output('git', ['describe', '--always', '--dirty', '--abbrev=12']),
    setups,
    ...{ options, flags: groups.map(({ rows }) => heapFlag(rows)) },
  };
  const smoke = options.smoke ? 'smoke-' : '';
  const path = join(RESULTS, `${smoke}peers-${options.rows}-${about.made.replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(path, `${JSON.stringify({ ...about, mismatches, samples }, undefined, 1)}\n`);

  console.log(results.map(report).join('\n\n'));
  console.log(
    `\n${about.commit}, ${cpu?.model ?? '?'}, ${cpus().length} cores, ${JSON.stringify(about.versions)}\n${path}`,
  );
  for (const { peer, workload, rows, round, got, expected, of } of mismatches) {
    console.error(`${peer} read ${got} in ${workload} (${rows} rows, round ${round}), and ${of} ${expected}`);
  }
  if (mismatches.length > 0) process.exitCode = 1;
}

if (process.argv.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}
try {
  main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
