import { describe, expect, it } from 'vitest';

import { crc32c } from '../../src/codecs/crc32c.js';
import { hash128 } from '../../src/codecs/hash128.js';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

describe('crc32c', () => {
  it.each([
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 increasing bytes', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 decreasing bytes', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    [
      'an iSCSI read command',
      Uint8Array.from(
        '01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000'.match(
          /../g,
        )!,
        (byte) => Number.parseInt(byte, 16),
      ),
      0xd9963a56,
    ],
    ['the digits that catalogues of checksums use', ascii('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('is what RFC 3720 says for %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('is that of the whole when the parts follow one another, wherever they are cut', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => (i * 37) & 0xff);
    const whole = crc32c(bytes);
    for (let cut = 0; cut <= 40; cut++) expect(crc32c(bytes, cut, 40, crc32c(bytes, 0, cut))).toBe(whole);
  });

  it('is that of the stretch alone', () => {
    expect(crc32c(ascii('ab123456789cd'), 2, 11)).toBe(0xe3069283);
  });
});

describe('hash128', () => {
  it('passes the verification that its author publishes: 0xb3ece62a', () => {
    // hashes of 0, 1, … 255 increasing bytes, each with a seed of its own, and then the hash of all these hashes
    const key = Uint8Array.from({ length: 256 }, (_, i) => i);
    const hashes = new Uint8Array(16 * 256);
    for (let i = 0; i < 256; i++) hashes.set(hash128(key.subarray(0, i), 256 - i), 16 * i);
    expect(new DataView(hash128(hashes).buffer).getUint32(0, true)).toBe(0xb3ece62a);
  });

  it('reads a window as it reads a copy', () => {
    const bytes = Uint8Array.from({ length: 50 }, (_, i) => i);
    expect(hex(hash128(bytes.subarray(3, 40)))).toBe(hex(hash128(bytes.slice(3, 40))));
  });
});
