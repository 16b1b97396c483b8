import { Fault } from '../fault.js';
import { small } from '../plain-data.js';
import { plainText, readPlain } from '../plain-text.js';
import { truncated, types, type Tap } from './tap.js';

/** Up to here avsc's own longs are right; beyond, it writes negative ones with the wrong sign, and reads inexactly. */
const NATIVE_MAX = 2 ** 52;

const LONG_MAX = 2n ** 63n;

const encoder = new TextEncoder();

/** Strings; avsc reads what is no UTF-8 as replacement characters. */
export class TextType extends types.StringType {
  override _read(tap: Tap): unknown {
    return readText(tap);
  }
}

/** A string, as it was written. */
export function readText(tap: Tap): string {
  const from = tap.pos;
  const text = tap.readString();
  if (text === undefined) throw truncated(tap);
  // Malformed bytes are read as replacement characters; whether they are, or were written so, shows when it is written.
  if (text.includes('\ufffd') && !isWritten(text, tap)) {
    throw new Fault('Damaged', `has text that is no UTF-8 at byte ${from}`);
  }
  return text;
}

/** True where the bytes just read are the UTF-8 of the text. */
function isWritten(text: string, { buf, pos }: Tap): boolean {
  const bytes = encoder.encode(text);
  return bytes.every((byte, i) => byte === buf[pos - bytes.length + i]);
}

/** Plain data of any kind, as its JSON text. */
export class PlainType extends types.StringType {
  override _read(tap: Tap): unknown {
    const from = tap.pos;
    const text = readText(tap);
    try {
      return readPlain(JSON.parse(text));
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault('Damaged', `has data that is no JSON at byte ${from}`);
    }
  }

  override _write(tap: Tap, value: unknown): void {
    tap.writeString(plainText(value));
  }
}

/** NaN as every platform writes it, little-endian; what a platform makes of it by itself is its own affair. */
const NAN = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];

/** Numbers. */
export class NumberType extends types.DoubleType {
  override _read(tap: Tap): unknown {
    return small(tap.readDouble());
  }

  override _write(tap: Tap, value: unknown): void {
    if (Number.isNaN(value)) for (const byte of NAN) writeByte(tap, byte);
    else tap.writeDouble(value as number);
  }
}

/** Whole numbers. */
export class IntType extends types.LongType {
  override _read(tap: Tap): unknown {
    return readInt(tap);
  }

  override _write(tap: Tap, value: unknown): void {
    writeInt(tap, value as number);
  }
}

/** Bigints of 64 bits. */
export class BigintType extends types.LongType {
  override _read(tap: Tap): unknown {
    return readLong(tap);
  }

  override _write(tap: Tap, value: unknown): void {
    writeLong(tap, value as bigint);
  }
}

/** Points in time, in milliseconds. */
export class TimeType extends types.LongType {
  override _read(tap: Tap): unknown {
    const from = tap.pos;
    const date = new Date(readInt(tap));
    if (Number.isNaN(date.getTime())) throw new Fault('Damaged', `has a time that no Date holds at byte ${from}`);
    return date;
  }

  override _write(tap: Tap, value: unknown): void {
    writeInt(tap, (value as Date).getTime());
  }
}

/** Bytes, as an array of their own; avsc takes Buffers only, and gives windows on a pool that others write to. */
export class BinaryType extends types.BytesType {
  override _read(tap: Tap): unknown {
    const count = tap.readLong();
    const from = tap.pos;
    if (count < 0 || count > tap.buf.length - from) throw truncated(tap);
    tap.pos += count;
    return new Uint8Array(tap.buf.subarray(from, tap.pos));
  }

  override _write(tap: Tap, value: unknown): void {
    const bytes = value as Uint8Array;
    tap.writeLong(bytes.length);
    const from = tap.pos;
    tap.pos += bytes.length;
    if (tap.pos <= tap.buf.length) tap.buf.set(bytes, from);
  }
}

/** Past the end nothing is written; avsc asks in the end whether it got there. */
function writeByte(tap: Tap, byte: number): void {
  if (tap.pos < tap.buf.length) tap.buf[tap.pos] = byte;
  tap.pos++;
}

function readInt(tap: Tap): number {
  const from = tap.pos;
  const value = tap.readLong();
  if (Math.abs(value) < NATIVE_MAX) return value;
  tap.pos = from;
  const exact = readLong(tap);
  if (BigInt(Number(exact)) !== exact) throw new Fault('Damaged', `has an integer beyond 2^53 at byte ${from}`);
  return Number(exact);
}

function writeInt(tap: Tap, value: number): void {
  if (Math.abs(value) < NATIVE_MAX) tap.writeLong(value);
  else writeLong(tap, BigInt(value));
}

function writeLong(tap: Tap, value: bigint): void {
  if (value < -LONG_MAX || value >= LONG_MAX)
    throw new Fault('RowInvalid', `is ${value}, and Avro holds 64 bits: use a string, or another codec of bytes`);
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) writeByte(tap, Number(rest & 0x7fn) | 0x80);
  writeByte(tap, Number(rest));
}

/** Ten bytes of seven bits hold 64, the last of them only one. */
const LONG_BYTES_MAX = 10;

function readLong(tap: Tap): bigint {
  const from = tap.pos;
  let value = 0n;
  for (let i = 0; i < LONG_BYTES_MAX; i++) {
    const byte = tap.buf[tap.pos++];
    if (byte === undefined) throw truncated(tap);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80 && value < 2n ** 64n) return (value >> 1n) ^ -(value & 1n);
  }
  throw new Fault('Damaged', `has an integer beyond 64 bits at byte ${from}`);
}
