import type { ByteWriter } from './byte-writer.js';

/**
 * Plain data as bytes, one way only, whatever codec, platform or order of fields: what state hashes are made of.
 * A value is a tag byte and what the tag calls for: a number its binary64 (little-endian), a Date that of its time,
 * strings and bytes their length and themselves (UTF-8), a bigint its decimal digits as a string, a list its length and
 * its items, an object the number of its fields and, in the order of their names' UTF-16 units, each name and value.
 */
export function writeCanonical(value: unknown, to: ByteWriter): void {
  switch (typeof value) {
    case 'string':
      to.byte(TAG.string);
      return to.string(value);
    case 'number':
      // Of the many bit patterns of NaN it has its own tag.
      if (Number.isNaN(value)) return to.byte(TAG.nan);
      to.byte(TAG.number);
      return to.double(value);
    case 'boolean':
      return to.byte(value ? TAG.true : TAG.false);
    case 'bigint':
      to.byte(TAG.bigint);
      return to.string(value.toString());
    default:
      return value === null ? to.byte(TAG.null) : writeObject(value as object, to);
  }
}

/** The names of an object's fields in order. Rows come by the thousand with the same ones. */
function sortedNames(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const names = Object.keys(fields);
  if (names.length !== last.names.length || names.some((name, i) => name !== last.names[i]))
    last = { names, sorted: names.toSorted() };
  return last.sorted;
}

let last: { readonly names: readonly string[]; readonly sorted: readonly string[] } = { names: [], sorted: [] };

const TAG = {
  ...{ null: 0, false: 1, true: 2, number: 3, nan: 4 },
  ...{ bigint: 5, string: 6, date: 7, bytes: 8, list: 9, object: 10 },
} as const;

function writeObject(value: object, to: ByteWriter): void {
  if (value instanceof Date) {
    to.byte(TAG.date);
    return to.double(value.getTime());
  }
  if (value instanceof Uint8Array) {
    to.byte(TAG.bytes);
    return to.counted(value);
  }
  if (Array.isArray(value)) {
    to.byte(TAG.list);
    to.long(value.length);
    for (const item of value) writeCanonical(item, to);
    return;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const names = sortedNames(fields);
  to.byte(TAG.object);
  to.long(names.length);
  for (const name of names) {
    to.string(name);
    writeCanonical(fields[name], to);
  }
}
