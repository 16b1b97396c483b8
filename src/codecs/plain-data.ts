import { show, type ErrorCode } from '../errors.js';
import { Fault, passing } from './fault.js';
import { Walk } from './walk.js';

/** True for an object made by a literal, `JSON.parse` or `Object.create(null)`; false for arrays and instances. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  // A literal from another realm (an iframe, a vm context, a test runner): its prototype ends the chain.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty');
}

/** Sets an own property whatever its name: `__proto__` too becomes a plain entry and touches no prototype. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  } else target[name] = value;
}

/** The own value of a property: never one that a prototype lends. */
export function getOwn(source: Readonly<Record<string, unknown>>, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(source, name) ? undefined : source[name];
}

/**
 * The same number. A whole number that came out of a division is an object to V8, and one such value in a field makes
 * it an object in every row that comes after, to be allocated and fetched; this gives it back as the integer it is.
 */
export function small(value: number): number {
  const integer = value | 0;
  return integer === value && (integer !== 0 || Object.is(value, 0)) ? integer : value;
}

/**
 * A constructor of plain objects that keep their first fields within themselves: V8 gives an empty literal room for
 * four, and the rest lie apart, one more miss for whoever reads them. The engine takes the number of fields from the
 * constructor's text, then trims it to what the first objects use.
 */
export function plainClass(): new () => Record<string, unknown> {
  function Plain(this: Record<string, unknown>, never?: true): void {
    if (never === undefined) return;
    this['a'] = this['b'] = this['c'] = this['d'] = this['e'] = this['f'] = this['g'] = this['h'] = never;
  }
  Plain.prototype = Object.prototype;
  return Plain as unknown as new () => Record<string, unknown>;
}

/**
 * A deep copy of data with no codec to guide it: null, booleans, numbers, bigints, well-formed strings, valid Dates,
 * bytes, dense arrays and plain objects, whose undefined properties are left out. Anything else is a fault.
 */
export function copyPlain(value: unknown, code: ErrorCode, walk = new Walk(code)): unknown {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new Fault(code, 'has a lone surrogate, which UTF-8 cannot hold');
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyObject(value, code, walk);
    default:
      throw new Fault(code, `is ${show(value)}, which is not data`);
  }
}

function copyObject(value: object, code: ErrorCode, walk: Walk): unknown {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new Fault(code, 'is an invalid Date');
    return new Date(value);
  }
  if (value instanceof Uint8Array) return new Uint8Array(value);
  walk.enter();
  const copy = Array.isArray(value) ? copyArray(value, code, walk) : copyFields(value, code, walk);
  walk.leave();
  return copy;
}

function copyArray(value: readonly unknown[], code: ErrorCode, walk: Walk): unknown[] {
  const copy: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    try {
      copy.push(copyPlain(value[i], code, walk));
    } catch (error) {
      throw passing(error, i, code);
    }
  }
  return copy;
}

function copyFields(value: object, code: ErrorCode, walk: Walk): Record<string, unknown> {
  if (!isPlainObject(value)) throw new Fault(code, 'is an instance of a class; use a plain object');
  const copy: Record<string, unknown> = {};
  for (const name of Reflect.ownKeys(value)) {
    try {
      if (typeof name === 'symbol') throw new Fault(code, 'is named by a symbol, which is not data');
      if (!name.isWellFormed()) throw new Fault(code, 'has a lone surrogate in its name');
      const item = value[name];
      if (item !== undefined) setOwn(copy, name, copyPlain(item, code, walk));
    } catch (error) {
      throw passing(error, String(name), code);
    }
  }
  return copy;
}

/** Refuses data with accessors, to its leaves: what a getter gives today it may not give tomorrow. */
export function refuseAccessors(value: unknown, code: ErrorCode, met = new Set<object>()): void {
  if (typeof value !== 'object' || value === null || met.has(value)) return;
  if (!Array.isArray(value) && !isPlainObject(value)) return;
  met.add(value);
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    try {
      if (!('value' in property)) throw new Fault(code, 'is an accessor: rows are data, so give its value');
      refuseAccessors(property.value, code, met);
    } catch (error) {
      throw passing(error, name, code);
    }
  }
}

/** A rough count of bytes: what limits and retention measure. Strings by length, other scalars 8. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null || value instanceof Date) return 8;
  if (value instanceof Uint8Array) return value.length;
  let size = 8;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item);
  else {
    const row = value as Readonly<Record<string, unknown>>;
    for (const name in row) size += 8 + sizeOf(row[name]);
  }
  return size;
}

/** Freezes plain data to its leaves; Dates and bytes are left alone (they cannot be frozen). */
export function freezePlain(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return;
  for (const item of Object.values(value)) freezePlain(item);
  Object.freeze(value);
}
