import { MemoirError } from '../../errors.js';
import type { ReadableShelf, Shelf } from '../byte-log.js';
import { standingOf, type Standing } from './begin.js';
import { readCleanMark } from './clean-mark.js';
import { refused, unreadable } from './damage.js';
import type { Disk } from './disk.js';
import { snapshotName, snapshotsAmong } from './file-names.js';
import { readWhole, writeWhole } from './whole-file.js';

/** Ends the name of a snapshot that is damaged, or whose batches the log has lost: nobody takes or removes it. */
const ASIDE = '.aside';

type Found = readonly (readonly [offset: number, name: string])[];

/** The snapshots in the folder of a log. */
export class FileShelf implements Shelf {
  readonly #disk: Disk;
  readonly #dir: string;
  /** Makes the entries last that a snapshot is made of, so that it never tells of more than the log. */
  readonly #syncLog: () => Promise<void>;

  constructor(disk: Disk, dir: string, syncLog: () => Promise<void>) {
    this.#disk = disk;
    this.#dir = dir;
    this.#syncLog = syncLog;
  }

  async list(): Promise<readonly number[]> {
    return (await this.#found()).map(([offset]) => offset);
  }

  async save(offset: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#syncLog();
    const name = snapshotName(offset);
    try {
      await writeWhole(this.#disk, this.#dir, name, chunks);
    } catch (cause) {
      throw refused(`${this.#dir}/${name} could not be written`, cause);
    }
  }

  async open(offset: number): Promise<Uint8Array> {
    return bytesOf(this.#disk, this.pathOf(offset), offset);
  }

  readonly pathOf = (offset: number): string => `${this.#dir}/${snapshotName(offset)}`;

  async prune(before: number, keep: number): Promise<void> {
    const old = (await this.#found()).slice(keep).filter(([offset]) => offset < before);
    try {
      for (const [, name] of old) await this.#disk.remove(`${this.#dir}/${name}`);
      if (old.length > 0) await this.#disk.syncDir(this.#dir);
    } catch (cause) {
      throw refused(`old snapshots in ${this.#dir} could not be removed`, cause);
    }
  }

  async dropAfter(offset: number): Promise<void> {
    await this.#aside((await this.#found()).filter(([of]) => of > offset));
  }

  async setAside(offset: number): Promise<void> {
    await this.#aside((await this.#found()).filter(([of]) => of === offset));
  }

  async #aside(found: Found): Promise<void> {
    try {
      for (const [, name] of found) await this.#disk.rename(`${this.#dir}/${name}`, `${this.#dir}/${name}${ASIDE}`);
      if (found.length > 0) await this.#disk.syncDir(this.#dir);
    } catch (cause) {
      throw refused(`snapshots in ${this.#dir} could not be set aside`, cause);
    }
  }

  /** Newest first. */
  async #found(): Promise<Found> {
    try {
      return snapshotsAmong(await this.#disk.list(this.#dir)).toReversed();
    } catch (cause) {
      throw unreadable(this.#dir, cause);
    }
  }
}

/** The snapshots that a reader finds while another writes, wherever a log that begins anew has come to. */
export function followedShelf(disk: Disk, dir: string): ReadableShelf {
  const found = async (): Promise<Standing['snapshots']> =>
    standingOf(await disk.list(dir), await readCleanMark(disk, dir)).snapshots;
  return {
    list: async () => (await found()).map(([offset]) => offset).reverse(),
    pathOf: (offset) => `${dir}/${snapshotName(offset)}`,
    async open(offset) {
      const name = (await found()).find(([of]) => of === offset)?.[1] ?? snapshotName(offset);
      return bytesOf(disk, `${dir}/${name}`, offset);
    },
  };
}

async function bytesOf(disk: Disk, path: string, offset: number): Promise<Uint8Array> {
  const bytes = await readWhole(disk, path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (bytes !== undefined) return bytes;
  throw new MemoirError('OffsetInvalid', `there is no snapshot of offset ${offset}: see \`list\``, {
    file: path,
    offset,
  });
}
