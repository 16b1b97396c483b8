import { crc32c } from '../../codecs/crc32c.js';
import { MemoirError } from '../../errors.js';
import type { Link } from './chain.js';
import type { Disk } from './disk.js';
import { CLEAN_MARK } from './file-names.js';
import { fromHex, toHex } from './segment-head.js';
import { giveName, readWhole, removeIfThere, writeUnfinished } from './whole-file.js';

/** Stands in the checksum of a mark that says so, so that nothing else is read as one. */
const BEGUN = 'begun';

/** What a log that was closed says of itself: where it ends, so that a tail that is missing is known to be missing. */
export interface CleanMark extends Link {
  readonly lineage: string;
  /** True for a log that begins after this offset, with a snapshot and no entries: there is no segment to end so. */
  readonly isBegun: boolean;
}

/** The mark, or undefined where there is none. It was written whole: one that makes no sense is `Damaged`. */
export async function readCleanMark(disk: Disk, dir: string): Promise<CleanMark | undefined> {
  const path = `${dir}/${CLEAN_MARK}`;
  const bytes = await readWhole(disk, path);
  if (bytes === undefined) return undefined;
  try {
    const said = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    const { head, digest, lineage, begun, crc } = said;
    const link = { offset: head as number, digest: fromHex(digest as string) };
    if (crc === checksum(head, digest, lineage, ...(begun === true ? [BEGUN] : [])))
      return { ...link, lineage: lineage as string, isBegun: begun === true };
  } catch {
    // as it is with a checksum that does not match
  }
  throw new MemoirError('Damaged', `${path} is not what was written. \`repair\` goes on with what is there`, {
    file: path,
    byte: 0,
  });
}

export async function writeCleanMark(disk: Disk, dir: string, mark: CleanMark): Promise<void> {
  await writeUnfinishedMark(disk, dir, mark);
  await giveName(disk, dir, CLEAN_MARK);
}

/** Writes the mark under another name, so that only its naming is left to be done. */
export async function writeUnfinishedMark(disk: Disk, dir: string, mark: CleanMark): Promise<void> {
  const { offset, lineage, isBegun } = mark;
  const said = { head: offset, digest: toHex(mark.digest), lineage, ...(isBegun && { begun: true }) };
  const crc = checksum(offset, said.digest, lineage, ...(isBegun ? [BEGUN] : []));
  await writeUnfinished(disk, dir, CLEAN_MARK, [new TextEncoder().encode(`${JSON.stringify({ ...said, crc })}\n`)]);
}

/** Takes the mark away, for good, before anything is appended. */
export async function removeCleanMark(disk: Disk, dir: string): Promise<void> {
  await removeIfThere(disk, `${dir}/${CLEAN_MARK}`);
  await disk.syncDir(dir);
}

function checksum(...said: readonly unknown[]): number {
  return crc32c(new TextEncoder().encode(said.join(' ')));
}
