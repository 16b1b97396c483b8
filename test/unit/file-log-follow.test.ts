import { describe, expect, it } from 'vitest';

import type { DiskFile } from '../../src/log-file.js';
import { groupAfter, schemaOf } from '../support/byte-log-contract.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';

const schema = schemaOf('a');

/** A disk that knows how many files are open. */
class CountingDisk extends SimulatedDisk {
  files = 0;

  override async open(path: string, how: 'read' | 'change' | 'create'): Promise<DiskFile> {
    const file = await super.open(path, how);
    this.files++;
    const close = async (): Promise<void> => {
      this.files--;
      await file.close();
    };
    return { ...file, close };
  }
}

describe('a follower that is closed', () => {
  it.each([0, 1, 2, 9])('after %i entries have been asked for, has no file open', async (count) => {
    const disk = new CountingDisk();
    const plan = new SimulatedHost().plan(disk);
    const log = await plan.open();
    for (let i = 0; i < 3; i++) await log.append(groupAfter(log.head, 3, 'a text that is somewhat longer'), schema);
    const before = disk.files;
    const reader = await plan.follow();
    const entries = reader.follow(1)[Symbol.asyncIterator]();
    for (let i = 1; i <= count; i++) expect((await entries.next()).value).toMatchObject({ offset: i });
    await reader.close();
    expect(disk.files).toBe(before);
    expect(await entries.next()).toMatchObject({ done: true });
    await log.close();
  });

  it('by whoever reads, between two entries, has no file open', async () => {
    const disk = new CountingDisk();
    const plan = new SimulatedHost().plan(disk);
    const log = await plan.open();
    await log.append(groupAfter(0, 3), schema);
    const before = disk.files;
    const reader = await plan.follow();
    for await (const { offset } of reader.follow(1)) if (offset === 2) await reader.close();
    expect(disk.files).toBe(before);
    await log.close();
  });
});
