import type { ByteCodec } from '../../codecs/byte-codec.js';
import { Fault } from '../../codecs/fault.js';
import { Chain, type Link } from './chain.js';
import type { Host } from './host.js';
import { checkHead } from './recovery.js';
import { readSegmentHead } from './segment-head.js';
import { SegmentFault } from './segment-reader.js';
import { Segment } from './segment.js';
import { checkSnapshot } from './snapshot-check.js';
import { wholeEntries } from './torn-tail.js';
import { readStretch, readWhole } from './whole-file.js';

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

/** A segment as far as it is whole. */
export interface Part {
  readonly segment: Segment;
  /** The entries of a group that is not whole, as a block of their own, where its end has to be mended. */
  readonly mended?: Uint8Array;
}

/** What a file has of a segment, and the newest entry in it that is whole. */
export async function segmentFound(
  host: Host,
  dir: string,
  base: number,
  name: string,
): Promise<{ readonly report: FileReport; readonly part?: Part; readonly last?: Link }> {
  const file = await host.disk.open(`${dir}/${name}`, 'read');
  const about = { kind: 'segment', file: name, offset: base } as const;
  let bytes = 0;
  let segment: Segment | undefined;
  try {
    bytes = await file.size();
    const head = await readSegmentHead(file, bytes);
    checkHead(head, base, undefined);
    segment = new Segment(head);
    await segment.scan(file, bytes, host.digest);
    const report = { ...about, bytes, entries: segment.last.offset - base + 1, wholeBytes: segment.size };
    return { report, part: { segment }, last: segment.last };
  } catch (error) {
    const fault = faultOf(error);
    if (segment === undefined) return { report: { ...about, bytes, entries: 0, wholeBytes: 0, fault } };
    const report = { ...about, bytes, entries: segment.last.offset - base + 1, wholeBytes: segment.size, fault };
    const last = new Chain(segment.last, host.digest);
    // What cannot be read any further has nothing to be saved.
    const rest = await readStretch(file, segment.size, bytes).catch(() => new Uint8Array(0));
    const { block } = wholeEntries(rest, last, segment.head.sync);
    return { report, part: { segment, mended: block }, last };
  } finally {
    await file.close();
  }
}

/** So many rows of a snapshot are decoded before everything else has its turn: some milliseconds. */
const STEPS_PER_TURN = 1024;

/** What a file has of a snapshot; its rows are decoded where its codec is one of those given. */
export async function snapshotReport(
  host: Host,
  dir: string,
  offset: number,
  name: string,
  codecs: readonly ByteCodec[],
): Promise<FileReport> {
  const about = { kind: 'snapshot', file: name, offset } as const;
  try {
    const bytes = (await readWhole(host.disk, `${dir}/${name}`)) ?? new Uint8Array(0);
    const check = checkSnapshot(bytes, offset, codecs);
    let step = check.next();
    for (let steps = 1; !step.done; step = check.next()) if (steps++ % STEPS_PER_TURN === 0) await host.pause();
    const { fault, ...whole } = step.value;
    const { length } = bytes;
    return {
      ...about,
      bytes: length,
      ...whole,
      ...(fault !== undefined && { fault: { byte: whole.wholeBytes, message: fault } }),
    };
  } catch (error) {
    return { ...about, bytes: 0, entries: 0, wholeBytes: 0, fault: faultOf(error) };
  }
}

/** What is wrong, and at which byte, as far as that is known. */
export function faultOf(error: unknown): { readonly byte: number; readonly message: string } {
  const message = error instanceof Fault ? error.says : error instanceof Error ? error.message : String(error);
  return { byte: error instanceof SegmentFault ? error.byte : 0, message };
}
