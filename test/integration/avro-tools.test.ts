/** What an independent implementation of Avro, Debian's `avro-bin`, finds in the files of a store. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as t from 'io-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { avro } from '../../src/avro.js';
import { bytes, date, json, openStore, table } from '../../src/index.js';
import { fileLog } from '../../src/log-file.js';

const Task = t.intersection([
  t.strict({ id: t.string, rank: t.Int, tags: t.array(t.string), state: t.keyof({ open: null, 'half-done': null }) }),
  t.partial({ note: t.union([t.string, t.null]), due: date, raw: bytes }),
]);
const tables = {
  tasks: table(Task, { primaryKey: 'id' }),
  'odd-name': table(t.strict({ k: t.bigint, 'a-b': t.boolean }), { primaryKey: 'k' }),
};

const Line = t.strict({ sku: t.string, n: t.Int });
const events = { 'Order-placed': t.strict({ at: date, lines: t.array(Line), first: Line }), Noted: t.strict({}) };

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'memoir-avro-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The entries of a file, as the tool prints them. */
function entries(file: string): readonly Record<string, unknown>[] {
  const lines = execFileSync('avrocat', [join(dir, file)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.each([
  ['avro', avro],
  ['json', json],
])('files with rows as %s', (name, codec) => {
  let files: readonly string[];

  beforeAll(async () => {
    rmSync(dir, { recursive: true, force: true });
    const store = await openStore({ tables, events, log: fileLog({ dir, codec }) });
    await store.transact(
      (tx) => {
        tx.tasks.insert({ id: 'a', rank: 7, tags: ['x', 'ü'], state: 'half-done', note: null, due: new Date(5) });
        tx['odd-name'].insert({ k: 2n ** 40n, 'a-b': true });
        tx.nextId('s');
        const line = { sku: 'ü', n: 2 };
        tx.emit('Order-placed', { at: new Date(7), lines: [line], first: line }, { stream: 'o-1' });
        tx.emit('Noted', {});
      },
      { id: 'first', meta: { actor: 'ada' } },
    );
    await store.transact((tx) => tx.tasks.update('a', { rank: 8 }));
    await store.saveSnapshot();
    await store.close();
    files = readdirSync(dir);
  });

  it('are read: every batch of the log', () => {
    const found = entries(files.find((file) => file.startsWith('log-'))!);
    expect(found).toMatchObject([
      { offset: 1, id: { string: 'first' }, meta: '{"actor":"ada"}', sequences: { s: 1 } },
      { offset: 2, sequences: {} },
    ]);
    const [first, second] = found as readonly { readonly changes: readonly Record<string, unknown>[] }[];
    expect(first!.changes.map((change) => Object.keys(change)[0])).toEqual(['Change_tasks', 'Change_odd_x2d_name']);
    const { before, after } = (second!.changes[0] as Record<string, { before: unknown; after: unknown }>)[
      'Change_tasks'
    ]!;
    const rank = (side: unknown): unknown => {
      const { row } = (side as Record<string, { readonly row: unknown }>)['Row_tasks']!;
      return name === 'json' ? (JSON.parse(row as string) as unknown) : row;
    };
    expect(rank(before)).toMatchObject({ id: 'a', rank: 7 });
    expect(rank(after)).toMatchObject({ id: 'a', rank: 8 });
  });

  it('are read: events and their places', () => {
    const [first, second] = entries(files.find((file) => file.startsWith('log-'))!);
    const [placed, noted] = first!['events'] as readonly Record<string, Record<string, unknown>>[];
    const { data, place } = placed!['Event_Order_x2d_placed']!;
    expect(place).toEqual({ Place: { stream: 'o-1', position: 1 } });
    expect(name === 'json' ? (JSON.parse(data as string) as unknown) : data).toMatchObject({ first: { n: 2 } });
    expect(noted!['Event_Noted']).toMatchObject({ place: null });
    expect(second!['events']).toEqual([]);
  });

  it('are read: every row of the snapshot', () => {
    const found = entries(files.find((file) => file.startsWith('snapshot-'))!);
    expect(found.map((entry) => Object.keys(entry)[0])).toEqual([
      'State',
      'Row_odd_x2d_name',
      'Row_tasks',
      'Batch',
      'Batch',
      'End',
    ]);
    expect(found[0]).toMatchObject({ State: { offset: 2, sequences: { s: 1 }, streams: { 'o-1': 1 } } });
    expect(found.at(-1)).toMatchObject({ End: { rows: 2 } });
  });
});
