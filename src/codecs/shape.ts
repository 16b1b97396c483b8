/**
 * What is left of a codec when its checks are gone: how its values lie in bytes. Plain data, so that it can stand in
 * the header of a file and say, years later, what was written there.
 */
export type Shape =
  | { readonly kind: 'null' | 'boolean' | 'string' | 'number' | 'int' | 'bigint' | 'date' | 'bytes' | 'plain' }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly EnumValue[] }
  | { readonly kind: 'list' | 'map'; readonly item: Shape }
  | { readonly kind: 'record'; readonly name: string; readonly fields: readonly FieldShape[] }
  | { readonly kind: 'tuple'; readonly name: string; readonly items: readonly Shape[] }
  | { readonly kind: 'union'; readonly branches: readonly Shape[] }
  /** A named shape that stands further up: what makes a shape recursive. */
  | { readonly kind: 'ref'; readonly name: string };

/** What a literal may be; a bigint is written as `{ bigint: '12' }`. */
export type EnumValue = string | number | boolean | { readonly bigint: string };

/** A field of a record. */
export interface FieldShape {
  readonly name: string;
  readonly shape: Shape;
  /** True when rows may lack it. */
  readonly optional: boolean;
}
