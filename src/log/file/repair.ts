import { NO_DIGEST } from '../frame.js';
import { finishBegin, standingOf } from './begin.js';
import { Chain, type Link } from './chain.js';
import { readCleanMark, writeCleanMark } from './clean-mark.js';
import { asMemoirError } from './damage.js';
import type { DiskFile } from './disk.js';
import { beginsAmong } from './file-names.js';
import type { Host } from './host.js';
import { lock } from './lock.js';
import type { Segment } from './segment.js';
import { wholeEntries } from './torn-tail.js';
import { verifyFileLog, prove, type LogReport } from './verify.js';
import { readStretch, removeUnfinished, writeWhole } from './whole-file.js';

/** What a repair has done. */
export interface LogRepair {
  /** The log as it was found. */
  readonly before: LogReport;
  /** The log as it is now. */
  readonly after: LogReport;
  /** Where the files are that were cut or dropped, as they were; undefined when nothing was to be done. */
  readonly aside?: string;
  /** Their names. */
  readonly dropped: readonly string[];
}

/**
 * Cuts a log after the last entry that can be proved. Files that are cut or dropped stay, as they were, in a folder
 * beside; the log goes on under a new lineage. @throws `LogLocked`
 */
export async function repairFileLog(host: Host, dir: string): Promise<LogRepair> {
  try {
    const release = await lock(host, dir);
    try {
      return await repairLocked(host, dir);
    } finally {
      await release();
    }
  } catch (error) {
    throw asMemoirError(error, `the log in ${dir} could not be repaired`);
  }
}

async function repairLocked(host: Host, dir: string): Promise<LogRepair> {
  const { disk } = host;
  const before = await verifyFileLog(host, dir);
  if (before.isWhole) return { before, after: before, dropped: [] };
  await removeUnfinished(disk, dir, await disk.list(dir));
  const mark = await readCleanMark(disk, dir).catch(() => 'unreadable' as const);
  if (mark !== 'unreadable') await finishBegin(disk, dir, mark);
  const names = await disk.list(dir);
  const standing = standingOf(names, mark === 'unreadable' ? undefined : mark);
  const { segments, reports } = await prove(host, dir, standing);

  const newest = segments.at(-1);
  const cut = reports.find((report) => report.fault !== undefined);
  const kept = newest !== undefined && cut?.file === newest.name ? await wholeTail(host, dir, newest) : undefined;
  const last: Link = kept?.last ?? newest?.last ?? standing.start ?? { offset: 0, digest: NO_DIGEST };
  const lost = standing.snapshots.filter(([offset]) => offset > last.offset);
  const isDropped = new Set([
    ...before.files.filter((file) => file.fault !== undefined).map(({ file }) => file),
    ...reports.slice(segments.length).map(({ file }) => file),
    ...lost.map(([, name]) => name),
    // without the mark nobody knows whether the log had begun anew with it
    ...beginsAmong(names),
  ]);

  const dropped = [...isDropped].sort().reverse();
  const aside = `${dir}/aside-${host.token()}`;
  if (dropped.length > 0) {
    await disk.makeDir(aside);
    // the newest first: whatever interrupts this, what is left has no gap
    for (const name of dropped) {
      await disk.link(`${dir}/${name}`, `${aside}/${name}`);
      await disk.syncDir(aside);
      if (name === newest?.name && kept !== undefined) await writeWhole(disk, dir, name, kept.bytes);
      else await disk.remove(`${dir}/${name}`);
      await disk.syncDir(dir);
    }
  }
  const isBegun = newest === undefined && standing.start !== undefined;
  await writeCleanMark(disk, dir, { offset: last.offset, digest: last.digest, lineage: host.token(), isBegun });
  return {
    before,
    after: await verifyFileLog(host, dir),
    dropped,
    ...(dropped.length > 0 && { aside }),
  };
}

/** The bytes of a segment up to its last whole entry, which may stand in a block that is not whole. */
async function wholeTail(
  host: Host,
  dir: string,
  segment: Segment,
): Promise<{ readonly bytes: readonly Uint8Array[]; readonly last: Link }> {
  const file: DiskFile = await host.disk.open(`${dir}/${segment.name}`, 'read');
  try {
    const whole = await readStretch(file, 0, await file.size());
    const chain = new Chain(segment.last, host.digest);
    const { block } = wholeEntries(whole.subarray(segment.size), chain, segment.head.sync);
    return { bytes: [whole.subarray(0, segment.size), block], last: chain };
  } finally {
    await file.close();
  }
}
