import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

/** Where Debian puts the sources of Go packages; what GOPATH says comes first. */
const DEBIAN = '/usr/share/gocode';
const INSTALL =
  'The differential tests need Go and go-memdb: on Debian, ' +
  'apt-get install golang-go golang-github-hashicorp-go-memdb-dev';

/** Builds the program that runs histories on go-memdb, before any test, and removes it after all. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'memoir-memdb-'));
  const program = join(folder, 'memdb');
  const own = process.env['GOPATH'];
  const { status, error, stderr } = spawnSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {
    cwd: join(import.meta.dirname, 'memdb'),
    env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPATH: own === undefined ? DEBIAN : `${own}:${DEBIAN}` },
    encoding: 'utf8',
  });
  if (error !== undefined || status !== 0) {
    rmSync(folder, { recursive: true });
    throw new Error(`${INSTALL}\n${error?.message ?? stderr}`);
  }
  project.provide('memdb', program);
  return () => rmSync(folder, { recursive: true });
}
