import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { build } from '../harness/launch.js';
import { buildGo, hasGo, output, run, versionIn } from '../peers/prepare.js';
import { KINDS } from './kinds.js';
import { BBOLT, HERE } from './places.js';

const GO_PACKAGE = 'golang-github-coreos-bbolt-dev';

/** Builds what the peers need, and installs what is missing. Returns their versions. */
export function prepare(peers: readonly string[]): Readonly<Record<string, string>> {
  const versions: Record<string, string> = {};
  if (peers.includes('bbolt')) {
    if (!hasGo('go.etcd.io/bbolt')) {
      throw new Error(`bbolt needs apt-get install --no-install-recommends golang-go ${GO_PACKAGE}`);
    }
    buildGo(join(HERE, 'go'), BBOLT);
    versions['bbolt'] = output('dpkg-query', ['-W', '-f', '${Version}', GO_PACKAGE]);
    versions['go'] = output('go', ['version']);
  }
  const packages = KINDS.flatMap(({ name, package: needed }) => (peers.includes(name) ? (needed ?? []) : []));
  const folderOf = (name: string) => join(HERE, 'node_modules', name);
  if (packages.some((name) => !existsSync(folderOf(name)))) {
    // The others bring what was compiled for this machine with them, and need no script. `npm ci` refuses a lock file
    // without what is compiled for machines that the registry has nothing for.
    run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'], HERE);
  }
  if (packages.includes('better-sqlite3') && !existsSync(join(folderOf('better-sqlite3'), 'build/Release'))) {
    run('npm', ['rebuild', 'better-sqlite3'], HERE);
  }
  for (const name of packages) versions[name] = versionIn(folderOf(name));
  build();
  return versions;
}
