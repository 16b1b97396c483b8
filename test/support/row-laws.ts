import fc from 'fast-check';
import { expect } from 'vitest';

import type { ByteCodec } from '../../src/codecs/byte-codec.js';
import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import type { Codec } from '../../src/codecs/codec.js';
import { equalPlain } from '../../src/codecs/equality.js';
import { Fault } from '../../src/codecs/fault.js';
import { normalizer } from '../../src/codecs/normal-form.js';
import { shapeOf } from '../../src/codecs/shape-of.js';
import type { Shape } from '../../src/codecs/shape.js';
import { Walk } from '../../src/codecs/walk.js';
import { MemoirError } from '../../src/errors.js';
import { fromPairs, rows } from './random-codecs.js';
import { runs } from './runs.js';

/** What holds for every codec of bytes, on codecs and rows at random. */

/** A shape, and rows of it in normal form. */
export interface Shaped {
  readonly codec: Codec;
  readonly shape: Shape;
  readonly rows: readonly unknown[];
}

/** The rows that the codec takes, as a table would keep them. */
export function normal(codec: Codec, given: readonly unknown[]): unknown[] {
  return given.flatMap((row) => {
    try {
      return [normalizer(codec)(row, new Walk('RowInvalid'))];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return [];
    }
  });
}

/** Shapes with rows; a codec that has no shape is refused by its place, and left out. */
export const shaped: fc.Arbitrary<Shaped> = rows
  .chain(({ codec, values }) => fc.record({ codec: fc.constant(codec), given: fc.array(values, { maxLength: 4 }) }))
  .map(({ codec, given }) => shapedOf(codec, given))
  .filter((one) => one !== undefined);

function shapedOf(codec: Codec, given: readonly unknown[]): Shaped | undefined {
  let shape: Shape;
  try {
    shape = shapeOf(codec);
  } catch (error) {
    if (!(error instanceof MemoirError)) throw error;
    expect(error).toMatchObject({ code: 'DefinitionInvalid', path: expect.stringMatching(/^codec/) as string });
    return undefined;
  }
  return { codec, shape, rows: normal(codec, given) };
}

/** What a codec makes of a row. */
export function written(codec: ByteCodec, shape: Shape, row: unknown): Uint8Array {
  const to = new ByteWriter(1);
  codec.coder(shape, 'tests').write(row, to);
  return to.since(0);
}

/** The same data, its properties the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  return fromPairs(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reversed(item)]),
  );
}

/** Every object that is not of a plain prototype. */
export function foreign(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = [Object.prototype, Array.prototype, Date.prototype, Uint8Array.prototype] as readonly unknown[];
  const own = plain.includes(prototype) ? [] : [value];
  return value instanceof Uint8Array ? own : [...own, ...Object.values(value).flatMap(foreign)];
}

/** Holds two rows to be equal, to their signs of zero and their prototypes. */
export function expectSame(read: unknown, row: unknown): void {
  if (!equalPlain(read, row)) expect(read).toStrictEqual(row);
  expect(equalPlain(read, row)).toBe(true);
  expect(foreign(read)).toEqual([]);
}

/** Rows that are written are read as they were. */
export function readsWhatItWrote(codec: ByteCodec): void {
  fc.assert(
    fc.property(shaped, ({ shape, rows: given }) => {
      const coder = codec.coder(shape, 'tests');
      const to = new ByteWriter(1);
      for (const row of given) coder.write(row, to);
      const from = new ByteReader(to.since(0));
      for (const row of given) expectSame(coder.read(from), row);
      expect(from.done).toBe(true);
    }),
    { numRuns: runs(300) },
  );
}

/** Equal rows are written alike, whatever the order of their properties. */
export function writesEqualRowsAlike(codec: ByteCodec): void {
  fc.assert(
    fc.property(shaped, ({ shape, rows: given }) => {
      for (const row of given) expect(written(codec, shape, reversed(row))).toEqual(written(codec, shape, row));
    }),
    { numRuns: runs(150) },
  );
}

/** Bytes that are cut or changed give a row or the one error there is for them, and nothing past their end is read. */
export function survivesDamage(codec: ByteCodec): void {
  const change = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0xff, 0x80, 0, 1)));
  fc.assert(
    fc.property(shaped, fc.array(change, { maxLength: 12 }), fc.nat(), ({ shape, rows: given }, changes, cut) => {
      const { read } = codec.coder(shape, 'tests');
      for (const row of given) {
        const bytes = written(codec, shape, row);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const end = bytes.length - (cut % (bytes.length + 1));
        const from = new ByteReader(bytes, 0, end);
        try {
          expect(foreign(read(from))).toEqual([]);
          expect(from.at).toBeLessThanOrEqual(end);
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          expect(error.code).toBe('Damaged');
        }
      }
    }),
    { numRuns: runs(300) },
  );
}
