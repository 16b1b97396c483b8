import type { ByteCodec, RowCoder } from '../codecs/byte-codec.js';
import type { ByteReader } from '../codecs/byte-reader.js';
import type { ByteWriter } from '../codecs/byte-writer.js';
import { Fault } from '../codecs/fault.js';
import type { EventReading } from '../codecs/row-reading.js';
import { avroName } from '../codecs/shape-name.js';
import { eventNamespace, type RowSchema } from '../codecs/store-schema.js';
import type { AnyEvent } from './batch.js';
import { branchOf } from './branch-of.js';

/** Told of events whose type is gone: they are passed over, but the streams that they are of have had them. */
export type Passed = (stream: string, position: number) => void;

/**
 * Lays the events of a batch down, all in one schema: in Avro's terms, a list of a union by type, each a record of the
 * event's data, and its place in a stream or null.
 */
export class EventWriter {
  /** The Avro schema of the list. */
  readonly schema: unknown;
  readonly #types: ReadonlyMap<string, { readonly branch: number; readonly coder: RowCoder }>;

  constructor(codec: ByteCodec, schema: readonly RowSchema[]) {
    const coders = schema.map(({ name, row }) => codec.coder(row, eventNamespace(name)));
    this.#types = new Map(schema.map(({ name }, branch) => [name, { branch, coder: coders[branch]! }]));
    this.schema = { type: 'array', items: schema.map(({ name }, i) => eventSchema(name, coders[i]!, i === 0)) };
  }

  write(events: readonly AnyEvent[], to: ByteWriter): void {
    if (events.length > 0) to.long(events.length);
    for (const { type, data, stream, position } of events) {
      const { branch, coder } = this.#types.get(type)!;
      to.long(branch);
      coder.write(data, to);
      to.long(stream === undefined ? 0 : 1);
      if (stream === undefined) continue;
      to.string(stream);
      to.long(position!);
    }
    to.long(0);
  }
}

/** Takes the events of a batch up again, as `readings` says, a type each in the schema's order. */
export class EventReader {
  readonly #readings: readonly EventReading[];
  readonly #passed: Passed | undefined;

  constructor(readings: readonly EventReading[], passed: Passed | undefined) {
    this.#readings = readings;
    this.#passed = passed;
  }

  read(from: ByteReader): readonly AnyEvent[] {
    const events: AnyEvent[] = [];
    for (let count = from.count(); count > 0; count = from.count()) {
      for (let i = 0; i < count; i++) this.#event(from, events);
    }
    return events;
  }

  #event(from: ByteReader, events: AnyEvent[]): void {
    const { type, read } = this.#readings[branchOf(from, this.#readings.length)]!;
    const data = read(from) as AnyEvent['data'];
    const isPlaced = branchOf(from, 2) === 1;
    const stream = isPlaced ? from.string() : undefined;
    const position = isPlaced ? from.long() : undefined;
    if (position !== undefined && position < 1)
      throw new Fault('Damaged', `has an event at position ${position} of a stream, before byte ${from.at}`);
    if (type !== undefined) events.push({ type, data, stream, position });
    else if (stream !== undefined) this.#passed?.(stream, position!);
  }
}

function eventSchema(type: string, coder: RowCoder, isFirst: boolean): unknown {
  return {
    type: 'record',
    name: `memoir.Event_${avroName(type)}`,
    fields: [
      { name: 'data', type: coder.schema },
      // A type is spelled out where it is met first.
      { name: 'place', type: ['null', isFirst ? PLACE : PLACE.name] },
    ],
  };
}

const PLACE = {
  type: 'record',
  name: 'memoir.Place',
  fields: [
    { name: 'stream', type: 'string' },
    { name: 'position', type: 'long' },
  ],
};
