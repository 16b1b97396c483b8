/**
 * A store on a real disk whose process is killed at random moments: nothing that was acknowledged is lost, nothing is
 * torn, and what is there is what a store in memory has after the same transactions, by rows and by state hash.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openStore } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';
import { crashTables, CrashTwin, submit } from '../support/crash-workload.js';
import { root } from '../support/repository.js';

/** How often a process is killed; beyond a hundred, a quarter as often as one with a log alone, which begins sooner. */
const ROUNDS = Math.max(100, Math.ceil(Number(process.env['MEMOIR_ROUNDS'] ?? 100) / 4));

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'memoir-crash-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Lets a process write for a while, kills it, and tells which transactions it said were acknowledged. */
async function killed(seed: number, ms: number): Promise<readonly number[]> {
  const script = join(root, 'test/support/crashing-store.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, dir, String(seed)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8');
  const opened = new Promise<void>((resolve) => {
    child.stdout.on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) resolve();
    });
  });
  const ended = once(child, 'close');
  await Promise.race([opened, ended]);
  await new Promise<void>((resolve) => void setTimeout(resolve, ms));
  child.kill('SIGKILL');
  await ended;
  // What was written last may have been cut in two.
  const whole = said.slice(0, said.lastIndexOf('\n') + 1);
  expect(whole, 'the process opened its store').toMatch(/^open \d+\n/);
  return whole.split('\n').slice(1, -1).map(Number);
}

it(`keeps what it acknowledged, ${ROUNDS} times`, { timeout: 20_000 + ROUNDS * 10_000 }, async () => {
  let acknowledged = 0;
  const twin = new CrashTwin();
  for (let round = 1; round <= ROUNDS; round++) {
    acknowledged = Math.max(acknowledged, ...(await killed(round, (round * 37) % 150)));
    const store = await openStore({ tables: crashTables, log: fileLog({ dir }), stateHash: true });
    const { head } = store;
    expect(head).toBeGreaterThanOrEqual(acknowledged);
    const wanted = twin.after(head);
    expect(store.read((db) => [...db.items.scan()])).toStrictEqual(wanted.rows);
    expect(store.stateHash(head)).toBe(wanted.stateHash);
    for (let offset = store.floor; offset <= head; offset++) expect(store.batch(offset).id).toBe(`n${offset}`);
    store.check();
    if (head > 0) {
      const repeat = await store.transact(() => undefined, { id: `n${head}` });
      expect(repeat.repeated).toBe(true);
    }
    await submit(store, head + 1);
    await store.close();
  }
  expect(acknowledged).toBeGreaterThan(ROUNDS);
});
