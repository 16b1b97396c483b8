/**
 * Strategy: codecs at random, built together with values of them, from names that hurt and values at the edges; and
 * avsc as anybody would use it, as an oracle of what other tools of Avro's see.
 *
 * Invariants: what is written is read as it was; equal rows are written alike; bytes that are cut or changed give a row
 * or a `Fault` `Damaged`; the schema is Avro's, and by it alone the bytes say the same.
 */
import { Buffer } from 'node:buffer';

import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { avro } from 'memoir/avro';

import { avroType, namedShapes, type NamedShapes } from '../../src/codecs/named-shapes.js';
import { plainText } from '../../src/codecs/plain-text.js';
import { avroName } from '../../src/codecs/shape-name.js';
import type { Shape } from '../../src/codecs/shape.js';
import { readsWhatChanged } from '../support/resolution-laws.js';
import { readsWhatItWrote, shaped, survivesDamage, writesEqualRowsAlike, written } from '../support/row-laws.js';
import { runs } from '../support/runs.js';

describe('rows as Avro', () => {
  it('are read as they were written', () => readsWhatItWrote(avro));

  it('have the same bytes if they are equal', () => writesEqualRowsAlike(avro));

  it('are read as those of a codec that changed', () => readsWhatChanged(avro));

  it('give a row or a typed fault when their bytes are damaged', () => survivesDamage(avro));

  it('say the same to whoever has no more than the schema', () => {
    fc.assert(
      fc.property(shaped, ({ shape, rows }) => {
        const { schema } = avro.coder(shape, 'tests.rows');
        const type = avsc.Type.forSchema(JSON.parse(JSON.stringify(schema)) as avsc.Schema, { wrapUnions: 'always' });
        const names = namedShapes(shape);
        for (const row of rows) {
          const bytes = Buffer.from(written(avro, shape, row));
          let seen: unknown;
          try {
            seen = type.fromBuffer(bytes);
          } catch (error) {
            // avsc reads no whole numbers beyond 2^53.
            expect((error as Error).message).toContain('potential precision loss');
            continue;
          }
          expectSeen(seen, row, shape, names);
        }
      }),
      { numRuns: runs(200) },
    );
  });
});

/** Holds what avsc sees by the schema to what the row says. */
function expectSeen(seen: unknown, row: unknown, shape: Shape, names: NamedShapes): void {
  const data = seen as Record<string, unknown>;
  switch (shape.kind) {
    case 'ref':
      return expectSeen(seen, row, names.get(shape.name)!, names);
    case 'date':
    case 'int':
    case 'bigint': {
      const whole = Number(row instanceof Date ? row.getTime() : row);
      // Below this, avsc reads another number than Avro says.
      if (whole > -(2 ** 52)) expect(seen).toBe(whole);
      return;
    }
    case 'plain':
      return expect(seen).toBe(plainText(row));
    case 'bytes':
      return expect([...(seen as Uint8Array)]).toEqual([...(row as Uint8Array)]);
    case 'enum':
      return expect(seen).toSatisfy((symbol) => typeof row !== 'string' || symbol === avroName(row));
    case 'list':
      expect(seen).toHaveLength((row as unknown[]).length);
      return (row as unknown[]).forEach((item, i) => expectSeen((seen as unknown[])[i], item, shape.item, names));
    case 'map':
      for (const [name, item] of Object.entries(row as object))
        if (name !== '__proto__') expectSeen(data[name], item, shape.item, names);
      return;
    case 'tuple':
      return shape.items.forEach((item, i) =>
        expectSeen(data[avroName(String(i))], (row as unknown[])[i], item, names),
      );
    case 'record':
      for (const { name, shape: field, optional } of shape.fields) {
        const given = Object.hasOwn(row as object, name) ? (row as Record<string, unknown>)[name] : undefined;
        const found = data[avroName(name)];
        if (given === undefined) expect(found).toBe(null);
        else expectSeen(optional ? present(found, field) : found, given, field, names);
      }
      return;
    case 'union': {
      if (row === null) return expect(seen).toBe(null);
      const [[name, value]] = Object.entries(seen as object) as [[string, unknown]];
      const branch = shape.branches.find((one) => ('name' in one ? `tests.rows.${one.name}` : avroType(one)) === name);
      return expectSeen(value, row, branch!, names);
    }
    default:
      return expect(seen).toBe(row);
  }
}

/** What a field holds that may be absent: one record deeper where it may be null, too. */
function present(found: unknown, field: Shape): unknown {
  const [[name, value]] = Object.entries(found as object) as [[string, unknown]];
  if (name.endsWith('.some')) return (value as { readonly value: unknown }).value;
  return field.kind === 'union' ? found : value;
}
