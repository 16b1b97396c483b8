import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { json } from '../../src/codecs/json-codec.js';
import { bytes, date } from '../../src/codecs/scalars.js';
import { shapeOf } from '../../src/codecs/shape-of.js';

const coderOf = (codec: t.Mixed) => json.coder(shapeOf(t.type({ f: codec })), 'tests');

/** The text that a row is kept as. */
function textOf(codec: t.Mixed, f: unknown): string {
  const to = new ByteWriter();
  coderOf(codec).write({ f }, to);
  return new ByteReader(to.since(0)).string();
}

/** What a text is read as, or what that throws. */
function outcome(codec: t.Mixed, f: string): unknown {
  const to = new ByteWriter();
  to.string(`{"f":${f}}`);
  try {
    return coderOf(codec).read(new ByteReader(to.since(0)));
  } catch (error) {
    return error;
  }
}

describe('a row as JSON', () => {
  it('reads as what it is', () => {
    expect(textOf(t.string, 'a "b"\n')).toBe('{"f":"a \\"b\\"\\n"}');
    expect(textOf(t.number, -0.5)).toBe('{"f":-0.5}');
    expect(textOf(t.number, Number.NaN)).toBe('{"f":{"$number":"NaN"}}');
    expect(textOf(t.bigint, 12n)).toBe('{"f":"12"}');
    expect(textOf(date, new Date(5))).toBe('{"f":5}');
    expect(textOf(bytes, Uint8Array.of(255))).toBe('{"f":"_w"}');
    expect(textOf(t.record(t.string, t.Int), { b: 1, a: 2 })).toBe('{"f":{"a":2,"b":1}}');
    expect(textOf(t.tuple([t.Int, t.null]), [1, null])).toBe('{"f":[1,null]}');
    expect(textOf(t.unknown, { b: [1n, new Date(0)], a: -0 })).toBe(
      '{"f":{"a":{"$number":"-0"},"b":[{"$bigint":"1"},{"$date":0}]}}',
    );
  });

  it('says the branch of a union only where it does not show', () => {
    expect(textOf(t.union([t.string, t.number, t.null]), 'a')).toBe('{"f":"a"}');
    const two = t.union([t.type({ k: t.literal('a') }), t.type({ k: t.literal('b') }), t.null]);
    expect(textOf(two, { k: 'b' })).toBe('{"f":[2,{"k":"b"}]}');
    expect(textOf(two, null)).toBe('{"f":null}');
  });

  it('is of the branch that normal form takes', () => {
    const named = (name: string, value: t.Mixed): t.Mixed => t.type({ value }, name);
    const small = t.refinement(t.number, (n) => n < 10, 'Small');
    const union = t.union([named('Small', small), named('Any', t.number)]);
    expect(textOf(union, { value: 1 })).toBe('{"f":[1,{"value":1}]}');
    expect(textOf(union, { value: 10 })).toBe('{"f":[0,{"value":10}]}');
    const never = t.union([t.type({ a: t.undefined, b: t.string }, 'A'), t.type({}, 'B')]);
    expect(textOf(never, { b: 'x' })).toBe('{"f":[0,{"b":"x"}]}');
  });

  it('sets no prototype', () => {
    const read = outcome(t.record(t.string, t.unknown), '{"__proto__":{"__proto__":1}}') as { readonly f: object };
    expect(Object.keys(read.f)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(read.f)).toBe(Object.prototype);
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
    expect(outcome(t.type({ toString: t.string }), '{}')).toMatchObject({ code: 'Damaged' });
  });

  it.each<[string, t.Mixed, string]>([
    ['no JSON', t.string, '"a'],
    ['more than a row', t.string, '"a"},{'],
    ['a lone surrogate', t.string, '"\\ud800"'],
    ['a lone surrogate in plain data', t.unknown, '["\\ud800"]'],
    ['a lone surrogate in a name', t.record(t.string, t.null), '{"\\ud800":null}'],
    ['another type', t.string, '1'],
    ['null', t.string, 'null'],
    ['half a number', t.Int, '1.5'],
    ['-0 as an integer', t.Int, '-0'],
    ['a number that is none', t.number, '{"$number":"1"}'],
    ['digits that are none', t.bigint, '"0x1"'],
    ['a time that no Date holds', date, '8640000000000001'],
    ['base64 with bits left over', bytes, '"_x"'],
    ['another literal', t.literal('a'), '"b"'],
    ['a literal that objects inherit', t.literal('a'), '"constructor"'],
    ['a list for an object', t.type({}), '[]'],
    ['an object for a list', t.array(t.string), '{}'],
    ['a field too many', t.type({ a: t.null }), '{"a":null,"b":1}'],
    ['a field too few', t.type({ a: t.null }), '{}'],
    ['a tuple too long', t.tuple([t.null]), '[null,null]'],
    ['a branch that is none', t.union([t.string, bytes]), '[2,"a"]'],
    ['an escape that is none', t.unknown, '{"$float":1}'],
    ['plain data that is too deep', t.unknown, '['.repeat(10_000) + ']'.repeat(10_000)],
  ])('is refused if it holds %s', (_what, codec, text) => {
    expect(outcome(codec, text)).toMatchObject({ name: 'Error', code: 'Damaged' });
  });
});
