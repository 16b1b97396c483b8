import { invalidDefinition as invalid } from '../errors.js';
import { tagged, type Codec } from './codec.js';
import { enumValue } from './enum-value.js';
import { fieldsOf, type Fields } from './normal-form.js';
import { givenName } from './shape-name.js';
import type { EnumValue } from './shape.js';

/** A codec without what only checks: exact, readonly, refined, recursive. */
export interface BareCodec {
  /** The innermost codec. */
  readonly codec: Codec;
  /** The name that the outermost codec with a name was given. */
  readonly given: string | undefined;
  /** The refinements around it. */
  readonly refinements: readonly Codec[];
  readonly what: What;
}

/** What the values of a codec are, as `normalizer` sees them. */
export type What =
  | { readonly kind: 'null' | 'boolean' | 'string' | 'number' | 'int' | 'bigint' | 'date' | 'bytes' | 'plain' }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'enum'; readonly values: readonly EnumValue[] }
  | { readonly kind: 'list' | 'map'; readonly item: Codec }
  | { readonly kind: 'record'; readonly fields: Fields['known'] }
  | { readonly kind: 'tuple' | 'union'; readonly members: readonly Codec[] };

/** Takes the wrappers off a codec; `path` says where it stands. @throws `DefinitionInvalid` */
export function bareCodec(outer: Codec, path: string): BareCodec {
  const refinements: Codec[] = [];
  const met = new Set<Codec>();
  let given: string | undefined;
  for (let codec = outer; ;) {
    given ??= givenName(codec);
    const tag = tagged(codec);
    switch (tag?._tag) {
      case 'RefinementType':
        if (isInteger(codec, tag.type)) return { codec, given, refinements, what: { kind: 'int' } };
        refinements.push(codec);
        codec = tag.type;
        break;
      case 'ExactType':
      case 'ReadonlyType':
      case 'RecursiveType':
        if (met.has(codec)) throw invalid(path, `${codec.name} is nothing but itself: define it as an object`);
        met.add(codec);
        codec = tag.type;
        break;
      default:
        return { codec, given, refinements, what: whatOf(codec, path) };
    }
  }
}

/** `t.Int` of whatever copy of io-ts; another refinement of that name may hold other numbers. */
function isInteger(codec: Codec, base: Codec): boolean {
  return codec.name === 'Int' && tagged(base)?._tag === 'NumberType' && !codec.is(0.5);
}

function whatOf(codec: Codec, path: string): What {
  const fields = fieldsOf(codec);
  if (fields !== undefined) {
    if (fields.rest === undefined) return { kind: 'record', fields: fields.known };
    return fields.known.size === 0 ? { kind: 'map', item: fields.rest } : { kind: 'plain' };
  }
  const tag = tagged(codec);
  switch (tag?._tag) {
    case 'StringType':
    case 'NumberType':
    case 'BooleanType':
    case 'BigIntType':
    case 'NullType':
    case 'DateType':
    case 'BytesType':
      return { kind: SCALARS[tag._tag] };
    case 'UndefinedType':
    case 'VoidType':
      return { kind: 'undefined' };
    case 'LiteralType':
      return { kind: 'enum', values: [literal(tag.value, path)] };
    case 'KeyofType':
      return { kind: 'enum', values: Object.keys(tag.keys) };
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return { kind: 'list', item: tag.type };
    case 'TupleType':
      return { kind: 'tuple', members: tag.types };
    case 'UnionType':
      return { kind: 'union', members: tag.types };
    default:
      return { kind: 'plain' };
  }
}

const SCALARS = {
  StringType: 'string',
  NumberType: 'number',
  BooleanType: 'boolean',
  BigIntType: 'bigint',
  NullType: 'null',
  DateType: 'date',
  BytesType: 'bytes',
} as const;

function literal(value: unknown, path: string): EnumValue {
  const kept = enumValue(value);
  if (kept === undefined) throw invalid(path, `${String(value)} is no literal that can be kept: use t.number`);
  return kept;
}
