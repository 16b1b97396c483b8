import { fromBase64Url, toBase64Url } from './base64url.js';
import { Fault } from './fault.js';
import { small, setOwn } from './plain-data.js';
import { Walk } from './walk.js';

// Plain data as JSON text, one text for equal data: names in order, and what JSON lacks as an object of one property,
// whose name begins with `$`. Such an object of the data's own gets one more `$`.

/** The JSON text of plain data. */
export function plainText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return numberText(value);
    case 'bigint':
      return `{"$bigint":"${value}"}`;
    case 'object':
      return objectText(value);
    default:
      return String(value);
  }
}

/** What may have to be escaped within quotes. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** The JSON text of a string. */
export function quoted(value: string): string {
  return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`;
}

/** The JSON text of any number. */
export function numberText(value: number): string {
  if (Number.isFinite(value) && (value !== 0 || Object.is(value, 0))) return String(value);
  return `{"$number":"${value === 0 ? '-0' : value}"}`;
}

function objectText(value: object | null): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(plainText).join()}]`;
  if (value instanceof Date) return `{"$date":${value.getTime()}}`;
  if (value instanceof Uint8Array) return `{"$bytes":"${toBase64Url(value)}"}`;
  const data = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(data).toSorted();
  const escape = names.length === 1 && names[0]!.startsWith('$') ? '$' : '';
  return `{${names.map((name) => `${quoted(escape + name)}:${plainText(data[name])}`).join()}}`;
}

/** The plain data of what `JSON.parse` made of its text. @throws `Fault` `Damaged` */
export function readPlain(json: unknown, walk = new Walk('Damaged')): unknown {
  switch (typeof json) {
    case 'string':
      return readText(json);
    case 'number':
      return small(json);
    case 'object':
      return json === null ? null : readObject(json, walk);
    default:
      return json;
  }
}

/** A string that UTF-8 can hold: JSON has escapes for more. */
export function readText(json: unknown): string {
  if (typeof json !== 'string') throw damaged('a string', json);
  if (!json.isWellFormed()) throw new Fault('Damaged', 'has a lone surrogate');
  return json;
}

/** Any number, of its JSON. */
export function readNumber(json: unknown): number {
  if (typeof json === 'number') return small(json);
  const named =
    typeof json === 'object' && json !== null ? (json as { readonly $number?: unknown }).$number : undefined;
  const value = typeof named === 'string' ? NUMBERS.get(named) : undefined;
  if (value === undefined) throw damaged('a number', json);
  return value;
}

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/** A bigint, of its digits. */
export function readBigint(json: unknown): bigint {
  if (typeof json !== 'string' || !/^-?\d+$/.test(json)) throw damaged('a bigint', json);
  return BigInt(json);
}

/** A date, of its milliseconds. */
export function readTime(json: unknown): Date {
  const date = new Date(typeof json === 'number' && Number.isInteger(json) ? json : Number.NaN);
  if (Number.isNaN(date.getTime())) throw damaged('a time', json);
  return date;
}

/** Bytes, of their base64url. */
export function readBytes(json: unknown): Uint8Array {
  if (typeof json !== 'string') throw damaged('bytes', json);
  try {
    return fromBase64Url(json);
  } catch {
    throw damaged('bytes', json);
  }
}

/** What a value is that makes no sense here. */
export function damaged(expected: string, json: unknown): Fault {
  return new Fault('Damaged', `is ${json === null ? 'null' : typeof json} where ${expected} was written`);
}

function readObject(json: object, walk: Walk): unknown {
  walk.enter();
  const made = Array.isArray(json) ? json.map((item) => readPlain(item, walk)) : readFields(json, walk);
  walk.leave();
  return made;
}

function readFields(json: object, walk: Walk): unknown {
  const data = json as Readonly<Record<string, unknown>>;
  const names = Object.keys(data);
  const only = names.length === 1 ? names[0]! : '';
  if (only.startsWith('$') && !only.startsWith('$$')) return readSpecial(only, data[only], data);
  const made: Record<string, unknown> = {};
  for (const name of names) {
    readText(name);
    setOwn(made, only.startsWith('$') ? name.slice(1) : name, readPlain(data[name], walk));
  }
  return made;
}

function readSpecial(name: string, json: unknown, whole: unknown): unknown {
  switch (name) {
    case '$number':
      return readNumber(whole);
    case '$bigint':
      return readBigint(json);
    case '$date':
      return readTime(json);
    case '$bytes':
      return readBytes(json);
    default:
      throw new Fault('Damaged', 'has an escape that nothing is written with');
  }
}
