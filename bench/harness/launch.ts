import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

import type { Measured } from './measure.js';

export const ROOT = join(import.meta.dirname, '../..');
const BENCH = join(ROOT, 'bench');
const RESULTS = join(BENCH, 'results');

/** What a process is asked to measure: a part of its bench, and the sizes. */
export interface Order {
  readonly part: string;
  readonly rows: number;
  /** How much old space V8 may use, in MiB. */
  readonly heap: number;
  readonly [option: string]: unknown;
}

/** What came of an order. */
export interface Sample extends Measured {
  readonly order: Order;
  /** From 1. */
  readonly round: number;
}

/** A run of a bench, as it is written to a file. */
export interface RunResults {
  readonly bench: string;
  readonly smoke: boolean;
  readonly made: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  readonly samples: readonly Sample[];
}

/** Builds memoir and the benches; what is measured is what users get, compiled by tsc and by nothing else. */
export function build(): void {
  execFileSync('npm', ['run', '-s', 'build'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  execFileSync('npx', ['tsc', '-p', join(BENCH, 'tsconfig.emit.json')], { cwd: ROOT, stdio: ['ignore', 2, 2] });
}

/** How long one process may take, in milliseconds. */
const TIMEOUT = 60 * 60_000;

/** Measures in a process of its own. */
export function measure(bench: string, order: Order, round: number): Sample {
  const driver = join(BENCH, 'dist/bench', bench, 'driver.js');
  const begin = Date.now();
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    ['--expose-gc', `--max-old-space-size=${order.heap}`, driver, JSON.stringify(order)],
    { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: TIMEOUT },
  );
  const what = `${JSON.stringify(order)}, round ${round}`;
  if (status !== 0) throw new Error(`${what} ended with ${status ?? signal ?? 'nothing'}`);
  const seconds = ((Date.now() - begin) / 1000).toFixed(0);
  console.error(`${what}: ${seconds} s, load ${loadavg()[0]!.toFixed(1)}`);
  return { order, round, ...(JSON.parse(stdout) as Measured) };
}

/** An order, and how often it is carried out. */
export type Job = Order & { readonly rounds: number };

/** What a bench may say about its run. */
interface RunOptions {
  /** The jobs of a round in the order in which they run; as they are given unless told. */
  readonly inTurn?: (jobs: readonly Job[], round: number) => readonly Job[];
  /** Versions of what else is measured. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** Runs every order in turn, round by round; what came of it is written as it comes, should the run be stopped. */
export function run(
  bench: string,
  orders: readonly Job[],
  smoke: boolean,
  { inTurn = (jobs) => jobs, versions = {} }: RunOptions = {},
): RunResults {
  const samples: Sample[] = [];
  const results: RunResults = {
    ...{ bench, smoke, made: new Date().toISOString(), samples },
    machine: { cpu: cpus()[0]?.model ?? '?', cores: cpus().length, memory: totalmem() },
    versions: { node: process.versions.node, v8: process.versions.v8, memoir: version(), ...versions },
    commit: commit(),
  };
  mkdirSync(RESULTS, { recursive: true });
  const name = `${prefixOf(bench, smoke)}${results.made.replaceAll(/[:.]/g, '-')}.json`;
  const most = Math.max(...orders.map(({ rounds }) => rounds));
  for (let round = 1; round <= most; round++) {
    for (const { rounds, ...order } of inTurn(orders, round)) {
      if (round > rounds) continue;
      samples.push(measure(bench, order, round));
      writeFileSync(join(RESULTS, name), `${JSON.stringify(results, undefined, 1)}\n`);
    }
  }
  console.error(`bench/results/${name}`);
  return results;
}

/** All results of a bench that lie there, oldest first; those of tiny sizes only when they are asked for. */
export function resultsOf(bench: string, smoke = false): readonly RunResults[] {
  mkdirSync(RESULTS, { recursive: true });
  return readdirSync(RESULTS)
    .filter((name) => name.startsWith(prefixOf(bench, smoke)) && name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as RunResults);
}

/** How the names of a bench's results begin; git passes over those of tiny sizes, and keeps the others. */
function prefixOf(bench: string, smoke: boolean): string {
  return smoke ? `smoke-${bench}-` : `${bench}-`;
}

function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

function commit(): string {
  const args = ['describe', '--always', '--dirty', '--abbrev=12'];
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'unknown';
}
