import fc from 'fast-check';

import type { PartName, Row, TableName } from './schema.js';

// Pools of few values, so that rows meet: in the same key, in one that is the beginning of another, in letters whose
// order differs between UTF-16 and UTF-8 ('～' and '\uffff' come after '😀' in the one and before it in the other),
// and in capitals, also such as are one letter in lower case.

const LETTERS = [
  'a',
  'ab',
  'abc',
  'b',
  'B',
  'AB',
  'é',
  '～',
  '\uffff',
  '😀',
  '😀a',
  'Σ',
  'σ',
  'ß',
  'İ',
  'K',
  '𐐀',
  '𐐨',
  ' ',
];
const USUAL = ['a', 'ab', 'b', 'AB', '😀'];
const NULLS = ['\0', 'a\0', 'a\0b', '\u0001', '\u{10ffff}'];
const NUMBERS = [-1, 0, 2, 10];
const INTS = [-9007199254740991, -1000, -2, -1, 0, 1, 2, 3, 5, 6, 10, 127, 128, 256, 65536, 9007199254740991];
const FLOATS = [-1e300, -1.5, -1, -5e-324, 0, 5e-324, 0.1, 1, 1.5, 2, 1e21];
const PATHS = ['', '/', '/a', '/a/', '/a/b', '/a/b/c', '/ab', '/é', '/😀', '/～', 'a', 'b', '/b', '/b/c'];
const SERIALS = Array.from({ length: 14 }, (_, i) => {
  const digits = `${'0aA9fF'[i % 6]!}${i % 3}b${i % 2 === 0 ? 'c' : 'C'}`;
  return `${digits}${digits}-00aa-11BB-22cc-33dd44ee55${(i * 19).toString(16).padStart(2, '0')}`;
});

/** Mostly one of a few values, and at times one of many. */
const mostly = <A>(few: readonly A[], many: readonly A[]): fc.Arbitrary<A> =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...few) }, fc.constantFrom(...many));

/** Values for the strings of a table: those of `stock` hold no '\0', which ends keys there. */
const letters = (name: TableName) => (name === 'stock' ? LETTERS : [...LETTERS, ...NULLS]);

/** What a key part can be in a table, in a row as in a question. */
export function partOf(table: TableName, part: PartName): fc.Arbitrary<string | number | boolean | null> {
  const text = letters(table);
  switch (part) {
    case 'group':
      return fc.constantFrom('', 'a');
    case 'id':
      return fc.constantFrom('a', 'b', '～', '😀', 'ab', 'é');
    case 'mark':
    case 'tag':
    case 'alias':
      return mostly(USUAL, [...text, ...(table === 'stock' ? [] : [''])]);
    case 'badge':
      return mostly([...USUAL, ...(table === 'stock' ? [] : [null])], ['', ...text]);
    case 'rank':
    case 'due':
      return mostly(NUMBERS, INTS);
    case 'score':
      return mostly(NUMBERS, FLOATS);
    case 'done':
    case 'flag':
      return fc.boolean();
    case 'serial':
      return fc.constantFrom(...SERIALS, ...SERIALS.map((serial) => serial.toUpperCase()));
    case 'path':
      return fc.constantFrom(...PATHS);
    case 'name':
    case 'nick':
    case 'owner':
      return mostly(USUAL, ['', ...text]);
  }
}

/** The beginnings of what a string part can be; go-memdb cuts the serials, which it holds as bytes, at whole bytes. */
export function cutOf(table: TableName, part: PartName): fc.Arbitrary<string> {
  if (part === 'serial') {
    return fc
      .tuple(partOf(table, part), fc.constantFrom(0, 2, 4, 8, 9, 11, 36))
      .map(([value, n]) => String(value).slice(0, n));
  }
  return partOf(table, part).map((value) => [...String(value ?? '')].slice(0, 2).join(''));
}

const strings = (table: TableName, part: PartName) => partOf(table, part) as fc.Arbitrary<string>;
const numbers = (table: TableName, part: PartName) => partOf(table, part) as fc.Arbitrary<number>;

const fields = (table: TableName) => ({
  group: strings(table, 'group'),
  id: strings(table, 'id'),
  name: strings(table, 'name'),
  badge: fc.option(strings(table, 'badge')),
  rank: numbers(table, 'rank'),
  score: numbers(table, 'score'),
  done: fc.boolean(),
  tags: fc.array(strings(table, 'tag'), { maxLength: 3 }),
  aliases: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    fc.array(strings(table, 'alias'), { maxLength: 2 }),
  ),
  marks: fc.dictionary(strings(table, 'mark'), strings(table, 'tag'), { maxKeys: 2, noNullPrototype: true }),
  serial: fc.oneof(fc.constant(''), strings(table, 'serial')),
  nick: strings(table, 'nick'),
  owner: strings(table, 'owner'),
  due: numbers(table, 'due'),
  path: strings(table, 'path'),
});

/** A row as it is written; the optional fields may be absent, `owner` seldom, as each table refuses that. */
export function rowOf(table: TableName): fc.Arbitrary<Row> {
  const { nick, due, path, owner, ...required } = fields(table);
  const optional = fc.record({ nick, due, path }, { requiredKeys: [] });
  const owned = fc.oneof({ weight: 9, arbitrary: fc.record({ owner }) }, fc.constant({}));
  return fc.tuple(fc.record(required), optional, owned).map(([a, b, c]) => ({ ...a, ...b, ...c }));
}

/** A patch of some fields, the key seldom among them, and the fields that it takes away. */
export function patchOf(table: TableName): fc.Arbitrary<{ patch: Partial<Row>; without: string[] }> {
  const { group, id, ...rest } = fields(table);
  const moved = fc.record({ group, id }, { requiredKeys: [] });
  const kept = fc.constant({});
  const few = fc.subarray(Object.keys(rest), { maxLength: 3 }).chain((names) => {
    const chosen = Object.fromEntries(Object.entries(rest).filter(([name]) => names.includes(name)));
    return fc.record(chosen);
  });
  return fc.record({
    patch: fc.tuple(few, fc.oneof({ weight: 9, arbitrary: kept }, moved)).map(([a, b]) => ({ ...a, ...b })),
    without: fc.oneof(
      { weight: 4, arbitrary: fc.constant<string[]>([]) },
      fc.subarray(['nick', 'due', 'path', 'owner']),
    ),
  });
}
