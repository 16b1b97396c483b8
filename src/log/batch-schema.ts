import type { ByteCodec } from '../codecs/byte-codec.js';
import { hash128 } from '../codecs/hash128.js';
import { toHex } from '../codecs/hex.js';
import { plainReadingsOf } from '../codecs/row-reading.js';
import { schemaText, type StoreSchema } from '../codecs/store-schema.js';
import { BatchReader, BatchWriter } from './batch-coder.js';
import type { WrittenSchema } from './byte-log.js';

/** Batches of one schema as bytes: what lays them down, what takes them up, and what files say of them. */
export interface WrittenBatches {
  readonly writer: BatchWriter;
  /** Takes them up again as they were laid down. */
  readonly reader: BatchReader;
  readonly schema: WrittenSchema;
}

/** How batches of a store's schema are laid down. */
export function writtenBatches(codec: ByteCodec, schema: StoreSchema): WrittenBatches {
  const writer = new BatchWriter(codec, schema);
  const fields = [
    { name: 'length', type: { type: 'fixed', name: 'memoir.Length', size: 4 } },
    ...writer.fields,
    { name: 'previous', type: { type: 'fixed', name: 'memoir.Digest', size: 16 } },
    { name: 'crc', type: { type: 'fixed', name: 'memoir.Crc', size: 4 } },
  ];
  const avro = JSON.stringify({ type: 'record', name: 'memoir.Batch', fields });
  const text = schemaText(schema);
  const fingerprint = toHex(hash128(new TextEncoder().encode(`${codec.name} ${text}`)));
  const notes = { 'memoir.codec': codec.name, 'memoir.schema': text, 'memoir.fingerprint': fingerprint };
  const reader = new BatchReader(plainReadingsOf(codec, schema));
  return { writer, reader, schema: { avro, notes, fingerprint } };
}
