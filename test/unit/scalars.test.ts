import * as t from 'io-ts';
import { describe, expect, expectTypeOf, it } from 'vitest';

import { bytes, date } from '../../src/codecs/scalars.js';

const right = (value: unknown): unknown => expect.objectContaining({ _tag: 'Right', right: value });
const left = expect.objectContaining({ _tag: 'Left' });

describe('date', () => {
  it('carries its name and a tag that the types know', () => {
    expect(date.name).toBe('date');
    expect(date._tag).toBe('DateType');
    expectTypeOf(date._tag).toEqualTypeOf<'DateType'>();
    expectTypeOf<t.TypeOf<typeof date>>().toEqualTypeOf<Date>();
    expectTypeOf<t.OutputOf<typeof date>>().toEqualTypeOf<string>();
    expect(date).toBeInstanceOf(t.Type);
  });

  it('is a valid Date and nothing else', () => {
    expect(date.is(new Date(0))).toBe(true);
    for (const value of [
      new Date(NaN),
      0,
      '1970-01-01T00:00:00.000Z',
      null,
      undefined,
      {},
      Object.create(Date.prototype),
    ]) {
      expect(date.is(value)).toBe(false);
    }
  });

  it.each([
    ['1970-01-01T00:00:00.000Z', 0],
    ['1969-12-31T23:59:59.999Z', -1],
    ['0000-02-29T00:00:00.000Z', -62_162_121_600_000],
    ['-271821-04-20T00:00:00.000Z', -8.64e15],
    ['+275760-09-13T00:00:00.000Z', 8.64e15],
  ])('encodes to %s and decodes from it', (text, time) => {
    expect(date.encode(new Date(time))).toBe(text);
    expect(date.decode(text)).toEqual(right(new Date(time)));
  });

  it.each([
    ['1970-01-01T00:00:01Z', 1000],
    ['1970-01-01T00:00:01.5Z', 1500],
    ['1970-01-01T01:00:00+01:00', 0],
    ['1969-12-31T18:30:00.25-05:30', 250],
  ])('decodes from %s too', (text, time) => {
    expect(date.decode(text)).toEqual(right(new Date(time)));
  });

  it.each([
    ['a date alone', '2026-03-01'],
    ['a time without a zone', '2026-03-01T10:00:00'],
    ['a time without seconds', '2026-03-01T10:00Z'],
    ['a fraction finer than milliseconds', '2026-03-01T10:00:00.123456Z'],
    ['a day that the month does not have', '2026-02-29T10:00:00Z'],
    ['the hour 24', '2026-02-28T24:00:00Z'],
    ['a zone that is none', '2026-02-28T10:00:00+24:00'],
    ['a year that needs no sign', '+002026-02-28T10:00:00Z'],
    ['a time after the last', '+275760-09-13T00:00:00.001Z'],
    ['a time that its zone moves before the first', '-271821-04-20T00:00:00+00:01'],
    ['a year below zero that is zero', '-000000-01-01T00:00:00Z'],
    ['another format', 'Sun Mar 01 2026'],
    ['text around it', ' 2026-03-01T10:00:00Z'],
    ['a line after it', '2026-03-01T10:00:00Z\n'],
    ['no text', ''],
    ['a number', 0],
    ['an invalid Date', new Date(NaN)],
    ['an empty object', {}],
    ['null', null],
  ])('does not decode from %s', (_what, value) => {
    expect(date.decode(value)).toEqual(left);
  });

  it('copies a Date that it decodes', () => {
    const given = new Date(5);
    const decoded = date.decode(given);
    given.setTime(6);
    expect(decoded).toEqual(right(new Date(5)));
  });
});

describe('bytes', () => {
  it('carries its name and a tag that the types know', () => {
    expect(bytes.name).toBe('bytes');
    expect(bytes._tag).toBe('BytesType');
    expectTypeOf(bytes._tag).toEqualTypeOf<'BytesType'>();
    expectTypeOf<t.TypeOf<typeof bytes>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<t.OutputOf<typeof bytes>>().toEqualTypeOf<string>();
    expect(bytes).toBeInstanceOf(t.Type);
  });

  it('is a Uint8Array and nothing else', () => {
    expect(bytes.is(new Uint8Array(2))).toBe(true);
    for (const value of [
      [1],
      new Int8Array(1),
      new ArrayBuffer(1),
      'AA',
      null,
      undefined,
      Object.create(Uint8Array.prototype),
    ]) {
      expect(bytes.is(value)).toBe(false);
    }
  });

  it('encodes to base64url and decodes from it', () => {
    expect(bytes.encode(Uint8Array.of(104, 105, 255))).toBe('aGn_');
    expect(bytes.decode('aGn_')).toEqual(right(Uint8Array.of(104, 105, 255)));
    expect(bytes.decode('')).toEqual(right(new Uint8Array(0)));
  });

  it.each([
    ['padded text', 'aGk='],
    ['bits left over', 'aGl'],
    ['a list of numbers', [104]],
    ['null', null],
  ])('does not decode from %s', (_what, value) => {
    expect(bytes.decode(value)).toEqual(left);
  });

  it('copies bytes that it decodes, and only those of the view', () => {
    const given = Uint8Array.of(1, 2, 3, 4);
    const decoded = bytes.decode(given.subarray(1, 3));
    given.fill(0);
    expect(decoded).toEqual(right(Uint8Array.of(2, 3)));
  });
});

describe('a codec of both', () => {
  const File = t.strict({ path: t.string, changed: date, content: bytes });

  it('decodes what it encoded', () => {
    const file = { path: 'a', changed: new Date(1), content: Uint8Array.of(1) };
    const json: unknown = JSON.parse(JSON.stringify(File.encode(file)));
    expect(json).toEqual({ path: 'a', changed: '1970-01-01T00:00:00.001Z', content: 'AQ' });
    expect(File.decode(json)).toEqual(right(file));
  });

  it('says where a value is at fault', () => {
    const decoded = File.decode({ path: 'a', changed: 'today', content: 'AQ' });
    const path = decoded._tag === 'Left' ? decoded.left[0]?.context.map(({ key, type }) => `${key}: ${type.name}`) : [];
    expect(path?.at(-1)).toBe('changed: date');
  });
});
