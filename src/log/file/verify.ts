import { ByteReader } from '../../codecs/byte-reader.js';
import { readBlocks, readHead } from '../../codecs/container.js';
import { Fault } from '../../codecs/fault.js';
import { equalBytes, NO_DIGEST } from '../frame.js';
import { standingOf, type Standing } from './begin.js';
import type { Link } from './chain.js';
import { readCleanMark } from './clean-mark.js';
import { unreadable } from './damage.js';
import type { Host } from './host.js';
import { checkHead } from './recovery.js';
import { readSegmentHead } from './segment-head.js';
import { SegmentFault } from './segment-reader.js';
import { Segment } from './segment.js';
import { readWhole } from './whole-file.js';

/** What one file of a log holds. */
export interface FileReport {
  readonly kind: 'segment' | 'snapshot';
  readonly file: string;
  readonly bytes: number;
  /** The offset of the snapshot, or the first one of the segment. */
  readonly offset: number;
  /** How many entries of a segment, or blocks of a snapshot, are whole, up to the first fault. */
  readonly entries: number;
  /** How many bytes are whole, up to the first fault. */
  readonly wholeBytes: number;
  /** What is wrong first, and where. */
  readonly fault?: { readonly byte: number; readonly message: string };
}

/** What a folder holds of a log. */
export interface LogReport {
  readonly dir: string;
  /** Of the newest entry that can be proved; empty where there is none. */
  readonly lineage: string;
  readonly floor: number;
  /** The newest entry that can be proved. */
  readonly head: number;
  /** Whether the log was closed, and is as it was then. */
  readonly isClean: boolean;
  /** What to worry about; a torn tail alone, which `open` cuts off, is a fault of the last segment. */
  readonly isWhole: boolean;
  /** Segments, then snapshots, oldest first. */
  readonly files: readonly FileReport[];
}

/** What can be proved of the segments of a folder. */
export interface Proof {
  readonly reports: readonly FileReport[];
  /** Up to the first fault; the last of them may be whole in part. */
  readonly segments: readonly Segment[];
  readonly last: Link;
  readonly lineage: string;
}

/** Reads all of a log, and changes nothing. */
export async function verifyFileLog(host: Host, dir: string): Promise<LogReport> {
  const names = await host.disk.list(dir).catch((cause: unknown) => {
    throw unreadable(dir, cause);
  });
  const mark = await readCleanMark(host.disk, dir).catch(() => 'unreadable' as const);
  const standing = standingOf(names, typeof mark === 'object' ? mark : undefined);
  const { reports, segments, last, lineage } = await prove(host, dir, standing);
  const files = [...reports];
  for (const [offset, name] of standing.snapshots) files.push(await snapshotReport(host, dir, offset, name));
  const isClean = typeof mark === 'object' && mark.offset === last.offset && equalBytes(mark.digest, last.digest);
  const isWhole = files.every((file) => file.fault === undefined) && (mark === undefined || isClean);
  return {
    dir,
    lineage: typeof mark === 'object' ? mark.lineage : lineage,
    floor: segments[0]?.base ?? (standing.start?.offset ?? 0) + 1,
    head: last.offset,
    isClean,
    isWhole,
    files,
  };
}

/** Verifies segment after segment; behind the first fault nothing is proved any more. */
export async function prove(host: Host, dir: string, standing: Standing): Promise<Proof> {
  const { start } = standing;
  const reports: FileReport[] = [];
  const segments: Segment[] = [];
  for (const [base, name] of standing.segments) {
    const before = segments.at(-1)?.last ?? start;
    const isProved = reports.every((report) => report.fault === undefined);
    const { segment, ...report } = await segmentReport(host, dir, base, name, isProved ? before : undefined);
    reports.push(report);
    if (isProved && segment !== undefined) segments.push(segment);
  }
  const newest = segments.at(-1);
  return {
    reports,
    segments,
    last: newest?.last ?? start ?? { offset: 0, digest: NO_DIGEST },
    lineage: newest?.head.lineage ?? start?.lineage ?? '',
  };
}

async function segmentReport(
  host: Host,
  dir: string,
  base: number,
  name: string,
  before: Link | undefined,
): Promise<FileReport & { readonly segment?: Segment }> {
  const file = await host.disk.open(`${dir}/${name}`, 'read');
  let segment: Segment | undefined;
  let bytes = 0;
  let fault: FileReport['fault'];
  try {
    bytes = await file.size();
    const head = await readSegmentHead(file, bytes);
    checkHead(head, base, before);
    segment = new Segment(head);
    await segment.scan(file, bytes, host.digest);
  } catch (error) {
    fault = faultOf(error);
  } finally {
    await file.close();
  }
  return {
    kind: 'segment',
    file: name,
    bytes,
    offset: base,
    entries: segment === undefined ? 0 : segment.last.offset - base + 1,
    wholeBytes: segment?.size ?? 0,
    ...(fault !== undefined && { fault }),
    ...(segment !== undefined && { segment }),
  };
}

async function snapshotReport(host: Host, dir: string, offset: number, name: string): Promise<FileReport> {
  let bytes = new Uint8Array(0);
  let entries = 0;
  let wholeBytes = 0;
  let fault: FileReport['fault'];
  try {
    bytes = ((await readWhole(host.disk, `${dir}/${name}`)) ?? bytes) as typeof bytes;
    const reader = new ByteReader(bytes);
    const { sync } = readHead(reader);
    wholeBytes = reader.at;
    for (const _ of readBlocks(reader, sync)) {
      entries++;
      wholeBytes = reader.at;
    }
  } catch (error) {
    fault = { ...faultOf(error), byte: wholeBytes };
  }
  return {
    kind: 'snapshot',
    file: name,
    bytes: bytes.length,
    offset,
    entries,
    wholeBytes,
    ...(fault !== undefined && { fault }),
  };
}

function faultOf(error: unknown): { readonly byte: number; readonly message: string } {
  const message = error instanceof Fault ? error.says : error instanceof Error ? error.message : String(error);
  return { byte: error instanceof SegmentFault ? error.byte : 0, message };
}
