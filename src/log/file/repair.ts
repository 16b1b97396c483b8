import type { ByteCodec } from '../../codecs/byte-codec.js';
import { finishBegin } from './begin.js';
import { readCleanMark, writeCleanMark } from './clean-mark.js';
import { asMemoirError } from './damage.js';
import { beginsAmong } from './file-names.js';
import type { FileReport, Part } from './file-report.js';
import type { Host } from './host.js';
import { lock } from './lock.js';
import type { Run } from './proof.js';
import { verified, verifyFileLog, type LogReport } from './verify.js';
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
 * Lets a log go on with what goes farthest of all that can be proved. Files that are cut or dropped stay, as they were,
 * in a folder beside; the log goes on under a new lineage. @throws `LogLocked`
 */
export async function repairFileLog(host: Host, dir: string, codecs: readonly ByteCodec[]): Promise<LogRepair> {
  try {
    const release = await lock(host, dir);
    try {
      return await repairLocked(host, dir, codecs);
    } finally {
      await release();
    }
  } catch (error) {
    throw asMemoirError(error, `the log in ${dir} could not be repaired`);
  }
}

async function repairLocked(host: Host, dir: string, codecs: readonly ByteCodec[]): Promise<LogRepair> {
  const { disk } = host;
  const before = await verifyFileLog(host, dir, codecs);
  if (before.isWhole) return { before, after: before, dropped: [] };
  await removeUnfinished(disk, dir, await disk.list(dir));
  const old = await readCleanMark(disk, dir).catch(() => 'unreadable' as const);
  if (old !== 'unreadable') await finishBegin(disk, dir, old);
  const { report, run, standing } = await verified(host, dir, codecs);
  const { last, parts } = run;

  const mended = new Map(parts.filter((part) => part.mended !== undefined).map((part) => [part.segment.name, part]));
  const lost = report.files.filter((file) => mended.has(file.file) || !belongs(file, run));
  const ofKind = (wanted: FileReport['kind']): string[] =>
    lost.filter(({ kind }) => kind === wanted).map(({ file }) => file);
  const dropped = [
    // snapshots first: without a segment that is damaged, an interrupted repair would look as if it had ended
    ...ofKind('snapshot'),
    ...ofKind('segment'),
    // without the mark nobody knows whether the log had begun anew with it
    ...beginsAmong(await disk.list(dir)),
  ];
  // First of all the mark: whatever interrupts the rest, the log is not as that says, and is not taken for whole.
  const isBegun = parts.length === 0 && (standing.start !== undefined || last.offset > 0);
  await writeCleanMark(disk, dir, { offset: last.offset, digest: last.digest, lineage: host.token(), isBegun });
  const aside = `${dir}/aside-${host.token()}`;
  if (dropped.length > 0) await disk.makeDir(aside);
  for (const name of dropped) {
    await disk.link(`${dir}/${name}`, `${aside}/${name}`);
    await disk.syncDir(aside);
    const part = mended.get(name);
    if (part === undefined) await disk.remove(`${dir}/${name}`);
    else await writeMended(host, dir, part);
    await disk.syncDir(dir);
  }
  return {
    before,
    after: await verifyFileLog(host, dir, codecs),
    dropped,
    ...(dropped.length > 0 && { aside }),
  };
}

/** True for a file that the log goes on with: a segment of its, or a whole snapshot with no gap to them. */
function belongs({ kind, file, offset, fault }: FileReport, { parts, floor, last }: Run): boolean {
  if (kind === 'segment') return parts.some(({ segment }) => segment.name === file);
  return fault === undefined && offset >= floor - 1 && offset <= last.offset;
}

/** Writes a segment anew, up to its last whole entry, which may stand in a block that was not whole. */
async function writeMended({ disk }: Host, dir: string, { segment, mended }: Part): Promise<void> {
  const file = await disk.open(`${dir}/${segment.name}`, 'read');
  try {
    const whole = await readStretch(file, 0, segment.size);
    await writeWhole(disk, dir, segment.name, [whole, mended!]);
  } finally {
    await file.close();
  }
}
