import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import type { Codec } from '../../src/codecs/codec.js';
import { shapeOf } from '../../src/codecs/shape-of.js';
import { shapeText } from '../../src/codecs/shape-text.js';
import type { Shape } from '../../src/codecs/shape.js';
import { bytes, date } from '../../src/codecs/scalars.js';
import { MemoirError } from '../../src/errors.js';
import { table } from 'memoir';

/** The shape of a field of this codec, and whether rows may lack it. */
function field(codec: Codec): { readonly shape: Shape; readonly optional: boolean } {
  const shape = shapeOf(t.strict({ f: codec as t.Mixed }));
  if (shape.kind !== 'record') throw new Error('no record');
  const { name: _name, ...rest } = shape.fields[0]!;
  return rest;
}

const kind = (codec: Codec): Shape => field(codec).shape;

/** What is said of a codec that has no shape. */
function refusal(codec: Codec): string {
  try {
    field(codec);
  } catch (error) {
    if (error instanceof MemoirError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
}

const Circle = t.strict({ kind: t.literal('circle'), r: t.number });
const Square = t.strict({ kind: t.literal('square'), a: t.number });
const custom = new t.Type<unknown>('custom', (value): value is unknown => value === 1, t.success, t.identity);

describe('the shape of a codec', () => {
  it('is the kind of its values, whatever it checks besides', () => {
    expect(kind(t.string)).toEqual({ kind: 'string' });
    expect(kind(t.Int)).toEqual({ kind: 'int' });
    expect(kind(t.brand(t.Int, (n): n is t.Branded<t.Int, { readonly Even: symbol }> => n % 2 === 0, 'Even'))).toEqual({
      kind: 'int',
    });
    expect(kind(date)).toEqual({ kind: 'date' });
    expect(kind(bytes)).toEqual({ kind: 'bytes' });
    expect(kind(t.readonlyArray(t.bigint))).toEqual({ kind: 'list', item: { kind: 'bigint' } });
    expect(kind(t.record(t.string, t.boolean))).toEqual({ kind: 'map', item: { kind: 'boolean' } });
  });

  it('takes a refinement for t.Int only if it holds whole numbers', () => {
    expect(kind(t.refinement(t.number, (n) => n > 0, 'Int'))).toEqual({ kind: 'number' });
    expect(kind(t.refinement(t.number, Number.isInteger, 'Int'))).toEqual({ kind: 'int' });
  });

  it('is plain where the codec says no more', () => {
    for (const codec of [t.unknown, custom, t.intersection([t.string, custom]), t.UnknownArray, t.UnknownRecord])
      expect(kind(codec)).toEqual({ kind: 'plain' });
    expect(kind(t.union([t.string, custom]))).toEqual({ kind: 'plain' });
    expect(kind(t.union([t.bigint, date, t.null]))).toEqual({ kind: 'plain' });
  });

  it('tells what may be absent from what may be null', () => {
    expect(field(t.union([t.string, t.undefined]))).toEqual({ shape: { kind: 'string' }, optional: true });
    const nullable = { kind: 'union', branches: [{ kind: 'null' }, { kind: 'string' }] };
    expect(field(t.union([t.string, t.null]))).toEqual({ shape: nullable, optional: false });
    expect(field(t.union([t.null, t.string, t.undefined]))).toEqual({ shape: nullable, optional: true });
  });

  it('names an enum, and keeps its values in an order of their own', () => {
    const shape = { kind: 'enum', name: 'Row.f', values: ['done', 'open'] };
    expect(kind(t.keyof({ open: null, done: null }))).toEqual(shape);
    expect(kind(t.keyof({ done: null, open: null }, 'Status'))).toEqual({ ...shape, name: 'Status' });
    expect(kind(t.union([t.literal('b'), t.literal(1), t.literal('a')]))).toMatchObject({ values: ['a', 'b', 1] });
  });

  it('leaves out literals that another branch holds anyway', () => {
    expect(kind(t.union([t.literal('auto'), t.string]))).toEqual({ kind: 'string' });
    expect(kind(t.union([t.literal('auto'), t.number]))).toMatchObject({
      branches: [{ kind: 'number' }, { kind: 'enum' }],
    });
  });

  it('is the same whatever the order of the branches', () => {
    const members: t.Mixed[] = [
      t.null,
      t.string,
      Circle,
      Square,
      t.array(t.Int),
      t.literal(1),
      t.strict({ x: t.Int }, 'X'),
    ];
    const other = members.toReversed();
    expect(shapeText(kind(t.union(other as [t.Mixed, t.Mixed])))).toBe(
      shapeText(kind(t.union(members as [t.Mixed, t.Mixed]))),
    );
  });

  it('names the objects of a union by their name, or else by their tag', () => {
    const names = (codec: Codec): unknown => {
      const shape = kind(codec);
      return shape.kind === 'union' && shape.branches.map((branch) => 'name' in branch && branch.name);
    };
    expect(names(t.union([Square, Circle]))).toEqual(['Row.f.tag.circle', 'Row.f.tag.square']);
    expect(names(t.union([t.strict({ a: t.string }, 'a b'), t.strict({ b: t.string })]))).toEqual([
      'Row.f.record',
      'a_x20_b',
    ]);
  });

  it('names what a list holds apart from what a map holds', () => {
    const [a, b] = [t.type({ a: t.string }), t.type({ b: t.string })];
    expect(kind(t.union([t.array(a), t.record(t.string, b)]))).toMatchObject({
      branches: [{ item: { name: 'Row.f.item' } }, { item: { name: 'Row.f.value' } }],
    });
  });

  it('writes a type in full once, and refers to it from then on', () => {
    const Place = t.strict({ city: t.string }, 'Place');
    expect(shapeOf(t.strict({ from: Place, to: t.readonly(Place) }))).toMatchObject({
      fields: [{ shape: { kind: 'record', name: 'Place' } }, { shape: { kind: 'ref', name: 'Place' } }],
    });
    const again = t.strict({ city: t.string }, 'Place');
    expect(shapeOf(t.strict({ from: Place, to: again }))).toMatchObject({ fields: [{}, { shape: { kind: 'ref' } }] });
  });

  it('tells a type that is called as memoir calls rows from the row', () => {
    const shape = shapeOf(t.strict({ f: t.strict({ a: t.string }, 'Row') }));
    expect(shape).toMatchObject({ name: 'Row', fields: [{ shape: { name: '_x52_ow' } }] });
    expect(shapeOf(t.strict({ a: t.string }, 'Row'))).toMatchObject({ name: 'Row' });
    expect(shapeOf(t.strict({ a: t.string }, 'a-b'))).toMatchObject({ name: 'a_x2d_b' });
  });

  it('refers to itself where a codec does', () => {
    interface Tree {
      readonly kids: readonly Tree[];
    }
    const Tree: t.Type<Tree> = t.recursion('Tree', (self) => t.strict({ kids: t.readonlyArray(self) }));
    const kids = { name: 'kids', optional: false, shape: { kind: 'list', item: { kind: 'ref', name: 'Tree' } } };
    expect(kind(Tree)).toEqual({ kind: 'record', name: 'Tree', fields: [kids] });
  });
});

describe('a codec that bytes cannot hold is refused', () => {
  it.each<[string, Codec]>([
    ['two lists in a union', t.union([t.array(t.string), t.array(t.number)])],
    ['two maps in a union', t.union([t.record(t.string, t.string), t.record(t.string, t.number)])],
    ['two objects without name or tag', t.union([t.strict({ a: t.string }), t.strict({ b: t.string })])],
    ['two tuples without names', t.union([t.tuple([t.string]), t.tuple([t.number])])],
    ['a name for two types', t.tuple([t.strict({ a: t.string }, 'A'), t.strict({ a: t.number }, 'A')])],
    ['a list within itself', t.recursion<unknown>('Nest', (self) => t.array(self) as t.Mixed)],
    ['a union within itself', t.recursion<unknown>('Json', (self) => t.union([t.string, t.array(self)]) as t.Mixed)],
    ['a union of itself', t.recursion<unknown>('Loop', (self) => t.union([t.string, self]))],
    ['itself alone', t.recursion<unknown>('Self', (self) => self)],
    ['a list of nothing', t.array(t.null)],
    ['a list of objects without fields', t.array(t.tuple([t.strict({}), t.null]))],
    ['an enum of nothing', t.keyof({})],
    ['a literal that JSON has no word for', t.literal(Infinity)],
  ])('where it has %s', (_what, codec) => {
    expect(refusal(codec)).toMatch(/^DefinitionInvalid codec\.f.*: .+: .+/);
    expect(refusal(codec)).not.toContain('Row.');
  });

  it('when its table is defined', () => {
    const codec = t.strict({ id: t.string, pair: t.union([t.array(t.string), t.array(t.number)]) });
    expect(() => table(codec, { primaryKey: 'id' })).toThrow(expect.objectContaining({ path: 'codec.pair' }));
  });
});
