import type { ByteCodec } from '../codecs/byte-codec.js';
import { hash128 } from '../codecs/hash128.js';
import { toHex } from '../codecs/hex.js';
import { schemaText, type StoreSchema } from '../codecs/store-schema.js';
import { BatchWriter } from './batch-coder.js';
import type { WrittenSchema } from './byte-log.js';

/** Batches of one schema, on their way into a log: what lays them down, and what its files say of them. */
export interface WrittenBatches {
  readonly writer: BatchWriter;
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
  return { writer, schema: { avro, notes, fingerprint } };
}
