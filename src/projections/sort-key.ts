import type { KeyPart } from '../codecs/key.js';

/**
 * A key part's *head*: a double that keeps the order of parts, so that most comparisons in a tree are of numbers.
 * If a < b then headOf(a) <= headOf(b), across all types. Where `hasExactHead` holds for both, equal heads mean
 * equal parts; else the parts themselves decide.
 *
 * Doubles are banded by type, in the order of types: null, booleans, numbers (as themselves), bigints, Dates, strings
 * (their first six bytes of UTF-8). Scaling by a power of two loses no bit.
 */
export function headOf(part: KeyPart): number {
  switch (typeof part) {
    case 'string':
      return STRINGS * (2 ** 52 + stringHead(part));
    case 'number':
      return part < -NUMBER_MAX ? -NUMBER_MAX : part > NUMBER_MAX ? NUMBER_MAX : part;
    case 'bigint':
      return BIGINTS * (2 ** 51 + clamp(Number(part)));
    case 'boolean':
      return part ? TRUE : FALSE;
    default:
      return part === null ? -Infinity : DATES * (2 ** 51 + clamp(part.getTime()));
  }
}

const FALSE = -(2 ** 1020);
const TRUE = -(2 ** 1019);
const NUMBER_MAX = 2 ** 900;
const BIGINTS = 2 ** 910;
const DATES = 2 ** 920;
const STRINGS = 2 ** 930;
const EXACT_MAX = 2 ** 50;
const BYTES = 6;

/** True when no other part has the same head. */
export function hasExactHead(part: KeyPart): boolean {
  switch (typeof part) {
    case 'string':
      return part.length <= BYTES && isAscii(part);
    case 'number':
      return part > -NUMBER_MAX && part < NUMBER_MAX;
    case 'bigint':
      return part > -EXACT_MAX && part < EXACT_MAX;
    case 'boolean':
      return true;
    default:
      return part === null || Math.abs(part.getTime()) < EXACT_MAX;
  }
}

/** The greatest head of any string that begins with `start`. */
export function lastHead(start: string): number {
  return STRINGS * (2 ** 52 + stringHead(start, 256));
}

function clamp(n: number): number {
  return n < -EXACT_MAX ? -EXACT_MAX : n > EXACT_MAX ? EXACT_MAX : n;
}

/** The first bytes of UTF-8 as digits of base 257; 0 stands for the end, or `padding` for whatever may follow. */
function stringHead(text: string, padding = 0): number {
  let head = 0;
  let left = BYTES;
  for (let i = 0; i < text.length && left > 0; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      head = head * 257 + unit + 1;
      left--;
    } else {
      const point = text.codePointAt(i)!;
      if (point > 0xffff) i++;
      const size = point < 0x800 ? 2 : point <= 0xffff ? 3 : 4;
      for (let byte = 0; byte < size && left > 0; byte++, left--) head = head * 257 + utf8Byte(point, size, byte) + 1;
    }
  }
  for (; left > 0; left--) head = head * 257 + padding;
  return head;
}

function utf8Byte(point: number, size: number, byte: number): number {
  if (byte > 0) return 0x80 | ((point >> (6 * (size - 1 - byte))) & 0x3f);
  return (size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0) | (point >> (6 * (size - 1)));
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
