import { parseArgs } from 'node:util';

import { kindNames } from './kinds.js';
import { WORKLOADS } from './workload.js';

/** A build of memoir to measure: the name of its results, and its entry. */
export interface Build {
  readonly name: string;
  readonly entry: string;
}

/** What one call of the command is to do. */
export interface Options {
  readonly rows: number;
  readonly rounds: number;
  readonly cap: number;
  readonly peers: readonly string[];
  readonly only: readonly string[];
  /** Builds beside this one. */
  readonly builds: readonly Build[];
  readonly smoke: boolean;
  readonly install: boolean;
}

export const USAGE = `npm run bench:peers -- [options]
  --rows 100000              how many rows to load
  --rounds 9                 how often each peer runs, in turn; bars are judged from 9 on
  --cap 20000                how many rows a workload writes at most; else a tenth of the rows
  --peers a,b                of memoir, go-memdb, go-memdb-std, ${kindNames().join(', ')}
  --only W1,W5hit            these workloads alone: ${WORKLOADS.join(', ')}
  --memoir [name=]path       another build's dist/index.js, beside this one, as memoir@name; may be repeated
  --smoke                    1,000 rows, one round, of memoir, native-map and, if Go is there, go-memdb
  --install                  install what is missing of Go and go-memdb, with apt-get, as root`;

/** The options of a command line. Throws when they make no sense. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ rows: text, rounds: text, cap: text, peers: text, only: text, smoke: flag, install: flag },
      memoir: { type: 'string', multiple: true },
    },
  });
  const { smoke, install } = values;
  const builds = (values.memoir ?? []).map(buildOf);
  const all = ['memoir', 'go-memdb', ...kindNames()];
  const usual = smoke ? ['memoir', 'go-memdb', 'native-map'] : all;
  const peers = listOf(values.peers, usual, [...all, 'go-memdb-std']);
  return {
    rows: wholeOf('rows', values.rows, smoke ? 1000 : 100_000, 1000),
    rounds: wholeOf('rounds', values.rounds, smoke ? 1 : 9, 1),
    cap: wholeOf('cap', values.cap, 20_000, 100),
    peers: [...peers, ...builds.map(({ name }) => name)],
    only: listOf(values.only, [], WORKLOADS),
    ...{ builds, smoke, install },
  };
}

/** A whole number that was given, or another. Throws when it is too small or none. */
export function wholeOf(name: string, given: string | undefined, otherwise: number, least: number): number {
  const value = given === undefined ? otherwise : Number(given);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${name} is a whole number from ${least} on`);
  return value;
}

/** The names that were given, or others. Throws when one is not known. */
export function listOf(
  given: string | undefined,
  otherwise: readonly string[],
  known: readonly string[],
): readonly string[] {
  const list = given === undefined ? otherwise : given.split(',');
  const strange = list.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Error(`there is no ${strange}; there are ${known.join(', ')}`);
  return list;
}

function buildOf(given: string, i: number): Build {
  const [, name = String(i + 1), entry = ''] = /^(?:([\w.-]+)=)?(.*)$/.exec(given)!;
  return { name: `memoir@${name}`, entry };
}
