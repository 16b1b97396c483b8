import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as t from 'io-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createStore, readSnapshot, table } from '../../src/index.js';
import { writeSnapshot } from '../../src/log-file.js';

const tables = { items: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'memoir-snapshot-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('a snapshot in a file replaces what was there, and leaves nothing else', async () => {
  const store = createStore({ tables });
  store.transact((tx) => tx.items.insert({ id: 'a' }));
  const path = join(dir, 'state.avro');
  writeFileSync(path, 'what was there');
  await writeSnapshot(path, store.snapshot());
  expect(readdirSync(dir)).toEqual(['state.avro']);
  const again = createStore({ tables, snapshot: await readSnapshot(readFileSync(path)) });
  expect(again.now().items.get('a')).toEqual({ id: 'a' });
  expect(store.holders()).toEqual([]);
});

it('a snapshot that cannot be written is let go of', async () => {
  const store = createStore({ tables });
  store.transact((tx) => tx.items.insert({ id: 'a' }));
  await expect(writeSnapshot(join(dir, 'nowhere/state.avro'), store.snapshot())).rejects.toMatchObject({
    code: 'LogRefused',
    cause: { code: 'ENOENT' },
  });
  expect(store.holders()).toEqual([]);
  mkdirSync(join(dir, 'folder'));
  await expect(writeSnapshot(join(dir, 'folder'), store.snapshot())).rejects.toMatchObject({ code: 'LogRefused' });
  expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
