import { describe, expect, it } from 'vitest';

import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { crc32c } from '../../src/codecs/crc32c.js';
import { hash128 } from '../../src/codecs/hash128.js';
import { findFrame, FRAME_BYTES, NO_DIGEST, readFrame, writeFrame } from '../../src/log/frame.js';

/** An entry's body: its offset, and some text. */
function body(offset: number, text: string): Uint8Array {
  const to = new ByteWriter();
  to.long(offset);
  to.string(text);
  return to.since(0);
}

function frame(offset: number, text: string, previous = NO_DIGEST): Uint8Array {
  const to = new ByteWriter(8);
  writeFrame(to, body(offset, text), previous);
  return to.since(0);
}

describe('a frame', () => {
  it('is a length, the body, the digest of the one before and a checksum', () => {
    const previous = Uint8Array.from({ length: 16 }, (_, i) => i);
    const bytes = frame(3, 'ab', previous);
    const length = FRAME_BYTES + 4;
    const whole = Uint8Array.of(length, 0, 0, 0, 6, 4, 0x61, 0x62, ...previous);
    const crc = crc32c(whole);
    expect(bytes).toEqual(Uint8Array.of(...whole, crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24));
  });

  it('is read where it stands, after others', () => {
    const one = frame(1, 'one');
    const two = frame(2, 'two', hash128(one));
    const bytes = Uint8Array.of(...one, ...two);
    const first = readFrame(bytes, 0, bytes.length);
    expect(first).toEqual({ at: 0, end: one.length, offset: 1, body: body(1, 'one'), previous: NO_DIGEST });
    const second = readFrame(bytes, first.end, bytes.length);
    expect(second).toMatchObject({ offset: 2, end: bytes.length, previous: hash128(one) });
  });

  it('is refused with any bit of it changed, and at any length but its own', () => {
    const bytes = frame(300, 'some text');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => readFrame(changed, 0, changed.length)).toThrow(/checksum|ends within/);
    }
    for (let end = 0; end < bytes.length; end++) expect(() => readFrame(bytes, 0, end)).toThrow('ends within');
  });

  it('is found behind anything, unless it is of an entry that is known already', () => {
    const bytes = Uint8Array.of(...new Uint8Array(50), ...frame(7, 'seven'), 1, 2, 3);
    expect(findFrame(bytes, 0, 6)).toMatchObject({ at: 50, offset: 7 });
    expect(findFrame(bytes, 50, 6)).toMatchObject({ at: 50 });
    expect(findFrame(bytes, 0, 7)).toBeUndefined();
    expect(findFrame(bytes, 51, 6)).toBeUndefined();
  });
});
