import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, vi } from 'vitest';

import { cleanEnvironment } from './git-fast-import.js';

/**
 * Gives the tests of a file a folder of their own, and a git that knows nothing of the machine it runs on. Call it at
 * the top of the file; it returns what makes paths in that folder.
 */
export function temporaryFolder(): (name: string) => string {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'memoir-git-'));
    const clean = cleanEnvironment();
    for (const name of Object.keys(process.env)) if (!(name in clean)) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(clean)) vi.stubEnv(name, value);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return (name) => join(folder, name);
}
