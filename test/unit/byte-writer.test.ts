import { describe, expect, it } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';

describe('numbers in bytes', () => {
  it.each([0, -0, 1, -1, 63, 64, -64, -65, 2 ** 31, -(2 ** 31), 2 ** 52, -(2 ** 52) - 1, 2 ** 53 - 1, -(2 ** 53) + 1])(
    'keep %d',
    (value) => {
      const to = new ByteWriter(1);
      to.long(value);
      expect(new ByteReader(to.since(0)).long()).toBe(value === 0 ? 0 : value);
    },
  );

  it('refuse a length that the bytes cannot have, before any room is taken for it', () => {
    const to = new ByteWriter();
    to.long(2 ** 40);
    expect(() => new ByteReader(to.since(0)).string()).toThrow(expect.objectContaining({ code: 'Damaged' }));
    expect(() => new ByteReader(new Uint8Array(20).fill(0xff)).long()).toThrow(
      expect.objectContaining({ code: 'Damaged' }),
    );
  });

  it('keep texts of every length and kind', () => {
    for (const text of [
      '',
      'a'.repeat(63),
      'a'.repeat(64),
      'a'.repeat(1000),
      'ü'.repeat(40),
      '😀'.repeat(40),
      '\ufeffx',
    ]) {
      const to = new ByteWriter(1);
      to.string(text);
      expect(new ByteReader(to.since(0)).string()).toBe(text);
    }
  });
});
