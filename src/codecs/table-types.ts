import type { Brand } from 'io-ts';

import type { KeyPart } from './key.js';

type Present<T> = Exclude<T, undefined>;
type Names<R> = keyof R & string;

/** Fields that can be part of an index key. */
export type KeyField<R> = { [F in Names<R>]-?: Present<R[F]> extends KeyPart ? F : never }[Names<R>];
/** Fields that can be part of the primary key: always there. */
export type PrimaryField<R> = { [F in Names<R>]-?: R[F] extends KeyPart ? F : never }[Names<R>];
/** Fields that hold arrays of key parts. */
export type ArrayField<R> = {
  [F in Names<R>]-?: Present<R[F]> extends readonly KeyPart[] ? F : never;
}[Names<R>];
/** Fields that hold string maps. */
export type MapField<R> = {
  [F in Names<R>]-?: Present<R[F]> extends KeyPart | readonly unknown[]
    ? never
    : string extends keyof Present<R[F]>
      ? F
      : never;
}[Names<R>];

/** What every form of index may also say. */
export interface IndexOptions<R> {
  /** No two rows may have the same key; enforced at every write. */
  readonly unique?: boolean;
  /** Rows without a value are not in the index (with `'null'`, nor are those with a null); else they are an error. */
  readonly sparse?: boolean | 'null';
  /** Only rows for which this is true are in the index. Must be a pure function of the row. */
  readonly where?: (row: R) => boolean;
}

/**
 * How a table is indexed. A bare list of fields is short for `{ on: [...] }`.
 * - `on`: the values of these fields, in this order; with `lower`, strings lower-cased
 * - `each`: one entry for each element of an array field
 * - `keys`, `entries`: one entry for each name, or name and value, of a string map
 * - `by`: a key computed from the row; `undefined` is a missing value
 */
export type IndexSpec<R> =
  | readonly KeyField<R>[]
  | (IndexOptions<R> & { readonly on: readonly KeyField<R>[]; readonly lower?: boolean })
  | (IndexOptions<R> & { readonly each: ArrayField<R>; readonly lower?: boolean })
  | (IndexOptions<R> & { readonly keys: MapField<R> })
  | (IndexOptions<R> & { readonly entries: MapField<R> })
  | (IndexOptions<R> & { readonly by: (row: R) => readonly [KeyPart, ...KeyPart[]] | undefined });

/**
 * The indexes that a definition names: none where it has no `indexes`. (A default for the type parameter would say the
 * same, but would take the parameters of `where` and `by` their inference.)
 */
export type Declared<I> = string extends keyof I ? Record<never, never> : I;

/** A value as a caller may write it: brands (`t.Int`) are checked when it is written, so plain values will do. */
export type Input<T> =
  T extends Brand<infer _>
    ? T extends number
      ? number
      : T extends string
        ? string
        : T extends bigint
          ? bigint
          : T
    : T extends KeyPart | undefined | Uint8Array
      ? T
      : T extends object
        ? { [F in keyof T]: Input<T[F]> }
        : T;

type FieldValues<R, F extends readonly unknown[]> = {
  readonly [I in keyof F]: F[I] extends keyof R ? Input<Present<R[F[I]]>> : never;
};
type Element<T> = T extends readonly (infer E)[] ? readonly [Input<E>] : never;
type MapValue<T> = T extends { readonly [name: string]: infer V } ? readonly [string, Input<V> & KeyPart] : never;

/** The key of an index, as a tuple. */
export type IndexKey<R, S> = S extends readonly unknown[]
  ? FieldValues<R, S>
  : S extends { readonly on: infer F extends readonly unknown[] }
    ? FieldValues<R, F>
    : S extends { readonly each: infer F extends keyof R }
      ? Element<Present<R[F]>>
      : S extends { readonly keys: unknown }
        ? readonly [string]
        : S extends { readonly entries: infer F extends keyof R }
          ? MapValue<Present<R[F]>>
          : S extends { readonly by: (row: never) => infer T }
            ? Input<Extract<T, readonly unknown[]>>
            : never;

/** The primary key as callers write it: a bare value for one field, a tuple for several. */
export type PrimaryKey<R, P> = P extends readonly unknown[]
  ? FieldValues<R, P>
  : P extends keyof R
    ? Input<R[P]>
    : never;

/** Every leading part of a key, from nothing to the whole. */
export type Prefix<T extends readonly unknown[]> = T extends readonly [...infer H, unknown]
  ? T | Prefix<H>
  : readonly [];

/** Leading parts of which the last, a string, may be cut short. */
type StringPrefix<T extends readonly unknown[]> = T extends readonly [...infer H, infer L]
  ? (L extends string ? readonly [...H, string] : never) | StringPrefix<H>
  : never;

/**
 * Which part of an index to read, and how. `prefix` matches whole key parts; `startsWith` cuts its last part, a
 * string. A bound shorter than the key stands for every key that begins with it: `gte` and `lte` include them all,
 * `gt` and `lt` exclude them all. `limit` counts rows.
 */
export interface Range<K extends readonly unknown[]> {
  readonly prefix?: Prefix<K>;
  readonly startsWith?: StringPrefix<K>;
  readonly gt?: Prefix<K>;
  readonly gte?: Prefix<K>;
  readonly lt?: Prefix<K>;
  readonly lte?: Prefix<K>;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The names of a table's unique indexes. */
export type UniqueIndex<I> = { [N in keyof I]: I[N] extends { readonly unique: true } ? N : never }[keyof I] & string;

declare const types: unique symbol;

/** What a definition says of a field besides its codec: how rows are read that were written before it was so. */
export interface FieldNotes<T = unknown> {
  /** Names that the field had before. */
  readonly aliases?: readonly string[];
  /** What it is in rows that were written without it. */
  readonly default?: T;
}

/** How a table is defined. */
export interface TableOptions<R, P, I> {
  readonly primaryKey: P;
  readonly indexes?: I;
  /** Names that the table had before, under which older logs and snapshots have its rows. */
  readonly aliases?: readonly string[];
  /** What older rows need, by field. */
  readonly fields?: NoInfer<{ readonly [F in Names<R>]?: FieldNotes<Input<R[F]>> }>;
}

/** A table's definition as data, and its row, key and index types. Made by `table`. */
export interface Table<R = unknown, K = unknown, I = unknown> {
  readonly primaryKey: readonly string[];
  readonly indexes: { readonly [N in keyof I]: I[N] };
  /** Types only; never there at run time. */
  readonly [types]?: { readonly row: R; readonly key: K };
}

/** The tables of a store, by name. */
export type Tables = Readonly<Record<string, Table>>;

/** The rows of a table. */
export type RowOf<T> = T extends { readonly [types]?: { readonly row: infer R } } ? R : never;
/** The primary keys of a table. */
export type KeyOf<T> = T extends { readonly [types]?: { readonly key: infer K } } ? K : never;
/** The indexes of a table. */
export type IndexesOf<T> = T extends { readonly indexes: infer I } ? I : never;
/** The primary key as the tuple that ranges over it are made of. */
export type PrimaryTuple<K> = K extends readonly unknown[] ? (K extends Uint8Array ? never : K) : readonly [K];
