import { Fault } from '../../codecs/fault.js';
import { MemoirError } from '../../errors.js';
import { equalBytes, findFrame, NO_DIGEST } from '../frame.js';
import type { Link } from './chain.js';
import { finishBegin } from './begin.js';
import { readCleanMark, writeCleanMark, type CleanMark } from './clean-mark.js';
import { damaged } from './damage.js';
import type { DiskFile } from './disk.js';
import { CLEAN_MARK, segmentsAmong } from './file-names.js';
import type { Host } from './host.js';
import { readSegmentHead, type WrittenHead } from './segment-head.js';
import { SegmentFault } from './segment-reader.js';
import { Segment } from './segment.js';
import { tornTail } from './torn-tail.js';
import { readStretch, removeUnfinished, writeAll } from './whole-file.js';

/** Fewer bytes do not tell what a file is. */
const MAGIC_BYTES = 4;

/** A log as it was found, after what an interrupted append has left was cut away. */
export interface Recovered {
  /** Oldest first. */
  readonly segments: Segment[];
  readonly lineage: string;
  /** The newest entry. */
  readonly last: Link;
  /** Whether there is the mark of a log that was closed. */
  readonly isMarked: boolean;
}

/** Reads all of a log, verifies it, and makes what was found last. @throws `Damaged`, `FormatUnknown` */
export async function recover(host: Host, dir: string): Promise<Recovered> {
  const { disk } = host;
  const names = await disk.list(dir);
  await removeUnfinished(disk, dir, names);
  const mark = await readCleanMark(disk, dir);
  await finishBegin(disk, dir, mark);
  const segments: Segment[] = [];
  const start = mark?.isBegun === true ? mark : undefined;
  const found = segmentsAmong(await disk.list(dir));
  for (const [i, [base, name]] of found.entries()) {
    const last = i === found.length - 1;
    const previous = segments.at(-1)?.last ?? start;
    const offset = previous === undefined ? base : previous.offset + 1;
    const file = await disk.open(`${dir}/${name}`, 'change');
    try {
      const mayBeTorn = last && mark === undefined && (base === 1 || previous !== undefined);
      const segment = await opened(file, base, previous, mayBeTorn);
      if (segment === undefined) {
        await disk.remove(`${dir}/${name}`);
        break;
      }
      segments.push(segment);
      if (last && mark === undefined) await recoverTail(host, file, segment);
      else await segment.scan(file, await file.size(), host.digest);
    } catch (error) {
      throw damaged(error, `${dir}/${name}`, (segments.at(-1)?.last.offset ?? offset - 1) + 1);
    } finally {
      await file.close();
    }
  }
  // what was found may never have been made to last: names and bytes alike
  if (mark === undefined) await disk.syncDir(dir);
  const last = segments.at(-1)?.last ?? start ?? { offset: 0, digest: NO_DIGEST };
  return await identified(host, dir, { segments, last }, mark);
}

/**
 * Adds the lineage that goes on: that of the newest segment, or of the mark where the log was closed. A new one where
 * what was visible may be gone: after a crash, when appends resolved before they were synced. What is new is marked, so
 * that it stays even if nothing is appended.
 */
async function identified(
  host: Host,
  dir: string,
  found: Pick<Recovered, 'segments' | 'last'>,
  mark: CleanMark | undefined,
): Promise<Recovered> {
  const { last } = found;
  if (mark !== undefined) {
    checkMark(dir, mark, last);
    return { ...found, lineage: mark.lineage, isMarked: true };
  }
  const newest = found.segments.at(-1)?.head;
  if (newest?.policy === 'always') return { ...found, lineage: newest.lineage, isMarked: false };
  const lineage = host.token();
  await writeCleanMark(host.disk, dir, { offset: last.offset, digest: last.digest, lineage, isBegun: false });
  return { ...found, lineage, isMarked: true };
}

/** Refuses a log that is not as it was when it was closed: the files may all be whole, and one be missing. */
function checkMark(dir: string, mark: CleanMark, last: Link): void {
  if (mark.offset === last.offset && equalBytes(mark.digest, last.digest)) return;
  const file = `${dir}/${CLEAN_MARK}`;
  throw new MemoirError(
    'Damaged',
    `${file} says that the log was closed at entry ${mark.offset}, and it ends with ${last.offset} or another ` +
      `${mark.offset}: a file is missing or was replaced. \`repair\` goes on with what is there`,
    { file, byte: 0, offset: Math.min(mark.offset, last.offset) + 1 },
  );
}

/** The segment that a file begins; undefined for one that holds nothing yet, not even all of its head. */
async function opened(
  file: DiskFile,
  base: number,
  previous: Link | undefined,
  mayBeTorn: boolean,
): Promise<Segment | undefined> {
  const size = await file.size();
  let head: WrittenHead;
  try {
    head = await readSegmentHead(file, size);
  } catch (error) {
    const isWhole = !(error instanceof Fault) || error instanceof SegmentFault;
    if (!mayBeTorn || isWhole || !(await holdsNothing(file, size, base, error))) throw error;
    return undefined;
  }
  checkHead(head, base, previous);
  return new Segment(head);
}

/** Refuses a segment that does not go on where the one before it ends. @throws SegmentFault */
export function checkHead(head: WrittenHead, base: number, previous: Link | undefined): void {
  if (head.base !== base) throw new SegmentFault(`begins with entry ${head.base}, and its name says ${base}`, 0);
  if (previous === undefined) return;
  if (base !== previous.offset + 1)
    throw new SegmentFault(`begins with entry ${base}, and the file before ends with ${previous.offset}`, 0);
  if (!equalBytes(previous.digest, head.previous)) throw new SegmentFault('does not follow the file before it', 0);
}

/** True for a head that was cut or never written, with no entry behind it. */
async function holdsNothing(file: DiskFile, size: number, base: number, fault: Fault): Promise<boolean> {
  const bytes = await readStretch(file, 0, size);
  const isOther = fault.code === 'FormatUnknown' && size >= MAGIC_BYTES && bytes.some((byte) => byte !== 0);
  return !isOther && findFrame(bytes, 0, base - 1) === undefined;
}

/**
 * Verifies the newest segment of a log that was not closed. All of it is written anew, the same bytes in the same
 * place: a sync that failed leaves pages that look written, and that a later sync passes over, so that only what is
 * written again is known to last.
 */
async function recoverTail(host: Host, file: DiskFile, segment: Segment): Promise<void> {
  const size = await file.size();
  await writeAll(file, segment.head.bytes, 0);
  try {
    await segment.scan(file, size, host.digest, (bytes, at) => writeAll(file, bytes, at));
  } catch (error) {
    if (!(error instanceof SegmentFault) || error.cause !== undefined) throw error;
    await mend(host, file, segment, size, error);
  }
  // What was cut before by one whose sync failed looks cut, too.
  await file.truncate(segment.size);
  await file.sync();
}

/** Cuts a torn tail off behind its last whole entry. @throws the fault, where it is no torn tail */
async function mend(host: Host, file: DiskFile, segment: Segment, size: number, fault: SegmentFault): Promise<void> {
  const bytes = await readStretch(file, segment.size, size);
  const tail = tornTail(bytes, segment.last, segment.head.sync, host.digest);
  if (tail === undefined) throw fault;
  await file.truncate(segment.size);
  await writeAll(file, tail.block, segment.size);
  if (tail.block.length > 0) segment.grown(segment.size + tail.block.length, tail.last);
}
