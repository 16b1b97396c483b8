import { show, type MemoirError } from '../errors.js';
import { compareKeys, errorAt, toKey, type Key, type KeyPart, type Place } from './key.js';
import { lowerCase } from './lower-case.js';
import { getOwn } from './plain-data.js';

/** How an index comes by the keys of a row: the form of its definition, or that it is the primary key. */
export type IndexKind = 'primaryKey' | 'on' | 'each' | 'keys' | 'entries' | 'by';

/** A stored row. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * What an index does with a row, made from its specification. Keys are tuples of `width` parts; 0 where a callback
 * computes them, whose keys are all as long as those the index has.
 */
export interface IndexPlan {
  readonly name: string;
  /** How the keys come from a row. */
  readonly kind: IndexKind;
  /** The fields that the definition names; none where a callback computes the keys. */
  readonly named: readonly string[];
  /** True when only the rows for which a callback says so are in the index. */
  readonly partial: boolean;
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
  /** The row's keys, without repetition. Throws `MissingValue` or `KeyInvalid`; `place` is the index, for errors. */
  readonly keysOf: (row: Row, place: Place) => readonly Key[];
}

/** An index specification whose form has been checked. */
export interface CheckedSpec {
  readonly kind: Exclude<IndexKind, 'primaryKey'>;
  readonly fields: readonly string[];
  readonly by: ((row: Row) => readonly unknown[] | undefined) | undefined;
  /** True when the fields' values cannot be changed from outside. */
  readonly immutable: boolean;
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
  const width = { on: spec.fields.length, each: 1, keys: 1, entries: 2, by: 0 }[spec.kind];
  const keysOf = (row: Row, place: Place): readonly Key[] => {
    if (included !== undefined && !included(row)) return [];
    const keys: Key[] = [];
    for (const parts of candidates(row)) {
      if (parts === undefined || (Array.isArray(parts) && parts.includes(undefined))) {
        if (sparse === false) throw missing(place, spec);
      } else if (!Array.isArray(parts) || parts.length === 0) {
        throw errorAt('KeyInvalid', place, `\`by\` gave ${show(parts)}: give a list of key parts, or undefined`);
      } else if (sparse !== 'null' || !parts.includes(null)) {
        keys.push(toKey(parts, place).map(fold));
      }
    }
    return keys.length > 1 ? withoutRepetition(keys) : keys;
  };
  // Only what cannot be changed from outside may serve as a key where it lies: not Dates, nor what a prototype lends.
  const settled = spec.immutable && !spec.fields.some((field) => field in Object.prototype);
  const direct = settled && spec.kind === 'on' && included === undefined && !spec.lower && sparse !== 'null';
  return {
    name,
    kind: spec.kind,
    named: spec.fields,
    partial: included !== undefined,
    unique: spec.unique,
    fields: direct ? [...spec.fields] : undefined,
    multi: spec.kind === 'each' || spec.kind === 'keys' || spec.kind === 'entries',
    width,
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
      return (row) => listOf(getOwn(row, field), (items) => (items as readonly unknown[]).map((item) => [item]));
    case 'keys':
      return (row) => listOf(getOwn(row, field), (map) => Object.keys(map).map((key) => [key]));
    case 'entries':
      return (row) => listOf(getOwn(row, field), (map) => Object.entries(map));
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

function missing(place: Place, spec: CheckedSpec): MemoirError {
  const what = spec.kind === 'by' ? 'its `by` gave undefined' : `no value in ${spec.fields.map(show).join(', ')}`;
  return errorAt('MissingValue', place, `the row has no key (${what}): give it a value, or make the index \`sparse\``, {
    path: spec.fields.join(','),
  });
}
