import { invalidDefinition as invalid } from '../errors.js';
import { bareCodec, type BareCodec } from './bare-codec.js';
import { keepAcceptance, type Acceptance } from './branch-choice.js';
import { tagged, type Codec } from './codec.js';
import { inOrder, valueOf } from './enum-value.js';
import { avroType } from './named-shapes.js';
import { acceptance, holds } from './normal-form.js';
import { avroName, typeName } from './shape-name.js';
import { enumShape, type Derivation, type Place } from './derivation.js';
import type { EnumValue, Shape } from './shape.js';
import { commonTag } from './tag.js';

/** A member of a union that is no union itself. */
interface Leaf extends BareCodec {
  readonly accepts: (value: unknown) => boolean;
}

/**
 * The shape of a union: that of a single branch where the others say no more, and plain where one could be anything.
 */
export function unionShape(union: BareCodec, place: Place, derivation: Derivation): Shape {
  const leaves = distinct(leavesOf(union, place.path, new Set())).filter(({ what }) => what.kind !== 'undefined');
  const kinds = new Set(leaves.map(({ what }) => what.kind));
  if (kinds.has('number')) kinds.delete('int');
  // Avro has one type for whole numbers, bigints and dates, and could not tell them apart.
  if (kinds.has('plain') || LONGS.filter((kind) => kinds.has(kind)).length > 1) return { kind: 'plain' };
  const many = leaves.flatMap(({ what }) => (what.kind === 'list' ? ['array'] : what.kind === 'map' ? ['map'] : []));
  refuseTwice(union.codec, many, place.path);
  const branches: Shape[] = SCALARS.filter((kind) => kinds.has(kind)).map((kind) => ({ kind }));
  const accepted: { readonly shape: Shape; readonly leaf: Leaf }[] = [];
  const values = valuesBeside(leaves, kinds);
  if (values.length > 0) {
    const enums = leaves.filter(({ what }) => what.kind === 'enum');
    const [key, given] = enums.length === 1 ? [enums[0]!.codec, enums[0]!.given] : [union.codec, union.given];
    branches.push(enumShape(key, given, values, { ...place, name: `${place.name}.enum` }, derivation));
  }
  for (const { leaf, name } of objectsOf(leaves, place, derivation)) {
    const shape = derivation.within(leaf, { ...place, name }, derivation);
    branches.push(shape);
    accepted.push({ shape, leaf });
  }
  if (branches.length === 0) return { kind: 'null' };
  if (branches.length === 1) return branches[0]!;
  refuseTwice(union.codec, branches.map(avroType), place.path);
  const shape: Shape = { kind: 'union', branches };
  const inCodecOrder = accepted.toSorted((a, b) => leaves.indexOf(a.leaf) - leaves.indexOf(b.leaf));
  keepAcceptance(
    shape,
    inCodecOrder.map((one): Acceptance => ({ branch: branches.indexOf(one.shape), accepts: one.leaf.accepts })),
  );
  return shape;
}

const LONGS = ['int', 'bigint', 'date'] as const;

const SCALARS = ['null', 'boolean', 'int', 'number', 'bigint', 'date', 'string', 'bytes'] as const;

/** The members of a union, and those of the unions among them. */
function leavesOf(bare: BareCodec, path: string, met: ReadonlySet<Codec>): Leaf[] {
  const { codec, what, refinements } = bare;
  const refined = (value: unknown): boolean => refinements.every((refinement) => holds(refinement, value));
  if (what.kind !== 'union') {
    const accepts = acceptance(codec);
    return [{ ...bare, accepts: (value) => accepts(value) && refined(value) }];
  }
  if (met.has(codec)) throw invalid(path, `${codec.name} is a union with itself: take it out`);
  const within = new Set([...met, codec]);
  return what.members
    .flatMap((member) => leavesOf(bareCodec(member, path), path, within))
    .map((leaf) => ({ ...leaf, accepts: (value) => leaf.accepts(value) && refined(value) }));
}

/** Each codec once; a value that two refinements of it share out is of the same branch. */
function distinct(leaves: readonly Leaf[]): Leaf[] {
  const byCodec = new Map<Codec, Leaf>();
  for (const leaf of leaves) {
    const first = byCodec.get(leaf.codec);
    const merged = first && { ...first, accepts: (value: unknown) => first.accepts(value) || leaf.accepts(value) };
    byCodec.set(leaf.codec, merged ?? leaf);
  }
  return [...byCodec.values()];
}

/** The values of all enums together, but for those that another branch holds anyway. */
function valuesBeside(leaves: readonly Leaf[], kinds: ReadonlySet<string>): EnumValue[] {
  const values = leaves.flatMap(({ what }) => (what.kind === 'enum' ? what.values : []));
  return values.filter((value) => {
    const held = valueOf(value);
    return !(kinds.has(typeof held) || (kinds.has('int') && Number.isSafeInteger(held)));
  });
}

/** The members that are lists, maps, objects and tuples, with what each is called if it has no name, by that name. */
function objectsOf(leaves: readonly Leaf[], place: Place, derivation: Derivation): { leaf: Leaf; name: string }[] {
  const tags = tagNames(leaves);
  const nameless: Record<'record' | 'tuple', number> = { record: 0, tuple: 0 };
  const named = leaves.flatMap((leaf) => {
    const { kind } = leaf.what;
    if (kind === 'list' || kind === 'map') return [{ leaf, name: place.name, rank: kind }];
    if (kind !== 'record' && kind !== 'tuple') return [];
    const rank = derivation.names.get(leaf.codec) ?? (leaf.given === undefined ? undefined : typeName(leaf.given));
    const tag = tags.get(leaf);
    const name = `${place.name}.${tag === undefined ? kind : `tag.${tag}`}`;
    if (rank === undefined && tag === undefined && nameless[kind]++ > 0) {
      throw invalid(
        place.path,
        `two ${kind === 'record' ? 'objects' : 'tuples'} of this union have neither a name nor a tag: name them, ` +
          `as in t.strict({ … }, 'Circle'), or give each a field with a t.literal of its own`,
      );
    }
    return [{ leaf, name, rank: rank ?? name }];
  });
  return named.toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
}

/** What objects are called by the tag that tells them apart: all of them, or at least those without a name. */
function tagNames(leaves: readonly Leaf[]): Map<Leaf, string> {
  const records = leaves.flatMap((leaf) =>
    leaf.what.kind === 'record' ? [{ leaf, literals: literalFields(leaf.what.fields) }] : [],
  );
  for (const some of [records, records.filter(({ leaf }) => leaf.given === undefined)]) {
    const tag = some.length > 1 ? commonTag(some.map(({ literals }) => literals)) : undefined;
    if (tag === undefined) continue;
    return new Map(some.map(({ leaf, literals }) => [leaf, avroName(literals.get(tag)!.map(valueOf).join())]));
  }
  return new Map();
}

/** The fields that hold nothing but literals, with those. */
function literalFields(
  fields: ReadonlyMap<string, { readonly codec: Codec; readonly optional: boolean }>,
): Map<string, EnumValue[]> {
  const found = new Map<string, EnumValue[]>();
  for (const [name, { codec, optional }] of fields) {
    const values = optional ? undefined : literalsOf(codec);
    if (values !== undefined) found.set(name, values);
  }
  return found;
}

/** The values of a codec of literals, in an order of their own; undefined for any other. */
function literalsOf(codec: Codec): EnumValue[] | undefined {
  const tag = tagged(codec);
  switch (tag?._tag) {
    case 'LiteralType':
    case 'KeyofType': {
      const { what } = bareCodec(codec, '');
      return what.kind === 'enum' ? inOrder(what.values) : undefined;
    }
    case 'ReadonlyType':
    case 'RefinementType':
      return literalsOf(tag.type);
    case 'UnionType': {
      const all = tag.types.map(literalsOf);
      return all.every((values) => values !== undefined) ? inOrder(all.flat()) : undefined;
    }
    default:
      return undefined;
  }
}

/** Avro tells branches by their types alone. */
function refuseTwice(codec: Codec, types: readonly string[], path: string): void {
  const twice = types.find((type, i) => types.indexOf(type) < i);
  if (twice === undefined) return;
  throw invalid(path, `${codec.name} has two branches that Avro takes for ${twice}: put one into a field of an object`);
}
