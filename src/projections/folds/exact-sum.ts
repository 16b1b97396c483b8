import * as t from 'io-ts';

/** A sum that is no one number: numbers that make it up, of growing size, and how many summands were none to add. */
const Parts = t.strict({ parts: t.readonlyArray(t.number), nan: t.number, up: t.number, down: t.number });
type Parts = t.TypeOf<typeof Parts>;

/** The codec of a sum that is kept. */
export const Sum = t.union([t.number, Parts]);

/** A sum without any rounding: what was added can be taken away again, in any order. Almost always it is a number. */
export type Sum = t.TypeOf<typeof Sum>;

/** A sum with one summand more, or less. */
export function summed(sum: Sum, value: number, sign: 1 | -1): Sum {
  if (typeof sum === 'number' && Number.isFinite(value)) {
    const total = sum + sign * value;
    if (lostIn(total, sum, sign * value) === 0) return total;
  }
  const { parts, nan, up, down } = typeof sum === 'number' ? withParts(sum === 0 ? [] : [sum]) : sum;
  if (Number.isNaN(value)) return shortest({ parts, nan: nan + sign, up, down });
  if (value === Infinity) return shortest({ parts, nan, up: up + sign, down });
  if (value === -Infinity) return shortest({ parts, nan, up, down: down + sign });
  return shortest({ parts: grown(parts, sign * value), nan, up, down });
}

/** The number that is next to a sum. */
export function totalOf(sum: Sum): number {
  if (typeof sum === 'number') return sum;
  const { parts, nan, up, down } = sum;
  if (nan > 0 || (up > 0 && down > 0)) return NaN;
  if (up > 0) return Infinity;
  return down > 0 ? -Infinity : rounded(parts);
}

function withParts(parts: readonly number[]): Parts {
  return { parts, nan: 0, up: 0, down: 0 };
}

function shortest(sum: Parts): Sum {
  const { parts, nan, up, down } = sum;
  return nan === 0 && up === 0 && down === 0 && parts.length < 2 ? (parts[0] ?? 0) : sum;
}

/** What rounding took from `a + b`, exactly; NaN where that is beyond all numbers. */
function lostIn(total: number, a: number, b: number): number {
  const c = total - a;
  return a - (total - c) + (b - c);
}

/** Shewchuk's growing of an expansion: no two parts overlap, but for those whose sum is beyond all numbers. */
function grown(parts: readonly number[], value: number): readonly number[] {
  const made: number[] = [];
  let carried = value;
  for (const part of parts) {
    const total = carried + part;
    if (!Number.isFinite(total)) {
      made.push(part);
      continue;
    }
    const lost = lostIn(total, carried, part);
    if (lost !== 0) made.push(lost);
    carried = total;
  }
  if (carried !== 0) made.push(carried);
  return made;
}

/** Rounds once, to even where two numbers are as near, as Python's `fsum` does. */
function rounded(parts: readonly number[]): number {
  let left = parts.length - 1;
  let [total, lost] = [parts[left] ?? 0, 0];
  while (left > 0 && lost === 0) {
    const [big, small] = [total, parts[--left]!];
    total = big + small;
    lost = small - (total - big);
  }
  // Half of the last digit is lost: what comes below says which way to round.
  if (left > 0 && lost !== 0 && Math.sign(lost) === Math.sign(parts[left - 1]!)) {
    const next = total + 2 * lost;
    if (next - total === 2 * lost) return next;
  }
  return total;
}
