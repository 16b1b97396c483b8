/**
 * The sum and the mean of a group are what its rows say, whatever came and went before.
 *
 * Strategy: rows with any number at all come and go, one by one. The oracle adds what is left as whole numbers of the
 * least number that there is, and rounds once.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { createStore, table } from '../../src/index.js';
import { average, groupBy, sum } from '../../src/folds.js';
import { runs } from '../support/runs.js';

const rows = table(t.strict({ id: t.number, of: t.string, n: t.number }), { primaryKey: 'id' });
// Under names that what it keeps for itself might have.
const told = groupBy({ name: 'told', of: { rows }, by: 'of', measures: { rows: sum('n'), g0: average('n') } });

const number = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0.1, 0.2, 0.3, -0.3, 1, 2 ** 53, 2 ** -53, 1e17, -1e17) },
  { weight: 2, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 1e308, 1.7e308, -1.7e308, 5e-324, -0) },
  { weight: 2, arbitrary: fc.double() },
);
const step = fc.oneof({ weight: 3, arbitrary: fc.record({ n: number }) }, fc.record({ leaves: fc.nat(20) }));

/** A number in units of the least one. */
function unitsOf(n: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, n);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const digits = (bits & (2n ** 52n - 1n)) | (exponent > 0n ? 2n ** 52n : 0n);
  return (n < 0 ? -1n : 1n) * (exponent > 0n ? digits << (exponent - 1n) : digits);
}

/** The number next to so many units. */
function numberOf(units: bigint): number {
  const size = units < 0n ? -units : units;
  const more = Math.max(0, size.toString(2).length - 64);
  const cut = size >> BigInt(more);
  // A last digit that says whether there is more.
  const digits = cut << BigInt(more) === size ? cut : cut | 1n;
  const half = 2 ** ((more - 1074) / 2);
  const even = more % 2 === 0 ? half : 2 ** ((more - 1075) / 2);
  return (units < 0n ? -1 : 1) * Number(digits) * even * (more % 2 === 0 ? half : even * 2);
}

function sumOf(numbers: readonly number[]): number {
  const odd = numbers.filter((n) => !Number.isFinite(n));
  if (odd.length > 0) return odd.reduce((a, b) => a + b);
  return numberOf(numbers.reduce((all, n) => all + unitsOf(n), 0n));
}

it('sums and means are those of the rows there are, rounded once', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const store = createStore({ tables: { rows }, projections: [told] });
      for (const [id, one] of steps.entries()) {
        store.transact((tx) => {
          if ('n' in one) tx.rows.insert({ id, of: 'all', n: one.n });
          else tx.rows.delete(one.leaves);
        });
        const numbers = [...store.now().rows.scan()].map(({ n }) => n);
        const total = sumOf(numbers);
        const expected = { of: 'all', rows: total, g0: total / numbers.length };
        expect([...store.now().told.scan()]).toEqual(numbers.length === 0 ? [] : [expected]);
      }
      store.check();
    }),
    { numRuns: runs(100) },
  );
});
