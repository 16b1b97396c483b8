import { Fault } from '../../codecs/fault.js';
import { equalBytes, readFrame, type Digest, type Frame } from '../frame.js';
import { SegmentFault, type SegmentBlock } from './segment-reader.js';

/** Where a chain of entries has come to. */
export interface Link {
  /** The newest entry. */
  readonly offset: number;
  /** Its digest. */
  readonly digest: Uint8Array;
}

/** Follows entries from one to the next: each has the next offset and the digest of the one before it. */
export class Chain implements Link {
  offset: number;
  digest: Uint8Array;
  readonly #digestOf: Digest;

  constructor(start: Link, digestOf: Digest) {
    this.offset = start.offset;
    this.digest = start.digest;
    this.#digestOf = digestOf;
  }

  /** Takes the entry at a byte. @throws a `Fault` `Damaged`, and stays where it is */
  take(bytes: Uint8Array, at: number, end: number): Frame {
    const frame = readFrame(bytes, at, end);
    if (frame.offset !== this.offset + 1)
      throw new Fault('Damaged', `has entry ${frame.offset} where entry ${this.offset + 1} belongs`);
    if (!equalBytes(frame.previous, this.digest))
      throw new Fault('Damaged', `has an entry ${frame.offset} that does not follow the one before it`);
    this.passed(bytes, frame);
    return frame;
  }

  /** Goes on behind an entry that was written or verified. */
  passed(bytes: Uint8Array, frame: { readonly at: number; readonly end: number }): void {
    this.offset++;
    this.digest = this.#digestOf(bytes.subarray(frame.at, frame.end));
  }

  /** Takes all entries of a block. @throws SegmentFault, and stays behind the last entry that is whole */
  takeBlock(block: SegmentBlock): void {
    eachFrame(block, (at) => this.take(block.bytes, at, block.end));
  }
}

/** The entries of a block, which are read one after the other. @throws SegmentFault */
export function eachFrame(block: SegmentBlock, read: (at: number) => Frame): void {
  let at = block.from;
  let count = 0;
  try {
    for (; at < block.end; count++) at = read(at).end;
  } catch (error) {
    if (error instanceof Fault) throw new SegmentFault(error.says, block.base + at);
    throw error;
  }
  if (count !== block.count) throw new SegmentFault(`says ${block.count} entries, and has ${count}`, block.at);
}
