/**
 * Strategy: keys of parts of all types, close to each other and to the ends of what a head holds.
 *
 * Invariants: a head is the first bytes of what `encodeKey` gives, so it keeps the order of keys; what begins with a
 * key or with a string has a head from that of the edge before to that of the edge after.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { encodeKey } from '../../src/codecs/key-bytes.js';
import type { Key, KeyPart } from '../../src/codecs/key.js';
import { HEAD_BYTES, headOf } from '../../src/projections/key-head.js';
import { runs } from '../support/runs.js';

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\x7f', '\x80', 'é', '\u07ff', '\u0800', '\uffff', '😀') }),
  fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed()),
);
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, Infinity, -Infinity, 5e-324, -5e-324, 2 ** 53, Number.MAX_VALUE),
);
const bigint = fc.oneof(fc.bigInt(), fc.constantFrom(0n, 2n ** 50n, -(2n ** 50n), 2n ** 2100n, -(2n ** 2100n)));
const day = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(8.64e15, -8.64e15, 0, -1).map((time) => new Date(time)),
);
const part: fc.Arbitrary<KeyPart> = fc.oneof(text, number, bigint, day, fc.boolean(), fc.constant(null));
const key = fc.array(part, { maxLength: 4 });

/** A head, as the bytes it stands for. */
function bytesOf(parts: Key, cut = false, padding: 0x00 | 0xff = 0x00): Uint8Array {
  const head = new Float64Array(3);
  headOf(parts, cut, padding, head);
  const hex = Array.from(head, (six) => six.toString(16).padStart(12, '0')).join('');
  return Uint8Array.from({ length: HEAD_BYTES }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function padded(bytes: Uint8Array, padding: number): Uint8Array {
  return Uint8Array.from({ length: HEAD_BYTES }, (_, i) => bytes[i] ?? padding);
}

it('a head is the first bytes of a key', () => {
  fc.assert(
    fc.property(key, fc.constantFrom(0x00, 0xff), (parts, padding) => {
      expect(bytesOf(parts, false, padding)).toEqual(padded(encodeKey(parts), padding));
    }),
    { numRuns: runs(3_000) },
  );
});

it('the head of the beginning of a string lacks its end', () => {
  fc.assert(
    fc.property(key, text, fc.constantFrom(0x00, 0xff), (parts, start, padding) => {
      const whole = encodeKey([...parts, start]);
      const beginning = whole.subarray(0, whole.length - 2);
      expect(bytesOf([...parts, start], true, padding)).toEqual(padded(beginning, padding));
    }),
    { numRuns: runs(1_000) },
  );
});
