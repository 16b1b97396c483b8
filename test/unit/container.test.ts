import { describe, expect, it } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { containerHead, readBlocks, readHead, writeBlock } from '../../src/codecs/container.js';
import { crc32c } from '../../src/codecs/crc32c.js';
import { Fault } from '../../src/codecs/fault.js';
import { hash128 } from '../../src/codecs/hash128.js';
import { toHex } from '../../src/codecs/hex.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32c', () => {
  it.each([
    // RFC 3720, B.4, and the check value of every catalogue of CRCs.
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    [utf8('123456789'), 0xe3069283],
    [new Uint8Array(0), 0],
  ])('of %j', (bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });

  it('goes on from a sum, wherever the bytes are cut', () => {
    const bytes = Uint8Array.from({ length: 61 }, (_, i) => i * 37);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut))).toBe(crc32c(bytes));
    }
  });
});

describe('hash128', () => {
  it.each([
    // MurmurHash3_x86_128 with seed 0, its words little-endian.
    ['', '00000000000000000000000000000000'],
    ['The quick brown fox jumps over the lazy dog', 'c383152f672ceeec6cf67b5d2c1de9e5'],
  ])('of %j', (text, digest) => {
    expect(toHex(hash128(utf8(text)))).toBe(digest);
  });

  it('differs by each byte and by length', () => {
    const digests = new Set<string>();
    const bytes = new Uint8Array(33);
    for (let length = 0; length <= bytes.length; length++) digests.add(toHex(hash128(bytes.subarray(0, length))));
    for (let i = 0; i < bytes.length; i++) digests.add(toHex(hash128(bytes.map((_, at) => (at === i ? 1 : 0)))));
    expect(digests.size).toBe(34 + 33);
  });
});

/** A file of two blocks, as memoir writes it. */
function file(notes: Readonly<Record<string, string>> = { 'memoir.kind': 'test' }): Uint8Array {
  const to = new ByteWriter();
  const { bytes, sync } = containerHead('"string"', notes);
  to.fixed(bytes);
  for (const texts of [['a', 'b'], ['ü']]) {
    const data = new ByteWriter();
    for (const text of texts) data.string(text);
    writeBlock(to, texts.length, data.since(0), sync);
  }
  return to.since(0);
}

function read(bytes: Uint8Array): { readonly schema: string; readonly texts: readonly string[] } {
  const from = new ByteReader(bytes);
  const { schema, sync } = readHead(from);
  const texts: string[] = [];
  for (const { count, data } of readBlocks(from, sync)) for (let i = 0; i < count; i++) texts.push(data.string());
  return { schema, texts };
}

describe('a container', () => {
  it('gives back its schema and entries', () => {
    expect(read(file())).toEqual({ schema: '"string"', texts: ['a', 'b', 'ü'] });
  });

  it('is the same bytes whatever the order of its notes', () => {
    expect(file({ a: '1', b: '2' })).toEqual(file({ b: '2', a: '1' }));
    expect(file({ a: '1', b: '2' })).not.toEqual(file({ a: '1', b: '3' }));
  });

  it('is read in the other ways that Avro allows: counts below 0 with their bytes, and several maps', () => {
    const to = new ByteWriter();
    to.fixed(Uint8Array.of(0x4f, 0x62, 0x6a, 1));
    for (const [name, value] of [
      ['avro.schema', '"string"'],
      ['other', ''],
    ] as const) {
      const entry = new ByteWriter();
      entry.string(name);
      entry.string(value);
      to.long(-1);
      to.counted(entry.since(0));
    }
    to.long(0);
    const sync = new Uint8Array(16).fill(7);
    to.fixed(sync);
    writeBlock(to, 1, Uint8Array.of(2, 0x61), sync);
    expect(read(to.since(0))).toEqual({ schema: '"string"', texts: ['a'] });
  });

  it('refuses what it is not, and what it does not read', () => {
    expect(() => read(utf8('PK'))).toThrow(expect.objectContaining({ code: 'FormatUnknown' }));
    const deflated = new ByteWriter();
    deflated.fixed(Uint8Array.of(0x4f, 0x62, 0x6a, 1));
    deflated.long(2);
    for (const text of ['avro.schema', '"string"', 'avro.codec', 'deflate']) deflated.string(text);
    deflated.long(0);
    deflated.fixed(new Uint8Array(16));
    expect(() => read(deflated.since(0))).toThrow(expect.objectContaining({ code: 'FormatUnknown' }));
  });

  it('gives a whole prefix or a fault when it is cut anywhere', () => {
    const whole = file();
    for (let length = 0; length < whole.length; length++) {
      let texts: readonly string[] | undefined;
      try {
        ({ texts } = read(whole.subarray(0, length)));
      } catch (error) {
        expect(error).toBeInstanceOf(Fault);
      }
      // Between two blocks is an end like any other.
      if (texts !== undefined) expect([[], ['a', 'b']]).toContainEqual(texts);
    }
  });
});

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
