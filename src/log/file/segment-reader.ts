import { ByteReader } from '../../codecs/byte-reader.js';
import { Fault } from '../../codecs/fault.js';
import { equalBytes } from '../frame.js';
import type { DiskFile } from './disk.js';
import { readStretch } from './whole-file.js';

const CHUNK_BYTES = 2 ** 20;
/** The longest that a block's count and size can be. */
const LONGS_BYTES = 20;

/** What is wrong with a segment, and at which byte of the file. */
export class SegmentFault extends Fault {
  constructor(
    says: string,
    readonly byte: number,
    cause?: unknown,
  ) {
    super('Damaged', says);
    this.cause = cause;
  }
}

/** A block of a segment: a group of entries, one after the other. */
export interface SegmentBlock {
  /** The byte of the file at which it begins. */
  readonly at: number;
  readonly count: number;
  /** A window on the file; `base` is the byte of the file that it begins with. */
  readonly bytes: Uint8Array;
  readonly base: number;
  /** Where in the window the entries begin and end. */
  readonly from: number;
  readonly end: number;
}

/**
 * Takes block after block from a stretch of a segment, with a mebibyte of it in memory, or one block where that is
 * larger. Windows are not used again, so that what was taken from one can be kept.
 */
export class SegmentReader {
  readonly #file: DiskFile;
  readonly #sync: Uint8Array;
  readonly #to: number;
  #reader = new ByteReader(new Uint8Array(0));
  #base: number;
  /** How long the window has to be for the next block. */
  #wanted = LONGS_BYTES;

  constructor(file: DiskFile, sync: Uint8Array, from: number, to: number) {
    this.#file = file;
    this.#sync = sync;
    this.#base = from;
    this.#to = to;
  }

  /** The byte of the file at which the next block begins. */
  get at(): number {
    return this.#base + this.#reader.at;
  }

  /** What was taken from the window so far, and the byte of the file at which that begins. */
  get taken(): { readonly bytes: Uint8Array; readonly at: number } {
    return { bytes: this.#reader.bytes.subarray(0, this.#reader.at), at: this.#base };
  }

  /** The next block, if the window holds all of it. @throws SegmentFault */
  next(): SegmentBlock | undefined {
    const reader = this.#reader;
    const { at, bytes } = reader;
    const left = bytes.length - at;
    if (left < LONGS_BYTES && this.#base + bytes.length < this.#to) return this.#want(LONGS_BYTES);
    if (left === 0) return undefined;
    const count = this.#long('count');
    const size = this.#long('size');
    const from = reader.at;
    const end = from + size;
    reader.at = at;
    if (count <= 0 || size <= 0) throw new SegmentFault(`says that ${count} entries have ${size} bytes`, this.at);
    const length = end + this.#sync.length - at;
    if (length > this.#to - this.at) throw new SegmentFault('ends within a group of entries', this.at);
    if (length > left) return this.#want(length);
    if (!equalBytes(bytes.subarray(end, end + this.#sync.length), this.#sync))
      throw new SegmentFault('has no marker where a group of entries ends', this.#base + end);
    reader.at = end + this.#sync.length;
    return { at: this.#base + at, count, bytes, base: this.#base, from, end };
  }

  /** Moves the window so that the next block is in it; false at the end. @throws SegmentFault */
  async fill(): Promise<boolean> {
    const from = this.at;
    if (from >= this.#to) return false;
    const to = Math.min(this.#to, from + Math.max(CHUNK_BYTES, this.#wanted));
    let bytes: Uint8Array;
    try {
      bytes = await readStretch(this.#file, from, to);
    } catch (cause) {
      throw new SegmentFault('cannot be read', from, cause);
    }
    if (bytes.length < to - from) throw new SegmentFault('is shorter than it was', from + bytes.length);
    this.#base = from;
    this.#reader = new ByteReader(bytes);
    return true;
  }

  #want(length: number): undefined {
    this.#wanted = length;
  }

  #long(what: string): number {
    const { at } = this;
    try {
      return this.#reader.long();
    } catch {
      throw new SegmentFault(`ends within the ${what} of a group of entries, or it makes no sense`, at);
    }
  }
}
