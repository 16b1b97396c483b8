/**
 * State machines behind a replicated log, in simulated clusters.
 *
 * Strategy: each seed is a life of ten seconds of its own: clients add to counters and read them, while messages are
 * lost, delayed, repeated and overtake each other, the network parts, nodes crash and lose what they had not synced,
 * and snapshots are taken, written and sent while entries are applied. Then all is left alone.
 *
 * Invariants: those of the cluster at every step, one mind in the end, and answers that some order explains.
 *
 * MEMOIR_SEED=n repeats a life; MEMOIR_SEEDS=n tries so many fresh ones (`npm run test:simulation`).
 */
import { expect, it } from 'vitest';

import { create, live, type Life, type Machine } from '../support/cluster-life.js';

const given = process.env['MEMOIR_SEED'];
const fresh = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
const SEEDS = Number(process.env['MEMOIR_SEEDS'] ?? 5);

it(
  'keep to what consensus and machines promise, whatever goes wrong',
  async () => {
    console.info(
      `simulated clusters: fresh seeds from ${fresh}; MEMOIR_SEED=${fresh} npm run test:structures repeats them`,
    );
    let [answered, restored] = [0, 0];
    const counting = () =>
      new Proxy(create(), {
        get(target, key) {
          if (key === 'restore') restored++;
          const own: unknown = Reflect.get(target, key, target);
          return typeof own === 'function' ? (own.bind(target) as unknown) : own;
        },
      });
    for (let seed = 1; seed <= 5; seed++) answered += (await live(seed, { create: counting })).answered;
    for (let seed = fresh; seed < fresh + SEEDS; seed++) answered += (await live(seed)).answered;
    expect(answered / (5 + SEEDS)).toBeGreaterThan(50);
    expect(restored).toBeGreaterThan(20);
  },
  60_000 + SEEDS * 5000,
);

it('keep to it with five nodes, and with one', async () => {
  for (const nodes of [1, 5]) await live(3, { nodes });
}, 60_000);

/** The seeds that it takes to find a fault, and what is said of it. */
async function found(fault: Life, within: number): Promise<string> {
  for (let seed = 7; seed < 7 + within; seed++) {
    const message = await live(seed, fault).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (message !== undefined) return message;
  }
  return `nothing within ${within} seeds`;
}

it.each([
  ['votes that are forgotten', { broken: 'forgets its vote' }, 30, /both lead in term .*seed/],
  ['entries that only the leader has', { broken: 'commits alone' }, 5, /another entry .*seed/],
  ['entries that no disk has yet', { broken: 'answers before it has synced' }, 10, /another entry .*seed/],
  ['reads from nodes that do not lead', { staleReads: true }, 3, /^seed 7: k/],
  ['chance', { create: () => create(() => (Math.random() < 0.1 ? 1 : 0)) }, 5, /another node .*seed/],
  ['groups of entries applied backwards', { create: backwards }, 3, /another node .*seed/],
  ['state beside the store', { create: () => create(counter()) }, 5, /other node.*seed/],
] as readonly (readonly [string, Life, number, RegExp])[])(
  'are found to have %s',
  async (_, fault, within, says) => {
    expect(await found(fault, within)).toMatch(says);
  },
  60_000,
);

/** Adds one at every tenth command since it was made: what a restored machine has not. */
function counter(): () => number {
  let count = 0;
  return () => Number(++count % 10 === 0);
}

/** A machine that applies entries one by one as it should, and the last one first where they come together. */
function backwards(): Machine {
  const machine = create();
  const applyBatch: Machine['applyBatch'] = (entries) => machine.applyBatch(entries.toReversed()).toReversed();
  return new Proxy(machine, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key, target);
      return key === 'applyBatch' ? applyBatch : typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}
