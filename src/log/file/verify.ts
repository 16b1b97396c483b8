import type { ByteCodec } from '../../codecs/byte-codec.js';
import { equalBytes } from '../frame.js';
import { standingOf, type Standing } from './begin.js';
import { readCleanMark } from './clean-mark.js';
import { unreadable } from './damage.js';
import type { FileReport } from './file-report.js';
import type { Host } from './host.js';
import { farthest, prove, type Run } from './proof.js';

/** What a folder holds of a log. */
export interface LogReport {
  readonly dir: string;
  /** Of the newest entry that can be proved; empty where there is none. */
  readonly lineage: string;
  /** The oldest entry that goes on to the newest without a gap. */
  readonly floor: number;
  /** The newest entry that can be proved, from the beginning or from a snapshot on; a repair goes on with it. */
  readonly head: number;
  /** Whether the log was closed, and is as it was then. */
  readonly isClean: boolean;
  /** What to worry about; a torn tail alone, which `open` cuts off, is a fault of the last segment. */
  readonly isWhole: boolean;
  /** Segments, then snapshots, oldest first. */
  readonly files: readonly FileReport[];
}

/** What a folder holds of a log, and what is known of it. */
export interface Verified {
  readonly report: LogReport;
  /** What the log can go on with. */
  readonly run: Run;
  readonly standing: Standing;
}

/** Reads all of a log, and changes nothing. */
export async function verifyFileLog(host: Host, dir: string, codecs: readonly ByteCodec[]): Promise<LogReport> {
  return (await verified(host, dir, codecs)).report;
}

/** Reads all of a log, and says what of it can be gone on with. */
export async function verified(host: Host, dir: string, codecs: readonly ByteCodec[]): Promise<Verified> {
  const names = await host.disk.list(dir).catch((cause: unknown) => {
    throw unreadable(dir, cause);
  });
  const mark = await readCleanMark(host.disk, dir).catch(() => 'unreadable' as const);
  const standing = standingOf(names, typeof mark === 'object' ? mark : undefined);
  const proof = await prove(host, dir, standing, codecs);
  const { reports, runs } = proof;
  const [{ last }] = runs;
  const isClean = typeof mark === 'object' && mark.offset === last.offset && equalBytes(mark.digest, last.digest);
  const isWhole = reports.every((file) => file.fault === undefined) && (mark === undefined || isClean);
  const run = isWhole ? runs[0] : farthest(proof, host.token());
  const newest = run.parts.at(-1)?.segment.head.lineage ?? standing.start?.lineage ?? '';
  const report: LogReport = {
    dir,
    lineage: typeof mark === 'object' ? mark.lineage : newest,
    floor: run.floor,
    head: run.last.offset,
    isClean,
    isWhole,
    files: reports,
  };
  return { report, run, standing };
}
