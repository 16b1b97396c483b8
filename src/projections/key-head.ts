import type { Row } from '../codecs/index-plan.js';
import type { KeyPart } from '../codecs/key.js';
import { encodePart, TAG } from '../codecs/key-bytes.js';

/** How many bytes of a key a head holds. */
export const HEAD_BYTES = 18;

/** As far into a key heads are made; what ties beyond is compared itself. */
export const SKIP_MAX = 3 * HEAD_BYTES;

/** What follows a key's bytes in its head: zeros, or ones for the edge after all keys that begin with it. */
export type Padding = 0x00 | 0xff;

// A part may reach beyond the head: a number takes nine bytes, a character four.
const bytes = new Uint8Array(SKIP_MAX + HEAD_BYTES + 16);
const view = new DataView(bytes.buffer);

/**
 * Makes a key's *head*: the first bytes of what `encodeKey` gives, as three whole numbers of six bytes each, so that
 * most comparisons in a tree are of numbers (Graefe, 'Modern B-tree techniques', 2011: poor man's normalized keys). If
 * a < b, the head of a is not after that of b; where heads are equal, the keys themselves decide.
 *
 * @param parts the key, or what it begins with
 * @param cut true when the last part is a string of which only the beginning is given
 * @param into three elements, overwritten
 * @param skip how many bytes to pass over, `SKIP_MAX` at the most: a head of what follows, for keys that begin alike
 */
export function headOf(parts: readonly KeyPart[], cut: boolean, padding: Padding, into: Float64Array, skip = 0): void {
  const end = skip + HEAD_BYTES;
  let at = 0;
  for (let i = 0; i < parts.length && at < end; i++) at = putPart(parts[i]!, at, end, cut && i === parts.length - 1);
  finish(at, padding, into, skip);
}

/** The same of the key that a row's fields are, without making that. */
export function headOfFields(row: Row, path: readonly string[], into: Float64Array, skip = 0): void {
  const end = skip + HEAD_BYTES;
  let at = 0;
  for (let i = 0; i < path.length && at < end; i++) at = putPart(row[path[i]!] as KeyPart, at, end, false);
  finish(at, 0x00, into, skip);
}

function finish(from: number, padding: Padding, into: Float64Array, skip: number): void {
  for (let at = from; at < skip + HEAD_BYTES; at++) bytes[at] = padding;
  for (let i = 0; i < 3; i++) putSix(skip + 6 * i, into, i);
}

/** Puts six bytes as a number where it is wanted: to return it would be to allocate it. */
function putSix(at: number, into: Float64Array, to: number): void {
  const high = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  const low = (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
  into[to] = high * 0x1000000 + low;
}

function putPart(part: KeyPart, at: number, end: number, cut: boolean): number {
  if (typeof part === 'string') return putString(part, at, end, cut);
  return typeof part === 'number' ? putNumber(part, at) : putOther(part, at, end);
}

function putString(text: string, from: number, end: number, cut: boolean): number {
  let at = from;
  bytes[at++] = TAG.string;
  for (let i = 0; i < text.length && at < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0 && unit < 0x80) bytes[at++] = unit;
    else {
      const point = text.codePointAt(i)!;
      if (point > 0xffff) i++;
      at = putPoint(point, at);
    }
  }
  if (cut || at >= end) return at;
  bytes[at++] = 0x00;
  bytes[at++] = 0x01;
  return at;
}

/** A code point in UTF-8, and zero as the two bytes that stand for it. */
function putPoint(point: number, from: number): number {
  let at = from;
  if (point === 0) {
    bytes[at++] = 0x00;
    bytes[at++] = 0xff;
    return at;
  }
  if (point < 0x800) bytes[at++] = 0xc0 | (point >> 6);
  else {
    if (point <= 0xffff) bytes[at++] = 0xe0 | (point >> 12);
    else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
    }
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (point & 0x3f);
  return at;
}

function putNumber(value: number, at: number): number {
  bytes[at] = TAG.number;
  if (value >= 0) {
    view.setFloat64(at + 1, value === 0 ? 0 : value);
    bytes[at + 1]! ^= 0x80;
  } else {
    view.setFloat64(at + 1, value);
    for (let i = 1; i <= 8; i++) bytes[at + i]! ^= 0xff;
  }
  return at + 9;
}

function putOther(part: Exclude<KeyPart, string | number>, at: number, end: number): number {
  const encoded = encodePart(part);
  const taken = Math.min(encoded.length, end - at);
  for (let i = 0; i < taken; i++) bytes[at + i] = encoded[i]!;
  return at + taken;
}
