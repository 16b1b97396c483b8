/**
 * Strategy: whole stores live on a simulated disk, by seed, through random work and random trouble of every kind.
 * `store-life.ts` says what is done and what has to hold. The canaries show that the same laws catch a disk that lies.
 */
import { describe, expect, it } from 'vitest';

import { StoreLife } from '../support/store-life.js';
import type { SimulatedDisk } from '../support/simulated-disk.js';

const LIVES = Number(process.env['MEMOIR_LIVES'] ?? 30);
const ENDS = 6;
const given = process.env['MEMOIR_SEED'];
const fresh = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

/** So many lives from a seed, one after the other. @throws the first law that is broken, and in which life */
async function lives(seed: number, remake?: (disk: SimulatedDisk) => SimulatedDisk): Promise<void> {
  for (let i = 0; i < LIVES; i++) {
    try {
      await new StoreLife(seed + i * 7919, remake).live(ENDS);
    } catch (error) {
      const message = `life ${i} of seed ${seed}: ${(error as Error).message}; MEMOIR_SEED=${seed} repeats it`;
      throw new Error(message, { cause: error });
    }
  }
}

it.each([1, 2, fresh])(
  'a store is what it has to be after any trouble, seed %i',
  async (seed) => {
    console.info(`seed ${seed}; MEMOIR_SEED=${seed} npm run test:structures repeats it`);
    await expect(lives(seed)).resolves.toBeUndefined();
  },
  60_000 + LIVES * 1000,
);

describe('the net', () => {
  /** Whether some of the lives from a seed break a law. */
  async function catches(remake: (disk: SimulatedDisk) => SimulatedDisk): Promise<void> {
    await expect(lives(7, remake)).rejects.toThrow(/lost|refused|not that of a replay|belongs|missing/);
  }

  it('catches a disk that does not sync what it says it has synced', async () => {
    await catches((disk) => {
      const open = disk.open.bind(disk);
      disk.open = async (path, how) => ({ ...(await open(path, how)), sync: () => Promise.resolve() });
      return disk;
    });
  });

  it('catches a disk that forgets names', async () => {
    await catches((disk) => Object.assign(disk, { syncDir: () => Promise.resolve() }));
  });

  it('catches a disk that keeps what is removed', async () => {
    await catches((disk) => Object.assign(disk, { remove: () => Promise.resolve() }));
  });
});
