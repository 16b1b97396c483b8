/**
 * What memoir asks of a codec: an io-ts codec is one, and so is anything of the same shape.
 * memoir walks the codec's tags (`_tag`, `props`, `types` …) where it has them; one without tags is taken at its
 * word: `is` decides, and the value is copied as plain data.
 */
export interface Codec {
  /** Shown in error messages. */
  readonly name: string;
  /** True when the value is one of the codec's. */
  readonly is: (value: unknown) => boolean;
  readonly decode: (value: never) => unknown;
  readonly encode: (value: never) => unknown;
}

/** The type of a codec's values. */
export type TypeOf<C> = C extends { readonly is: (value: unknown) => value is infer A } ? A : never;

/** The tags of io-ts codecs, as far as memoir reads them. */
export type Tagged =
  | { readonly _tag: 'StringType' | 'NumberType' | 'BooleanType' | 'BigIntType' | 'NullType' | 'UndefinedType' }
  | { readonly _tag: 'VoidType' | 'UnknownType' | 'AnyType' | 'NeverType' | 'FunctionType' | 'ObjectType' }
  | { readonly _tag: 'DateType' | 'BytesType' | 'AnyArrayType' | 'AnyDictionaryType' }
  | { readonly _tag: 'LiteralType'; readonly value: unknown }
  | { readonly _tag: 'KeyofType'; readonly keys: object }
  | { readonly _tag: 'InterfaceType' | 'PartialType'; readonly props: Readonly<Record<string, Codec>> }
  | { readonly _tag: 'ExactType' | 'ReadonlyType'; readonly type: Codec }
  | { readonly _tag: 'RefinementType'; readonly type: Codec; readonly predicate: (value: unknown) => boolean }
  | { readonly _tag: 'RecursiveType'; readonly type: Codec }
  | { readonly _tag: 'ArrayType' | 'ReadonlyArrayType'; readonly type: Codec }
  | { readonly _tag: 'DictionaryType'; readonly domain: Codec; readonly codomain: Codec }
  | { readonly _tag: 'UnionType' | 'IntersectionType' | 'TupleType'; readonly types: readonly Codec[] };

const TAGS: ReadonlySet<string> = new Set<Tagged['_tag']>([
  'StringType',
  'NumberType',
  'BooleanType',
  'BigIntType',
  'NullType',
  'UndefinedType',
  'VoidType',
  'UnknownType',
  'AnyType',
  'NeverType',
  'FunctionType',
  'ObjectType',
  'DateType',
  'BytesType',
  'AnyArrayType',
  'AnyDictionaryType',
  'LiteralType',
  'KeyofType',
  'InterfaceType',
  'PartialType',
  'ExactType',
  'ReadonlyType',
  'RefinementType',
  'RecursiveType',
  'ArrayType',
  'ReadonlyArrayType',
  'DictionaryType',
  'UnionType',
  'IntersectionType',
  'TupleType',
]);

/** The codec seen through its tag, or undefined where it has none that memoir knows. */
export function tagged(codec: Codec): Tagged | undefined {
  const tag = (codec as { readonly _tag?: unknown })._tag;
  return typeof tag === 'string' && TAGS.has(tag) ? (codec as unknown as Tagged) : undefined;
}

/** True for whatever can have properties. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
