import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { json } from '../../src/codecs/json-codec.js';
import { resolutionFaults } from '../../src/codecs/resolution.js';
import { date } from '../../src/codecs/scalars.js';
import { shapeOf } from '../../src/codecs/shape-of.js';

const of = (codec: t.Mixed) => shapeOf(t.type({ f: codec }));
const faults = (writer: t.Mixed, reader: t.Mixed): string[] => resolutionFaults(of(writer), of(reader));

/** A row of the one, read as one of the other. */
function readAs(writer: t.Mixed, reader: t.Mixed, f: unknown): unknown {
  const to = new ByteWriter();
  json.coder(of(writer), 'tests').write({ f }, to);
  return json.resolver(of(writer), of(reader), 'tests')(new ByteReader(to.since(0)));
}

const Circle = t.type({ kind: t.literal('circle'), r: t.number });
const Square = t.type({ kind: t.literal('square'), a: t.number });

describe('rows of one codec as those of another', () => {
  it('are refused for every reason there is, each with its path', () => {
    const writer = t.type({ id: t.string, n: t.number, gone: t.string, list: t.array(t.string), at: date });
    const reader = t.type({
      id: t.Int,
      n: t.Int,
      list: t.array(t.boolean),
      at: t.union([date, t.null]),
      more: t.string,
    });
    expect(faults(writer, reader)).toEqual([
      'row.f.id: was written as string, which cannot be read as int',
      'row.f.n: was written as number, which cannot be read as int',
      'row.f.list.item: was written as string, which cannot be read as boolean',
      'row.f.more: is required, and was not written: make it optional, or give it a default',
    ]);
  });

  it('are refused where a field may be absent that has to be there', () => {
    expect(faults(t.union([t.string, t.undefined]), t.string)).toEqual([
      'row.f: is required, and may be absent in what was written',
    ]);
    expect(() => readAs(t.union([t.string, t.undefined]), t.string, undefined)).toThrow(
      expect.objectContaining({ code: 'SchemaIncompatible' }),
    );
  });

  it('warn of a branch that was dropped, and refuse the rows that have it', () => {
    const writer = t.union([Circle, Square]);
    expect(faults(writer, Circle)).toEqual([
      'row.f.kind: may be square, which the reader does not have',
      expect.any(String),
    ]);
    expect(readAs(writer, Circle, { kind: 'circle', r: 1 })).toEqual({ f: { kind: 'circle', r: 1 } });
    expect(() => readAs(writer, Circle, { kind: 'square', a: 1 })).toThrow(
      expect.objectContaining({ code: 'SchemaIncompatible' }),
    );
    const Name = t.type({ kind: t.literal('name') });
    expect(faults(writer, t.union([Circle, Name]))).toEqual([
      'row.f: may be record Row.f.tag.square, of which the reader has no branch',
    ]);
  });

  it('warn of a literal that was dropped, and refuse the rows that have it', () => {
    const [writer, reader] = [t.keyof({ a: null, b: null }), t.keyof({ a: null })];
    expect(faults(writer, reader)).toEqual(['row.f: may be b, which the reader does not have']);
    expect(readAs(writer, reader, 'a')).toEqual({ f: 'a' });
    expect(() => readAs(writer, reader, 'b')).toThrow(expect.objectContaining({ code: 'SchemaIncompatible' }));
  });

  it('refuse a bigint that no number is exactly', () => {
    expect(faults(t.bigint, t.Int)).toEqual([]);
    expect(() => readAs(t.bigint, t.Int, 2n ** 60n)).toThrow(expect.objectContaining({ code: 'SchemaIncompatible' }));
  });

  it('find their branch by what it is where its name is another', () => {
    const writer = t.union([t.type({ a: t.string }, 'A'), t.type({ b: t.string }, 'B')]);
    const reader = t.union([t.type({ b: t.string }, 'New B'), t.type({ a: t.string }, 'New A')]);
    expect(faults(writer, reader)).toEqual([]);
    expect(readAs(writer, reader, { b: 'x' })).toEqual({ f: { b: 'x' } });
  });

  it('have the order of fields of the codec that reads', () => {
    const row = readAs(t.type({ a: t.string, b: t.string }), t.type({ b: t.string, a: t.string }), { a: '1', b: '2' });
    expect(Object.keys((row as { readonly f: object }).f)).toEqual(['b', 'a']);
  });

  it('are refused if nobody could tell in time', () => {
    const fields = Array.from({ length: 2_000 }, (_, i) => ({
      name: `f${i}`,
      optional: true,
      shape: {
        kind: 'record' as const,
        name: `T${i}`,
        fields: [
          {
            name: 'next',
            optional: true,
            shape: i === 0 ? { kind: 'null' as const } : { kind: 'ref' as const, name: `T${i - 1}` },
          },
        ],
      },
    }));
    const writer = { kind: 'record' as const, name: 'Row', fields };
    const self = {
      kind: 'record' as const,
      name: 'Self',
      fields: [{ name: 'next', optional: true, shape: { kind: 'ref' as const, name: 'Self' } }],
    };
    const reader = { kind: 'record' as const, name: 'Row', fields: [{ name: 'f1999', optional: true, shape: self }] };
    expect(resolutionFaults(writer, reader)).toEqual([expect.stringContaining('too intricate')]);
  });

  it('may hold themselves', () => {
    const tree = (leaf: t.Mixed): t.Mixed =>
      t.recursion<unknown>('Tree', (self) => t.type({ leaf, kids: t.array(self) }) as t.Mixed);
    expect(faults(tree(t.Int), tree(t.number))).toEqual([]);
    expect(faults(tree(t.string), tree(t.number))).toHaveLength(1);
    const value = { leaf: 1, kids: [{ leaf: 2, kids: [] }] };
    expect(readAs(tree(t.Int), tree(t.union([t.number, t.null])), value)).toEqual({ f: value });
  });
});
