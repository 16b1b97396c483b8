/**
 * What is left of a codec when its checks are gone: how its values lie in bytes. Plain data, so that it can stand in
 * the header of a file and say, years later, what was written there.
 *
 * Names are Avro's, parted by dots: a name that the codec was given, or the path that leads to it from the row. The
 * order of fields is the codec's; branches and the values of an enum stand in an order of their own, so that two codecs
 * that say the same have the same shape.
 */
export type Shape = ScalarShape | EnumShape | ManyShape | RecordShape | TupleShape | UnionShape | RefShape;

/** One value; `plain` is any plain data at all, of which the codec said no more. */
export interface ScalarShape {
  readonly kind: 'null' | 'boolean' | 'string' | 'number' | 'int' | 'bigint' | 'date' | 'bytes' | 'plain';
}

/** One of some literals. */
export interface EnumShape {
  readonly kind: 'enum';
  readonly name: string;
  readonly values: readonly EnumValue[];
}

/** Many of one shape: one after the other, or by strings. */
export interface ManyShape {
  readonly kind: 'list' | 'map';
  readonly item: Shape;
}

/** An object with known fields. */
export interface RecordShape {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: readonly FieldShape[];
}

/** A list of a known length, each item of a shape of its own. */
export interface TupleShape {
  readonly kind: 'tuple';
  readonly name: string;
  readonly items: readonly Shape[];
}

/** One of some shapes, none of which is a union or a `plain`, and no two of which are the same type to Avro. */
export interface UnionShape {
  readonly kind: 'union';
  readonly branches: readonly Shape[];
}

/** A named shape that stands further up: what makes a shape recursive. */
export interface RefShape {
  readonly kind: 'ref';
  readonly name: string;
}

/** The shapes that have names. */
export type NamedShape = EnumShape | RecordShape | TupleShape;

/** What a literal may be; a bigint is written as `{ bigint: '12' }`. */
export type EnumValue = string | number | boolean | { readonly bigint: string };

/** A field of a record. */
export interface FieldShape {
  readonly name: string;
  readonly shape: Shape;
  /** True when rows may lack it. */
  readonly optional: boolean;
  /** Names that it had before, for rows written then; says nothing of how it lies in bytes, and is not kept there. */
  readonly aliases?: readonly string[];
  /** What it is in rows that were written without it, in normal form; not kept in bytes either. */
  readonly fallback?: unknown;
}
