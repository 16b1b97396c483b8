import { MemoirError, show, type ErrorCode, type ErrorFields } from '../errors.js';

/** What a part of a key can be. */
export type KeyPart = string | number | bigint | boolean | Date | null;

/** A key is a tuple of parts; the primary key of a one-field table is a tuple of one. */
export type Key = readonly KeyPart[];

const enum Rank {
  Null,
  Boolean,
  Number,
  BigInt,
  Date,
  String,
}

/**
 * The total order of key parts: null < false < true < numbers < bigints < Dates < strings.
 * Numbers by value (−0 equals 0, ±Infinity at the ends), Dates by their time, and strings by code point,
 * which is the byte order of their UTF-8 in every language. For parts that `isKeyPart` accepts.
 */
export function compareParts(a: KeyPart, b: KeyPart): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  const rank = rankOf(a);
  const order = rank - rankOf(b);
  if (order !== 0) return order < 0 ? -1 : 1;
  if (rank === Rank.Null) return 0;
  const x = rank === Rank.Date ? (a as Date).getTime() : (a as bigint | boolean);
  const y = rank === Rank.Date ? (b as Date).getTime() : (b as bigint | boolean);
  return x < y ? -1 : x > y ? 1 : 0;
}

/**
 * The order of keys: part by part, and a key that another begins with comes first.
 *
 * @param a one key, as a tuple of its parts
 * @param b another
 * @returns −1, 0 or 1
 *
 * @example
 * ```ts
 * import { compareKeys } from 'memoir';
 *
 * console.log(compareKeys(['a', 2], ['a', 10]), compareKeys(['a'], ['a', 1]), compareKeys([null], [0])); // -1 -1 -1
 * ```
 */
export function compareKeys(a: Key, b: Key): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const order = compareParts(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

/** By code point. UTF-16 units agree with that but where a surrogate meets a unit from U+E000 on. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return lift(x) < lift(y) ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/** Moves surrogates above the rest of the basic plane, where their code points stand. */
function lift(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** True when the value can stand in a key: NaN, invalid Dates and lone surrogates cannot. */
export function isKeyPart(value: unknown): value is KeyPart {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'number':
      return !Number.isNaN(value);
    case 'bigint':
    case 'boolean':
      return true;
    case 'object':
      return value === null || isValidDate(value);
    default:
      return false;
  }
}

/** An object that only claims to be a Date throws when it is asked for its time. */
function isValidDate(value: object): boolean {
  try {
    return value instanceof Date && !Number.isNaN(value.getTime());
  } catch {
    return false;
  }
}

/** Which index of which table a key or a range is about. */
export interface Place {
  readonly table: string;
  readonly index: string;
}

/** An error about a key or a range, which names its place. */
export function errorAt(
  code: ErrorCode,
  { table, index }: Place,
  message: string,
  fields: ErrorFields = {},
): MemoirError {
  return new MemoirError(code, `${table}.${index}: ${message}`, { table, index, ...fields });
}

/**
 * Makes a key from what a caller gave, or says what is wrong with it. Dates are copied, since whoever keeps one can
 * change it.
 */
export function toKey(parts: readonly unknown[], place: Place): Key {
  if (!Array.isArray(parts)) throw errorAt('KeyInvalid', place, `a key is a list of parts, not ${show(parts)}`);
  let dates = false;
  for (let i = 0; i < parts.length; i++) {
    const part: unknown = parts[i];
    if (isKeyPart(part)) {
      dates ||= part instanceof Date;
      continue;
    }
    throw errorAt(
      'KeyInvalid',
      place,
      `part ${i} of the key is ${show(part)}: a key part is a well-formed string, a number but not NaN, ` +
        'a bigint, a boolean, a valid Date or null',
      { key: parts, path: String(i) },
    );
  }
  const key = parts as Key;
  return dates ? key.map((part) => (part instanceof Date ? new Date(part) : part)) : key;
}

function rankOf(part: KeyPart): Rank {
  switch (typeof part) {
    case 'string':
      return Rank.String;
    case 'number':
      return Rank.Number;
    case 'bigint':
      return Rank.BigInt;
    case 'boolean':
      return Rank.Boolean;
    default:
      return part === null ? Rank.Null : Rank.Date;
  }
}
