/**
 * Strategy: bytes made of pieces that are awkward side by side: whole characters, characters cut short, overlong and
 * surrogate encodings, single bytes, and the very range that stands for bytes.
 *
 * Invariants: reading gives a well-formed string, and writing gives back the same bytes; so no two paths ever meet.
 */
import { Buffer } from 'node:buffer';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bytesToPath, pathToBytes } from '../../examples/git-time-machine/git-path.js';

const character = fc.constantFrom(
  'a',
  '/',
  'é',
  '\ud7ff',
  '\ue000',
  '\uf77f',
  '\uf780',
  '\uf7ff',
  '\uf800',
  '\ufffd',
  '\ufeff',
  '日',
  '🎉',
);
const piece = fc.oneof(
  character.map((text) => Buffer.from(text)),
  fc.tuple(character, fc.nat(3)).map(([text, length]) => Buffer.from(text).subarray(0, length)),
  fc
    .constantFrom('c0af', 'eda080', 'f4908080', 'f8888080', 'ff', '80', 'bf', 'ef9e80')
    .map((hex) => Buffer.from(hex, 'hex')),
  fc.uint8Array({ maxLength: 4 }).map((some) => Buffer.from(some)),
);
const bytes = fc.array(piece, { maxLength: 8 }).map((pieces) => Buffer.concat(pieces));

describe('a path as a string', () => {
  it('is well-formed, and gives back its bytes', () => {
    fc.assert(
      fc.property(bytes, (original) => {
        const path = bytesToPath(original);
        expect(path.isWellFormed()).toBe(true);
        expect(pathToBytes(path).equals(original)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is what the bytes say where they are UTF-8, but for the range that stands for bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(text.isWellFormed() && !/[\uf780-\uf7ff]/.test(text));
        expect(bytesToPath(Buffer.from(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['caf\xe9', 'caf\uf7e9'],
    ['\xe6\x97', '\uf7e6\uf797'],
    ['\xed\xa0\x80', '\uf7ed\uf7a0\uf780'],
    ['\xef\x9e\x80', '\uf7ef\uf79e\uf780'],
    ['\xef\xbf\xbd', '\ufffd'],
    ['\xef\xbb\xbfa', '\ufeffa'],
  ])('has one character of the private range for each byte that is no UTF-8: %j', (binary, path) => {
    expect(bytesToPath(Buffer.from(binary, 'latin1'))).toBe(path);
    expect(pathToBytes(path).toString('latin1')).toBe(binary);
  });

  it('cuts where its bytes are cut, at a slash', () => {
    fc.assert(
      fc.property(bytes, bytes, (folder, name) => {
        const whole = Buffer.concat([folder, Buffer.from('/'), name]);
        expect(bytesToPath(whole)).toBe(`${bytesToPath(folder)}/${bytesToPath(name)}`);
      }),
    );
  });
});
