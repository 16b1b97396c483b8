import fc from 'fast-check';
import * as t from 'io-ts';
import { expect } from 'vitest';

import type { ByteCodec } from '../../src/codecs/byte-codec.js';
import { ByteReader } from '../../src/codecs/byte-reader.js';
import { resolutionFaults } from '../../src/codecs/resolution.js';
import { shapeOf } from '../../src/codecs/shape-of.js';
import type { Shape } from '../../src/codecs/shape.js';
import { MemoirError } from '../../src/errors.js';
import { evolutions } from './evolutions.js';
import { expectSame, normal, written } from './row-laws.js';
import { runs } from './runs.js';

/** The shapes of both, or nothing where one is none that bytes can hold. */
function shapesOf(...codecs: readonly t.Mixed[]): Shape[] {
  try {
    return codecs.map(shapeOf);
  } catch (error) {
    if (error instanceof MemoirError) return [];
    throw error;
  }
}

/** Rows of a codec are read as those of what it became, in its normal form. */
export function readsWhatChanged(codec: ByteCodec): void {
  const evolved = evolutions.chain((one) =>
    fc.record({ one: fc.constant(one), given: fc.array(one.values, { maxLength: 4 }) }),
  );
  fc.assert(
    fc.property(evolved, ({ one, given }) => {
      const [before, after] = [t.type({ f: one.writer }), t.type({ f: one.reader })];
      const [writer, reader] = shapesOf(before, after);
      if (writer === undefined || reader === undefined) return;
      expect(resolutionFaults(writer, reader)).toEqual([]);
      const read = codec.resolver(writer, reader, 'tests');
      for (const row of normal(
        before,
        given.map((f) => ({ f })),
      )) {
        const { f } = row as { readonly f?: unknown };
        const expected = f === undefined ? {} : { f: one.becomes(f) };
        const from = new ByteReader(written(codec, writer, row));
        expectSame(read(from), expected);
        expect(from.done).toBe(true);
        for (const again of normal(after, [expected])) expectSame(again, expected);
      }
    }),
    { numRuns: runs(300) },
  );
}
