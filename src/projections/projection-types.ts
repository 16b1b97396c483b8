import type { DomainEvent, Events } from '../codecs/event-types.js';
import type { Table, Tables } from '../codecs/table-types.js';
import type { Change, Meta } from '../log/batch.js';
import type { Derived, Readers, Writers } from './read-view.js';

/** The tables of a projection, as a store has them: to be read. */
export type DerivedTables<O extends Tables> = { readonly [N in keyof O]: O[N] & Derived };

/** The batch that is folded. */
export interface FoldedBatch {
  readonly offset: number;
  /** When it was made, in milliseconds since 1970. */
  readonly at: number;
  readonly id: string | undefined;
  readonly meta: Meta;
}

/** What a fold has besides tables: what it may need that must be the same whenever it is run. */
export interface FoldTools {
  /** When the batch was made, in milliseconds since 1970. */
  readonly at: number;
  /** A number in [0, 1) that depends on the batch and the projection alone. */
  random(): number;
}

/** What a fold is given to read its sources with, and to write its own tables. */
export type Fold<O extends Tables, S extends Tables> = Writers<O> & Readers<S> & FoldTools;

/** The folds of a projection of tables: by the table whose rows change, and by the type of an event. */
export type Folds<O extends Tables, S extends Tables, E extends Events> = {
  /** One for each table whose changes it follows. */
  readonly changes?: {
    readonly [N in keyof S & string]?: (tx: Fold<O, S>, change: Change<Pick<S, N>>, batch: FoldedBatch) => void;
  };
} & {
  readonly [N in keyof E & string]?: (tx: Fold<O, S>, event: DomainEvent<Pick<E, N>>, batch: FoldedBatch) => void;
};

/** The folds of a projection of a value: each gives the next one. */
export type ValueFolds<V, S extends Tables, E extends Events> = {
  /** One for each table whose changes it follows. */
  readonly changes?: {
    readonly [N in keyof S & string]?: (
      value: V,
      change: Change<Pick<S, N>>,
      batch: FoldedBatch,
      tx: Readers<S> & FoldTools,
    ) => V;
  };
} & {
  readonly [N in keyof E & string]?: (
    value: V,
    event: DomainEvent<Pick<E, N>>,
    batch: FoldedBatch,
    tx: Readers<S> & FoldTools,
  ) => V;
};

/** What every projection says. */
export interface ProjectionSources<S extends Tables, E extends Events> {
  /** What it is called in the store; no other projection is. */
  readonly name: string;
  /** Raised when its folds change, so that what the old ones made is not taken for theirs; 1 unless told. */
  readonly version?: number;
  /** The tables that it reads and follows, by their names in the store: base tables, or those of other projections. */
  readonly sources?: S;
  /** The domain events that it follows, as the store's `events` has them. */
  readonly events?: E;
  /**
   * What it is built from where there is something already: `'log'`, the default, folds every batch from the first;
   * `'rows'` takes each row of its sources as inserted now. That is quicker and needs no old batches, and is right for
   * folds of changes alone whose result depends on the rows and not on how they came to be.
   */
  readonly from?: 'log' | 'rows';
}

/** A projection of tables. */
export interface TableProjection<O extends Tables, S extends Tables, E extends Events> extends ProjectionSources<S, E> {
  /** Its own tables, by the names that the store will have them under. */
  readonly tables: O;
  readonly on: NoInfer<Folds<O, S, E>>;
}

/** A projection as data: tables that are a fold of the log. Made by `projection` and `valueProjection`. */
export interface Projection<O extends Tables = Tables, S extends Tables = Tables> {
  readonly name: string;
  readonly version: number;
  readonly tables: O;
  /** The tables that it reads and follows. */
  readonly sources: S;
}

/** The row that holds a folded value. */
export interface ValueRow<V> {
  readonly id: string;
  readonly value: V;
}

/** A table of one row, which holds a folded value. */
export type ValueTable<V> = Table<ValueRow<V>, string, Readonly<Record<never, never>>>;

/** A projection of one value. */
export interface ValueProjection<N extends string, V, S extends Tables = Tables> extends Projection<
  { readonly [_ in N]: ValueTable<V> & Derived },
  S
> {
  /** The value, as a view, a transaction or a live query has it. */
  read(db: { readonly [_ in N]: { get(key: string): ValueRow<V> | undefined } }): V;
}

type Both<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never;

/** The tables that projections add to a store; none where nobody knows which these are. */
export type TablesOf<P extends readonly Projection[]> = string extends keyof P[number]['tables']
  ? unknown
  : Both<P[number]['tables']>;
