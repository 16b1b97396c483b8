/**
 * Keys as bytes whose order is the order of the keys: comparing two encodings byte by byte, unsigned (memcmp), gives
 * what `compareKeys` gives. Page tokens carry them, and a remote store can keep rows in order by them.
 *
 * A key is its parts, one after the other, with nothing before, between or after them; the empty key is no bytes.
 * A part is a tag byte and what the tag calls for. All integers are big-endian.
 *
 *     0x10                  null
 *     0x20                  false
 *     0x21                  true
 *     0x30  8 bytes         number: IEEE 754 binary64, −0 written as 0. From 0 up the sign bit (0x80 of the first byte)
 *                           is inverted; below 0 all 64 bits are. NaN does not occur.
 *     0x40  ~length ~bytes  bigint below 0: as 0x41, of its absolute value, every bit after the tag inverted.
 *     0x41  length bytes    bigint from 0 up: `bytes` is the magnitude without leading zero bytes (none at all for 0).
 *                           `length` counts them: one byte for 0 to 254, or 0xff and four bytes from 255 up.
 *     0x50  8 bytes         Date: milliseconds since 1970-01-01T00:00:00Z as a signed 64-bit integer in two's
 *                           complement, its sign bit inverted; from −8,640,000,000,000,000 to 8,640,000,000,000,000.
 *     0x60  bytes 00 01     string: UTF-8, in which each byte 0x00 is written 00 ff. The bytes 00 01 end it.
 *
 * What follows from this layout, and may be relied on:
 * - Every key has exactly one encoding; `decodeKey` refuses all other bytes.
 * - No part's encoding begins with another's. So a key begins with another exactly if its bytes begin with the other's,
 *   and a string begins with another exactly if its bytes begin with the other's, the closing 00 01 left off.
 * - No tag is 0x00 or 0xff. So the keys that begin with `k` lie from `k` up to, not including, `k` and a byte 0xff.
 */
import { MemoirError, show } from '../errors.js';
import { toKey, type Key, type KeyPart } from './key.js';

/** The first byte of each part. */
export const TAG = {
  null: 0x10,
  false: 0x20,
  true: 0x21,
  number: 0x30,
  bigintBelowZero: 0x40,
  bigint: 0x41,
  date: 0x50,
  string: 0x60,
} as const;

const NUL = 0x00;
const NUL_STANDS = 0xff;
const STRING_ENDS = 0x01;
/** The length byte that announces four more, and so the least length that needs them. */
const LENGTH_LONG = 0xff;

const encoder = new TextEncoder();

/**
 * Encodes a key so that the order of the bytes is the order of the keys.
 *
 * @param key a tuple of key parts
 * @throws `KeyInvalid` for what cannot stand in a key: NaN, an invalid Date, a lone surrogate
 *
 * @example
 * ```ts
 * import { encodeKey } from 'memoir';
 *
 * console.log(encodeKey(['a']).length < encodeKey(['a', 1]).length); // true
 * ```
 */
export function encodeKey(key: Key): Uint8Array {
  const parts = toKey(key, { table: 'encodeKey', index: 'key' }).map(encodePart);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The bytes of one part. */
export function encodePart(part: KeyPart): Uint8Array {
  switch (typeof part) {
    case 'string':
      return encodeString(part);
    case 'number':
      return encodeNumber(part);
    case 'bigint':
      return encodeBigInt(part);
    case 'boolean':
      return Uint8Array.of(part ? TAG.true : TAG.false);
    default:
      return part === null ? Uint8Array.of(TAG.null) : encodeDate(part);
  }
}

function encodeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = TAG.number;
  new DataView(bytes.buffer).setFloat64(1, value === 0 ? 0 : value);
  if (value < 0) invert(bytes, 1);
  else bytes[1]! ^= 0x80;
  return bytes;
}

function encodeBigInt(value: bigint): Uint8Array {
  const hex = value === 0n ? '' : (value < 0n ? -value : value).toString(16);
  const length = Math.ceil(hex.length / 2);
  const start = length < LENGTH_LONG ? 2 : 6;
  const bytes = new Uint8Array(start + length);
  bytes[0] = value < 0n ? TAG.bigintBelowZero : TAG.bigint;
  bytes[1] = Math.min(length, LENGTH_LONG);
  if (length >= LENGTH_LONG) new DataView(bytes.buffer).setUint32(2, length);
  const digits = hex.padStart(length * 2, '0');
  for (let i = 0; i < length; i++) bytes[start + i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  if (value < 0n) invert(bytes, 1);
  return bytes;
}

function encodeDate(value: Date): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = TAG.date;
  new DataView(bytes.buffer).setBigInt64(1, BigInt(value.getTime()));
  bytes[1]! ^= 0x80;
  return bytes;
}

function encodeString(value: string): Uint8Array {
  const text = encoder.encode(value);
  let zeros = 0;
  for (const byte of text) if (byte === NUL) zeros++;
  const bytes = new Uint8Array(1 + text.length + zeros + 2);
  let at = 0;
  bytes[at++] = TAG.string;
  for (const byte of text) {
    bytes[at++] = byte;
    if (byte === NUL) bytes[at++] = NUL_STANDS;
  }
  bytes[at++] = NUL;
  bytes[at] = STRING_ENDS;
  return bytes;
}

function invert(bytes: Uint8Array, from: number): void {
  for (let i = from; i < bytes.length; i++) bytes[i]! ^= 0xff;
}

/**
 * The key that `encodeKey` wrote as these bytes.
 *
 * @param bytes what `encodeKey` gave, here or on another machine
 * @throws `TokenInvalid` for any other bytes: malformed, cut short, or with something after them
 *
 * @example
 * ```ts
 * import { decodeKey, encodeKey } from 'memoir';
 *
 * console.log(decodeKey(encodeKey(['queue-7', 42, null]))); // [ 'queue-7', 42, null ]
 * ```
 */
export function decodeKey(bytes: Uint8Array): Key {
  if (!((bytes as unknown) instanceof Uint8Array)) {
    throw new MemoirError('TokenInvalid', `${show(bytes)} is not the bytes of a key: pass what encodeKey gave`);
  }
  const source: Source = { bytes, at: 0 };
  const key: KeyPart[] = [];
  while (source.at < bytes.length) key.push(decodePart(source));
  return key;
}

/** The bytes of a key, and how far they have been read. */
interface Source {
  readonly bytes: Uint8Array;
  at: number;
}

function decodePart(source: Source): KeyPart {
  const tag = take(source, 1)[0]!;
  switch (tag) {
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.number:
      return decodeNumber(source);
    case TAG.bigintBelowZero:
      return -decodeMagnitude(source, 0xff);
    case TAG.bigint:
      return decodeMagnitude(source, 0);
    case TAG.date:
      return decodeDate(source);
    case TAG.string:
      return decodeString(source);
    default:
      throw malformed(source, `0x${tag.toString(16).padStart(2, '0')} is no tag`);
  }
}

function decodeNumber(source: Source): number {
  const bytes = take(source, 8);
  if (bytes[0]! >= 0x80) bytes[0]! ^= 0x80;
  else invert(bytes, 0);
  const value = new DataView(bytes.buffer).getFloat64(0);
  if (Number.isNaN(value) || Object.is(value, -0)) throw malformed(source, 'NaN and −0 are not encoded');
  return value;
}

/** `mask` undoes the inversion: 0xff for a bigint below zero, else 0. */
function decodeMagnitude(source: Source, mask: 0 | 0xff): bigint {
  let length = take(source, 1)[0]! ^ mask;
  if (length === LENGTH_LONG) {
    const long = take(source, 4);
    if (mask !== 0) invert(long, 0);
    length = new DataView(long.buffer).getUint32(0);
    if (length < LENGTH_LONG) throw malformed(source, 'a bigint has a longer length than it needs');
  }
  const bytes = take(source, length);
  if (mask !== 0) invert(bytes, 0);
  if (bytes[0] === 0) throw malformed(source, 'a bigint begins with a zero byte');
  if (length === 0 && mask !== 0) throw malformed(source, 'a bigint below zero has no bytes');
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    return BigInt(`0x0${hex}`);
  } catch (error) {
    // Engines differ in how large a bigint may be; some stop at 128 KiB.
    throw malformed(source, `a bigint of ${length} bytes is too large here`, error);
  }
}

function decodeDate(source: Source): Date {
  const bytes = take(source, 8);
  bytes[0]! ^= 0x80;
  const value = new Date(Number(new DataView(bytes.buffer).getBigInt64(0)));
  if (Number.isNaN(value.getTime())) throw malformed(source, 'a Date is out of range');
  return value;
}

function decodeString(source: Source): string {
  const { bytes } = source;
  const text: number[] = [];
  for (;;) {
    const byte = bytes[source.at++];
    if (byte !== undefined && byte !== NUL) {
      text.push(byte);
      continue;
    }
    const next = byte === undefined ? undefined : bytes[source.at++];
    if (next === STRING_ENDS) break;
    if (next === undefined) throw malformed(source, 'a string has no end');
    if (next !== NUL_STANDS) throw malformed(source, 'a zero byte in a string is followed by neither 0xff nor 0x01');
    text.push(NUL);
  }
  try {
    // A byte order mark is part of the string; by default the decoder would swallow it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(text));
  } catch (error) {
    throw malformed(source, 'a string is not UTF-8', error);
  }
}

/** Copies the next bytes, so that they can be changed in place and have a buffer of their own. */
function take(source: Source, count: number): Uint8Array<ArrayBuffer> {
  const end = source.at + count;
  if (end > source.bytes.length) throw malformed(source, 'it is cut short');
  const taken = new Uint8Array(source.bytes.subarray(source.at, end));
  source.at = end;
  return taken;
}

function malformed(source: Source, what: string, cause?: unknown): MemoirError {
  const at = Math.min(source.at, source.bytes.length);
  const where = `these ${source.bytes.length} bytes are not a key (before byte ${at}: ${what})`;
  return new MemoirError('TokenInvalid', `${where}: pass what encodeKey gave`, cause === undefined ? {} : { cause });
}
