import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fileLog } from 'memoir/log/file';

import { byteLogContract } from '../support/byte-log-contract.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';

for (const fsync of ['always', 'never', { everyMs: 1 }] as const) {
  byteLogContract(`the file log, synced ${JSON.stringify(fsync)},`, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'memoir-log-'));
    return {
      open: () => fileLog({ dir: join(dir, 'a/b'), fsync, segmentBytes: 900 }).open(),
      remove: () => rm(dir, { recursive: true }),
    };
  });
}

for (const fsync of ['always', { everyMs: 1 }] as const) {
  byteLogContract(`the file log on a simulated disk, synced ${JSON.stringify(fsync)},`, () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    return Promise.resolve({
      open: () => host.plan(disk, { fsync }).open(),
      ...(fsync !== 'always' && {
        async lose() {
          disk.troubles = (_, name) => (name === 'sync' ? 'EIO' : undefined);
          host.ring();
          await new Promise((resolve) => setTimeout(resolve));
          disk.troubles = () => undefined;
        },
      }),
    });
  });
}
