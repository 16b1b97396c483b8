import type { ByteCodec, RowCoder } from '../codecs/byte-codec.js';
import { namespaceOf, schemaText, type StoreSchema } from '../codecs/store-schema.js';
import { BatchWriter, rowSchema, rowType } from './batch-coder.js';

/** Raised when the bytes of snapshots change; older ones are read for ever. */
export const SNAPSHOT_FORMAT = 1;

/**
 * What the entries of a snapshot are, as branches of one union: the state but for its rows, the rows of each table in
 * the order of the tables' names, the batches whose ids are remembered, and the end.
 */
export class SnapshotLayout {
  readonly codec: ByteCodec;
  readonly schema: StoreSchema;
  readonly coders: readonly RowCoder[];
  readonly batches: BatchWriter;
  readonly stateBranch = 0;

  constructor(codec: ByteCodec, schema: StoreSchema) {
    this.codec = codec;
    this.schema = schema;
    this.coders = schema.tables.map(({ name, row }) => codec.coder(row, namespaceOf(name)));
    this.batches = new BatchWriter(codec, schema, new Set(schema.tables.map(({ name }) => rowType(name))));
  }

  /** The branch of the rows of a table, by its place in the schema. */
  rowBranch(table: number): number {
    return table + 1;
  }

  get batchBranch(): number {
    return this.schema.tables.length + 1;
  }

  get endBranch(): number {
    return this.schema.tables.length + 2;
  }

  /** The Avro schema of the entries, as JSON. */
  get avro(): string {
    const { tables, events } = this.schema;
    const rows = tables.map(({ name }, i) => rowSchema(name, this.coders[i]!));
    const state = events === undefined ? STATE : { ...STATE, fields: [...STATE.fields, STREAMS] };
    return JSON.stringify([state, ...rows, { type: 'record', name: 'memoir.Batch', fields: this.batches.fields }, END]);
  }

  /** What the header says besides. */
  notes({ lineage, offset }: { readonly lineage: string; readonly offset: number }): Readonly<Record<string, string>> {
    return {
      'memoir.kind': 'snapshot',
      'memoir.format': String(SNAPSHOT_FORMAT),
      'memoir.codec': this.codec.name,
      'memoir.schema': schemaText(this.schema),
      'memoir.lineage': lineage,
      'memoir.offset': String(offset),
    };
  }
}

const STATE = {
  type: 'record',
  name: 'memoir.State',
  fields: [
    { name: 'offset', type: 'long' },
    { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
    { name: 'sequences', type: { type: 'map', values: 'long' } },
  ],
};

const STREAMS = { name: 'streams', type: { type: 'map', values: 'long' } };

const END = {
  type: 'record',
  name: 'memoir.End',
  fields: [
    { name: 'rows', type: 'long' },
    { name: 'stateHash', type: { type: 'fixed', name: 'memoir.Hash', size: 16 } },
    { name: 'crc', type: { type: 'fixed', name: 'memoir.Crc', size: 4 } },
  ],
};
