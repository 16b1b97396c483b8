import type { ByteCodec } from '../../codecs/byte-codec.js';
import { NO_DIGEST } from '../frame.js';
import type { Standing } from './begin.js';
import type { Link } from './chain.js';
import { faultOf, segmentFound, snapshotReport, type FileReport, type Part } from './file-report.js';
import type { Host } from './host.js';
import { checkHead } from './recovery.js';
import { fromHex } from './segment-head.js';
import type { Segment } from './segment.js';

// What is proved of a log is a run: segments of which each goes on where the one before ends, by its head and by the
// chain of digests. A fault ends a run, and another may begin behind it. That one can be gone on with as well where a
// snapshot holds the state before it, or one within it, and so can a snapshot alone. Of all that can be, the one that
// goes farthest is kept.

/** What a log can go on with. */
export interface Run {
  readonly parts: readonly Part[];
  /** Its first entry. */
  readonly floor: number;
  /** The newest entry of it, or what it begins after. */
  readonly last: Link;
}

/** What can be proved of the files of a folder. */
export interface Proof {
  /** Segments, then snapshots, oldest first. */
  readonly reports: readonly FileReport[];
  /** Oldest first; the first one, of a log without a fault, is all of it. */
  readonly runs: readonly [Run, ...Run[]];
  /** The offsets of the snapshots that are whole. */
  readonly snapshots: readonly number[];
}

/** Verifies all the files of a log, whatever is wrong with some of them. */
export async function prove(
  host: Host,
  dir: string,
  { start, segments, snapshots }: Standing,
  codecs: readonly ByteCodec[],
): Promise<Proof> {
  const reports: FileReport[] = [];
  const runs: [Growing, ...Growing[]] = [{ parts: [], last: start }];
  let isBroken = false;
  for (const [base, name] of segments) {
    const found = await segmentFound(host, dir, base, name);
    const strays = found.part && faultBetween(runs.at(-1)!, found.part.segment);
    // Behind a fault it is no other one that a segment does not follow.
    const fault: FileReport['fault'] = (isBroken ? undefined : strays) ?? found.report.fault;
    reports.push({ ...found.report, ...(fault !== undefined && { fault }) });
    if (strays !== undefined || found.part === undefined) runs.push({ parts: [], last: undefined });
    if (found.part !== undefined) grow(runs.at(-1)!, found.part, found.last!);
    isBroken = fault !== undefined;
  }
  for (const [offset, name] of snapshots) reports.push(await snapshotReport(host, dir, offset, name, codecs));
  const whole = reports.filter(({ kind, fault }) => kind === 'snapshot' && fault === undefined);
  const [first, ...others] = runs;
  const grown = others.filter(({ parts }) => parts.length > 0);
  return { reports, runs: [runOf(first), ...grown.map(runOf)], snapshots: whole.map(({ offset }) => offset) };
}

/** The run that goes farthest, and of equal ones the longest, of those that a store can be opened on. */
export function farthest({ runs, snapshots }: Proof, token: string): Run {
  const alone = snapshots.map((offset): Run => ({
    parts: [],
    floor: offset + 1,
    last: { offset, digest: fromHex(token) },
  }));
  const good = [...runs, ...alone].filter(
    ({ floor, last }) => floor === 1 || snapshots.some((offset) => offset >= floor - 1 && offset <= last.offset),
  );
  good.sort((a, b) => b.last.offset - a.last.offset || a.floor - b.floor);
  return good[0] ?? runs[0];
}

interface Growing {
  readonly parts: Part[];
  /** Undefined for one that can begin with any segment. */
  last: Link | undefined;
}

function grow(run: Growing, part: Part, last: Link): void {
  run.parts.push(part);
  run.last = last;
}

function runOf({ parts, last = { offset: 0, digest: NO_DIGEST } }: Growing): Run {
  return { parts, floor: parts[0]?.segment.base ?? last.offset + 1, last };
}

/** What is wrong where a segment does not go on with a run. */
function faultBetween({ last }: Growing, { head, base }: Segment): FileReport['fault'] {
  try {
    checkHead(head, base, last);
    return undefined;
  } catch (error) {
    return faultOf(error);
  }
}
