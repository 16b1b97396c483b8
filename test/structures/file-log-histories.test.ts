/**
 * Strategy: random lives of a log, by seed: what a program does, and at random calls a crash of the machine, a kill or
 * a failure, also while the log is being recovered from the one before. `file-log-story.ts` says what has to hold.
 */
import { expect, it } from 'vitest';

import type { FileLogOptions } from '../../src/log-file.js';
import { Story, type Act } from '../support/file-log-story.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { Chance } from '../support/structures.js';

const LIVES = 60;
const given = process.env['MEMOIR_SEED'];
const fresh = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

function act(chance: Chance): Act {
  const kind = chance.below(20);
  if (chance.is(0.04)) return { do: 'begin', offset: chance.below(40) };
  if (kind < 12) return { do: 'append', count: 1 + chance.below(6), schema: chance.is(0.1) ? 'b' : 'a' };
  if (kind < 14) return { do: 'save' };
  if (kind < 15) return { do: 'compact', before: chance.below(60) };
  if (kind < 16) return { do: 'prune', before: chance.below(60) };
  return { do: chance.pick(['open', 'close', 'kill', 'ring']) };
}

/** One log, through crash after crash; at the end it is whole and goes on. */
async function live(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const fsync: FileLogOptions['fsync'] = chance.pick(['always', 'always', 'never', { everyMs: 1 }]);
  let disk = new SimulatedDisk();
  const story = new Story(disk, { fsync, segmentBytes: chance.pick([400, 600, 2000]) });
  for (let crash = 0; crash < 6; crash++) {
    const at = disk.calls.length + chance.below(150);
    const trouble = chance.pick(['crash', 'crash', 'crash', 'EIO', 'ENOSPC', 'short', 'flip'] as const);
    disk.troubles = (call) => (call === at ? trouble : undefined);
    await story.run(Array.from({ length: 25 }, () => act(chance)));
    disk.troubles = () => undefined;
    const { unsynced } = disk;
    const survival = { names: chance.below(unsynced.names + 1), bytes: chance.below(unsynced.bytes + 1) };
    disk = chance.is(0.3) ? disk.afterKill() : disk.afterCrash(survival);
    // the machine may go down again while the log is recovered
    if (chance.is(0.5)) story.goOn(disk);
    else await story.check(disk);
  }
  await story.check(disk.isDown ? disk.afterKill() : disk);
}

it.each([1, 2, fresh])(`is whole after random crashes and failures, seed %i`, { timeout: 120_000 }, async (seed) => {
  console.info(`seed ${seed}; MEMOIR_SEED=${seed} npm run test:structures repeats it`);
  for (let i = 0; i < LIVES; i++) {
    try {
      await live(seed + i * 7919);
    } catch (error) {
      throw new Error(`life ${i} of seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  expect(LIVES).toBeGreaterThan(0);
});
