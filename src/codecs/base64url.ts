import { MemoirError, show } from '../errors.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGITS = new TextEncoder().encode(ALPHABET);
const VALUES: ReadonlyMap<number, number> = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** Bytes as base64url (RFC 4648, section 5) without padding: fit for a URL, a header, a file name. */
export function toBase64Url(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let at = 0;
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    pending += 8;
    while (pending >= 6) {
      pending -= 6;
      text[at++] = DIGITS[(bits >> pending) & 63]!;
    }
    bits &= (1 << pending) - 1;
  }
  if (pending > 0) text[at] = DIGITS[bits << (6 - pending)]!;
  return new TextDecoder().decode(text);
}

/**
 * The bytes that `toBase64Url` wrote as this text.
 *
 * @throws `TokenInvalid` for any other text: padding, foreign characters, bits left over
 */
export function fromBase64Url(text: string): Uint8Array {
  const bytes = readBase64Url(text);
  if (bytes !== undefined) return bytes;
  throw new MemoirError('TokenInvalid', `${show(text)} is not base64url: pass a token just as memoir gave it`);
}

/** As `fromBase64Url`, but undefined for malformed text: for callers to whom that is no surprise. */
export function readBase64Url(text: string): Uint8Array | undefined {
  if (typeof (text as unknown) !== 'string' || text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let at = 0;
  let bits = 0;
  let pending = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES.get(text.charCodeAt(i));
    if (value === undefined) return undefined;
    bits = (bits << 6) | value;
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    bytes[at++] = bits >> pending;
    bits &= (1 << pending) - 1;
  }
  // Left-over bits are zero in what `toBase64Url` writes, so that equal bytes have one text and no other.
  return bits === 0 ? bytes : undefined;
}
