import { ByteWriter } from '../../codecs/byte-writer.js';
import { writeBlock } from '../../codecs/container.js';
import { FRAME_BYTES, writeFrame, type Digest } from '../frame.js';
import { Chain } from './chain.js';
import type { DiskFile } from './disk.js';
import type { Segment } from './segment.js';
import { writeAll } from './whole-file.js';

/** A group of entries as it is to stand in the file. */
interface Group {
  readonly block: Uint8Array;
  readonly last: Chain;
}

/** The end of the newest segment, where entries are added. */
export class Tail {
  readonly segment: Segment;
  readonly #file: DiskFile;
  readonly #digest: Digest;

  constructor(segment: Segment, file: DiskFile, digest: Digest) {
    this.segment = segment;
    this.#file = file;
    this.#digest = digest;
  }

  /** The bytes of a group that follows what is there. */
  group(bodies: readonly Uint8Array[]): Group {
    const last = new Chain(this.segment.last, this.#digest);
    const frames = new ByteWriter(bodies.reduce((sum, body) => sum + body.length + FRAME_BYTES, 0));
    for (const body of bodies) {
      const { at } = frames;
      writeFrame(frames, body, last.digest);
      last.passed(frames.bytes, { at, end: frames.at });
    }
    const to = new ByteWriter(frames.at + 64);
    writeBlock(to, bodies.length, frames.bytes.subarray(0, frames.at), this.segment.head.sync);
    return { block: to.bytes.subarray(0, to.at), last };
  }

  /** Writes a group; what is written is not yet known to be there. */
  write({ block }: Group): Promise<void> {
    return writeAll(this.#file, block, this.segment.size);
  }

  /** Takes back what a write that failed has left; true when that is proved. */
  async takeBack(): Promise<boolean> {
    try {
      await this.#file.truncate(this.segment.size);
      await this.#file.sync();
      return true;
    } catch {
      return false;
    }
  }

  /** Takes note of a group that was written. */
  written({ block, last }: Group): void {
    this.segment.grown(this.segment.size + block.length, last);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
