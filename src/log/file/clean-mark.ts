import { crc32c } from '../../codecs/crc32c.js';
import { MemoirError } from '../../errors.js';
import type { Link } from './chain.js';
import type { Disk } from './disk.js';
import { isCode } from './disk.js';
import { CLEAN_MARK } from './file-names.js';
import { fromHex, toHex } from './segment-head.js';
import { readWhole, writeWhole } from './whole-file.js';

/** What a log that was closed says of itself: where it ends, so that a tail that is missing is known to be missing. */
export interface CleanMark extends Link {
  readonly lineage: string;
}

/** The mark, or undefined where there is none. It was written whole: one that makes no sense is `Damaged`. */
export async function readCleanMark(disk: Disk, dir: string): Promise<CleanMark | undefined> {
  const path = `${dir}/${CLEAN_MARK}`;
  const bytes = await readWhole(disk, path);
  if (bytes === undefined) return undefined;
  try {
    const said = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    const { head, digest, lineage, crc } = said;
    if (crc === checksum(head, digest, lineage))
      return { offset: head as number, digest: fromHex(digest as string), lineage: lineage as string };
  } catch {
    // as it is with a checksum that does not match
  }
  throw new MemoirError('Damaged', `${path} is not what was written. \`repair\` goes on with what is there`, {
    file: path,
    byte: 0,
  });
}

export async function writeCleanMark(disk: Disk, dir: string, { offset, digest, lineage }: CleanMark): Promise<void> {
  const said = { head: offset, digest: toHex(digest), lineage };
  const text = `${JSON.stringify({ ...said, crc: checksum(offset, said.digest, lineage) })}\n`;
  await writeWhole(disk, dir, CLEAN_MARK, [new TextEncoder().encode(text)]);
}

/** Takes the mark away, for good, before anything is appended. */
export async function removeCleanMark(disk: Disk, dir: string): Promise<void> {
  try {
    await disk.remove(`${dir}/${CLEAN_MARK}`);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  await disk.syncDir(dir);
}

function checksum(...said: readonly unknown[]): number {
  return crc32c(new TextEncoder().encode(said.join(' ')));
}
