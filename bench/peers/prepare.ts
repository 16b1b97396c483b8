import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { kindOf } from './kinds.js';
import type { Options } from './options.js';
import { GO_HARNESS, HERE, RESULTS, ROOT } from './places.js';
import { writeRows } from './rows.js';

const GOPATH = '/usr/share/gocode';
const GO_PACKAGES = ['golang-go', 'golang-github-hashicorp-go-memdb-dev'];
const MSGPACK_PACKAGE = 'golang-github-hashicorp-go-msgpack-dev';
const goFolder = (name: string) => join(GOPATH, 'src/github.com/hashicorp', name);

/** Builds everything that the peers need, and the rows. Throws what to do when something is missing. */
export function prepare(options: Options): { readonly peers: readonly string[]; readonly data: string } {
  const peers = withGo(options);
  run('npm', ['run', '-s', 'build'], ROOT);
  const packages = peers.flatMap((name) => (isGo(name) ? [] : (kindOf(name).package ?? [])));
  if (packages.some((name) => !existsSync(join(HERE, 'node_modules', name)))) {
    run('npm', ['ci', '--no-audit', '--no-fund'], HERE);
  }
  run('npx', ['tsc', '-p', join(HERE, 'tsconfig.emit.json')], ROOT);
  if (peers.some(isGo)) {
    const tags = existsSync(goFolder('go-msgpack')) ? ['-tags', 'msgpack'] : [];
    buildGo(join(HERE, 'go'), GO_HARNESS, tags);
  }
  const count = options.rows + Math.floor(options.rows / 5);
  mkdirSync(RESULTS, { recursive: true });
  const data = join(RESULTS, `rows-${count}.jsonl`);
  writeRows(data, count);
  return { peers, data };
}

/** Builds a program in Go, with the packages that Debian has installed. */
export function buildGo(folder: string, program: string, tags: readonly string[] = []): void {
  mkdirSync(dirname(program), { recursive: true });
  const env = { ...process.env, GO111MODULE: 'off', GOPATH, GOFLAGS: '' };
  execFileSync('go', ['build', ...tags, '-o', program, '.'], { cwd: folder, env, stdio: 'inherit' });
}

/** Whether Go is there, and a package of it that Debian installs. */
export function hasGo(name: string): boolean {
  return spawnSync('go', ['version']).status === 0 && existsSync(join(GOPATH, 'src', name));
}

/** True for the peers that the Go harness runs. */
export function isGo(name: string): boolean {
  return name.startsWith('go-memdb');
}

/** The peers, without those in Go when they are not insisted on and Go is not there. */
function withGo({ peers, smoke, install }: Options): readonly string[] {
  if (!peers.some(isGo)) return peers;
  const goThere = () => hasGo('github.com/hashicorp/go-memdb');
  const msgpackThere = existsSync(goFolder('go-msgpack'));
  if (install && !(goThere() && msgpackThere)) {
    run('apt-get', ['update', '-qq'], ROOT);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...GO_PACKAGES, MSGPACK_PACKAGE], ROOT);
  }
  if (goThere()) return peers;
  const advice = `apt-get install --no-install-recommends ${GO_PACKAGES.join(' ')} ${MSGPACK_PACKAGE}`;
  if (!smoke) throw new Error(`go-memdb needs Go and its package (--install does it, as root):\n  ${advice}`);
  console.error(`without go-memdb, for which this would have to be done:\n  ${advice}`);
  return peers.filter((name) => !isGo(name));
}

/** Runs a command; what it prints goes to the standard error. */
export function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
}

/** The versions of what was measured, by name. */
export function versionsOf(peers: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = { node: process.versions.node };
  for (const name of peers) {
    if (isGo(name)) {
      versions['go'] = output('go', ['version']);
      versions['go-memdb'] = output('dpkg-query', ['-W', '-f', '${Version}', GO_PACKAGES[1]!]);
    } else {
      const { package: installed } = kindOf(name);
      if (installed !== undefined) versions[name] = versionIn(join(HERE, 'node_modules', installed));
    }
  }
  return { ...versions, memoir: versionIn(ROOT) };
}

/** The version of the package in a folder. */
export function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

/** What a command prints, or why there is nothing. */
export function output(command: string, args: readonly string[]): string {
  const { status, stdout } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'unknown';
}
