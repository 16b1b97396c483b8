import fc from 'fast-check';
import * as t from 'io-ts';

import { date } from '../../src/codecs/scalars.js';
import { fromPairs, samples } from './random-codecs.js';

/** A codec and what it became, with what each value of the one is as one of the other. */
export interface Evolution {
  readonly writer: t.Mixed;
  readonly reader: t.Mixed;
  readonly values: fc.Arbitrary<unknown>;
  readonly becomes: (value: unknown) => unknown;
}

const same = (value: unknown): unknown => value;
const record = (value: unknown): Readonly<Record<string, unknown>> => value as Readonly<Record<string, unknown>>;
const smallInts = fc.integer({ min: -9, max: 9 });

const still: fc.Arbitrary<Evolution> = samples.map(({ codec, values }) => ({
  writer: codec,
  reader: codec,
  values,
  becomes: same,
}));

const scalars: fc.Arbitrary<Evolution> = fc.constantFrom<Evolution>(
  { writer: t.Int, reader: t.number, values: smallInts, becomes: same },
  { writer: t.Int, reader: t.bigint, values: smallInts, becomes: (value) => BigInt(value as number) },
  { writer: t.bigint, reader: t.Int, values: smallInts.map(BigInt), becomes: Number },
  { writer: t.literal('a'), reader: t.string, values: fc.constant('a'), becomes: same },
  {
    writer: t.keyof({ b: null, c: null }),
    reader: t.keyof({ a: null, b: null, c: null }),
    values: fc.constantFrom('b', 'c'),
    becomes: same,
  },
  {
    writer: t.union([t.literal('b'), t.literal(2)]),
    reader: t.union([t.string, t.number]),
    values: fc.constantFrom('b', 2),
    becomes: same,
  },
);

/** A field, and what became of it. */
interface Named {
  readonly name: string;
  readonly change: string;
  readonly inner: Evolution;
}

/** An optional field where there was none, a field less, a required one that is so no longer, in any order. */
function fields(inner: fc.Arbitrary<Evolution>): fc.Arbitrary<Evolution> {
  const change = fc.constantFrom('keep', 'add', 'drop', 'loosen', 'optional');
  const named = fc.record({ name: fc.constantFrom('a', 'b', 'c', '__proto__', 'a-b'), change, inner });
  return fc.uniqueArray(named, { selector: ({ name }) => name, maxLength: 4 }).chain((all) => {
    const that = (what: string): Named[] => all.filter((one) => one.change === what);
    const [add, drop, keep, loosen, optional] = ['add', 'drop', 'keep', 'loosen', 'optional'].map(that) as Named[][] &
      [Named[], Named[], Named[], Named[], Named[]];
    const objectOf = (side: 'writer' | 'reader', required: Named[], partial: Named[]): t.Mixed => {
      const props = (some: Named[]): t.Props => fromPairs(some.map((one) => [one.name, one.inner[side]])) as t.Props;
      return t.intersection([t.type(props(required)), t.partial(props(partial))]);
    };
    const written = [...keep, ...drop, ...loosen, ...optional];
    const read = new Map([...optional, ...loosen, ...keep].map((one) => [one.name, one.inner]));
    return fc.constant({
      writer: objectOf('writer', [...keep, ...drop, ...loosen], optional),
      reader: objectOf('reader', keep.toReversed(), [...add, ...optional, ...loosen]),
      values: fc
        .tuple(...written.map(({ name, inner: { values } }) => values.map((value) => [name, value] as const)))
        .map(fromPairs),
      becomes: (value: unknown) =>
        fromPairs(
          Object.entries(record(value)).flatMap(([name, item]) => {
            const evolution = read.get(name);
            return evolution === undefined ? [] : [[name, evolution.becomes(item)] as const];
          }),
        ),
    });
  });
}

/** Tagged objects, with one more in the reader. */
function variants(inner: fc.Arbitrary<Evolution>): fc.Arbitrary<Evolution> {
  return fc.tuple(inner, inner).map(([a, b]) => {
    const one = (side: 'writer' | 'reader', kind: string, { [side]: codec }: Evolution): t.Mixed =>
      t.type({ kind: t.literal(kind), is: codec });
    const value = (kind: string, { values }: Evolution): fc.Arbitrary<unknown> => values.map((is) => ({ kind, is }));
    return {
      writer: t.union([one('writer', 'a', a), one('writer', 'b', b)]),
      reader: t.union([t.type({ kind: t.literal('0'), at: date }), one('reader', 'b', b), one('reader', 'a', a)]),
      values: fc.oneof(value('a', a), value('b', b)),
      becomes: (given: unknown) => {
        const { kind, is } = record(given);
        return is === undefined ? { kind } : { kind, is: (kind === 'a' ? a : b).becomes(is) };
      },
    };
  });
}

/** Codecs in each other, and what became of them such that all values of the one can be read as the other's. */
export const evolutions: fc.Arbitrary<Evolution> = fc.letrec<{ any: Evolution }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.oneof(scalars, still),
    tie('any').map((one) => ({
      writer: t.array(one.writer),
      reader: t.readonlyArray(one.reader),
      values: fc.array(one.values, { maxLength: 3 }),
      becomes: (value: unknown) => (value as unknown[]).map(one.becomes),
    })),
    tie('any').map((one) => ({
      writer: t.record(t.string, one.writer),
      reader: t.record(t.string, one.reader),
      values: fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), one.values, { maxKeys: 2 }),
      becomes: (value: unknown) =>
        fromPairs(Object.entries(record(value)).map(([name, item]) => [name, one.becomes(item)])),
    })),
    fc.tuple(tie('any'), fc.constantFrom<t.Mixed>(t.null, t.undefined)).map(([one, more]) => ({
      ...one,
      reader: widened(one.reader, more),
    })),
    tie('any').map((one) => ({ ...one, reader: t.unknown, becomes: same })),
    fields(tie('any')),
    variants(tie('any')),
  ),
})).any;

/** Or what is given: io-ts finds tags in a plain object, and throws for one that is called as what every object has. */
function widened(reader: t.Mixed, more: t.Mixed): t.Mixed {
  try {
    return t.union([reader, more]);
  } catch {
    return reader;
  }
}
