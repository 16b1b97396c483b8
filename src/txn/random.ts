/**
 * A generator of numbers in [0, 1) that gives the same sequence for the same seed on every machine.
 * xoshiro128** by David Blackman and Sebastiano Vigna, seeded through splitmix32.
 */
export function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  const next32 = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  let a = next32();
  let b = next32();
  let c = next32();
  let d = next32();
  const uint32 = (): number => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result >>> 0;
  };
  return () => (uint32() * 2 ** 21 + (uint32() >>> 11)) / 2 ** 53;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
