/**
 * Strategy: codecs at random, built together with values of them, from names that hurt and values at the edges.
 *
 * Invariants: what is written is read as it was; equal rows are written alike; the text is JSON; bytes that are cut or
 * changed give a row or a `Fault` `Damaged`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { json } from '../../src/codecs/json-codec.js';
import { avroName } from '../../src/codecs/shape-name.js';
import { readsWhatChanged } from '../support/resolution-laws.js';
import { readsWhatItWrote, shaped, survivesDamage, writesEqualRowsAlike, written } from '../support/row-laws.js';
import { runs } from '../support/runs.js';

describe('rows as JSON', () => {
  it('are read as they were written', () => readsWhatItWrote(json));

  it('have the same bytes if they are equal', () => writesEqualRowsAlike(json));

  it('are read as those of a codec that changed', () => readsWhatChanged(json));

  it('give a row or a typed fault when their bytes are damaged', () => survivesDamage(json));

  it('are JSON', () => {
    fc.assert(
      fc.property(shaped, ({ shape, rows }) => {
        for (const row of rows) {
          const text = new ByteReader(written(json, shape, row)).string();
          expect(JSON.parse(text)).toBeTypeOf('object');
        }
      }),
      { numRuns: runs(100) },
    );
  });
});

describe("Avro's names", () => {
  it('can be told from each other, and are names', () => {
    const letters = fc.constantFrom('_', 'x', 'a', '5', 'f', '-', 'é', '\u{1f600}', '\ud800');
    const names = fc.oneof(
      fc.string({ unit: letters, maxLength: 6 }),
      fc.string(),
      fc.constantFrom('', '__proto__', 'constructor', '_x63_onstructor', '_x_'),
    );
    const unescaped = (name: string): string =>
      name === '_x_'
        ? ''
        : name.replaceAll(/_x([0-9a-f]+)_/g, (_all, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
    fc.assert(
      fc.property(names, (name) => {
        expect(avroName(name)).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
        expect(avroName(name) in Object.prototype).toBe(false);
        expect(unescaped(avroName(name))).toBe(name);
      }),
      { numRuns: runs(1000) },
    );
  });
});
