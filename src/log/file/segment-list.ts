import { Fault } from '../../codecs/fault.js';
import { MemoirError } from '../../errors.js';
import type { Entry } from '../byte-log.js';
import { readFrame, type Frame } from '../frame.js';
import { compacted, inFuture } from '../position.js';
import { eachFrame } from './chain.js';
import { damaged, unreadable } from './damage.js';
import { isCode, type Disk, type DiskFile } from './disk.js';
import { SegmentFault, SegmentReader, type SegmentBlock } from './segment-reader.js';
import type { Segment } from './segment.js';

/** The segments of a log, oldest first, and what can be read of them. */
export class SegmentList {
  readonly #disk: Disk;
  readonly #dir: string;
  #segments: Segment[];
  /** The entry after which it begins; there need be no segment yet. */
  #after: number;

  constructor(disk: Disk, dir: string, segments: Segment[], after = 0) {
    this.#disk = disk;
    this.#dir = dir;
    this.#segments = segments;
    this.#after = after;
  }

  /** Forgets all of it: it begins anew after an entry. Who reads what was there meets `OffsetCompacted`. */
  beginAfter(offset: number): void {
    this.#segments = [];
    this.#after = offset;
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  get floor(): number {
    return this.#segments[0]?.base ?? this.#after + 1;
  }

  get head(): number {
    return this.newest?.last.offset ?? this.#after;
  }

  get names(): readonly string[] {
    return this.#segments.map((segment) => segment.name);
  }

  /** Adds a segment after the newest; one that holds nothing is replaced. */
  add(segment: Segment): void {
    if (this.newest?.name === segment.name) this.#segments.pop();
    this.#segments.push(segment);
  }

  /** The oldest segment, if all its entries are before an offset and it is not the newest. */
  wholeBefore(offset: number): Segment | undefined {
    const next = this.#segments[1];
    return next !== undefined && next.base <= offset ? this.#segments[0] : undefined;
  }

  dropOldest(): void {
    this.#segments.shift();
  }

  /** The entries from one offset to another, both included. @throws `OffsetCompacted`, `OffsetInFuture`, `Damaged` */
  async *read(from: number, to: number): AsyncGenerator<Entry> {
    let offset = Math.max(1, from);
    if (offset > this.head + 1) throw inFuture(this, from);
    while (offset <= Math.min(to, this.head)) {
      if (offset < this.floor) throw compacted(this, offset);
      const segment = this.#segments.findLast((one) => one.base <= offset)!;
      const end = Math.min(to, segment.last.offset);
      yield* this.#readSegment(segment, offset, end);
      offset = end + 1;
    }
    if (offset < this.floor) throw compacted(this, offset);
  }

  async *#readSegment(segment: Segment, from: number, to: number): AsyncGenerator<Entry> {
    const path = `${this.#dir}/${segment.name}`;
    const file = await this.#open(path, from);
    let next = from;
    try {
      const reader = new SegmentReader(file, segment.head.sync, segment.byteBefore(from), segment.size);
      while (next <= to) {
        const block = reader.next();
        if (block === undefined) {
          if (!(await reader.fill())) throw new SegmentFault(`ends before entry ${next}`, reader.at);
          continue;
        }
        for (const { offset, body } of framesOf(block, next)) {
          if (offset > to) return;
          yield { offset, body, schema: segment.head.schema };
          next = offset + 1;
        }
      }
    } catch (error) {
      throw damaged(error, path, next);
    } finally {
      await file.close();
    }
  }

  async #open(path: string, offset: number): Promise<DiskFile> {
    try {
      return await this.#disk.open(path, 'read');
    } catch (cause) {
      if (offset < this.floor) throw compacted(this, offset);
      if (!isCode(cause, 'ENOENT')) throw unreadable(path, cause);
      throw new MemoirError('Damaged', `${path} is missing, with entry ${offset}`, {
        file: path,
        byte: 0,
        offset,
        cause,
      });
    }
  }
}

/** The entries of a block from an offset on, verified. @throws SegmentFault */
function framesOf(block: SegmentBlock, from: number): readonly Frame[] {
  const frames: Frame[] = [];
  let expected: number | undefined;
  eachFrame(block, (at) => {
    const frame = readFrame(block.bytes, at, block.end);
    expected ??= frame.offset;
    if (frame.offset !== expected || (frames.length === 0 && frame.offset > from))
      throw new Fault('Damaged', `has entry ${frame.offset} where entry ${Math.max(expected, from)} belongs`);
    expected++;
    if (frame.offset >= from) frames.push(frame);
    return frame;
  });
  return frames;
}
