import { it } from 'vitest';

// Drives one structure beside its naive twin, for seeds that stay and one that is fresh and printed.

const OPERATIONS = 100_000;
const CHECK_EVERY = 2_500;

const given = process.env['MEMOIR_SEED'];
const fresh = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

/** A structure beside its twin. Both answer each operation; what differs is thrown. */
export interface Trial {
  /** One operation on both; compares what it answers. */
  operate(): void;
  /** Compares all that they hold. */
  check(): void;
}

/** Tests that say whether a structure agrees with its twin, one for each seed. */
export function drive(name: string, make: (random: Chance) => Trial): void {
  console.info(`${name}: fresh seed ${fresh}; MEMOIR_SEED=${fresh} npm run test:structures repeats it`);
  for (const seed of new Set([1, 2, fresh])) {
    it(`agrees with its twin over ${OPERATIONS} operations, seed ${seed}`, () => {
      const trial = make(new Chance(seed));
      let operation = 0;
      try {
        while (operation++ < OPERATIONS) {
          trial.operate();
          if (operation % CHECK_EVERY === 0) trial.check();
        }
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`${name}, seed ${seed}, operation ${operation}: ${message}`, { cause: error });
      }
    });
  }
}

/** Throws where two values are not the same one. Cheaper than `expect`, which would cost more than what it looks at. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what} is ${String(actual)}, not ${String(expected)}`);
}

/** Throws where two lists differ in an element. */
export function sameList(actual: ArrayLike<unknown>, expected: ArrayLike<unknown>, what: string): void {
  for (let i = 0; i < Math.min(actual.length, expected.length); i++) same(actual[i], expected[i], `${what}[${i}]`);
  same(actual.length, expected.length, `${what}.length`);
}

/** Numbers that look random and follow from a seed alone (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 up to, but not, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, but not, a limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True so often. */
  is(probability: number): boolean {
    return this.next() < probability;
  }

  pick<A>(list: readonly A[]): A {
    return list[this.below(list.length)]!;
  }
}
