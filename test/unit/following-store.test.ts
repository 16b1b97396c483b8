import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as t from 'io-ts';
import { fileLog, type FileLogOptions } from 'memoir/log/file';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createStore, openStore, table } from '../../src/index.js';
import type { FollowingStore, LogPlan, MemoirError } from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } });
const tables = { items };
type Reader = FollowingStore<typeof tables>;

let dir: string;
/** What the readers were told of, where no test took it out. */
const errors: unknown[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'memoir-following-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
  expect(errors.splice(0)).toEqual([]);
});

const planOf = (options: Partial<FileLogOptions> = {}) => fileLog({ dir, ...options });
const write = (options: Partial<FileLogOptions> = {}) => openStore({ tables, log: planOf(options) });
const read = (): Promise<Reader> =>
  openStore({ tables, log: planOf(), readOnly: true, onError: (error) => errors.push(error) });
type Writer = Awaited<ReturnType<typeof write>>;

async function fill(store: Writer, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const n = store.head + 1;
    await store.transact((tx) => tx.items.put({ id: `i${n % 7}`, n }), { id: `t ${n}`, meta: { n } });
  }
}

/** Resolves when the reader has what the writer has, and holds one against the other. */
async function same(reader: Reader, writer: Writer): Promise<void> {
  await vi.waitFor(() => expect([reader.lineage, reader.head]).toEqual([writer.lineage, writer.head]), 5000);
  expect([...reader.now().items.scan('byN')]).toEqual([...writer.now().items.scan('byN')]);
  for (let offset = Math.max(reader.floor, writer.floor); offset <= reader.head; offset++)
    expect(reader.batch(offset)).toEqual(writer.batch(offset));
  (reader as unknown as { check(): void }).check();
}

const told = (reader: Reader, options: object = {}): unknown[] => {
  const seen: unknown[] = [];
  reader.changes(options).subscribe({
    next: (item: { offset: number; marker?: string }) =>
      seen.push(item.marker === undefined ? item.offset : `${item.marker} ${item.offset}`),
    error: (error: MemoirError) => seen.push(error.code),
    complete: () => seen.push('end'),
  });
  return seen;
};

describe('a store that only reads', () => {
  it('has what the log has, and follows it; streams, live queries and waits are told', async () => {
    const writer = await write({ segmentBytes: 2000 });
    await fill(writer, 20);
    const [reader, another] = [await read(), await read()];
    await same(reader, writer);
    const seen = told(reader, { from: 19 });
    const counts: number[] = [];
    reader.live((db) => db.items.count()).subscribe((count) => counts.push(count));
    const waiting = reader.waitFor({ lineage: writer.lineage, offset: 23 });
    await fill(writer, 3);
    await writer.transact((tx) => tx.items.delete('i1'));
    await waiting;
    await same(reader, writer);
    await same(another, writer);
    expect([seen, counts]).toEqual([
      [19, 20, 21, 22, 23, 24],
      [7, 6],
    ]);
    expect(reader.asOf(20).items.get('i1')).toEqual({ id: 'i1', n: 15 });
    expect(reader.diff(23, 24)).toMatchObject([{ kind: 'delete', key: 'i1' }]);
    expect(reader.batch(2)).toMatchObject({ id: 't 2', meta: { n: 2 } });
    await reader.close();
    await fill(writer, 1);
    expect([reader.head, reader.now().items.size, seen.at(-1)]).toEqual([24, 6, 'end']);
    await writer.close();
    await another.close();
  });

  it('has no transact, takes no lock and changes no file', async () => {
    const writer = await write();
    await fill(writer, 3);
    await writer.saveSnapshot();
    const files = () => readdirSync(dir).map((name) => [name, readFileSync(join(dir, name))]);
    const before = files();
    const reader = await read();
    await reader.waitFor(3);
    expect([Object.hasOwn(reader, 'transact'), 'transact' in reader]).toEqual([false, false]);
    await reader.close();
    await reader.close();
    expect(files()).toEqual(before);
    await writer.close();
  });

  it('is there before the log is, and has its lineage with the first batch', async () => {
    const reader = await read();
    expect([reader.head, reader.now().items.size]).toEqual([0, 0]);
    const seen = told(reader);
    const writer = await write();
    await fill(writer, 2);
    await same(reader, writer);
    expect(seen).toEqual([1, 2]);
    await writer.close();
    await reader.close();
  });

  it('goes on when the log is closed, opened again, and compacted', async () => {
    let writer = await write({ segmentBytes: 1000, keep: { batches: 3 } });
    const reader = await read();
    const seen = told(reader);
    for (let round = 0; round < 4; round++) {
      await fill(writer, 10);
      await same(reader, writer);
      await writer.saveSnapshot();
      await writer.close();
      writer = await write({ segmentBytes: 1000, keep: { batches: 3 } });
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    const late = await read();
    await same(late, writer);
    expect(late.floor).toBeGreaterThan(1);
    await Promise.all([writer.close(), reader.close(), late.close()]);
  });

  it('reads a log anew that begins anew, and tells of a reset', async () => {
    const other = createStore({ tables });
    for (let n = 1; n <= 5; n++) other.transact((tx) => tx.items.put({ id: 'o', n }));
    const bytes = await other.snapshot().toBytes();
    const writer = await write();
    await fill(writer, 8);
    const reader = await read();
    const [marked, plain] = [told(reader, { markers: true }), told(reader)];
    const live: unknown[] = [];
    reader.live((db) => db.items.get('o')?.n).subscribe((n) => live.push(n));
    const wait = reader.waitFor(100).catch((error: MemoirError) => error.code);
    const held = reader.now();
    await writer.restore(bytes);
    await same(reader, writer);
    await fill(writer, 2);
    await same(reader, writer);
    expect([marked, plain, live]).toEqual([['caughtUp 8', 'reset 5', 6, 7], ['LineageChanged'], [undefined, 5]]);
    expect([await wait, held.items.get('o')]).toEqual(['LineageChanged', undefined]);
    await writer.close();
    await reader.close();
  });

  it('reads anew what is further ahead than the log goes back', async () => {
    const writer = await write({ segmentBytes: 500, keep: { batches: 1 } });
    await fill(writer, 4);
    const plan = planOf();
    const gate: { shut?: Promise<void> } = {};
    const held: LogPlan = {
      ...plan,
      async follow() {
        const log = await plan.follow();
        const look = log.look.bind(log);
        return Object.assign(log, { look: async () => (await gate.shut, await look()) });
      },
    };
    const reader = await openStore({ tables, log: held, readOnly: true });
    const [marked, plain] = [told(reader, { markers: true }), told(reader)];
    let open = (): void => {};
    await fill(writer, 1);
    await same(reader, writer);
    gate.shut = new Promise((resolve) => (open = resolve));
    // A look that is under way sees what is there at once.
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (let i = 0; i < 3; i++) {
      await fill(writer, 20);
      await writer.saveSnapshot();
    }
    open();
    await same(reader, writer);
    expect([marked, plain]).toEqual([
      ['caughtUp 4', 5, 'reset 65'],
      [5, 'OffsetCompacted'],
    ]);
    await writer.close();
    await reader.close();
  });

  it('ends where the log cannot be read any more, says why, and stays what it is', async () => {
    const writer = await write({ segmentBytes: 400 });
    await fill(writer, 9);
    await writer.close();
    const reader = await read();
    const seen = told(reader);
    const segments = readdirSync(dir).filter((name) => name.startsWith('log-'));
    writeFileSync(join(dir, 'log-0000000000000010.avro'), new Uint8Array(100));
    expect(segments.length).toBeGreaterThan(1);
    await vi.waitFor(() => expect(seen).toEqual(['end']), 5000);
    expect(errors.splice(0)).toMatchObject([{ code: expect.stringMatching(/Damaged|FormatUnknown/) as string }]);
    expect([reader.head, reader.now().items.size]).toEqual([9, 7]);
    await reader.close();
  });

  it.each([
    ['snapshot', {}],
    ['lineage', 'x'],
    ['pendingBytesMax', 1],
    ['rowBytesMax', 1],
    ['wrong', 1],
    ['readOnly', 'yes'],
  ])('refuses the option %s', async (name, value) => {
    const options = { tables, log: planOf(), readOnly: true, [name]: value };
    await expect(openStore(options as never)).rejects.toMatchObject({ code: 'DefinitionInvalid', path: name });
  });

  it('refuses a log that cannot be followed, and tells of tables that do not fit', async () => {
    const log = new MemoryMedium().plan();
    await expect(openStore({ tables, log, readOnly: true })).rejects.toMatchObject({ path: 'log' });
    const writer = await write();
    await fill(writer, 1);
    const strict = { items: table(t.strict({ id: t.string, n: t.string }), { primaryKey: 'id' }) };
    const opening = openStore({ tables: strict, log: planOf(), readOnly: true });
    await expect(opening).rejects.toMatchObject({ code: 'SchemaIncompatible' });
    await writer.close();
  });
});
