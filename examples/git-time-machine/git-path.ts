import { Buffer, isUtf8 } from 'node:buffer';

/**
 * Paths in git are bytes, and the store's strings are well-formed Unicode. UTF-8 is read as what it says; a byte
 * that is no part of UTF-8 becomes one character of the private range U+F780 to U+F7FF, which ends in that byte.
 * So that this is reversible, a path that really holds a character of that range has its three bytes written the
 * same way: no character of the range ever stands for itself.
 */
const BYTE_BASE = 0xf700;
const BYTES = /([\uf780-\uf7ff]+)/;
/** What a decoded path shows if it may need more than decoding: a failure to decode, or the private range. */
const SUSPECT = /[\uf780-\uf7ff\ufffd]/;

/** Reads the bytes of a path. Different bytes give different strings. */
export function bytesToPath(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return SUSPECT.test(text) ? escapeBytes(bytes) : text;
}

/** The exact inverse of `bytesToPath`. */
export function pathToBytes(path: string): Buffer {
  if (!BYTES.test(path)) return Buffer.from(path, 'utf8');
  // split by a group puts what matched at the odd places
  const pieces = path
    .split(BYTES)
    .map((piece, i) =>
      i % 2 === 0
        ? Buffer.from(piece, 'utf8')
        : Buffer.from(Array.from(piece, (character) => character.charCodeAt(0) - BYTE_BASE)),
    );
  return Buffer.concat(pieces);
}

function escapeBytes(bytes: Buffer): string {
  let path = '';
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes[at]!);
    const character = bytes.subarray(at, at + length);
    const text = isUtf8(character) ? character.toString('utf8') : undefined;
    const escaped = text === undefined || BYTES.test(text);
    path += escaped ? String.fromCharCode(BYTE_BASE + bytes[at]!) : text;
    at += escaped ? 1 : length;
  }
  return path;
}

/** How long the UTF-8 character is that begins with this byte, if one does. */
function characterLength(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}
