/**
 * MurmurHash3_x86_128 by Austin Appleby (public domain): 128 bits that tell contents apart, in 32-bit steps that
 * JavaScript does well. It withstands accidents, not attackers.
 */
export function hash128(bytes: Uint8Array, seed = 0): Uint8Array {
  const words = new Uint32Array(4);
  hash128Into(bytes, bytes.length, words, seed);
  const out = new Uint8Array(16);
  const into = new DataView(out.buffer);
  for (let i = 0; i < 4; i++) into.setUint32(4 * i, words[i]!, true);
  return out;
}

/**
 * The same of the first so many bytes, as four words, which are overwritten.
 *
 * Its four lanes are four variables rather than a list: it is asked for every row of a snapshot, and is four times as
 * fast like that (Node 20).
 */
export function hash128Into(bytes: Uint8Array, length: number, words: Uint32Array, seed = 0): void {
  const whole = length & ~15;
  let [a, b, c, d] = [seed, seed, seed, seed];
  for (let at = 0; at < whole; at += 16) {
    a = (Math.imul(rotated(a ^ first(wordAt(bytes, at)), 19) + b, 5) + 0x561ccd1b) | 0;
    b = (Math.imul(rotated(b ^ second(wordAt(bytes, at + 4)), 17) + c, 5) + 0x0bcaa747) | 0;
    c = (Math.imul(rotated(c ^ third(wordAt(bytes, at + 8)), 15) + d, 5) + 0x96cd1c35) | 0;
    d = (Math.imul(rotated(d ^ fourth(wordAt(bytes, at + 12)), 13) + a, 5) + 0x32ac3b17) | 0;
  }
  a ^= first(restAt(bytes, whole, length)) ^ length;
  b ^= second(restAt(bytes, whole + 4, length)) ^ length;
  c ^= third(restAt(bytes, whole + 8, length)) ^ length;
  d ^= fourth(restAt(bytes, whole + 12, length)) ^ length;
  // Every lane comes to depend on every other, and then every bit on every other.
  a = (a + b + c + d) | 0;
  b = finished(b + a);
  c = finished(c + a);
  d = finished(d + a);
  a = finished(a);
  a = (a + b + c + d) | 0;
  words[0] = a;
  words[1] = b + a;
  words[2] = c + a;
  words[3] = d + a;
}

function first(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x239b961b), 15), 0xab0e9789);
}

function second(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5);
}

function third(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93);
}

function fourth(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xa1e38b93), 18), 0x239b961b);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The word that begins at a byte, with zeros for what is beyond the end. */
function restAt(bytes: Uint8Array, at: number, length: number): number {
  let word = 0;
  for (let i = Math.min(at + 4, length) - 1; i >= at; i--) word = (word << 8) | bytes[i]!;
  return word;
}

function finished(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
