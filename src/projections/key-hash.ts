import type { Row } from '../codecs/index-plan.js';
import type { Key, KeyPart } from '../codecs/key.js';

/** A hash of a key's first parts, under which equal keys (−0 and 0, equal Dates) agree. */
export function hashKey(key: Key, width = key.length): number {
  let hash = width;
  for (let i = 0; i < width; i++) hash = Math.imul(hash ^ hashPart(key[i]!), 0x9e3779b1);
  return finish(hash);
}

/** The same of the key that a row's first fields are, without making that. */
export function hashFields(row: Row, path: readonly string[], width: number): number {
  let hash = width;
  for (let i = 0; i < width; i++) hash = Math.imul(hash ^ hashPart(row[path[i]!] as KeyPart), 0x9e3779b1);
  return finish(hash);
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

function hashPart(part: KeyPart): number {
  switch (typeof part) {
    case 'string':
      return hashString(part);
    case 'number':
      return hashNumber(part);
    case 'bigint':
      return hashString(part.toString(36)) + 1;
    case 'boolean':
      return part ? 3 : 5;
    default:
      return part === null ? 7 : hashNumber(part.getTime()) + 1;
  }
}

function hashNumber(n: number): number {
  if ((n | 0) === n) return Math.imul(n | 0, 0x85ebca6b);
  double[0] = n;
  return Math.imul(words[0]! ^ Math.imul(words[1]!, 0x9e3779b1), 0x85ebca6b);
}

/** Four units a step; see the avalanche of MurmurHash3 (Austin Appleby, public domain). */
function hashString(text: string): number {
  const n = text.length;
  let hash = 0x811c9dc5 ^ n;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four =
      text.charCodeAt(i) |
      (text.charCodeAt(i + 1) << 8) |
      (text.charCodeAt(i + 2) << 16) |
      (text.charCodeAt(i + 3) << 24);
    hash = Math.imul(hash ^ four, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < n; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  return mixed | 0;
}
