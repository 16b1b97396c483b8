import { show } from '../errors.js';
import { tagged, type Codec, type Tagged } from './codec.js';
import { Fault, passing } from './fault.js';
import { copyPlain, getOwn, isPlainObject, plainClass, setOwn, small } from './plain-data.js';
import type { Walk } from './walk.js';

/**
 * Copies a value into its normal form, checking it on the way: exactly the codec's fields, plain prototypes, no
 * `undefined`, well-formed strings, valid Dates, 0 for −0 in integers. Throws a `Fault`.
 */
export type Normalize = (value: unknown, walk: Walk) => unknown;

/** An object's fields by name, whether each must be there, and the codec of all further ones, if any may come. */
export interface Fields {
  readonly known: ReadonlyMap<string, { readonly codec: Codec; readonly optional: boolean }>;
  readonly rest: Codec | undefined;
}

const compiled = new WeakMap<Codec, Normalize>();

/** The normaliser of a codec, compiled once. Codecs that cannot hold data (functions, never) are refused. */
export function normalizer(codec: Codec): Normalize {
  const known = compiled.get(codec);
  if (known !== undefined) return known;
  // Registered before it is made, so that a recursive codec finds itself.
  const late: Normalize = (value, walk) => normalizer(codec)(value, walk);
  compiled.set(codec, late);
  try {
    const made = compile(codec);
    compiled.set(codec, made);
    return made;
  } catch (error) {
    compiled.delete(codec);
    throw error;
  }
}

function compile(codec: Codec): Normalize {
  const fields = fieldsOf(codec);
  if (fields !== undefined) return objectOf(codec, fields);
  const tag = tagged(codec);
  switch (tag?._tag) {
    case 'StringType':
    case 'NumberType':
    case 'BooleanType':
    case 'BigIntType':
    case 'KeyofType':
    case 'NullType':
    case 'LiteralType':
    case 'UndefinedType':
    case 'VoidType':
      return scalarOf(codec, tag);
    case 'ExactType':
    case 'ReadonlyType':
      return normalizer(tag.type);
    case 'RecursiveType':
      return recursive(tag);
    case 'RefinementType':
      return refined(codec, tag.type);
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return arrayOf(codec, tag.type);
    case 'TupleType':
      return tupleOf(codec, tag.types);
    case 'UnionType':
      return unionOf(codec, tag.types);
    case 'FunctionType':
    case 'NeverType':
      throw new Fault(
        'DefinitionInvalid',
        `is ${codec.name}, which holds no data: use a codec whose values can be stored`,
      );
    case 'DateType':
    case 'BytesType':
    default:
      // No tag to guide the copy: the codec's word, then a plain copy that must still be one of its values.
      return (value, walk) => {
        if (!codec.is(value)) throw mismatch(codec, value);
        const copy = copyPlain(value, 'RowInvalid', walk);
        if (!codec.is(copy)) throw mismatch(codec, copy);
        return copy;
      };
  }
}

/** What is its own copy. */
function scalarOf(codec: Codec, tag: Tagged): Normalize {
  switch (tag._tag) {
    case 'StringType':
      return (value) => {
        if (typeof value !== 'string') throw mismatch(codec, value);
        if (!value.isWellFormed()) throw new Fault('RowInvalid', 'has a lone surrogate, which UTF-8 cannot hold');
        return value;
      };
    case 'NumberType':
      return (value) => {
        if (typeof value !== 'number') throw mismatch(codec, value);
        return small(value);
      };
    case 'BooleanType':
    case 'BigIntType': {
      const type = { BooleanType: 'boolean', BigIntType: 'bigint' }[tag._tag];
      return (value) => {
        if (typeof value !== type) throw mismatch(codec, value);
        return value;
      };
    }
    case 'KeyofType': {
      const words: ReadonlySet<unknown> = new Set(Object.keys(tag.keys));
      return (value) => {
        if (!words.has(value)) throw mismatch(codec, value);
        return value;
      };
    }
    default:
      return (value) => {
        if (!codec.is(value)) throw mismatch(codec, value);
        // The literal 0 is equal to −0.
        return value === 0 ? 0 : value;
      };
  }
}

/** The fields of an object codec, through `exact`, `readonly` and intersections; undefined for anything else. */
export function fieldsOf(codec: Codec): Fields | undefined {
  const tag = tagged(codec);
  switch (tag?._tag) {
    case 'InterfaceType':
    case 'PartialType': {
      const optional = tag._tag === 'PartialType';
      const known = Object.entries(tag.props).map(([name, field]) => [name, { codec: field, optional }] as const);
      return { known: new Map(known), rest: undefined };
    }
    case 'DictionaryType':
      return dictionaryFields(tag);
    case 'ExactType':
    case 'ReadonlyType':
      return fieldsOf(tag.type);
    case 'IntersectionType':
      return mergedFields(tag.types);
    default:
      return undefined;
  }
}

function dictionaryFields(tag: Extract<Tagged, { readonly _tag: 'DictionaryType' }>): Fields {
  const domain = tagged(tag.domain);
  if (domain?._tag === 'KeyofType') {
    const names = Object.keys(domain.keys);
    return { known: new Map(names.map((name) => [name, { codec: tag.codomain, optional: false }])), rest: undefined };
  }
  return { known: new Map(), rest: tag.codomain };
}

/** The fields of all members together; a member that is not an object leaves the intersection to its own `is`. */
function mergedFields(members: readonly Codec[]): Fields | undefined {
  const known = new Map<string, { readonly codec: Codec; readonly optional: boolean }>();
  let rest: Codec | undefined;
  for (const member of members) {
    const fields = fieldsOf(member);
    if (fields === undefined) return undefined;
    rest ??= fields.rest;
    for (const [name, field] of fields.known) {
      const other = known.get(name);
      known.set(name, other === undefined || other.optional ? field : other);
    }
  }
  return { known, rest };
}

/** The normaliser of a field; what is wrong with its codec is wrong there. */
function normalizerAt(name: string, codec: Codec): Normalize {
  try {
    return normalizer(codec);
  } catch (error) {
    throw passing(error, name, 'DefinitionInvalid');
  }
}

function objectOf(codec: Codec, { known, rest }: Fields): Normalize {
  const plan = [...known].map(([name, field]) => ({
    name,
    lent: name in Object.prototype,
    optional: field.optional || allowsUndefined(field.codec),
    normalize: normalizerAt(name, field.codec),
    expected: field.codec.name,
  }));
  const each = rest === undefined ? undefined : normalizer(rest);
  // Members of an intersection may each constrain the same field or the names of a map: their own word counts.
  const conditions = conditionsOf(codec);
  const Plain = plainClass();
  return (value, walk) => {
    if (!isPlainObject(value)) throw notPlain(codec, value);
    walk.enter();
    const copy = new Plain();
    let place = '';
    try {
      for (const field of plan) {
        place = field.name;
        const item = field.lent ? getOwn(value, place) : value[place];
        if (item === undefined) {
          if (!field.optional) throw new Fault('RowInvalid', `is missing: expected ${field.expected}`);
        } else if (field.lent) setOwn(copy, place, field.normalize(item, walk));
        else copy[place] = field.normalize(item, walk);
      }
      if (each !== undefined || hasStrangers(value, plan, known)) {
        const refused = Reflect.ownKeys(value).filter(
          (name) => typeof name === 'symbol' || (each === undefined && !known.has(name)),
        );
        if (refused.length > 0) {
          place = String(refused[0]);
          const all = refused.map(String).join(', ');
          throw new Fault('UnknownField', `is unknown to the codec (${all}): leave it out or add it`);
        }
        for (place of Object.keys(value)) {
          const item = value[place];
          if (known.has(place) || item === undefined) continue;
          if (!place.isWellFormed()) throw new Fault('RowInvalid', 'has a lone surrogate in its name');
          setOwn(copy, place, each!(item, walk));
        }
      }
    } catch (error) {
      throw passing(error, place, 'RowInvalid');
    }
    for (const condition of conditions) if (!condition.is(copy)) throw mismatch(condition, value);
    walk.leave();
    return copy;
  };
}

/** True when an object has names beyond the known ones. */
function hasStrangers(
  value: object,
  plan: readonly { readonly name: string }[],
  known: ReadonlyMap<string, unknown>,
): boolean {
  const names = Object.getOwnPropertyNames(value);
  for (let i = 0; i < names.length; i++) {
    // Most rows are written with their fields in the codec's order.
    if ((i >= plan.length || names[i] !== plan[i]!.name) && !known.has(names[i]!)) return true;
  }
  return Object.getOwnPropertySymbols(value).length > 0;
}

/** Codecs within an object codec that ask more than its fields show. */
function conditionsOf(codec: Codec): readonly Codec[] {
  const tag = tagged(codec);
  if (tag?._tag === 'ExactType' || tag?._tag === 'ReadonlyType') return conditionsOf(tag.type);
  if (tag?._tag === 'DictionaryType') return tagged(tag.domain)?._tag === 'StringType' ? [] : [codec];
  if (tag?._tag !== 'IntersectionType') return [];
  const names = tag.types.flatMap((member) => [...(fieldsOf(member)?.known.keys() ?? [])]);
  const overlap =
    new Set(names).size < names.length || tag.types.some((member) => fieldsOf(member)?.rest !== undefined);
  return overlap ? tag.types : tag.types.flatMap(conditionsOf);
}

function arrayOf(codec: Codec, item: Codec): Normalize {
  const normalize = normalizer(item);
  return (value, walk) => {
    if (!Array.isArray(value)) throw mismatch(codec, value);
    walk.enter();
    // A list that grows has room for 17 from its first element on, and most lists in rows are short.
    const copy: unknown[] = value.length <= SHORT ? [...(value as readonly unknown[])] : [];
    for (let i = 0; i < value.length; i++) copy[i] = element(normalize, value, i, walk);
    walk.leave();
    return copy;
  };
}

/** Lists up to this length are made with just the room they need. */
const SHORT = 16;

function tupleOf(codec: Codec, items: readonly Codec[]): Normalize {
  const normalizers = items.map(normalizer);
  return (value, walk) => {
    if (!Array.isArray(value) || value.length !== items.length) throw mismatch(codec, value);
    walk.enter();
    const copy = normalizers.map((normalize, i) => element(normalize, value, i, walk));
    walk.leave();
    return copy;
  };
}

/** A hole or an undefined element would not survive encoding. */
function element(normalize: Normalize, value: readonly unknown[], i: number, walk: Walk): unknown {
  try {
    if (value[i] === undefined) throw new Fault('RowInvalid', 'is missing: arrays have no holes and no undefined');
    return normalize(value[i], walk);
  } catch (error) {
    throw passing(error, i, 'RowInvalid');
  }
}

/** The first member whose `is` accepts the value rules, as in io-ts: write the most specific member first. */
function unionOf(codec: Codec, members: readonly Codec[]): Normalize {
  const branches = members.map((member) => ({ member, normalize: normalizer(member), accepts: acceptance(member) }));
  return (value, walk) => {
    const branch = branches.find(({ accepts }) => accepts(value));
    if (branch === undefined) throw mismatch(codec, value);
    return branch.normalize(value, walk);
  };
}

/** `t.type` asks that a field which may be undefined be present; normal form has it absent. Accept both. */
export function acceptance(codec: Codec): (value: unknown) => boolean {
  const fields = fieldsOf(codec);
  if (fields === undefined) return codec.is;
  const blank = [...fields.known].filter(([, field]) => allowsUndefined(field.codec)).map(([name]) => name);
  if (blank.length === 0) return codec.is;
  const absent: Record<string, undefined> = Object.fromEntries(blank.map((name) => [name, undefined]));
  return (value) => codec.is(isPlainObject(value) ? { ...absent, ...value } : value);
}

function refined(codec: Codec, base: Codec): Normalize {
  const normalize = normalizer(base);
  const integer = codec.name === 'Int';
  return (value, walk) => {
    const copy = normalize(value, walk);
    if (!holds(codec, copy)) throw mismatch(codec, value);
    return integer && copy === 0 ? 0 : copy;
  };
}

/** A refinement's own predicate, on the normal form; its `is` would ask the base codec again. */
export function holds(codec: Codec, copy: unknown): boolean {
  const tag = tagged(codec);
  return tag?._tag === 'RefinementType' && typeof tag.predicate === 'function' ? tag.predicate(copy) : codec.is(copy);
}

function recursive(tag: { readonly type: Codec }): Normalize {
  let normalize: Normalize | undefined;
  return (value, walk) => {
    normalize ??= normalizer(tag.type);
    return normalize(value, walk);
  };
}

/** True when the codec accepts an absent field. */
export function allowsUndefined(codec: Codec): boolean {
  const tag = tagged(codec);
  switch (tag?._tag) {
    case 'UndefinedType':
    case 'VoidType':
      return true;
    case 'UnionType':
      return tag.types.some(allowsUndefined);
    case 'ReadonlyType':
    case 'RefinementType':
      return allowsUndefined(tag.type);
    case 'UnknownType':
    case 'AnyType':
      return true;
    default:
      return false;
  }
}

function notPlain(codec: Codec, value: unknown): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch(codec, value);
  return new Fault('RowInvalid', `is an instance of a class, ${show(value)}: use a plain object of ${codec.name}`);
}

function mismatch(codec: Codec, value: unknown): Fault {
  return new Fault('RowInvalid', `is ${show(value)}: expected ${codec.name}`);
}
