/**
 * memoir does what go-memdb does.
 *
 * Strategy: random histories over two tables with every kind of index that both have: transactions of writes and reads
 * that are committed, aborted or tried out, views held for long, passes read a few rows at a time. Values come from
 * small pools, so that keys meet, move and come back. Both execute the same history; after each transaction, each index
 * is read in full.
 *
 * Invariants: every answer, every refusal and every list of changes is the same; every structure of the store agrees
 * with every other at the end. No history is passed over, and together they reach what they are for.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runs } from '../support/runs.js';
import { history, type History } from './history.js';
import { Memdb } from './on-memdb.js';
import { onMemoir } from './on-memoir.js';
import { firstDifference, shrink } from './shrink.js';
import { Tally } from './tally.js';

let memdb: Memdb;
beforeAll(() => {
  memdb = new Memdb();
});
afterAll(() => memdb[Symbol.dispose]());

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** Where the two differ in a history, in words; undefined where they do not. */
async function disagreement(made: History, tally?: Tally): Promise<string | undefined> {
  const theirs = await memdb.run(made);
  tally?.add(made, theirs);
  try {
    return firstDifference(plain(onMemoir(made)), theirs);
  } catch (error) {
    return `memoir threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

/** Runs histories from a seed. What fails is made smaller by fast-check, value by value, and then step by step. */
async function expectAgreement(seed: number, numRuns: number): Promise<Tally> {
  const tally = new Tally();
  const { counterexample } = await fc.check(
    fc.asyncProperty(history, async (made) => (await disagreement(made, tally)) === undefined),
    { seed, numRuns },
  );
  if (counterexample === null) return tally;
  const { keep, steps } = await shrink(counterexample[0], async (made) => (await disagreement(made)) !== undefined);
  const lines = steps.map((step, i) => `  ${i} ${JSON.stringify(step)}`);
  const where = await disagreement({ keep, steps });
  expect.fail([`seed ${seed}: they differ, with ${keep} batches kept, after`, ...lines, where].join('\n'));
}

describe('memoir and go-memdb', () => {
  it.each([1, 2])('agree on the histories of seed %i, which leave nothing out', async (seed) => {
    const tally = await expectAgreement(seed, Math.max(150, runs(150)));
    expect(tally.histories).toBe(Math.max(150, runs(150)));
    expect(tally.missing()).toEqual([]);
  });

  it('agree on histories that nobody has seen before', async () => {
    const seed = Number(process.env['MEMOIR_SEED'] ?? Date.now() % 2 ** 31);
    console.log(`the fresh seed is ${seed}; MEMOIR_SEED=${seed} repeats it`);
    const begin = performance.now();
    const { histories, operations } = await expectAgreement(seed, runs(200));
    const seconds = (performance.now() - begin) / 1000;
    console.log(`${histories} histories, ${operations} operations in ${seconds.toFixed(1)} s`);
  });
});
