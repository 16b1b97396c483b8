/** In a leaf of any entries, hints tell the order of two heads or nothing, also of heads that are not in it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { Arena } from '../../src/projections/arena.js';
import { Hints } from '../../src/projections/hints.js';

type Head = readonly [number, number, number];

/** Few values, so that numbers are shared; neighbours and the ends, where a scale could round. */
const number = fc.oneof(
  fc.constantFrom(0, 1, 2, 2 ** 47, 2 ** 48 - 2, 2 ** 48 - 1),
  fc.integer({ min: 0, max: 40 }),
  fc.maxSafeNat().map((n) => n % 2 ** 48),
);
const head = fc.tuple(number, number, number);

function compare(a: Head, b: Head): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

it('never says that a head comes before one that it does not', () => {
  const heads = fc.oneof(
    fc.array(head, { minLength: 1, maxLength: 128 }),
    // A first number that is shared by all, or by one part and another.
    fc
      .tuple(fc.array(number, { minLength: 1, maxLength: 2 }), fc.array(head, { minLength: 1, maxLength: 128 }))
      .map(([firsts, all]) => all.map(([a, b, c]): Head => [firsts[a % firsts.length]!, b, c])),
  );
  fc.assert(
    fc.property(heads, fc.array(head), (entries, others) => {
      const arena = new Arena(1);
      const sorted = entries.toSorted(compare);
      for (const [place, one] of entries.entries()) {
        arena.pieceOf(0).set(place, Float64Array.from(one), place, 0);
        arena.orderOf(0)[sorted.indexOf(one)] = place;
      }
      const hints = new Hints();
      hints.note(0, arena, entries.length);
      hints.check(0, arena, entries.length);

      const known = hints.pieceOf(0);
      for (const [place, one] of entries.entries()) {
        for (const other of [...others, ...entries]) {
          const order = known[place]! - hints.of(0, Float64Array.from(other), 0);
          if (order !== 0) expect(Math.sign(compare(one, other))).toBe(Math.sign(order));
        }
      }
    }),
  );
});

it('tells most entries of a leaf apart', () => {
  const apart = (entries: readonly Head[]): number => {
    const arena = new Arena(1);
    for (const [place, one] of entries.toSorted(compare).entries())
      arena.pieceOf(0).set(place, Float64Array.from(one), place, 0);
    const hints = new Hints();
    hints.note(0, arena, entries.length);
    return new Set(hints.pieceOf(0).subarray(0, entries.length)).size;
  };
  const many = Array.from({ length: 100 }, (_, i) => i);

  expect(apart(many.map((i) => [7 + i, 3, 1]))).toBe(100);
  expect(apart(many.map((i) => [7, 3, 2 ** 40 + 5 * i]))).toBe(100);
  // One value of the first number for some of them, another for the rest.
  expect(apart(many.map((i) => [i < 60 ? 7 : 2 ** 30, 2 ** 20 * i, 1]))).toBe(100);
  expect(apart(many.map(() => [7, 3, 1]))).toBe(1);
});
