import { Fault } from './fault.js';

/** Refuses UTF-8 that is none, and takes no byte order mark away. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A number's binary64, seen as bytes: a view of each reader's own bytes would be made for every batch. */
const double = new DataView(new ArrayBuffer(8));

/** What the last of ten bytes is worth, seven bits each but for the sign. */
const LONG_SCALE_MAX = 2 ** 62;

/**
 * Takes values from bytes, one after the other, as `ByteWriter` laid them. Whatever the bytes are, it reads within
 * them, takes no more memory than they have, and throws a `Fault` `Damaged` where they make no sense.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Where the next value begins. */
  at: number;
  /** Where the last one ends, at the latest. */
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    return this.bytes[this.#pass(1)]!;
  }

  /** Bytes as they are: a window on those that are read, not a copy. */
  fixed(count: number): Uint8Array {
    const from = this.#pass(count);
    return this.bytes.subarray(from, from + count);
  }

  /** A reader of the next so many bytes and of nothing after them, which this one passes over. */
  window(count: number): ByteReader {
    const from = this.#pass(count);
    return new ByteReader(this.bytes, from, from + count);
  }

  uint32(): number {
    const at = this.#pass(4);
    const { bytes } = this;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  double(): number {
    const at = this.#pass(8);
    for (let i = 0; i < 8; i++) double.setUint8(i, this.bytes[at + i]!);
    return double.getFloat64(0, true);
  }

  long(): number {
    const from = this.at;
    let byte = this.byte();
    const negative = byte % 2 === 1;
    let value = (byte & 0x7f) >>> 1;
    for (let scale = 64; byte >= 0x80; scale *= 128) {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      // Ten bytes are the most that Avro has; after many more the scale is infinite, and the number none.
      if (value > Number.MAX_SAFE_INTEGER || scale > LONG_SCALE_MAX)
        throw new Fault('Damaged', `has a number beyond 2^53 at byte ${from}`);
    }
    return negative ? -value - 1 : value;
  }

  /** A length, and so many bytes: a window, not a copy. */
  counted(): Uint8Array {
    return this.fixed(this.count());
  }

  /** How many there are of something that takes a byte each at the least. */
  count(): number {
    const from = this.at;
    const count = this.long();
    if (count < 0 || count > this.end - this.at)
      throw new Fault('Damaged', `says ${count} at byte ${from}, and ${this.end - this.at} bytes follow`);
    return count;
  }

  string(): string {
    const from = this.at;
    try {
      return decoder.decode(this.counted());
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault('Damaged', `has text that is no UTF-8 at byte ${from}`);
    }
  }

  /** Passes over so many bytes; returns where they began. */
  #pass(count: number): number {
    const from = this.at;
    if (count > this.end - from) throw new Fault('Damaged', `ends within a value, at byte ${from}`);
    this.at = from + count;
    return from;
  }
}
