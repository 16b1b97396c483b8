import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Figures } from '../harness/figures.js';
import { build, ROOT, run, type Job } from '../harness/launch.js';
import { listOf, wholeOf } from '../peers/options.js';
import { buildGo, hasGo, output } from '../peers/prepare.js';
import { GO_FSM, HERE } from './places.js';
import { report } from './report.js';

const USAGE = `npm run bench:fsm -- [options]
  --rows 100000       how many rows are created, and how many moves follow
  --rounds 9          how often each case runs
  --peers a,b         of memoir, memoir, Avro, memoir, unhashed and go-memdb, apart by semicolons
  --only apply        of apply, snapshot, raft
  --smoke             tiny sizes: shows only that everything runs`;

const PEERS = ['memoir', 'memoir, Avro', 'memoir, unhashed', 'go-memdb'];
const PARTS = ['apply', 'snapshot', 'raft'];
const PACKAGES = [
  'golang-github-hashicorp-go-memdb-dev',
  'golang-github-hashicorp-go-msgpack-dev',
  'golang-github-hashicorp-raft-dev',
];

/** What is built in Go: files, and their names beside each other. */
const SOURCES = {
  'bench/fsm/go/main.go': 'main.go',
  'bench/fsm/go/raft.go': 'raft.go',
  'bench/durable/go/rows.go': 'made.go',
  'bench/peers/go/rows.go': 'rows.go',
  'bench/peers/go/indexers.go': 'indexers.go',
  'examples/raft-task-server/raftd/link.go': 'link.go',
  'examples/raft-task-server/raftd/machine.go': 'machine.go',
};

/** Builds the machine in Go, of its own source and of what other benches have in Go. Returns versions. */
function prepareGo(): Record<string, string> {
  const missing = ['go-memdb', 'go-msgpack', 'raft'].filter((name) => !hasGo(`github.com/hashicorp/${name}`));
  if (missing.length > 0)
    throw new Error(`go-memdb needs apt-get install --no-install-recommends golang-go ${PACKAGES.join(' ')}`);
  const source = join(HERE, 'dist/go');
  rmSync(source, { recursive: true, force: true });
  mkdirSync(source, { recursive: true });
  for (const [from, name] of Object.entries(SOURCES)) cpSync(join(ROOT, from), join(source, name));
  buildGo(source, GO_FSM);
  const versionOf = (name: string) => output('dpkg-query', ['-W', '-f', '${Version}', name]);
  return { go: output('go', ['version']), ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])) };
}

/** Each round begins with another peer, so that none is always first or last. */
function inTurn(groups: readonly (readonly Job[])[], round: number): readonly Job[] {
  return groups.flatMap((jobs) => jobs.map((_, k) => jobs[(round - 1 + k) % jobs.length]!));
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: { rows: text, rounds: text, peers: text, only: text, smoke: flag, help: flag },
});
if (values.help) {
  console.log(USAGE);
} else {
  const { smoke } = values;
  const peers = values.peers?.split(';') ?? PEERS;
  const only = listOf(values.only, PARTS, PARTS);
  const rows = wholeOf('rows', values.rows, smoke ? 2000 : 100_000, 100);
  const base = {
    ...{ rows, rounds: wholeOf('rounds', values.rounds, smoke ? 1 : 9, 1) },
    heap: Math.max(2048, Math.ceil(rows / 150)),
  };
  const groupOf = (part: string, group: number) => peers.map((peer) => ({ ...base, part, peer, group }));
  const groups = [groupOf('apply', 1), groupOf('apply', 64), groupOf('snapshot', 64), groupOf('raft', 64)].filter(
    ([first]) => first !== undefined && only.includes(first.part),
  );
  const versions = peers.includes('go-memdb') || only.includes('raft') ? prepareGo() : {};
  build();
  console.log(
    report(new Figures([run('fsm', groups.flat(), smoke, { inTurn: (_, round) => inTurn(groups, round), versions })])),
  );
}
