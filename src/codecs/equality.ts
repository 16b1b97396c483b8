import { isPlainObject } from './plain-data.js';

/**
 * Structural equality of plain data, short-cut where both are the same object. NaN equals NaN; −0 differs from 0.
 *
 * @example
 * ```ts
 * import { equalPlain } from 'memoir';
 *
 * console.log(equalPlain({ at: new Date(0), tags: ['a'] }, { tags: ['a'], at: new Date(0) })); // true
 * ```
 */
export function equalPlain(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equalPlain(a[i], b[i])) return false;
    return true;
  }
  if (a instanceof Date || b instanceof Date) {
    return a instanceof Date && b instanceof Date && Object.is(a.getTime(), b.getTime());
  }
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((x, i) => x === b[i]);
  }
  if (a instanceof Map || a instanceof Set) return equalCollections(a, b);
  // What an instance of a class holds may not show: only identity makes two of them equal.
  return isPlainObject(a) && isPlainObject(b) && equalObjects(a, b);
}

function equalObjects(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  for (const name of names) {
    const x = a[name];
    const y = b[name];
    if (x !== y && !(Object.hasOwn(b, name) && equalPlain(x, y))) return false;
    // What `===` holds for equal but a missing name, and 0 beside −0.
    if ((x === undefined && !Object.hasOwn(b, name)) || (x === 0 && !Object.is(x, y))) return false;
  }
  return true;
}

/** Maps and Sets, which a live query may return, are equal when their entries are, in order. */
function equalCollections(a: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>, b: object): boolean {
  if (a instanceof Map !== b instanceof Map || !(b instanceof Map || b instanceof Set) || a.size !== b.size)
    return false;
  return equalPlain([...a], [...(b as Iterable<unknown>)]);
}
