import type { Derived } from '../projections/read-view.js';
import type { IndexesOf, KeyOf, RowOf, Table, Tables } from '../codecs/table-types.js';

/** A name that is one literal, or just `string`: of a union nobody knows which is meant. */
export type One<N extends string, All extends string = N> = N extends unknown ? ([All] extends [N] ? N : never) : never;

/** A name known to the compiler that is not taken, so that it is known what has it from now on. */
export type NewName<N extends string, Taken> = string extends N ? never : Exclude<One<N>, Taken>;

/** A table that can be written where another can. */
type Like<T, U> = T extends Derived ? U & Derived : U;

/** A store's tables, one of them with an index more. */
export type WithIndex<S extends Tables, N extends keyof S, I extends string, D> = {
  readonly [T in keyof S]: T extends N
    ? Like<S[T], Table<RowOf<S[T]>, KeyOf<S[T]>, IndexesOf<S[T]> & { readonly [_ in I]: D }>>
    : S[T];
};

/** A store's tables, one of them with an index less. */
export type WithoutIndex<S extends Tables, N extends keyof S, I extends string> = {
  readonly [T in keyof S]: T extends N ? Like<S[T], Table<RowOf<S[T]>, KeyOf<S[T]>, Omit<IndexesOf<S[T]>, I>>> : S[T];
};

/** A store's tables, and one more. */
export type WithTable<S extends Tables, N extends string, T extends Table> = {
  readonly [M in keyof S | N]: M extends keyof S ? S[M] : T;
};
