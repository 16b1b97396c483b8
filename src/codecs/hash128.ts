/**
 * MurmurHash3_x86_128 by Austin Appleby (public domain): 128 bits that tell contents apart, in 32-bit steps that
 * JavaScript does well. It withstands accidents, not attackers.
 */
export function hash128(bytes: Uint8Array, seed = 0): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const h = new Uint32Array(4).fill(seed);
  const whole = bytes.length - (bytes.length % 16);
  for (let at = 0; at < whole; at += 16) {
    for (let i = 0; i < 4; i++) {
      h[i]! ^= mixed(view.getUint32(at + 4 * i, true), i);
      h[i] = Math.imul(rotated(h[i]!, ROUNDS[i]!) + h[(i + 1) % 4]!, 5) + ADDED[i]!;
    }
  }
  for (let i = 0; i < 4; i++) h[i]! ^= mixed(restAt(bytes, whole + 4 * i), i);
  for (let i = 0; i < 4; i++) h[i]! ^= bytes.length;
  crossed(h);
  for (let i = 0; i < 4; i++) h[i] = finished(h[i]!);
  crossed(h);
  const out = new Uint8Array(16);
  const into = new DataView(out.buffer);
  for (let i = 0; i < 4; i++) into.setUint32(4 * i, h[i]!, true);
  return out;
}

const FACTORS = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];
const TURNS = [15, 16, 17, 18];
const ROUNDS = [19, 17, 15, 13];
const ADDED = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17];

/** A word of the input, as it goes into lane `i`. */
function mixed(word: number, i: number): number {
  return Math.imul(rotated(Math.imul(word, FACTORS[i]!), TURNS[i]!), FACTORS[(i + 1) % 4]!);
}

/** The word that begins at a byte, with zeros for what is beyond the end. */
function restAt(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = Math.min(at + 4, bytes.length) - 1; i >= at; i--) word = (word << 8) | bytes[i]!;
  return word;
}

/** Lets every lane depend on every other. */
function crossed(h: Uint32Array): void {
  h[0]! += h[1]! + h[2]! + h[3]!;
  for (let i = 1; i < 4; i++) h[i]! += h[0]!;
}

/** Lets every bit depend on every other. */
function finished(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
