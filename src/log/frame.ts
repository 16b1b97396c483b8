import { ByteReader } from '../codecs/byte-reader.js';
import type { ByteWriter } from '../codecs/byte-writer.js';
import { crc32c } from '../codecs/crc32c.js';
import { Fault } from '../codecs/fault.js';

// An entry as it stands in a block of a file, so that a reader splits and verifies before anyone decodes:
// length (4) ++ body ++ previous (16) ++ crc (4), numbers little-endian. `length` is that of the whole frame; `crc` is
// the CRC-32C of all before it. The body begins with the entry's offset as an Avro long.

const LENGTH_BYTES = 4;
const CRC_BYTES = 4;
/** How long a digest of a frame is. */
export const DIGEST_BYTES = 16;
/** What a frame takes besides its body. */
export const FRAME_BYTES = LENGTH_BYTES + DIGEST_BYTES + CRC_BYTES;
/** The longest body that a frame holds. */
export const BODY_BYTES_MAX = 2 ** 28;

/** The first 16 bytes of the SHA-256 of a frame: what the next frame says of it. */
export type Digest = (bytes: Uint8Array) => Uint8Array;

/** What the first frame of a log says of the one before it, since there is none. */
export const NO_DIGEST: Uint8Array = new Uint8Array(DIGEST_BYTES);

/** One entry where it stands, whole and verified. */
export interface Frame {
  /** The first byte of it, and the first after it. */
  readonly at: number;
  readonly end: number;
  readonly offset: number;
  /** A window on the bytes that were read. */
  readonly body: Uint8Array;
  /** The digest of the frame before. */
  readonly previous: Uint8Array;
}

/** Adds an entry's frame. */
export function writeFrame(to: ByteWriter, body: Uint8Array, previous: Uint8Array): void {
  const { at } = to;
  to.uint32(FRAME_BYTES + body.length);
  to.fixed(body);
  to.fixed(previous);
  to.uint32(crc32c(to.bytes, at, to.at));
}

/** The frame at a byte. @throws a `Fault` `Damaged` when it is not whole, or not what was written */
export function readFrame(bytes: Uint8Array, at: number, end: number): Frame {
  const length = lengthAt(bytes, at, end);
  if (length === undefined) throw new Fault('Damaged', 'ends within an entry, or says a length that cannot be');
  if (crc32c(bytes, at, at + length - CRC_BYTES) !== uint32At(bytes, at + length - CRC_BYTES))
    throw new Fault('Damaged', 'has an entry whose checksum does not match');
  const body = bytes.subarray(at + LENGTH_BYTES, at + length - DIGEST_BYTES - CRC_BYTES);
  const previous = bytes.subarray(at + length - DIGEST_BYTES - CRC_BYTES, at + length - CRC_BYTES);
  return { at, end: at + length, offset: offsetOfBody(body), body, previous };
}

/** The offset that an entry's body begins with. @throws a `Fault` `Damaged` */
export function offsetOfBody(body: Uint8Array): number {
  return new ByteReader(body).long();
}

/**
 * The first whole frame, from a byte on, of an entry after an offset: what shows that more was written than can be read
 * up to that byte.
 */
export function findFrame(bytes: Uint8Array, from: number, after: number): Frame | undefined {
  for (let at = from; at + FRAME_BYTES < bytes.length; at++) {
    if (lengthAt(bytes, at, bytes.length) === undefined) continue;
    try {
      // the offset is cheap to look at, and tells nearly all places apart that hold no frame
      const offset = new ByteReader(bytes, at + LENGTH_BYTES).long();
      if (offset > after && offset <= after + bytes.length) return readFrame(bytes, at, bytes.length);
    } catch {
      // no frame begins here
    }
  }
  return undefined;
}

/** The length that a frame says it has, where it has room up to the end. */
function lengthAt(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (end - at <= FRAME_BYTES) return undefined;
  const length = uint32At(bytes, at);
  return length > FRAME_BYTES && length <= end - at ? length : undefined;
}

function uint32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Equality of digests, and of other bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
