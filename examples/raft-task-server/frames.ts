/**
 * Frames between a node's state machine and its raftd, as docs/raft-bridge.md lays them down: length of the rest
 * (4 bytes), kind (1), id (8), data; all numbers big-endian.
 */

/** The kinds of frames. */
export const Kind = {
  apply: 1,
  snapshot: 2,
  persist: 3,
  release: 4,
  restore: 5,
  propose: 16,
  barrier: 17,
  verify: 18,
  status: 19,
  save: 20,
  reply: 32,
  chunk: 33,
  end: 34,
  error: 35,
} as const;

/** One frame. */
export interface Frame {
  readonly kind: number;
  readonly id: bigint;
  readonly data: Buffer;
}

const LENGTH_BYTES = 4;
const HEADER_BYTES = 13;

/** The bytes of a frame. */
export function frameOf(kind: number, id: bigint, ...parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const length = parts.reduce((sum, part) => sum + part.length, HEADER_BYTES - LENGTH_BYTES);
  header.writeUInt32BE(length, 0);
  header.writeUInt8(kind, LENGTH_BYTES);
  header.writeBigUInt64BE(id, LENGTH_BYTES + 1);
  return Buffer.concat([header, ...parts]);
}

/** Splits what comes into frames, wherever it is cut. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. */
  *take(bytes: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#rest.readUInt32BE(0);
      if (this.#rest.length < end) return;
      const [kind, id] = [this.#rest.readUInt8(LENGTH_BYTES), this.#rest.readBigUInt64BE(LENGTH_BYTES + 1)];
      const data = this.#rest.subarray(HEADER_BYTES, end);
      this.#rest = this.#rest.subarray(end);
      yield { kind, id, data };
    }
  }
}

/** Four bytes of a number. */
export function short(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Eight bytes of a number. */
export function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
