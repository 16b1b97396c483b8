import { join } from 'node:path';

import { fileLog } from 'memoir/log/file';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { taken } from '../support/byte-log-contract.js';
import { Workshop } from '../support/file-log-processes.js';
import { Chance } from '../support/structures.js';

// A process appends, each append synced before it is acknowledged, and is killed at a random moment; the next one goes
// on.

const ROUNDS = Number(process.env['MEMOIR_ROUNDS'] ?? 100);
const seed = Number(process.env['MEMOIR_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let workshop: Workshop;
beforeAll(() => {
  workshop = new Workshop();
}, 60_000);
afterAll(() => workshop.remove());

it(
  `has each acknowledged entry after ${ROUNDS} kills, seed ${seed}`,
  { timeout: 60_000 + ROUNDS * 1_000 },
  async () => {
    const chance = new Chance(seed);
    let have = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const process = workshop.start('killed', 'write');
      const [state, head] = (await process.found()).split(' ');
      expect(state).toBe('open');
      expect(Number(head), `round ${round}`).toBeGreaterThanOrEqual(have);
      have = Number(head);
      // sometimes before the first append is through
      if (chance.is(0.8)) await process.until(() => process.have > 0);
      await new Promise((resolve) => setTimeout(resolve, chance.next() * 60));
      await process.kill();
      have = Math.max(have, process.have);
      if (round % 10 === 9 || round === ROUNDS - 1) have = await expectWhole(have);
    }
    expect(have).toBeGreaterThan(ROUNDS);
  },
);

/** Opens what the last process has left; returns the newest entry. */
async function expectWhole(have: number): Promise<number> {
  const plan = fileLog({ dir: join(workshop.dir, 'killed') });
  const log = await plan.open();
  expect(log.head).toBeGreaterThanOrEqual(have);
  for (const { offset, body } of await taken(log.read(log.floor))) {
    const reader = new ByteReader(body);
    expect(reader.long()).toBe(offset);
    const text = new TextDecoder().decode(reader.fixed(reader.end - reader.at));
    if (text !== `entry ${offset} `.repeat(1 + (offset % 40))) throw new Error(`entry ${offset} is ${text}`);
  }
  await log.close();
  expect(await plan.verify()).toMatchObject({ isClean: true, isWhole: true, head: log.head });
  return log.head;
}
