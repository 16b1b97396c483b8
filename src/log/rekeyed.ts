import { toBase64Url } from '../codecs/base64url.js';
import { PRIMARY } from '../codecs/index-check.js';
import { toKey } from '../codecs/key.js';
import { encodeKey } from '../codecs/key-bytes.js';
import type { RowReading } from '../codecs/row-reading.js';
import { MemoirError, show } from '../errors.js';
import { kindOf, tupleOf, type AnyChange } from './batch.js';

type Row = Readonly<Record<string, unknown>>;

/** A change as it was written: a row before and a row after, each as a row of today. */
export interface Sides {
  readonly reading: RowReading;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** What became of the row of one key of today. */
interface Net {
  readonly table: string;
  readonly key: unknown;
  readonly before: Row | undefined;
  after: Row | undefined;
}

/**
 * The changes of a batch whose rows may have other keys today than those under which they were written: one a key of
 * today, in the order of each row's last write. A row whose key changed within the batch is deleted under the one and
 * inserted under the other; where it takes the place of another that goes, that is an update.
 *
 * @throws `SchemaIncompatible` where two rows have become one
 */
export function rekeyed(sides: readonly Sides[], offset: number): AnyChange[] {
  const byKey = new Map<string, Net>();
  for (const { reading, before } of sides) {
    if (before === undefined) continue;
    const { name, table, key } = placeOf(reading, before);
    if (byKey.has(name)) throw twins(table, key, offset);
    byKey.set(name, { table, key, before, after: undefined });
  }
  for (const { reading, before, after } of sides) {
    const { name, table, key } = placeOf(reading, (after ?? before)!);
    const net = byKey.get(name);
    if (after !== undefined && net?.after !== undefined) throw twins(table, key, offset);
    // It was written later than all that stand there by now.
    byKey.delete(name);
    byKey.set(name, { table, key, before: net?.before, after: after ?? net?.after });
  }
  return [...byKey.values()].map(({ table, key, before, after }) => {
    return { table, key, kind: kindOf(before, after), before, after };
  });
}

/** Where a row of today stands: its table and key, and a name for both. */
function placeOf(
  { table, keyOf }: RowReading,
  row: Row,
): { readonly name: string; readonly table: string; readonly key: unknown } {
  const key = keyOf(row);
  const parts = toKey(tupleOf(key), { table: table!, index: PRIMARY });
  return { name: `${table} ${toBase64Url(encodeKey(parts))}`, table: table!, key };
}

/** Says that two rows have become one, of a batch or else of a snapshot: as they were written each had its own key. */
export function twins(table: string, key: unknown, offset?: number): MemoirError {
  const where = offset === undefined ? 'the snapshot' : `batch ${offset}`;
  const reason = `${table}: \`migrate\` gives two rows the key ${show(key)}, as of ${where}`;
  return new MemoirError('SchemaIncompatible', `${reason}: let it give each row a key of its own`, {
    ...{ table, key: tupleOf(key), reasons: [reason] },
    ...(offset !== undefined && { offset }),
  });
}
