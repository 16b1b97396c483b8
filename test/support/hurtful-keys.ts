import { compareParts, type Key, type KeyPart } from '../../src/codecs/key.js';
import type { Edge } from '../../src/codecs/range.js';
import type { Chance } from './structures.js';

/** Makes keys of one kind; they grow with `n` where the kind has an order to it. */
export type KeyFamily = (random: Chance, n: number) => Key;

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  5e-324,
  -5e-324,
  2 ** 53,
  -(2 ** 53),
  Number.MAX_VALUE,
  2 ** 31,
  0.1,
];
const UNITS = ['a', 'b', '\0', '\x01', '\x7f', 'é', '\ue000', '\uffff', '😀', '\u{10ffff}'];
const digits = (n: number) => String(n).padStart(8, '0');

export function hurtfulText(random: Chance, longest: number): string {
  let text = '';
  for (let left = random.below(longest + 1); left > 0; left--) text += random.pick(UNITS);
  return text;
}

export function hurtfulNumber(random: Chance): number {
  if (random.is(0.2)) return random.pick(NUMBERS);
  const size = 10 ** (random.below(600) - 300);
  return (random.next() - 0.5) * (random.is(0.5) ? size : 1_000);
}

function anyPart(random: Chance): KeyPart {
  switch (random.below(6)) {
    case 0:
      return null;
    case 1:
      return random.is(0.5);
    case 2:
      return BigInt(random.below(2 ** 20)) ** BigInt(random.below(9)) * (random.is(0.5) ? 1n : -1n);
    case 3:
      return new Date((random.below(2_000) - 1_000) * 10 ** random.below(9));
    case 4:
      return hurtfulNumber(random);
    default:
      return hurtfulText(random, 24);
  }
}

/** Kinds of keys that make a head, a hash or an order go wrong. */
export const KEY_FAMILIES: readonly KeyFamily[] = [
  (_random, n) => [n],
  (_random, n) => [`id-${digits(n)}`],
  // heads tie, once for all, once up to some bits of the number
  (_random, n) => [`a beginning longer than any head ${digits(n)}`],
  // and the heads of what follows, as far as they are made; then beyond
  (random, n) => [`${'long '.repeat(9)}${random.pick(['', '\0', 'é'])}`, random.below(3), digits(n)],
  (random, n) => ['x'.repeat(60 + random.below(16)), n % 500],
  (random, n) => [`eleven byte`, n + random.below(8) / 8],
  (random, n) => [random.pick(['open', 'done']), n],
  (_random, n) => [n % 7],
  (random) => [hurtfulNumber(random)],
  (random) => [random.next() * 2 ** 48, random.next()],
  (random) => [hurtfulText(random, 24)],
  (random) => [hurtfulText(random, 3), hurtfulText(random, 3), hurtfulText(random, 20)],
  (random) => Array.from({ length: random.below(4) }, () => anyPart(random)),
];

/** An edge at, before or after a key, or what a key begins with. */
export function edgeNear(key: Key, random: Chance): Edge {
  const side = random.is(0.5) ? -1 : 1;
  const parts = random.is(0.5) ? key : key.slice(0, random.below(key.length + 1));
  const last = parts.at(-1);
  if (typeof last === 'string' && random.is(0.5)) {
    const start = [...last].slice(0, random.below(last.length + 1)).join('');
    return { parts: [...parts.slice(0, -1), start], side, cut: true };
  }
  return { parts, side: parts.length === key.length && random.is(0.3) ? 0 : side, cut: false };
}

/** Where a key stands to an edge, part by part: negative before it, positive after; 0 for the edge that it is. */
export function orderOfKey(key: Key, { parts, side, cut }: Edge): number {
  for (const [i, part] of parts.entries()) {
    if (i === key.length) return -1;
    const own = key[i]!;
    if (cut && i === parts.length - 1 && typeof own === 'string' && own.startsWith(part as string)) return -side;
    const order = compareParts(own, part);
    if (order !== 0) return order;
  }
  return side === 0 && key.length > parts.length ? 1 : -side;
}
