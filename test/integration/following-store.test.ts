/**
 * Stores that only read, beside a process that commits and is killed at random moments: they have what it has, batch by
 * batch and with no gap, through its deaths, its snapshots and its compactions.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openStore } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';
import { crashTables, CrashTwin } from '../support/crash-workload.js';
import { root } from '../support/repository.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'memoir-following-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const errors: unknown[] = [];
const read = () =>
  openStore({ tables: crashTables, log: fileLog({ dir }), readOnly: true, onError: (error) => errors.push(error) });

it('follow a process that writes, through its deaths', { timeout: 120_000 }, async () => {
  const twin = new CrashTwin();
  const first = await read();
  const offsets: number[] = [];
  first.changes({ from: 1 }).subscribe(({ offset, id }) => {
    expect(id).toBe(`n${offset}`);
    offsets.push(offset);
  });
  for (let life = 1; life <= 4; life++) {
    const script = join(root, 'test/support/crashing-store.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, dir, String(life)], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'close');
    await first.waitFor(first.head + 100);
    const late = await read();
    expect(late.read((db) => [...db.items.scan()])).toStrictEqual(twin.after(late.head).rows);
    await late.waitFor(late.head + 50);
    child.kill('SIGKILL');
    await ended;
    await late.close();
    const { offset, items } = first.now();
    expect([...items.scan()]).toStrictEqual(twin.after(offset).rows);
  }
  const writer = await openStore({ tables: crashTables, log: fileLog({ dir }) });
  if (writer.head > 0) await first.waitFor({ lineage: writer.lineage, offset: writer.head });
  expect(first.head).toBe(writer.head);
  expect([...first.now().items.scan()]).toEqual([...writer.now().items.scan()]);
  expect(offsets).toEqual(Array.from({ length: writer.head }, (_, i) => i + 1));
  expect(errors).toEqual([]);
  await writer.close();
  await first.close();
});
