const encoder = new TextEncoder();

/** A number's binary64, seen as bytes. */
const double = new DataView(new ArrayBuffer(8));

/** Bytes in the making, laid down one value after the other as Avro lays them; there is always room for more. */
export class ByteWriter {
  bytes: Uint8Array;
  /** Where the next value goes. */
  at = 0;

  constructor(size = 256) {
    this.bytes = new Uint8Array(size);
  }

  /** Makes room for so many more bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** Bytes as they are, with nothing before or after. */
  fixed(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** Four bytes, little-endian. */
  uint32(value: number): void {
    this.reserve(4);
    for (let shift = 0; shift < 32; shift += 8) this.bytes[this.at++] = (value >>> shift) & 0xff;
  }

  /** Eight bytes, little-endian. */
  double(value: number): void {
    double.setFloat64(0, value, true);
    this.reserve(8);
    for (let i = 0; i < 8; i++) this.bytes[this.at++] = double.getUint8(i);
  }

  /** A safe integer, zig-zag, seven bits a byte. */
  long(value: number): void {
    this.reserve(10);
    // Twice as far from 0, so that the sign fits in; numbers are exact up to 2^53 only, so the last bit is taken first.
    const negative = value < 0;
    let rest = negative ? -(value + 1) : value;
    let low = (rest % 64) * 2 + (negative ? 1 : 0);
    rest = Math.floor(rest / 64);
    while (rest > 0) {
      this.bytes[this.at++] = low | 0x80;
      low = rest % 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = low;
  }

  /** A length, and the bytes. */
  counted(value: Uint8Array): void {
    this.long(value.length);
    this.fixed(value);
  }

  /** A length in bytes, and the UTF-8 of a well-formed string. */
  string(value: string): void {
    const place = this.at;
    const { length } = value;
    this.reserve(length + 10);
    // In ASCII, as most are, it takes as many bytes as characters, and is encoded where it belongs.
    this.long(length);
    const { read, written } = encoder.encodeInto(value, this.bytes.subarray(this.at, this.at + length));
    if (read === length && written === length) this.at += length;
    else {
      this.at = place;
      this.counted(encoder.encode(value));
    }
  }

  /** What was written since a place, as bytes of its own. */
  since(place: number): Uint8Array {
    return this.bytes.slice(place, this.at);
  }
}
