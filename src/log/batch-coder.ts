import type { ByteCodec, RowCoder } from '../codecs/byte-codec.js';
import { ByteReader } from '../codecs/byte-reader.js';
import { ByteWriter } from '../codecs/byte-writer.js';
import { Fault } from '../codecs/fault.js';
import { plainText, readPlain } from '../codecs/plain-text.js';
import type { RowReading, SchemaReadings } from '../codecs/row-reading.js';
import { avroName } from '../codecs/shape-name.js';
import { namespaceOf, type StoreSchema } from '../codecs/store-schema.js';
import { kindOf, type AnyBatch, type AnyChange, type AnyEvent, type Meta } from './batch.js';
import { branchOf } from './branch-of.js';
import { EventReader, EventWriter, type Passed } from './event-coder.js';
import { rekeyed, type Sides } from './rekeyed.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * Lays batches down as bytes, all in one schema. A batch is, in Avro's terms, a record of its offset, `at`, id, meta
 * (as JSON text), sequences, and changes: a list of a union by table, each with the row before and the row after. What
 * follows from those, a change's key and kind, is not written. The events come last, where the schema has any.
 */
export class BatchWriter {
  /** The fields of a batch, as an Avro schema tells them. */
  readonly fields: readonly unknown[];
  readonly #tables: ReadonlyMap<string, { readonly branch: number; readonly coder: RowCoder }>;
  readonly #events: EventWriter | undefined;
  readonly #bytes = new ByteWriter(1024);

  /** @param known the names of Avro types that stand before the batch in the same schema */
  constructor(codec: ByteCodec, { tables, events }: StoreSchema, known: ReadonlySet<string> = new Set()) {
    const coders = tables.map(({ name, row }) => codec.coder(row, namespaceOf(name)));
    this.#tables = new Map(tables.map(({ name }, branch) => [name, { branch, coder: coders[branch]! }]));
    this.#events = events === undefined ? undefined : new EventWriter(codec, events);
    const changes = tables.map(({ name }, i) => changeSchema(name, coders[i]!, known));
    this.fields = [
      { name: 'offset', type: 'long' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'id', type: ['null', 'string'] },
      { name: 'meta', type: 'string' },
      { name: 'sequences', type: { type: 'map', values: 'long' } },
      { name: 'changes', type: { type: 'array', items: changes } },
      ...(this.#events === undefined ? [] : [{ name: 'events', type: this.#events.schema }]),
    ];
  }

  /** The bytes of a batch. */
  body(batch: AnyBatch): Uint8Array {
    const to = this.#bytes;
    to.at = 0;
    this.write(batch, to);
    return to.since(0);
  }

  write({ offset, at, id, meta, sequences, changes, events }: AnyBatch, to: ByteWriter): void {
    to.long(offset);
    to.long(at);
    to.long(id === undefined ? 0 : 1);
    if (id !== undefined) to.string(id);
    to.string(plainText(meta));
    writeSequences(Object.entries(sequences ?? {}), to);
    if (changes.length > 0) to.long(changes.length);
    for (const { table, before, after } of changes) {
      const { branch, coder } = this.#tables.get(table)!;
      to.long(branch);
      writeSide(coder, before, to);
      writeSide(coder, after, to);
    }
    to.long(0);
    this.#events?.write(events, to);
  }
}

/** Batches without events share one list. */
export const NO_EVENTS: readonly AnyEvent[] = Object.freeze([]);

/** Takes batches up again that were laid down in one schema, as `readings` says, a table each in the schema's order. */
export class BatchReader {
  readonly #readings: readonly RowReading[];
  readonly #mayRekey: boolean;
  readonly #events: EventReader | undefined;

  /** @param passed told of events whose type is gone */
  constructor({ tables, events }: SchemaReadings, passed?: Passed) {
    this.#readings = tables;
    this.#mayRekey = tables.some(({ isRaised }) => isRaised);
    this.#events = events === undefined ? undefined : new EventReader(events, passed);
  }

  /** The batch of a body. Throws a `Fault` `Damaged` where it is none. */
  batch(body: Uint8Array): AnyBatch {
    const from = new ByteReader(body);
    const batch = this.read(from);
    if (!from.done) throw new Fault('Damaged', `goes on after its batch, at byte ${from.at}`);
    return batch;
  }

  read(from: ByteReader): AnyBatch {
    const offset = from.long();
    const at = from.long();
    const id = branchOf(from, 2) === 0 ? undefined : from.string();
    const meta = metaOf(from);
    const sequences = readSequences(from);
    const changes = this.#mayRekey ? rekeyed(this.#sides(from), offset) : this.#changes(from);
    const events = this.#events === undefined ? NO_EVENTS : this.#events.read(from);
    const plain = { offset, at, id, meta, changes, events };
    // `fromEntries` defines, where an assignment to `__proto__` would not.
    return sequences.length === 0 ? plain : { ...plain, sequences: Object.fromEntries(sequences) };
  }

  #changes(from: ByteReader): AnyChange[] {
    return this.#sides(from).map(({ reading, before, after }) => ({
      table: reading.table!,
      key: reading.keyOf((after ?? before)!),
      kind: kindOf(before, after),
      before,
      after,
    }));
  }

  #sides(from: ByteReader): Sides[] {
    const sides: Sides[] = [];
    for (let count = from.count(); count > 0; count = from.count()) {
      for (let i = 0; i < count; i++) this.#side(from, sides);
    }
    return sides;
  }

  /** Of a table that is gone, the change is passed over. */
  #side(from: ByteReader, sides: Sides[]): void {
    const reading = this.#readings[branchOf(from, this.#readings.length)]!;
    const before = branchOf(from, 2) === 0 ? undefined : (reading.read(from) as Row);
    const after = branchOf(from, 2) === 0 ? undefined : (reading.read(from) as Row);
    if (before === undefined && after === undefined)
      throw new Fault('Damaged', `has a change of nothing, before byte ${from.at}`);
    if (reading.table !== undefined) sides.push({ reading, before, after });
  }
}

function metaOf(from: ByteReader): Meta {
  const { at } = from;
  const text = from.string();
  if (text === '{}') return {};
  try {
    return readPlain(JSON.parse(text)) as Meta;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('Damaged', `has a meta that is no JSON, at byte ${at}`);
  }
}

/** The name of the type of a table's rows. */
export function rowType(table: string): string {
  return `memoir.Row_${avroName(table)}`;
}

/** A type that holds a row and nothing else, so that rows have a name whatever the codec makes of them. */
export function rowSchema(table: string, coder: RowCoder): unknown {
  return { type: 'record', name: rowType(table), fields: [{ name: 'row', type: coder.schema }] };
}

function changeSchema(table: string, coder: RowCoder, known: ReadonlySet<string>): unknown {
  const name = rowType(table);
  const before = known.has(name) ? name : rowSchema(table, coder);
  return {
    type: 'record',
    name: `memoir.Change_${avroName(table)}`,
    fields: [
      { name: 'before', type: ['null', before] },
      { name: 'after', type: ['null', name] },
    ],
  };
}

function writeSide(coder: RowCoder, row: Row | undefined, to: ByteWriter): void {
  to.long(row === undefined ? 0 : 1);
  if (row !== undefined) coder.write(row, to);
}

/** In the order of their names, so that equal batches are equal bytes. */
export function writeSequences(sequences: Iterable<readonly [string, number]>, to: ByteWriter): void {
  const entries = [...sequences].sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length > 0) to.long(entries.length);
  for (const [name, last] of entries) {
    to.string(name);
    to.long(last);
  }
  to.long(0);
}

export function readSequences(from: ByteReader): readonly (readonly [string, number])[] {
  const sequences: [string, number][] = [];
  for (let count = from.count(); count > 0; count = from.count()) {
    for (let i = 0; i < count; i++) sequences.push([from.string(), from.long()]);
  }
  return sequences;
}
