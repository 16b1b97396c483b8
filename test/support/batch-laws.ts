import fc from 'fast-check';
import * as t from 'io-ts';
import { expect } from 'vitest';

import type { ByteCodec } from '../../src/codecs/byte-codec.js';
import { schemaToday, type SchemaToday } from '../../src/codecs/evolution.js';
import { equalPlain } from '../../src/codecs/equality.js';
import { eventDefinitionsOf } from '../../src/codecs/event.js';
import { Fault } from '../../src/codecs/fault.js';
import { readingsOf } from '../../src/codecs/row-reading.js';
import { bytes, date } from '../../src/codecs/scalars.js';
import { definitionOf } from '../../src/codecs/table.js';
import { createStore, MemoirError, table, type Events, type Table, type Tables } from '../../src/index.js';
import { BatchReader } from '../../src/log/batch-coder.js';
import { writtenBatches } from '../../src/log/batch-schema.js';
import type { AnyBatch, AnyChange, AnyEvent } from '../../src/log/batch.js';
import { plain, samples, texts, type Sample } from './random-codecs.js';
import { foreign } from './row-laws.js';
import { runs } from './runs.js';

/** What holds for batches as bytes with every codec of rows: random transactions, over tables of random codecs. */

/** Calls on the store's tables by name, their types apart. */
interface AnyTables {
  readonly [name: string]: { put(row: unknown): unknown; delete(key: unknown): unknown };
}
interface AnyTransaction {
  nextId(name: string): number;
  emit(type: string, data: unknown, options: { readonly stream?: string }): unknown;
}

const dated = t.strict({ day: date, n: t.Int, blob: bytes });

/** A row's table, and the row; of a row that is taken away, its key too. */
const statement = (values: fc.Arbitrary<unknown>): fc.Arbitrary<(tx: AnyTables & AnyTransaction) => unknown> => {
  const id = fc.oneof(fc.constantFrom('a', 'b', 'c'), texts);
  const day = fc.constantFrom(new Date(0), new Date(-1), new Date(8.64e15));
  const n = fc.constantFrom(0, -0, 7, 2 ** 53 - 1, -(2 ** 53) + 1);
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(id, values).map(
        ([key, v]) =>
          (tx: AnyTables) =>
            tx['plain']!.put({ id: key, v }),
      ),
    },
    { weight: 1, arbitrary: id.map((key) => (tx: AnyTables) => tx['plain']!.delete(key)) },
    { weight: 1, arbitrary: id.map((key) => (tx: AnyTables) => tx['gone']!.put({ id: key })) },
    {
      weight: 2,
      arbitrary: fc
        .record({ day, n, blob: fc.uint8Array({ maxLength: 5 }) })
        .map((row) => (tx: AnyTables) => tx['events']!.put(row)),
    },
    { weight: 1, arbitrary: fc.tuple(day, n).map((key) => (tx: AnyTables) => tx['events']!.delete(key)) },
    { weight: 1, arbitrary: texts.map((name) => (tx: AnyTransaction) => tx.nextId(name)) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('Happened', 'Gone'), id, values, fc.constantFrom(undefined, 's', '__proto__'))
        .map(
          ([type, key, v, stream]) =>
            (tx: AnyTransaction) =>
              tx.emit(type, { id: key, ...(type === 'Happened' && { v }) }, stream === undefined ? {} : { stream }),
        ),
    },
  );
};

interface Given {
  readonly sample: Sample;
  readonly all: readonly { run: readonly ((tx: never) => unknown)[]; meta: object; id: string | undefined }[];
}

const given: fc.Arbitrary<Given> = samples.chain((sample) =>
  fc.record({
    sample: fc.constant(sample),
    all: fc.array(
      fc.record({
        run: fc.array(statement(sample.values), { maxLength: 5 }),
        meta: fc.oneof(fc.constant({}), fc.dictionary(texts, plain, { maxKeys: 3 })),
        id: fc.oneof(fc.constant(undefined), texts),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
);

const schemaOfTables = (tables: Tables, events: Events): SchemaToday =>
  schemaToday({
    definitions: new Map(Object.entries(tables).map(([name, made]) => [name, definitionOf(name, made)])),
    events: eventDefinitionsOf(events),
  });

/** Event types, one with data of a codec. */
const eventsOf = (data: t.Mixed): Events => ({ Happened: data, Gone: t.strict({ id: t.string }) });

/** The tables, with rows of a codec; none where it is one that bytes cannot hold. */
function tablesOf(row: t.Mixed): Tables | undefined {
  try {
    return {
      plain: table(row as never, { primaryKey: 'id' }) as unknown as Table,
      events: table(dated, { primaryKey: ['day', 'n'] }) as unknown as Table,
      gone: table(t.strict({ id: t.string }), { primaryKey: 'id' }) as unknown as Table,
    };
  } catch (error) {
    if (error instanceof MemoirError) return undefined;
    throw error;
  }
}

/** The batches that a store makes of them; what it refuses makes none. */
function batchesOf(tables: Tables, events: Events, { all }: Given): readonly AnyBatch[] {
  const store = createStore({ tables, events });
  for (const { run, meta, id } of all) {
    const body = (tx: unknown): void => {
      for (const act of run) act(tx as never);
    };
    try {
      store.transact(body as never, (id === undefined ? { meta } : { meta, id }) as never);
    } catch (error) {
      if (!(error instanceof MemoirError)) throw error;
      expect(['RowInvalid', 'EventInvalid', 'KeyInvalid', 'OptionInvalid', 'MetaInvalid', 'UnknownField']).toContain(
        error.code,
      );
    }
  }
  return Array.from({ length: store.head }, (_, i) => store.batch(i + 1) as unknown as AnyBatch);
}

const equal = (a: unknown, b: unknown): boolean => a === b || (a !== undefined && b !== undefined && equalPlain(a, b));

function equalChanges(a: AnyChange, b: AnyChange): boolean {
  return (
    a.table === b.table &&
    a.kind === b.kind &&
    equal([a.key], [b.key]) &&
    equal(a.before, b.before) &&
    equal(a.after, b.after)
  );
}

function equalEvents(a: AnyEvent, b: AnyEvent): boolean {
  return a.type === b.type && a.stream === b.stream && a.position === b.position && equal(a.data, b.data);
}

/** Holds a batch that was read to be another, to the signs of its zeros and its prototypes. */
function expectBatch(read: AnyBatch, wanted: AnyBatch): void {
  const isSame =
    Object.keys(read).sort().join() === Object.keys(wanted).sort().join() &&
    [read.offset, read.at, read.id].join() === [wanted.offset, wanted.at, wanted.id].join() &&
    equal(read.meta, wanted.meta) &&
    equal(read.sequences, wanted.sequences) &&
    read.changes.length === wanted.changes.length &&
    read.changes.every((change, i) => equalChanges(change, wanted.changes[i]!)) &&
    read.events.length === wanted.events.length &&
    read.events.every((one, i) => equalEvents(one, wanted.events[i]!));
  if (!isSame) expect(read).toStrictEqual(wanted);
  expect(isSame).toBe(true);
  expect(foreign(read)).toEqual([]);
}

/** Batches are read as they were, and equal ones have equal bytes, whoever lays them down. */
export function readsBatchesItWrote(codec: ByteCodec): void {
  fc.assert(
    fc.property(given, (one) => {
      const row = t.type({ id: t.string, v: one.sample.codec });
      const [tables, events] = [tablesOf(row), eventsOf(row)];
      if (tables === undefined) return;
      const schema = schemaOfTables(tables, events);
      const [{ writer }, again] = [writtenBatches(codec, schema), writtenBatches(codec, schema)];
      const batches = batchesOf(tables, events, one);
      const bodies = batches.map((batch) => writer.body(batch));
      const reader = new BatchReader(readingsOf(codec, schema, schema, 'the log'));
      for (const [i, batch] of batches.entries()) {
        const read = reader.batch(bodies[i]!);
        expectBatch(read, batch);
        expect(again.writer.body(read)).toEqual(bodies[i]);
      }
    }),
    { numRuns: runs(60) },
  );
}

/** Bytes that are cut or changed give a batch, or the one error there is for them. */
export function survivesDamagedBatches(codec: ByteCodec): void {
  const change = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0xff, 0x80, 0xfe, 0, 1)));
  fc.assert(
    fc.property(given, fc.array(change, { maxLength: 9 }), fc.nat(), (one, changes, cut) => {
      const row = t.type({ id: t.string, v: one.sample.codec });
      const [tables, events] = [tablesOf(row), eventsOf(row)];
      if (tables === undefined) return;
      const schema = schemaOfTables(tables, events);
      const { writer } = writtenBatches(codec, schema);
      const reader = new BatchReader(readingsOf(codec, schema, schema, 'the log'));
      for (const batch of batchesOf(tables, events, one)) {
        const body = writer.body(batch);
        for (const [at, byte] of changes) body[at % body.length] = byte;
        const length = body.length - (cut % 3 === 0 ? cut % (body.length + 1) : 0);
        try {
          expect(foreign(reader.batch(body.subarray(0, length)))).toEqual([]);
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          expect(error.code).toBe('Damaged');
        }
      }
    }),
    { numRuns: runs(60) },
  );
}

/** Of tables that changed, rows are those of today: a field less, an optional one more, a table less, one more. */
export function readsBatchesOfTablesThatChanged(codec: ByteCodec): void {
  fc.assert(
    fc.property(given, samples, (one, { codec: added }) => {
      const row = t.type({ id: t.string, v: one.sample.codec });
      const [tables, events] = [tablesOf(row), eventsOf(row)];
      const rowNow = t.intersection([t.strict({ id: t.string }), t.partial({ added })]);
      const now = tablesOf(rowNow);
      if (tables === undefined || now === undefined) return;
      const { gone: _, ...kept } = now;
      const schema = schemaOfTables(tables, events);
      const today = schemaOfTables({ ...kept, zebra: tables['gone']! }, { Happened: rowNow, Zebra: t.strict({}) });
      const { writer } = writtenBatches(codec, schema);
      const readings = readingsOf(codec, schema, today, 'the log');
      const bare = (of: AnyChange['after']) => of && { id: of['id'] };
      for (const batch of batchesOf(tables, events, one)) {
        const changes = batch.changes
          .filter((change) => change.table !== 'gone')
          .map((change) =>
            change.table === 'plain' ? { ...change, before: bare(change.before), after: bare(change.after) } : change,
          );
        const told = batch.events.filter(({ type }) => type !== 'Gone');
        const passed: unknown[] = [];
        const reader = new BatchReader(readings, (stream, position) => passed.push({ stream, position }));
        const bareEvents = told.map((event) => ({ ...event, data: bare(event.data)! }));
        expectBatch(reader.batch(writer.body(batch)), { ...batch, changes, events: bareEvents });
        const gone = batch.events.filter(({ type, stream }) => type === 'Gone' && stream !== undefined);
        expect(passed).toEqual(gone.map(({ stream, position }) => ({ stream, position })));
      }
    }),
    { numRuns: runs(40) },
  );
}
