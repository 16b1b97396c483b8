import { link, mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { Disk, DiskFile } from './disk.js';

/** Node reads no more than 2^31 − 1 bytes at a time, and refuses to be asked. */
const READ_MAX = 2 ** 30;

const FLAGS = { read: 'r', change: 'r+', create: 'w+' } as const;

/** The disk of the machine that Node runs on. */
export const nodeDisk: Disk = {
  async makeDir(path) {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    // every folder that was made is named in the one above it, which has to last as well
    const top = dirname(resolve(first));
    for (let at = dirname(resolve(path)); ; at = dirname(at)) {
      await nodeDisk.syncDir(at);
      if (at === top) return;
    }
  },
  list: (path) => readdir(path),
  open: async (path, how) => fileOf(await open(path, FLAGS[how])),
  rename: (from, to) => rename(from, to),
  link: (from, to) => link(from, to),
  remove: (path) => unlink(path),
  async syncDir(path) {
    // Windows has no such call, and keeps names without it
    if (process.platform === 'win32') return;
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

function fileOf(handle: FileHandle): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    async read(into, at) {
      let count = 0;
      while (count < into.length) {
        const length = Math.min(into.length - count, READ_MAX);
        const { bytesRead } = await handle.read(into, count, length, at + count);
        if (bytesRead === 0) break;
        count += bytesRead;
      }
      return count;
    },
    write: async (bytes, at) => (await handle.write(bytes, 0, bytes.length, at)).bytesWritten,
    truncate: (size) => handle.truncate(size),
    // the size of a file is synced with its bytes; its times need not be
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
