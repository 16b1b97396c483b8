/** Files of every format that there ever was are read as what they were written as. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { avro } from '../../src/avro.js';
import { createStore, json, openStore, readSnapshot } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';
import { eventsInMemory, eventTables, goldenEvents } from '../golden/event-history.js';
import { goldenTables, inMemory } from '../golden/history.js';
import { root } from '../support/repository.js';

const golden = join(root, 'test/golden');
const formats = readdirSync(golden).filter((name) => name.startsWith('format-'));
const cases = formats.flatMap((format) => [avro, json].map((codec) => [format, codec.name, codec] as const));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'memoir-golden-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('are there', () => {
  expect(formats).toContain('format-1');
  expect(readdirSync(golden)).toContain('events-1');
});

describe.each(cases)('files of %s, rows as %s', (format, name, codec) => {
  const twin = inMemory();

  it.each([
    ['with their snapshot', true],
    ['by the log alone', false],
  ])('are read %s', async (_, withSnapshot) => {
    const dir = join(folder, `${format}-${name}-${withSnapshot}`);
    cpSync(join(golden, format, name), dir, { recursive: true });
    const snapshots = readdirSync(dir).filter((file) => file.startsWith('snapshot-'));
    expect(snapshots.length).toBe(1);
    if (!withSnapshot) rmSync(join(dir, snapshots[0]!));
    const store = await openStore({ tables: goldenTables, log: fileLog({ dir, codec }) });
    expect(store.head).toBe(twin.head);
    expect([...store.now().everything.scan()]).toStrictEqual([...twin.now().everything.scan()]);
    expect([...store.now()['odd-name'].scan()]).toStrictEqual([...twin.now()['odd-name'].scan()]);
    for (let offset = 1; offset <= twin.head; offset++) expect(store.batch(offset)).toStrictEqual(twin.batch(offset));
    expect(await store.transact((tx) => tx.nextId('s'))).toMatchObject({ result: 3 });
    expect(await store.transact(() => undefined, { id: 'step 1' })).toMatchObject({ repeated: true, offset: 2 });
    store.check();
    await store.close();
  });

  it('have a snapshot that is written byte for byte as it was', async () => {
    const [file] = readdirSync(join(golden, format, name)).filter((one) => one.startsWith('snapshot-'));
    const bytes = new Uint8Array(readFileSync(join(golden, format, name, file!)));
    const { lineage } = await readSnapshot(bytes, { codec });
    const again = inMemory({ codec, lineage, steps: 3 });
    expect(await again.snapshot().toBytes()).toEqual(bytes);
  });

  it('have a snapshot that a store in memory takes', async () => {
    const [file] = readdirSync(join(golden, format, name)).filter((one) => one.startsWith('snapshot-'));
    const bytes = new Uint8Array(readFileSync(join(golden, format, name, file!)));
    const store = createStore({ tables: goldenTables, snapshot: await readSnapshot(bytes, { codec }) });
    expect([...store.now().everything.scan()]).toStrictEqual([...twin.asOf(3).everything.scan()]);
  });
});

describe.each([
  ['avro', avro],
  ['json', json],
])('files with events, rows as %s', (name, codec) => {
  const twin = eventsInMemory();

  it.each([
    ['with their snapshot', true],
    ['by the log alone', false],
  ])('are read %s', async (_, withSnapshot) => {
    const dir = join(folder, `events-${name}-${withSnapshot}`);
    cpSync(join(golden, 'events-1', name), dir, { recursive: true });
    const snapshot = readdirSync(dir).find((file) => file.startsWith('snapshot-'))!;
    if (!withSnapshot) rmSync(join(dir, snapshot));
    const store = await openStore({ tables: eventTables, events: goldenEvents, log: fileLog({ dir, codec }) });
    for (let offset = 1; offset <= twin.head; offset++) expect(store.batch(offset)).toStrictEqual(twin.batch(offset));
    for (const stream of ['order o', '__proto__'])
      expect([...store.stream(stream).read()]).toStrictEqual([...twin.stream(stream).read()]);
    const next = await store.transact((tx) => tx.emit('Empty', {}, { stream: 'order o' }).position);
    expect(next).toMatchObject({ offset: twin.head + 1, result: 3 });
    store.check();
    await store.close();
  });

  it('have a snapshot with the heads of streams', async () => {
    const dir = join(golden, 'events-1', name);
    const snapshot = readdirSync(dir).find((file) => file.startsWith('snapshot-'))!;
    const image = await readSnapshot(new Uint8Array(readFileSync(join(dir, snapshot))), { codec });
    const store = createStore({ tables: eventTables, events: goldenEvents, snapshot: image });
    expect(store.transact((tx) => tx.emit('Empty', {}, { stream: '__proto__' }).position)).toMatchObject({ result: 2 });
    expect(store.transact(() => undefined, { id: 'step 1' }).events).toStrictEqual(twin.batch(2).events);
  });
});
