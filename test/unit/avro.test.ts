import { Buffer } from 'node:buffer';

import avsc from 'avsc';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { bytes, createStore, date, table } from 'memoir';
import { avro } from 'memoir/avro';

import type { RowCoder } from '../../src/codecs/byte-codec.js';
import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { shapeOf } from '../../src/codecs/shape-of.js';

// Each of these is a fault of avsc's, shown first, and then that it does not reach rows.

const coderOf = (codec: t.Mixed): RowCoder => avro.coder(shapeOf(t.type({ f: codec })), 'tests');

function bytesOf(coder: RowCoder, row: unknown): Uint8Array {
  const to = new ByteWriter(1);
  coder.write(row, to);
  return to.since(0);
}

function roundTrip(codec: t.Mixed, value: unknown): unknown {
  const coder = coderOf(codec);
  return (coder.read(new ByteReader(bytesOf(coder, { f: value }))) as { readonly f: unknown }).f;
}

/** What reading these bytes throws. */
function refusal(codec: t.Mixed, given: readonly number[]): unknown {
  try {
    return coderOf(codec).read(new ByteReader(Uint8Array.from(given)));
  } catch (error) {
    return error;
  }
}

/** A count of 2^31, as any count of a list or a map may be forged. */
const FORGED = [0x80, 0x80, 0x80, 0x80, 0x10];

const plain = (schema: avsc.Schema): avsc.Type => avsc.Type.forSchema(schema, { wrapUnions: true });
const again = (type: avsc.Type, value: unknown): unknown => type.fromBuffer(type.toBuffer(value)) as unknown;

describe('rows as Avro keep', () => {
  it('the sign of integers below -2^52, and those up to 2^53', () => {
    expect(again(plain('long'), -(2 ** 52) - 1)).toBe(2 ** 52);
    for (const value of [-(2 ** 52) - 1, -(2 ** 53) + 1, 2 ** 53 - 1, 2 ** 60, -(2 ** 63)])
      expect(roundTrip(t.Int, value)).toBe(value);
    expect(roundTrip(date, new Date(-8.64e15))).toEqual(new Date(-8.64e15));
  });

  it('all 64 bits of a bigint, and refuse the 65th', () => {
    for (const value of [-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n]) expect(roundTrip(t.bigint, value)).toBe(value);
    const beyond = expect.objectContaining({
      code: 'RowInvalid',
      says: expect.stringContaining('64 bits') as string,
    }) as Error;
    expect(() => roundTrip(t.bigint, 2n ** 63n)).toThrow(beyond);
    expect(() => roundTrip(t.Int, 1e19)).toThrow(beyond);
  });

  it('names of fields that would be something else in code', () => {
    for (const name of ['"', '\\', "'] = 1; throw 1; //", '\n', '\u2028', '`${1}`', 'a-b', '', 'made', 'tap', 't0']) {
      for (const codec of [t.strict({ [name]: t.string }), t.exact(t.partial({ [name]: t.string, b: t.string }))]) {
        expect(roundTrip(codec, { [name]: 'x' }), name).toEqual({ [name]: 'x' });
      }
    }
  });

  it('__proto__ as the key of a map and as the name of a field', () => {
    const own = (value: unknown): object => Object.defineProperty({}, '__proto__', { value, enumerable: true });
    const map = again(plain({ type: 'map', values: 'double' }), own(1)) as object;
    expect(Object.hasOwn(map, '__proto__')).toBe(false);
    const read = roundTrip(t.record(t.string, t.number), own(1)) as object;
    expect(Object.hasOwn(read, '__proto__')).toBe(true);
    const field = roundTrip(t.type(own(t.record(t.string, t.number)) as t.Props), own({ a: 1 })) as object;
    expect(Object.hasOwn(field, '__proto__')).toBe(true);
    expect(roundTrip(t.exact(t.partial({ ['__proto__']: t.string })), own('a'))).toEqual(own('a'));
    expect(Object.getPrototypeOf(field)).toBe(Object.prototype);
  });

  it('literals and fields that every object inherits', () => {
    expect(() => plain({ type: 'enum', name: 'E', symbols: ['constructor'] })).toThrow('duplicate');
    expect(roundTrip(t.keyof({ constructor: null, toString: null }), 'toString')).toBe('toString');
    expect(roundTrip(t.type({ constructor: t.string }), { constructor: 'a' })).toEqual({ constructor: 'a' });
  });

  it('bytes that are no Buffer, as a copy', () => {
    expect(() => plain('bytes').toBuffer(Uint8Array.of(1))).toThrow('invalid');
    const read = roundTrip(bytes, Uint8Array.of(1, 2));
    expect(read).toStrictEqual(Uint8Array.of(1, 2));
    expect((read as Uint8Array).buffer.byteLength).toBe(2);
  });

  it('objects plain', () => {
    const record = plain({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'double' }] });
    expect(Object.getPrototypeOf(again(record, { a: 1 }))).not.toBe(Object.prototype);
    expect(Object.getPrototypeOf(roundTrip(t.type({ a: t.number }), { a: 1 }))).toBe(Object.prototype);
  });

  it('replacement characters that were written, and refuse text that is no UTF-8', () => {
    expect(plain('string').fromBuffer(Buffer.from([4, 0xed, 0xa0]))).toBe('\ufffd\ufffd');
    expect(roundTrip(t.string, 'a\ufffdb')).toBe('a\ufffdb');
    for (const given of [
      [4, 0xed, 0xa0],
      [2, 0xff],
      [6, 0xed, 0xa0, 0x80],
    ])
      expect(refusal(t.string, given)).toMatchObject({
        code: 'Damaged',
        says: expect.stringContaining('UTF-8') as string,
      });
  });

  it('one NaN, whatever its bits', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)[0];
    const coder = coderOf(t.number);
    expect([...bytesOf(coder, { f: odd })]).toEqual([0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
  });

  it('what was absent apart from what was null', () => {
    const coder = coderOf(t.union([t.string, t.null, t.undefined]));
    for (const row of [{}, { f: null }, { f: '' }])
      expect(coder.read(new ByteReader(bytesOf(coder, row)))).toStrictEqual(row);
  });
});

describe('forged bytes', () => {
  it.each<[string, t.Mixed, number[]]>([
    ['a list of so many', t.array(t.boolean), FORGED],
    ['a list of less than none', t.array(t.boolean), [0xff, 0xff, 0xff, 0xff, 0x0f, 2]],
    ['a list of no number at all', t.array(t.boolean), Array<number>(400).fill(0xff)],
    ['a map of so many', t.record(t.string, t.number), FORGED],
    ['a string as long', t.string, FORGED],
    ['a string of less than nothing', t.string, [1]],
    ['bytes as long', bytes, FORGED],
    ['a literal that is none', t.literal('a'), [2]],
    ['a branch that is none', t.union([t.string, t.null]), [6]],
    ['a time that no Date holds', date, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]],
    ['more than 64 bits', t.bigint, Array<number>(12).fill(0xff)],
    ['plain data that is no JSON', t.unknown, [2, 2, 0x7b]],
  ])('that say %s are refused at once', (_what, codec, given) => {
    expect(refusal(codec, given)).toMatchObject({ name: 'Error', code: 'Damaged' });
  });

  it('that nest deeper than the stack are refused', () => {
    const Nest: t.Mixed = t.recursion<unknown>('Nest', (self) => t.type({ all: t.array(self) }) as t.Mixed);
    expect(refusal(Nest, Array<number>(200_000).fill(2))).toMatchObject({ code: 'Damaged' });
  });
});

describe('the bytes of rows', () => {
  it('stand one after the other, between others', () => {
    const coder = coderOf(t.string);
    const to = new ByteWriter(1);
    to.byte(7);
    for (const f of ['a', 'b'.repeat(1000)]) coder.write({ f }, to);
    to.byte(8);
    const from = new ByteReader(to.since(0), 1, to.at - 1);
    expect([coder.read(from), coder.read(from)]).toEqual([{ f: 'a' }, { f: 'b'.repeat(1000) }]);
    expect(from.done).toBe(true);
  });

  it('are read by the schema alone', () => {
    const codec = t.type({ 'a-b': t.Int, at: date, next: t.union([t.string, t.undefined]) });
    const coder = avro.coder(shapeOf(codec), 'my.rows');
    expect(coder.schema).toEqual({
      type: 'record',
      name: 'my.rows.Row',
      fields: [
        { name: 'a_x2d_b', type: 'long' },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
        { name: 'next', type: ['null', 'string'], default: null },
      ],
    });
    const type = avsc.Type.forSchema(coder.schema as avsc.Schema);
    const row = { 'a-b': 1, at: new Date(5) };
    expect({ ...(type.fromBuffer(Buffer.from(bytesOf(coder, row))) as object) }).toEqual({
      a_x2d_b: 1,
      at: 5,
      next: null,
    });
  });
});

describe('a snapshot as Avro', () => {
  it.each([
    [t.bigint, 2n ** 70n],
    [t.Int, 1e19],
  ] as const)('refuses a row that it cannot hold, and names its table and the value: %#', async (codec, n) => {
    const rows = table(t.strict({ k: t.string, n: codec }), { primaryKey: 'k' });
    const store = createStore({ tables: { rows }, codec: avro });
    store.transact((tx) => tx.rows.insert({ k: 'a', n }));
    const message = expect.stringContaining(`a row of rows: it is ${n}, and Avro holds 64 bits`) as string;
    await expect(store.snapshot().toBytes()).rejects.toMatchObject({ code: 'RowInvalid', table: 'rows', message });
    store.transact((tx) => tx.rows.delete('a'), { id: 'gone' });
    await expect(store.snapshot().toBytes()).rejects.toMatchObject({ code: 'RowInvalid' });
  });
});
