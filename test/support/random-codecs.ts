import fc from 'fast-check';
import * as t from 'io-ts';

import { bytes, date } from '../../src/codecs/scalars.js';

/** A codec, and values of it. */
export interface Sample {
  readonly codec: t.Mixed;
  readonly values: fc.Arbitrary<unknown>;
}

/** Names that are none of Avro's, that objects inherit, that look escaped, or that memoir itself gives. */
export const NAMES = [
  'a',
  'b',
  'c',
  'a-b',
  '_x2d_',
  '__proto__',
  'constructor',
  'toString',
  '',
  '0',
  'é',
  'Row',
  'item',
];

/** Strings that hurt. */
export const texts = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('', '\ufffd', '\ufeff', '\0', '"\\', '\\ud800', 'x'.repeat(100), 'é'.repeat(70)),
);
const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 2 ** 53, 1e21, 2 ** 31),
);
const integers = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 2 ** 52, -(2 ** 52), -(2 ** 52) - 1, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 60, -(2 ** 63)),
);
const bigints = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n) - 1n),
);
const dates = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(-8.64e15, 8.64e15, -4503599627370497).map((time) => new Date(time)),
);
const binary = fc.uint8Array({ maxLength: 6 });

/** Plain data of every kind. */
export const plain: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.oneof(fc.constant(null), fc.boolean(), texts, numbers, bigints, dates, binary),
    fc.array(tie('any'), { maxLength: 3 }),
    objects(fc.oneof(texts, fc.constantFrom('$date', '$$x', '$', '$number', '__proto__')), tie('any')),
  ),
})).any;

function objects(names: fc.Arbitrary<string>, values: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.uniqueArray(fc.tuple(names, values), { maxLength: 3, selector: ([name]) => name }).map(fromPairs);
}

/** Own properties all, `__proto__` too. */
export function fromPairs(pairs: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of pairs) {
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

const isEven = (value: number): boolean => Math.abs(value % 2) === 0;
const custom = new t.Type<unknown>('custom', (value): value is unknown => value !== undefined, t.success, t.identity);

const LITERALS = ['open', 'done', 'constructor', 'a b', '', 'é', '1'];

const scalars: fc.Arbitrary<Sample> = fc.oneof(
  fc.constantFrom<Sample>(
    { codec: t.string, values: texts },
    { codec: t.number, values: numbers },
    { codec: t.Int, values: integers },
    { codec: t.boolean, values: fc.boolean() },
    { codec: t.bigint, values: bigints },
    { codec: date, values: dates },
    { codec: bytes, values: binary },
    { codec: custom, values: plain },
    { codec: t.refinement(t.number, isEven, 'Even'), values: fc.integer().map((n) => n * 2) },
  ),
  fc
    .uniqueArray(fc.constantFrom<string | number | boolean>(...LITERALS, 0, 1, -1.5, true, false), { minLength: 1 })
    .map(literals),
  fc.uniqueArray(fc.constantFrom(...LITERALS), { minLength: 1 }).map((words) => ({
    codec: t.keyof(fromPairs(words.map((word) => [word, null])) as Record<string, unknown>),
    values: fc.constantFrom(...words),
  })),
);

function literals(values: readonly (string | number | boolean)[]): Sample {
  const members = values.map((value) => t.literal(value));
  return {
    codec: members.length === 1 ? members[0]! : t.union(members as unknown as [t.Mixed, t.Mixed]),
    values: fc.constantFrom(...values),
  };
}

/** A codec of objects of these fields, in one of the ways there are to say so. */
function objectOf(fields: readonly Field[], way: number, name?: string): Sample {
  const required = fromPairs(fields.filter((one) => !one.optional).map((one) => [one.name, one.sample.codec]));
  const optional = fromPairs(fields.filter((one) => one.optional).map((one) => [one.name, one.sample.codec]));
  const partial = Object.keys(optional).length > 0;
  const codecs = [t.type(required as t.Props), ...(partial ? [t.partial(optional as t.Props)] : [])];
  const both = codecs.length === 1 ? codecs[0]! : t.intersection(codecs as unknown as [t.Mixed, t.Mixed]);
  const codec = [
    (): t.Mixed => both,
    (): t.Mixed => t.exact(both as t.HasProps, name),
    (): t.Mixed => t.readonly(t.exact(both as t.HasProps), name),
    (): t.Mixed => t.refinement(both, () => true, name),
  ][name === undefined ? way % 4 : (way % 3) + 1]!();
  const pairs = fc.tuple(
    ...fields.map((one) =>
      one.optional
        ? fc.option(fc.tuple(fc.constant(one.name), one.sample.values))
        : fc.tuple(fc.constant(one.name), one.sample.values),
    ),
  );
  return { codec, values: pairs.map((all) => fromPairs(all.filter((pair) => pair !== null))) };
}

interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly sample: Sample;
}

function fieldsWithin(sample: fc.Arbitrary<Sample>, names: readonly string[], minLength = 0): fc.Arbitrary<Field[]> {
  const field = fc.record({ name: fc.constantFrom(...names), optional: fc.boolean(), sample });
  return fc.uniqueArray(field, { selector: ({ name }) => name, minLength, maxLength: 4 });
}

/** A union of two at the least; io-ts stumbles over tags whose names every object inherits. */
function unionOf(samples: readonly Sample[]): Sample {
  if (samples.length === 1) return samples[0]!;
  let codec: t.Mixed;
  try {
    codec = t.union(samples.map((sample) => sample.codec) as [t.Mixed, t.Mixed]);
  } catch {
    return samples[0]!;
  }
  return {
    codec,
    values: fc.oneof(...samples.map(({ values }) => values)),
  };
}

/** Objects with a tag, or with a name and fields of their own. */
function variants(sample: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const tags = fc.uniqueArray(fc.constantFrom('circle', 'square', 'a b'), { minLength: 2 });
  return tags.chain((words) =>
    fc
      .tuple(fc.boolean(), fc.nat(), ...words.map(() => fieldsWithin(sample, ['a', 'b', 'c'])))
      .map(([tagged, way, ...branches]) =>
        unionOf(
          branches.map((fields, i) => {
            const word = words[i]!;
            const own = tagged ? literals([word]) : { codec: t.string, values: texts };
            const field = { name: tagged ? 'kind' : `own-${word}`, optional: false, sample: own };
            return objectOf([field, ...fields], way, tagged ? undefined : `type ${word}`);
          }),
        ),
      ),
  );
}

const absent: Sample = { codec: t.undefined, values: fc.constant(undefined) };
const none: Sample = { codec: t.null, values: fc.constant(null) };

/** A codec that holds itself. */
function recursive(fields: readonly Field[]): Sample {
  const leaf = objectOf(fields, 0);
  const codec: t.Mixed = t.recursion('Tree', (self) =>
    t.type({ leaf: leaf.codec, next: t.union([self, t.null, t.undefined]), all: t.array(self) }),
  );
  const values = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.record({
      leaf: leaf.values,
      next: fc.oneof({ maxDepth: 2 }, fc.constantFrom(null, undefined), tie('tree')),
      all: fc.oneof({ maxDepth: 2 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 2 })),
    }),
  })).tree;
  return { codec, values };
}

/** Codecs of every kind that memoir knows, in each other, and values of them. */
export const samples: fc.Arbitrary<Sample> = fc.letrec<{ any: Sample }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
    scalars,
    tie('any').map(({ codec, values }) => ({
      codec: t.readonlyArray(codec),
      values: fc.array(values, { maxLength: 3 }),
    })),
    tie('any').map(({ codec, values }) => ({
      codec: t.record(t.string, codec),
      values: objects(fc.oneof(texts, fc.constantFrom(...NAMES)), values),
    })),
    fc.tuple(fieldsWithin(tie('any'), NAMES), fc.nat()).map(([fields, way]) => objectOf(fields, way)),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => ({
      codec: t.tuple([a.codec, b.codec]),
      values: fc.tuple(a.values, b.values),
    })),
    tie('any').map(({ codec, values }) => ({
      codec: t.record(t.keyof({ x: null, y: null }), codec),
      values: fc.record({ x: values, y: values }),
    })),
    fc.tuple(tie('any'), fc.subarray([none, absent])).map(([sample, more]) => unionOf([sample, ...more])),
    fc.tuple(tie('any'), tie('any')).map(unionOf),
    variants(tie('any')),
    fieldsWithin(scalars, ['v', 'w']).map(recursive),
  ),
})).any;

/** Codecs of rows. */
export const rows: fc.Arbitrary<Sample> = fc
  .tuple(fieldsWithin(samples, NAMES, 1), fc.nat())
  .map(([fields, way]) => objectOf(fields, way));
