import type { Digest } from '../frame.js';
import { Chain, type Link } from './chain.js';
import type { DiskFile } from './disk.js';
import { segmentName } from './file-names.js';
import type { WrittenHead } from './segment-head.js';
import { SegmentReader } from './segment-reader.js';

/** So many bytes of a segment have one mark, where a reader can begin: a mark costs memory, and none costs reading. */
const MARK_EVERY_BYTES = 2 ** 18;

/** A file of the log: which entries it holds, and where. It grows at its end alone. */
export class Segment {
  readonly name: string;
  readonly head: WrittenHead;
  /** How many bytes of it are known to be whole. */
  #size: number;
  #last: Link;
  /** Blocks, by the first entry in them: entry, byte, entry, byte … */
  readonly #marks: number[] = [];

  constructor(head: WrittenHead) {
    this.name = segmentName(head.base);
    this.head = head;
    this.#size = head.bytes.length;
    this.#last = { offset: head.base - 1, digest: head.previous };
  }

  get base(): number {
    return this.head.base;
  }

  get size(): number {
    return this.#size;
  }

  /** The newest entry of it, or of the segment before when it has none. */
  get last(): Link {
    return this.#last;
  }

  /** Takes note of a block that is there, whole. */
  grown(to: number, last: Link): void {
    if ((this.#marks.at(-1) ?? -MARK_EVERY_BYTES) + MARK_EVERY_BYTES <= this.#size)
      this.#marks.push(this.#last.offset + 1, this.#size);
    this.#size = to;
    this.#last = { offset: last.offset, digest: last.digest };
  }

  /** The byte of a block at or before the one that holds an entry. */
  byteBefore(offset: number): number {
    let low = 0;
    let high = this.#marks.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#marks[2 * middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.head.bytes.length : this.#marks[2 * low - 1]!;
  }

  /**
   * Verifies what the file has beyond what is known, up to a byte, block by block. `verified` is given the bytes in
   * turn. @throws SegmentFault; what came before is then known
   */
  async scan(file: DiskFile, to: number, digest: Digest, verified?: Verified): Promise<void> {
    const reader = new SegmentReader(file, this.head.sync, this.#size, to);
    const chain = new Chain(this.#last, digest);
    const pass = async (): Promise<void> => {
      const { bytes, at } = reader.taken;
      if (this.#size > at) await verified?.(bytes.subarray(0, this.#size - at), at);
    };
    try {
      for (;;) {
        const block = reader.next();
        if (block !== undefined) {
          chain.takeBlock(block);
          this.grown(reader.at, chain);
          continue;
        }
        await pass();
        if (!(await reader.fill())) return;
      }
    } catch (error) {
      await pass();
      throw error;
    }
  }
}

type Verified = (bytes: Uint8Array, at: number) => Promise<void>;
