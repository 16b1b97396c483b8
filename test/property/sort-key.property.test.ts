/**
 * Strategy: pairs of key parts of all types, close to each other and to the ends of their bands.
 *
 * Invariants: heads keep the order of parts; equal heads that are both exact mean equal parts; `lastHead` bounds what
 * begins with a string.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { compareParts, type KeyPart } from '../../src/codecs/key.js';
import { hasExactHead, headOf, lastHead } from '../../src/projections/sort-key.js';
import { runs } from '../support/runs.js';

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\x7f', '\x80', 'é', '\u07ff', '\u0800', '\uffff', '😀') }),
  fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed()),
);
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, Infinity, -Infinity, 5e-324, 2 ** 900, -(2 ** 900), 2 ** 901, Number.MAX_VALUE),
);
const bigint = fc.oneof(fc.bigInt(), fc.constantFrom(2n ** 50n, 2n ** 50n - 1n, -(2n ** 50n), 2n ** 51n, -(2n ** 80n)));
const day = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(8.64e15, -8.64e15, 2 ** 50, 2 ** 50 + 1, -(2 ** 50)).map((time) => new Date(time)),
);
const part: fc.Arbitrary<KeyPart> = fc.oneof(text, number, bigint, day, fc.boolean(), fc.constant(null));

it('heads keep the order of key parts, and tell exact ones apart', () => {
  fc.assert(
    fc.property(part, part, (a, b) => {
      const order = compareParts(a, b);
      if (order < 0) expect(headOf(a)).toBeLessThanOrEqual(headOf(b));
      if (order === 0) expect(headOf(a) === headOf(b)).toBe(true);
      if (headOf(a) === headOf(b) && hasExactHead(a) && hasExactHead(b)) expect(order).toBe(0);
    }),
    { numRuns: runs(2_000) },
  );
});

it('no string that begins with another has a head beyond its last', () => {
  fc.assert(
    fc.property(text, text, (start, rest) => {
      expect(headOf(start + rest)).toBeLessThanOrEqual(lastHead(start));
      expect(headOf(start + rest)).toBeGreaterThanOrEqual(headOf(start));
    }),
    { numRuns: runs(1_000) },
  );
});
