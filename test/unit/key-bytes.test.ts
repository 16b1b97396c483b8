import { describe, expect, it } from 'vitest';

import { fromBase64Url, toBase64Url } from '../../src/codecs/base64url.js';
import { decodeKey, encodeKey } from '../../src/codecs/key-bytes.js';
import type { Key } from '../../src/codecs/key.js';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text === '' ? [] : text.split(' '), (byte) => Number.parseInt(byte, 16));

/** The layout, as the header of key-bytes.ts states it: it stands in tokens, so no line of this may change. */
const LAYOUT: readonly (readonly [what: string, key: Key, bytes: string])[] = [
  ['the empty key', [], ''],
  ['null', [null], '10'],
  ['false', [false], '20'],
  ['true', [true], '21'],
  ['-Infinity', [-Infinity], '30 00 0f ff ff ff ff ff ff'],
  ['the lowest number', [-Number.MAX_VALUE], '30 00 10 00 00 00 00 00 00'],
  ['-1', [-1], '30 40 0f ff ff ff ff ff ff'],
  ['the negative number next to 0', [-5e-324], '30 7f ff ff ff ff ff ff fe'],
  ['0', [0], '30 80 00 00 00 00 00 00 00'],
  ['the positive number next to 0', [5e-324], '30 80 00 00 00 00 00 00 01'],
  ['1', [1], '30 bf f0 00 00 00 00 00 00'],
  ['Infinity', [Infinity], '30 ff f0 00 00 00 00 00 00'],
  ['-256n', [-256n], '40 fd fe ff'],
  ['-255n', [-255n], '40 fe 00'],
  ['-1n', [-1n], '40 fe fe'],
  ['0n', [0n], '41 00'],
  ['1n', [1n], '41 01 01'],
  ['256n', [256n], '41 02 01 00'],
  ['2n ** 64n', [2n ** 64n], '41 09 01 00 00 00 00 00 00 00 00'],
  ['the first Date', [new Date(-8.64e15)], '50 7f e1 4d f7 3d 24 00 00'],
  ['a Date before the epoch', [new Date(-1)], '50 7f ff ff ff ff ff ff ff'],
  ['the epoch', [new Date(0)], '50 80 00 00 00 00 00 00 00'],
  ['the last Date', [new Date(8.64e15)], '50 80 1e b2 08 c2 dc 00 00'],
  ['the empty string', [''], '60 00 01'],
  ['a zero character', ['\0'], '60 00 ff 00 01'],
  ['a string', ['aé€\u{1f600}'], '60 61 c3 a9 e2 82 ac f0 9f 98 80 00 01'],
  ['a tuple', ['a', null, true], '60 61 00 01 10 21'],
];

describe('encodeKey', () => {
  it.each(LAYOUT)('writes %s as documented, and decodeKey reads it', (_what, key, bytes) => {
    expect(hex(encodeKey(key))).toBe(bytes);
    expect(decodeKey(unhex(bytes))).toEqual(key);
  });

  it('lists the examples in the order of their bytes', () => {
    const parts = LAYOUT.map(([, , bytes]) => bytes).slice(0, -3);
    expect(parts.toSorted()).toEqual(parts);
  });

  it('writes −0 as 0', () => {
    expect(encodeKey([-0])).toEqual(encodeKey([0]));
    expect(decodeKey(encodeKey([-0]))).toEqual([0]);
  });

  it('counts the bytes of a bigint in one byte up to 254, in five from 255 on', () => {
    const least = 1n << (254n * 8n);
    expect(hex(encodeKey([least - 1n]).subarray(0, 4))).toBe('41 fe ff ff');
    expect(hex(encodeKey([least]).subarray(0, 8))).toBe('41 ff 00 00 00 ff 01 00');
    expect(hex(encodeKey([-least]).subarray(0, 8))).toBe('40 00 ff ff ff 00 fe ff');
    for (const value of [least - 1n, least, -least, 1n - least, 1n << 20_000n])
      expect(decodeKey(encodeKey([value]))).toEqual([value]);
  });

  it('keeps a byte order mark at the beginning of a string', () => {
    expect(decodeKey(encodeKey(['\ufeffa', '\ufeff']))).toEqual(['\ufeffa', '\ufeff']);
  });

  it('begins the bytes of a longer key with those of the key it begins with', () => {
    const whole = encodeKey(['a\0', 1n, null]);
    expect(hex(whole).startsWith(hex(encodeKey(['a\0', 1n])))).toBe(true);
  });

  it('does not begin the bytes of one string with those of another', () => {
    expect(hex(encodeKey(['a\0'])).startsWith(hex(encodeKey(['a'])))).toBe(false);
  });

  it.each([
    ['NaN', NaN],
    ['an invalid Date', new Date(NaN)],
    ['a lone surrogate', 'a\ud800'],
  ])('refuses %s', (_what, part) => {
    expect(() => encodeKey([part])).toThrow(expect.objectContaining({ name: 'MemoirError', code: 'KeyInvalid' }));
  });
});

describe('decodeKey', () => {
  it('reads bytes that stand in the middle of a buffer', () => {
    const bytes = encodeKey([1.5, new Date(1), 300n, 'a']);
    const buffer = new Uint8Array(bytes.length + 6).fill(0x77);
    buffer.set(bytes, 3);
    expect(decodeKey(buffer.subarray(3, -3))).toEqual([1.5, new Date(1), 300n, 'a']);
  });

  it('leaves the bytes as they were', () => {
    const bytes = encodeKey([-1, -300n, new Date(1), 'a\0']);
    const before = hex(bytes);
    decodeKey(bytes);
    expect(hex(bytes)).toBe(before);
  });

  it.each([
    ['an unknown tag', '00', '0x00 is no tag'],
    ['a tag between two known ones', '22', '0x22 is no tag'],
    ['a byte after the key', '10 ff', '0xff is no tag'],
    ['a number cut short', '30 80 00', 'cut short'],
    ['−0', '30 7f ff ff ff ff ff ff ff', 'NaN and −0 are not encoded'],
    ['NaN', '30 ff f8 00 00 00 00 00 00', 'NaN and −0 are not encoded'],
    ['a negative NaN', '30 00 00 00 00 00 00 00 00', 'NaN and −0 are not encoded'],
    ['a Date cut short', '50', 'cut short'],
    ['a Date after the last', '50 80 1e b2 08 c2 dc 00 01', 'out of range'],
    ['a Date before the first', '50 7f e1 4d f7 3d 23 ff ff', 'out of range'],
    ['a bigint without a length', '41', 'cut short'],
    ['a bigint without its bytes', '41 02 01', 'cut short'],
    ['a bigint with half a length', '41 ff 00 00', 'cut short'],
    ['a bigint with a length beyond all bytes', '41 ff ff ff ff ff', 'cut short'],
    ['a bigint with a zero byte in front', '41 02 00 01', 'begins with a zero byte'],
    ['a negative bigint with a zero byte in front', '40 fd ff fe', 'begins with a zero byte'],
    ['a bigint with a longer length than it needs', '41 ff 00 00 00 01 01', 'a longer length'],
    ['a negative bigint with a longer length than it needs', '40 00 ff ff ff fe fe', 'a longer length'],
    ['−0n', '40 ff', 'has no bytes'],
    ['a string without an end', '60 61', 'has no end'],
    ['a string with half an end', '60 61 00', 'has no end'],
    ['a string with an unknown escape', '60 00 02', 'neither 0xff nor 0x01'],
    ['a string with a byte that is not UTF-8', '60 ff 00 01', 'not UTF-8'],
    ['a string with an overlong zero', '60 c0 80 00 01', 'not UTF-8'],
    ['a string with a surrogate', '60 ed a0 80 00 01', 'not UTF-8'],
    ['a string that ends within a character', '60 e2 82 00 01', 'not UTF-8'],
  ])('refuses %s', (_what, bytes, says) => {
    const refusal = expect.objectContaining({
      name: 'MemoirError',
      code: 'TokenInvalid',
      message: expect.stringContaining(says),
    });
    expect(() => decodeKey(unhex(bytes))).toThrow(refusal);
    expect(() => decodeKey(unhex(`21 ${bytes}`))).toThrow(refusal);
  });

  it('refuses what is no bytes', () => {
    for (const value of [undefined, null, 'a', [0x10], new ArrayBuffer(1)]) {
      expect(() => decodeKey(value as unknown as Uint8Array)).toThrow(
        expect.objectContaining({ code: 'TokenInvalid' }),
      );
    }
  });
});

describe('base64url', () => {
  it.each([
    ['', ''],
    ['00', 'AA'],
    ['66', 'Zg'],
    ['66 6f', 'Zm8'],
    ['66 6f 6f', 'Zm9v'],
    ['66 6f 6f 62', 'Zm9vYg'],
    ['ff ff ff', '____'],
    ['fb ef be', '----'],
  ])('writes the bytes "%s" as "%s" and reads them back', (bytes, text) => {
    expect(toBase64Url(unhex(bytes))).toBe(text);
    expect(hex(fromBase64Url(text))).toBe(bytes);
  });

  it.each([
    ['padding', 'Zg=='],
    ['the other alphabet', '++//'],
    ['a space', 'Zm9v '],
    ['a letter beyond ASCII', 'Zm9é'],
    ['a single letter left over', 'Zm9vY'],
    ['bits left over', 'Zh'],
    ['bits left over of a second byte', 'Zm9'],
    ['what is no text', undefined],
  ])('refuses %s', (_what, text) => {
    expect(() => fromBase64Url(text as string)).toThrow(
      expect.objectContaining({
        name: 'MemoirError',
        code: 'TokenInvalid',
        message: expect.stringContaining('is not base64url'),
      }),
    );
  });
});
