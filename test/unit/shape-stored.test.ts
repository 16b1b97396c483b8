import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { Fault } from '../../src/codecs/fault.js';
import { shapeOf } from '../../src/codecs/shape-of.js';
import { shapeText } from '../../src/codecs/shape-text.js';
import { readShape } from '../../src/codecs/stored-shape.js';

const Tree: t.Mixed = t.recursion<unknown>('Tree', (self) => t.type({ kids: t.array(self) }) as t.Mixed);
const codec = t.strict({
  id: t.string,
  tree: Tree,
  either: t.union([t.string, t.literal(1), t.null, t.undefined]),
  pair: t.tuple([t.Int, t.record(t.string, t.unknown)]),
});

/** What is said of plain data that is no shape. */
function refusal(stored: unknown): string {
  try {
    readShape(stored);
  } catch (error) {
    if (error instanceof Fault) return `${error.code} ${error.path.join('.')} ${error.says}`;
    throw error;
  }
  return 'none';
}

describe('a shape in a header', () => {
  it('is read as it was', () => {
    const shape = shapeOf(codec);
    expect(readShape(JSON.parse(shapeText(shape)))).toStrictEqual(shape);
    expect(shapeText(readShape(JSON.parse(shapeText(shape))))).toBe(shapeText(shape));
  });

  it('has one text, whatever the order of its properties', () => {
    const item = { kind: 'string' } as const;
    expect(shapeText({ item, kind: 'list' })).toBe(shapeText({ kind: 'list', item }));
    expect(shapeText({ kind: 'list', item })).toBe('{"kind":"list","item":{"kind":"string"}}');
  });

  const row = (shape: unknown): unknown => ({
    kind: 'record',
    name: 'Row',
    fields: [{ name: 'a', shape, optional: false }],
  });

  it.each<[string, unknown, string]>([
    ['no object', row(1), 'fields.0.a is 1'],
    ['of no kind', row({ kind: 'int64' }), 'is of the kind "int64"'],
    ['called what is no name', { kind: 'record', name: 'a b', fields: [] }, 'is called "a b"'],
    ['called as another', row({ kind: 'enum', name: 'Row', values: ['a'] }), 'as another is'],
    ['a ref to nothing', row({ kind: 'ref', name: 'Tree' }), 'refers to "Tree"'],
    ['without fields', { kind: 'record', name: 'Row' }, 'fields is no list'],
    [
      'with a field twice',
      {
        ...(row({ kind: 'null' }) as object),
        fields: Array.from({ length: 2 }, () => ({ name: 'a', shape: { kind: 'null' }, optional: true })),
      },
      'twice',
    ],
    ['an enum of nothing', row({ kind: 'enum', name: 'E', values: [] }), 'no values'],
    ['an enum of what is no literal', row({ kind: 'enum', name: 'E', values: [{ bigint: '1e9' }] }), 'no literal'],
    ['a list of nothing', row({ kind: 'list', item: { kind: 'null' } }), 'a list of nothing'],
    ['a union of one', row({ kind: 'union', branches: [{ kind: 'null' }] }), 'a union that is none'],
    ['a union of two alike', row({ kind: 'union', branches: [{ kind: 'int' }, { kind: 'date' }] }), 'alike'],
    [
      'a union in a union',
      row({ kind: 'union', branches: [{ kind: 'null' }, { kind: 'union', branches: [] }] }),
      'none',
    ],
  ])('is refused if it is %s', (_what, stored, says) => {
    expect(refusal(stored)).toMatch(/^Damaged /);
    expect(refusal(stored)).toContain(says);
  });

  it('is refused if a list in it holds what holds nothing but itself', () => {
    const self = {
      kind: 'record',
      name: 'Self',
      fields: [{ name: 'a', shape: { kind: 'ref', name: 'Self' }, optional: false }],
    };
    expect(refusal({ kind: 'list', item: self })).toContain('a list of nothing');
  });

  it('is refused if it is too deep or too large', () => {
    let deep: unknown = { kind: 'string' };
    for (let i = 0; i < 100_000; i++) deep = { kind: 'map', item: deep };
    expect(refusal(deep)).toContain('deeper');
    const fields = Array.from({ length: 100_000 }, (_, i) => ({
      name: `f${i}`,
      shape: { kind: 'null' },
      optional: true,
    }));
    expect(refusal({ kind: 'record', name: 'Row', fields })).toContain('more than');
  });
});
