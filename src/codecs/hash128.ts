/** MurmurHash3_x86_128 (Austin Appleby, public domain), seed 0. */
const [C1, C2, C3, C4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;

/** The four words of the hash in the making; a call runs to its end before another begins. */
const state = new Int32Array(4);

/**
 * A hash of 128 bits under which different bytes practically never agree, unless someone means them to: it is no
 * protection against that.
 *
 * @returns 16 bytes
 */
export function hash128(bytes: Uint8Array): Uint8Array {
  const n = bytes.length;
  state.fill(0);
  const whole = n - (n % 16);
  for (let at = 0; at < whole; at += 16) mixBlock(bytes, at);
  // The rest counts as a block that zeros fill up, but is not stirred.
  state[3]! ^= Math.imul(rotate(Math.imul(wordAt(bytes, whole + 12), C4), 18), C1);
  state[2]! ^= Math.imul(rotate(Math.imul(wordAt(bytes, whole + 8), C3), 17), C4);
  state[1]! ^= Math.imul(rotate(Math.imul(wordAt(bytes, whole + 4), C2), 16), C3);
  state[0]! ^= Math.imul(rotate(Math.imul(wordAt(bytes, whole), C1), 15), C2);
  for (let i = 0; i < 4; i++) state[i]! ^= n;
  blend();
  for (let i = 0; i < 4; i++) state[i] = finish(state[i]!);
  blend();
  const digest = new Uint8Array(16);
  for (let i = 0; i < 16; i++) digest[i] = state[i >> 2]! >>> ((i & 3) * 8);
  return digest;
}

function mixBlock(bytes: Uint8Array, at: number): void {
  let [h1, h2, h3, h4] = [state[0]!, state[1]!, state[2]!, state[3]!];
  h1 ^= Math.imul(rotate(Math.imul(fullWordAt(bytes, at), C1), 15), C2);
  h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
  h2 ^= Math.imul(rotate(Math.imul(fullWordAt(bytes, at + 4), C2), 16), C3);
  h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
  h3 ^= Math.imul(rotate(Math.imul(fullWordAt(bytes, at + 8), C3), 17), C4);
  h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
  h4 ^= Math.imul(rotate(Math.imul(fullWordAt(bytes, at + 12), C4), 18), C1);
  h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  state[0] = h1;
  state[1] = h2;
  state[2] = h3;
  state[3] = h4;
}

function fullWordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** A word of which some bytes may lie behind the end. */
function wordAt(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = Math.min(at + 4, bytes.length) - 1; i >= at; i--) word = (word << 8) | bytes[i]!;
  return word;
}

function blend(): void {
  state[0]! += state[1]! + state[2]! + state[3]!;
  for (let i = 1; i < 4; i++) state[i]! += state[0]!;
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
