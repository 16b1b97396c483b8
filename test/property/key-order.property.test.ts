/**
 * Strategy: keys from small alphabets of awkward parts, so that equal parts, shared beginnings and neighbours of every
 * boundary (UTF-16 against UTF-8, −0 against 0, one byte of length against five) come often, not once in a million
 * runs; and the most awkward parts each against each.
 *
 * Invariants: compareKeys is a total order; encodeKey carries it over to bytes; decodeKey is the inverse of encodeKey
 * and refuses everything else with `TokenInvalid`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fromBase64Url, toBase64Url } from '../../src/codecs/base64url.js';
import { decodeKey, encodeKey } from '../../src/codecs/key-bytes.js';
import { compareKeys, compareParts, compareStrings, isKeyPart, type Key, type KeyPart } from '../../src/codecs/key.js';
import { lowerCase } from '../../src/codecs/lower-case.js';
import { MemoirError } from '../../src/errors.js';

const numRuns = Number((typeof process === 'undefined' ? undefined : process.env['MEMOIR_RUNS']) ?? 200);

/** Ends of the ranges that UTF-8, UTF-16 and the escape treat each in their own way, in the order of code points. */
const CHARACTERS = Array.from(
  '\0\u0001\u0002ab\x7f\x80ÿ\u07ff\u0800\ud7ff\ue000\ufeff\uffff\u{10000}\u{1f600}\u{1f601}\u{10ffff}',
);
const POSITIVE = [5e-324, 2.2250738585072014e-308, 0.1, 1, 2, 2 ** 53, Number.MAX_VALUE, Infinity];
const NUMBERS = [...POSITIVE.map((value) => -value).toReversed(), 0, ...POSITIVE];
/** Either side of the powers of 256 where the length of a bigint changes, up to where it takes five bytes. */
const MAGNITUDES = [1n, 2n, 7n, 8n, 9n, 253n, 254n, 255n, 256n].flatMap((n) => [256n ** n - 1n, 256n ** n]);
const BIGINTS = [...MAGNITUDES.map((value) => -value).toReversed(), -1n, 0n, 1n, ...MAGNITUDES];
const TIMES = [-8.64e15, -8.64e15 + 1, -1, 0, 1, 8.64e15 - 1, 8.64e15];
const DATES = TIMES.map((time) => new Date(time));
const IN_ORDER: readonly KeyPart[] = [null, false, true, ...NUMBERS, ...BIGINTS, ...DATES, '', ...CHARACTERS];

const character = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...CHARACTERS) },
  fc.integer({ min: 0xe000, max: 0xffff }).map((point) => String.fromCodePoint(point)),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const string = fc.string({ unit: character, maxLength: 4 });
const number = fc.oneof(
  fc.constantFrom(0, -0),
  fc.constantFrom(...NUMBERS),
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
);
const bigint = fc.oneof(
  fc.constantFrom(...BIGINTS),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc.bigInt({ min: -(2n ** 2100n), max: 2n ** 2100n }),
);
const date = fc
  .oneof(fc.constantFrom(...TIMES), fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.integer({ min: -300, max: 300 }))
  .map((time) => new Date(time));

const part: fc.Arbitrary<KeyPart> = fc.oneof(fc.constant(null), fc.boolean(), number, bigint, date, string);
const key: fc.Arbitrary<Key> = fc.array(part, { maxLength: 4 });

/** Two keys that begin alike: at random they would nearly always differ in the first part. */
const pair = fc.oneof(
  fc.tuple(key, key),
  fc.tuple(key, key, key).map(([start, a, b]): [Key, Key] => [
    [...start, ...a],
    [...start, ...b],
  ]),
  fc
    .oneof(fc.tuple(string, string), fc.tuple(number, number), fc.tuple(bigint, bigint), fc.tuple(date, date))
    .chain(([a, b]) =>
      fc.tuple(key, key, key).map(([start, x, y]): [Key, Key] => [
        [...start, a, ...x],
        [...start, b, ...y],
      ]),
    ),
  fc.tuple(string, string, key, key).map(([a, b, x, y]): [Key, Key] => [
    [a, ...x],
    [a + b, ...y],
  ]),
);
const triple = fc.oneof(
  fc.tuple(key, key, key),
  fc.tuple(pair, key).map(([[a, b], c]): [Key, Key, Key] => [a, b, [...a, ...c]]),
  fc.tuple(string, string, string).map(([a, b, c]): [Key, Key, Key] => [[a], [b], [c]]),
  fc.tuple(part, part, part).map(([a, b, c]): [Key, Key, Key] => [[a], [b], [c]]),
);

/** Node's own comparison where there is one, so that the oracle is not of our making. */
const memcmp: (a: Uint8Array, b: Uint8Array) => number =
  typeof Buffer === 'undefined'
    ? (a, b) => {
        const at = a.findIndex((byte, i) => byte !== b[i]);
        return Math.sign(at === -1 ? a.length - b.length : a[at]! - (b[at] ?? -1));
      }
    : (a, b) => Buffer.compare(a, b);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What makes two parts the same, said without comparing: −0 is 0, and Dates are their time. */
const identity = (value: KeyPart): string =>
  value instanceof Date ? `date ${value.getTime()}` : `${typeof value} ${String(value)}`;
const beginsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  memcmp(bytes.subarray(0, start.length), start) === 0;

function holds<T>(values: fc.Arbitrary<T>, law: (value: T) => void): void {
  // In braces: fast-check takes a false that an assertion happens to return for a failure.
  const property = fc.property(values, (value) => {
    law(value);
  });
  fc.assert(property, { numRuns });
}

describe('the order of keys', () => {
  it('puts the most awkward parts where they belong, each against each, and so do their bytes', () => {
    const faults = IN_ORDER.flatMap((a, i) =>
      IN_ORDER.filter((b, j) => {
        const order = Math.sign(i - j);
        return compareParts(a, b) !== order || memcmp(encodeKey([a]), encodeKey([b])) !== order;
      }).map((b) => [a, b]),
    );
    expect(faults).toEqual([]);
  });

  it('is total: any two keys compare as -1, 0 or 1, and as 0 only if they are the same', () => {
    holds(pair, ([a, b]) => {
      expect([-1, 0, 1]).toContain(compareKeys(a, b));
      expect(compareKeys(a, a)).toBe(0);
      expect(compareKeys(a, b) === 0).toBe(
        a.map(identity).join('|') === b.map(identity).join('|') && a.length === b.length,
      );
    });
  });

  it('is antisymmetric', () => {
    holds(pair, ([a, b]) => expect(compareKeys(a, b) + compareKeys(b, a)).toBe(0));
  });

  it('is transitive', () => {
    holds(triple, (keys) => {
      for (const a of keys) {
        for (const b of keys) {
          for (const c of keys)
            if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0);
        }
      }
    });
  });

  it('puts a key before every key that begins with it', () => {
    holds(fc.tuple(key, fc.array(part, { minLength: 1, maxLength: 3 })), ([start, rest]) => {
      expect(compareKeys(start, [...start, ...rest])).toBe(-1);
    });
  });

  it('puts null before booleans, then numbers, bigints, Dates and strings', () => {
    const rank = (value: KeyPart): number =>
      value === null ? 0 : ['boolean', 'number', 'bigint', 'object', 'string'].indexOf(typeof value) + 1;
    holds(fc.tuple(part, part), ([a, b]) => {
      if (rank(a) !== rank(b)) expect(compareParts(a, b)).toBe(Math.sign(rank(a) - rank(b)));
    });
  });

  it('puts numbers, bigints and Dates in the order of their values', () => {
    const alike = fc.oneof(
      fc.tuple(number, number),
      fc.tuple(bigint, bigint),
      fc.tuple(date, date),
      fc.tuple(fc.boolean(), fc.boolean()),
    );
    holds(alike, ([a, b]) => expect(compareParts(a, b)).toBe(a < b ? -1 : a > b ? 1 : 0));
  });

  it('puts strings in the order of their UTF-8', () => {
    const strings = fc.oneof(
      fc.tuple(string, string),
      fc.tuple(string, string, string).map(([start, a, b]): [string, string] => [start + a, start + b]),
    );
    holds(strings, ([a, b]) => expect(compareStrings(a, b)).toBe(memcmp(utf8(a), utf8(b))));
  });
});

describe('keys as bytes', () => {
  it('have the order of the keys', () => {
    holds(pair, ([a, b]) => expect(memcmp(encodeKey(a), encodeKey(b))).toBe(compareKeys(a, b)));
  });

  it('decode to the key they were encoded from, of the same types', () => {
    for (const value of IN_ORDER) expect(decodeKey(encodeKey([value]))).toEqual([value]);
    holds(key, (given) => {
      const decoded = decodeKey(encodeKey(given));
      expect(decoded).toEqual(given.map((value) => (value === 0 ? 0 : value)));
      expect(decoded.every(isKeyPart)).toBe(true);
    });
  });

  it('begin with the bytes of another key exactly if the key begins with it', () => {
    holds(pair, ([a, b]) => {
      const begins = a.length <= b.length && compareKeys(a, b.slice(0, a.length)) === 0;
      expect(beginsWith(encodeKey(b), encodeKey(a))).toBe(begins);
    });
  });

  it('begin with the bytes of a string without its end exactly if the string begins with it', () => {
    const strings = fc.oneof(
      fc.tuple(string, string),
      fc.tuple(string, string).map(([a, b]): [string, string] => [a, a + b]),
    );
    holds(strings, ([a, b]) =>
      expect(beginsWith(encodeKey([b]), encodeKey([a]).subarray(0, -2))).toBe(b.startsWith(a)),
    );
  });

  it('are refused with TokenInvalid when they are cut short within a part', () => {
    holds(fc.tuple(key, part, fc.nat()), ([start, last, cut]) => {
      const from = encodeKey(start).length;
      const bytes = encodeKey([...start, last]);
      const size = bytes.length - from;
      fc.pre(size > 1);
      expect(refusal(bytes.subarray(0, from + 1 + (cut % (size - 1))))).toBe('TokenInvalid');
    });
  });

  it('are the only bytes of their key: any other bytes are refused with TokenInvalid', () => {
    const tag = fc.constantFrom(0x10, 0x20, 0x21, 0x30, 0x40, 0x41, 0x50, 0x60);
    const byte = fc.oneof(tag, fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xc0, 0xfe, 0xff), fc.nat({ max: 255 }));
    const end = fc.constantFrom(0x00, 0x7f, 0x80, 0xff);
    const bytes = fc.oneof(
      fc.tuple(tag, fc.array(byte, { maxLength: 12 })).map(([first, rest]) => Uint8Array.from([first, ...rest])),
      // a number or a Date of nearly nothing but zeros or ones, −0 among them
      fc
        .oneof(fc.constant([0x30, 0x7f, 0xff, 0xff] as const), fc.tuple(fc.constantFrom(0x30, 0x50), end, end, end))
        .map(([first, a, b, rest]) => Uint8Array.of(first, a, b, rest, rest, rest, rest, rest, rest)),
      // a bigint with the long length or the short, and zeros before it or none
      fc
        .tuple(fc.boolean(), fc.boolean(), fc.array(fc.constantFrom(0, 1), { maxLength: 3 }))
        .map(([below, long, given]) => {
          const rest = [...(long ? [0xff, 0, 0, 0] : []), given.length, ...given];
          return Uint8Array.from(below ? [0x40, ...rest.map((one) => one ^ 0xff)] : [0x41, ...rest]);
        }),
      // one byte of a true encoding changed
      fc.tuple(key, fc.nat(), byte).map(([given, at, value]) => {
        const changed = encodeKey(given);
        changed[at % (changed.length || 1)] = value;
        return changed;
      }),
    );
    holds(bytes, (given) => {
      const outcome = refusal(given);
      expect(outcome).toBe(outcome === undefined ? undefined : 'TokenInvalid');
      if (outcome === undefined) expect(encodeKey(decodeKey(given))).toEqual(given);
    });
  });
});

/** The code of the error that decoding throws, 'another error' for a foreign one, undefined if it throws none. */
function refusal(bytes: Uint8Array): string | undefined {
  try {
    decodeKey(bytes);
    return undefined;
  } catch (error) {
    return error instanceof MemoirError ? error.code : 'another error';
  }
}

describe('base64url', () => {
  it('reads the bytes it wrote', () => {
    holds(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = toBase64Url(bytes);
      expect(text).toMatch(/^[\w-]*$/);
      expect(fromBase64Url(text)).toEqual(bytes);
    });
  });

  it('reads no two texts as the same bytes', () => {
    holds(fc.string({ unit: fc.constantFrom(...Array.from('AQgw_-9=')), maxLength: 6 }), (text) => {
      let bytes: Uint8Array | undefined;
      try {
        bytes = fromBase64Url(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'TokenInvalid' });
      }
      if (bytes !== undefined) expect(toBase64Url(bytes)).toBe(text);
    });
  });
});

describe('lowerCase', () => {
  const letters = fc.oneof(
    character,
    fc.constantFrom(...Array.from('AZazÀÿĀİıΣσςЖжǅẞKⰀꭰᎠ\u{10400}\u{1e900}')),
    fc.constantFrom('\ud801', '\udc00'),
  );
  const text = fc.string({ unit: letters, maxLength: 8 });

  it('is idempotent', () => {
    holds(text, (given) => expect(lowerCase(lowerCase(given))).toBe(lowerCase(given)));
  });

  it('maps one code point to one code point', () => {
    holds(text, (given) => expect(Array.from(lowerCase(given))).toHaveLength(Array.from(given).length));
  });

  it('maps each code point by itself', () => {
    holds(text, (given) => expect(lowerCase(given)).toBe(Array.from(given, lowerCase).join('')));
  });
});
