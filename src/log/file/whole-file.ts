import type { Disk, DiskFile } from './disk.js';
import { isCode } from './disk.js';
import { UNFINISHED, unfinishedAmong } from './file-names.js';

/** Writes all of some bytes, in as many calls as the disk wants. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const count = await file.write(done === 0 ? bytes : bytes.subarray(done), at + done);
    if (count === 0) throw new Error('the disk takes no more bytes, and does not say why');
    done += count;
  }
}

/** The bytes of a stretch of a file; fewer where it ends before. */
export async function readStretch(file: DiskFile, from: number, to: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from);
  return bytes.subarray(0, await file.read(bytes, from));
}

/** The bytes of a file, or undefined where there is none. */
export async function readWhole(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await disk.open(path, 'read');
    try {
      return await readStretch(file, 0, await file.size());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Makes a file that can be seen whole or not at all: under another name first, its bytes synced before its name is, and
 * its name before anyone is told.
 */
export async function writeWhole(disk: Disk, dir: string, name: string, chunks: Chunks): Promise<void> {
  await writeUnfinished(disk, dir, name, chunks);
  await orRemove(disk, dir, name, () => giveName(disk, dir, name));
}

/** Writes a file that has yet to be given its name, and syncs it; what the disk does not take leaves nothing behind. */
export async function writeUnfinished(disk: Disk, dir: string, name: string, chunks: Chunks): Promise<void> {
  await orRemove(disk, dir, name, async () => {
    const file = await disk.open(`${dir}/${name}${UNFINISHED}`, 'create');
    try {
      let at = 0;
      for await (const chunk of chunks) {
        await writeAll(file, chunk, at);
        at += chunk.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Removes what was written of a file where that fails: on a full disk, each new attempt would take more of it. */
async function orRemove(disk: Disk, dir: string, name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    await disk.remove(`${dir}/${name}${UNFINISHED}`).catch(() => undefined);
    throw error;
  }
}

/** Gives a file that was written its name, for good. */
export async function giveName(disk: Disk, dir: string, name: string): Promise<void> {
  await disk.rename(`${dir}/${name}${UNFINISHED}`, `${dir}/${name}`);
  await disk.syncDir(dir);
}

/** Removes a file, whose name lasts until the folder is synced. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

/** Removes what was being written when a process ended. */
export async function removeUnfinished(disk: Disk, dir: string, names: readonly string[]): Promise<void> {
  for (const name of unfinishedAmong(names)) await disk.remove(`${dir}/${name}`);
}
