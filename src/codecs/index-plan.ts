import { MemoirError, show } from '../errors.js';
import { compareKeys, toKey, type Key, type KeyPart } from './key.js';
import { lowerCase } from './lower-case.js';
import { getOwn } from './plain-data.js';

/** A stored row. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * What an index does with a row, made from its specification. Keys are tuples of `width` parts; where a callback
 * computes them, its first key settles the width, which is 0 until then.
 */
export interface IndexPlan {
  readonly name: string;
  readonly unique: boolean;
  /** The fields whose values are the key, when the row itself can serve as the entry's key; else undefined. */
  readonly fields: readonly string[] | undefined;
  /** True when a row may have several keys. */
  readonly multi: boolean;
  readonly width: number;
  /** True when a row without a value is simply not in the index. */
  readonly sparse: boolean;
  /** Makes a part that a caller looks for comparable with the stored ones. */
  readonly fold: (part: KeyPart) => KeyPart;
  /** The row's keys, without repetition. Throws `MissingValue` or `KeyInvalid`; `where` names table and index. */
  readonly keysOf: (row: Row, where: string) => readonly Key[];
}

/** An index specification whose form has been checked. */
export interface CheckedSpec {
  readonly kind: 'on' | 'each' | 'keys' | 'entries' | 'by';
  readonly fields: readonly string[];
  readonly by: ((row: Row) => readonly unknown[] | undefined) | undefined;
  readonly unique: boolean;
  readonly sparse: boolean | 'null';
  readonly lower: boolean;
  readonly where: ((row: Row) => boolean) | undefined;
}

const same = (part: KeyPart): KeyPart => part;
const lower = (part: KeyPart): KeyPart => (typeof part === 'string' ? lowerCase(part) : part);

/** The plan of a checked specification. */
export function planIndex(name: string, spec: CheckedSpec): IndexPlan {
  const fold = spec.lower ? lower : same;
  const candidates = candidatesOf(spec);
  const { where: included, sparse } = spec;
  let width = { on: spec.fields.length, each: 1, keys: 1, entries: 2, by: 0 }[spec.kind];
  const keysOf = (row: Row, where: string): readonly Key[] => {
    if (included !== undefined && !included(row)) return [];
    const keys: Key[] = [];
    for (const parts of candidates(row)) {
      if (parts === undefined || parts.includes(undefined)) {
        if (sparse === false) throw missing(where, spec);
      } else if (sparse !== 'null' || !parts.includes(null)) {
        if (width === 0) width = parts.length;
        if (parts.length !== width || width === 0) throw unequal(where, parts, width);
        keys.push(toKey(parts, where).map(fold));
      }
    }
    return keys.length > 1 ? withoutRepetition(keys) : keys;
  };
  const direct = spec.kind === 'on' && included === undefined && !spec.lower && sparse !== 'null';
  return {
    name,
    unique: spec.unique,
    fields: direct ? spec.fields : undefined,
    multi: spec.kind === 'each' || spec.kind === 'keys' || spec.kind === 'entries',
    get width() {
      return width;
    },
    sparse: sparse !== false,
    fold,
    keysOf,
  };
}

/** The key tuples a row offers, before missing values are looked at. */
function candidatesOf({ kind, fields, by }: CheckedSpec): (row: Row) => readonly (readonly unknown[] | undefined)[] {
  const field = fields[0] ?? '';
  switch (kind) {
    case 'on':
      return (row) => [fields.map((name) => getOwn(row, name))];
    case 'by':
      return (row) => [by!(row)];
    case 'each':
      return (row) => listOf(row[field], (items) => (items as readonly unknown[]).map((item) => [item]));
    case 'keys':
      return (row) => listOf(row[field], (map) => Object.keys(map).map((key) => [key]));
    case 'entries':
      return (row) => listOf(row[field], (map) => Object.entries(map));
  }
}

/** A field that is not there is one missing value; an empty one has no keys. */
function listOf(
  value: unknown,
  keys: (value: object) => readonly (readonly unknown[])[],
): readonly (readonly unknown[] | undefined)[] {
  return typeof value === 'object' && value !== null ? keys(value) : [undefined];
}

function withoutRepetition(keys: Key[]): readonly Key[] {
  keys.sort(compareKeys);
  return keys.filter((key, i) => i === 0 || compareKeys(key, keys[i - 1]!) !== 0);
}

function unequal(where: string, parts: readonly unknown[], width: number): MemoirError {
  return new MemoirError(
    'KeyInvalid',
    `\`by\` of the index ${where} gave ${parts.length} parts, ${show(parts)}: ` +
      `keys of one index have one length (${width})`,
    { key: parts },
  );
}

function missing(where: string, spec: CheckedSpec): MemoirError {
  const what = spec.kind === 'by' ? 'its `by` gave undefined' : `no value in ${spec.fields.map(show).join(', ')}`;
  return new MemoirError(
    'MissingValue',
    `the index ${where} has no key for this row (${what}): give the row a value, or make the index \`sparse\``,
    { path: spec.fields.join(',') },
  );
}
