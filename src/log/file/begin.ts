import { writeUnfinishedMark, type CleanMark } from './clean-mark.js';
import { refused } from './damage.js';
import type { Disk } from './disk.js';
import { beginName, beginsAmong, CLEAN_MARK, segmentsAmong, snapshotName, snapshotsAmong } from './file-names.js';
import { toHex } from './segment-head.js';
import { giveName, writeUnfinished } from './whole-file.js';

// A log begins anew in three steps. Its snapshot is laid down under a name that nobody takes for one of the log. Then
// the mark is renamed, which says that it counts: this decides. Then everything from before goes, and the snapshot gets
// its own name. Who finds the first step undone at the second removes the snapshot; who finds the third undone does it.
// Segments from before and after cannot be mixed: the first new one appears when the third step is done.

/** Does what can be taken back: a failure leaves the log as it is. @throws `LogRefused` */
export async function prepareBegin(
  disk: Disk,
  dir: string,
  mark: CleanMark,
  snapshot: AsyncIterable<Uint8Array>,
): Promise<void> {
  const name = beginName(toHex(mark.digest));
  try {
    await writeUnfinished(disk, dir, name, snapshot);
    await writeUnfinishedMark(disk, dir, mark);
    await giveName(disk, dir, name);
  } catch (cause) {
    // What is left of it is removed when the log is opened; until then it takes room.
    await disk.remove(`${dir}/${name}`).catch(() => undefined);
    throw refused(`the log in ${dir} could not begin anew, and is what it was`, cause);
  }
}

/** Lets what was prepared count, for good. A failure leaves it open. */
export async function decideBegin(disk: Disk, dir: string, mark: CleanMark): Promise<void> {
  await giveName(disk, dir, CLEAN_MARK);
  await finishBegin(disk, dir, mark);
}

/**
 * Removes what was before a log began anew, and what one left that did not come to that. Whoever opens a log for
 * writing does it again, should it have been interrupted.
 */
export async function finishBegin(disk: Disk, dir: string, mark: CleanMark | undefined): Promise<void> {
  const names = await disk.list(dir);
  const begins = beginsAmong(names);
  if (begins.length === 0) return;
  const name = mark?.isBegun === true ? beginName(toHex(mark.digest)) : undefined;
  const isLeft = name !== undefined && begins.includes(name);
  const gone = begins.filter((one) => one !== name);
  // The newest first, so that a follower sees at once that the one it reads is gone.
  if (isLeft) for (const among of [segmentsAmong, snapshotsAmong]) gone.push(...namesIn(among(names)).reverse());
  for (const one of gone) await disk.remove(`${dir}/${one}`);
  await disk.syncDir(dir);
  if (!isLeft) return;
  await disk.rename(`${dir}/${name}`, `${dir}/${snapshotName(mark!.offset)}`);
  await disk.syncDir(dir);
}

type Named = readonly (readonly [offset: number, name: string])[];

/** The files of a log, as far as they count: where it has begun anew, nothing from before does. */
export interface Standing {
  readonly segments: Named;
  readonly snapshots: Named;
  /** What the log begins after, where it has begun anew and has no entries yet. */
  readonly start: CleanMark | undefined;
}

/** What counts of a folder, by its mark. */
export function standingOf(names: readonly string[], mark: CleanMark | undefined): Standing {
  const [segments, snapshots] = [segmentsAmong(names), snapshotsAmong(names)];
  if (mark?.isBegun !== true) return { segments, snapshots, start: undefined };
  const name = beginName(toHex(mark.digest));
  if (!names.includes(name)) return { segments, snapshots, start: mark };
  return { segments: [], snapshots: [[mark.offset, name]], start: mark };
}

function namesIn(found: Named): string[] {
  return found.map(([, name]) => name);
}
