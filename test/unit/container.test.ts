import { describe, expect, it } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { containerHead, isWritten, readBlocks, readHead, writeBlock } from '../../src/codecs/container.js';
import { Fault } from '../../src/codecs/fault.js';
import { hash128 } from '../../src/codecs/hash128.js';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const bytes = (...parts: readonly (string | number | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...(typeof part === 'string' ? ascii(part) : part)])),
  );

/** A head, and blocks of so many objects and these bytes. */
function file(...blocks: readonly (readonly [count: number, data: string])[]): Uint8Array {
  const { bytes: head, sync } = containerHead('"string"', { 'memoir.kind': 'log', a: 'ä' });
  const to = new ByteWriter();
  to.fixed(head);
  for (const [count, data] of blocks) writeBlock(to, count, ascii(data), sync);
  return to.since(0);
}

function read(all: Uint8Array): { notes: unknown; schema: string; blocks: [number, string, number][] } {
  const reader = new ByteReader(all);
  const { notes, schema, sync } = readHead(reader);
  const blocks = [...readBlocks(reader, sync)].map((block): [number, string, number] => [
    block.count,
    String.fromCharCode(...block.data.fixed(block.data.end - block.data.at)),
    block.at,
  ]);
  return { notes: Object.fromEntries(notes), schema, blocks };
}

function fault(all: Uint8Array): string {
  try {
    read(all);
  } catch (error) {
    if (error instanceof Fault) return `${error.code}: ${error.says}`;
    throw error;
  }
  return 'none';
}

describe('a container file', () => {
  it('is read back as it was written', () => {
    const head = containerHead('"string"', { 'memoir.kind': 'log', a: 'ä' }).bytes.length;
    expect(read(file([2, 'abc'], [0, ''], [1, 'd']))).toEqual({
      notes: { 'memoir.kind': 'log', a: 'ä' },
      schema: '"string"',
      blocks: [
        [2, 'abc', head],
        [0, '', head + 2 + 3 + 16],
        [1, 'd', head + 2 * (2 + 16) + 3],
      ],
    });
  });

  it('begins with equal bytes for equal heads, and with another marker for others', () => {
    const one = containerHead('"string"', { a: '1', b: '2' });
    expect(containerHead('"string"', { b: '2', a: '1' })).toEqual(one);
    expect(containerHead('"string"', { a: '1', b: '3' }).sync).not.toEqual(one.sync);
  });

  it('lays its head down as Avro says', () => {
    const { bytes: head, sync } = containerHead('"int"', {});
    expect(head).toEqual(bytes('Obj', 1, 4, 20, 'avro.codec', 8, 'null', 22, 'avro.schema', 10, '"int"', 0, sync));
  });

  it('is read when others wrote it: a head in several blocks, with sizes, and without a codec', () => {
    const sync = new Uint8Array(16).fill(7);
    // −1 object, its size; then one without a size
    const head = bytes('Obj', 1, 1, 36, 22, 'avro.schema', 10, '"int"', 2, 2, 'x', 2, 'y', 0, sync);
    expect(read(bytes(head, 2, 2, 'a', sync))).toEqual({
      notes: { x: 'y' },
      schema: '"int"',
      blocks: [[1, 'a', head.length]],
    });
  });

  it('is refused where it is of another kind', () => {
    expect(fault(ascii('{"a": 1}'))).toMatch(/^FormatUnknown: is no Avro container file/);
    expect(fault(ascii('Ob'))).toMatch(/^FormatUnknown/);
    const deflated = bytes('Obj', 1, 2, 20, 'avro.codec', 14, 'deflate', 0, new Uint8Array(16));
    expect(fault(deflated)).toBe('FormatUnknown: has the Avro codec "deflate": only null is known');
  });

  it('is known to be changed in any bit of its head, where memoir has written it', () => {
    const { bytes: head } = containerHead('"string"', { 'memoir.kind': 'log', 'memoir.a': 'ä' });
    expect([readHead(new ByteReader(head)).isChanged, isWritten(head)]).toEqual([false, true]);
    for (let bit = 0; bit < head.length * 8; bit++) {
      const changed = head.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(isWritten(changed), `bit ${bit}`).toBe(false);
      const magic = bit < 32;
      const found = fault(changed);
      if (magic || found === 'none')
        expect([found, readHead(new ByteReader(changed)).isChanged], `bit ${bit}`).toEqual(['none', true]);
      else expect(found, `bit ${bit}`).toMatch(/^Damaged/);
    }
    for (let length = 0; length < head.length; length++) expect(isWritten(head.subarray(0, length))).toBe(false);
  });

  it('is of a format that is unknown where its marker says that it was written so', () => {
    const { bytes: head } = containerHead('"string"', { 'memoir.kind': 'log' });
    const at = String.fromCharCode(...head).indexOf('null');
    const other = head.slice();
    other.set(ascii('zstd'), at);
    expect(readHead(new ByteReader(other)).isChanged).toBe(true);
    other.set(hash128(other.subarray(0, -16)), other.length - 16);
    expect(fault(other)).toBe('FormatUnknown: has the Avro codec "zstd": only null is known');
    expect(isWritten(other)).toBe(true);
  });

  it.each([
    ['has no schema', bytes('Obj', 1, 0, new Uint8Array(16)), /has no avro.schema/],
    ['has a head that is cut', file().subarray(0, 30), /says .* bytes follow|ends within/],
    ['says a wrong size of its head', bytes('Obj', 1, 1, 2, 2, 'x', 2, 'y', 0, new Uint8Array(16)), /and 4 do/],
    ['has more in its head than there is', bytes('Obj', 1, 0xfe, 0xff, 0xff, 0xff, 0x0f), /ends within a value/],
    [
      'has a note that is no text',
      bytes('Obj', 1, 4, 2, 'x', 2, 0xff, 22, 'avro.schema', 2, '1', 0, new Uint8Array(16)),
      /no UTF-8 under x/,
    ],
    ['has a block of fewer than no objects', bytes(file(), 1, 0, new Uint8Array(16)), /a block of -1 objects/],
    ['has a block with more bytes than follow', bytes(file(), 2, 100, 'abc'), /says 50 at byte/],
    ['ends before a marker', file([1, 'abc']).subarray(0, -1), /ends within a value/],
    ['has another marker', bytes(file([1, 'abc']).subarray(0, -1), 0), /has no sync marker at byte/],
  ])('is refused where it %s', (_, all, message) => {
    expect(fault(all)).toMatch(message);
    expect(fault(all)).toMatch(/^Damaged: /);
  });
});
