import type { Explanation } from './explanation.js';
import type {
  IndexesOf,
  IndexKey,
  Input,
  KeyOf,
  PrimaryTuple,
  Range,
  RowOf,
  Tables,
  UniqueIndex,
} from '../codecs/table-types.js';

declare const derived: unique symbol;

/** Marks a table that a projection writes, and nobody else. Types only. */
export interface Derived {
  readonly [derived]: true;
}

type AsTuple<K> = K extends readonly unknown[] ? K : never;
type KeyIn<R, I, N extends keyof I> = AsTuple<IndexKey<R, I[N]>>;

/** Which rows to read, and how: a stretch of an index, and a filter for what no index says. */
export interface ScanRange<K extends readonly unknown[], R> extends Range<K> {
  /**
   * Gives only the rows for which this is true; `limit` counts those. Every row of the stretch is looked at until there
   * are enough, so an index is better where one can say the same. Must be a pure function of the row.
   */
  readonly filter?: (row: R) => boolean;
}

/** Where to go on reading: the whole key after which the next page begins, at which offset, of which log. */
export interface PageToken {
  readonly lineage: string;
  readonly offset: number;
  /** The last key of the page, in the order-preserving encoding, as base64url. */
  readonly key: string;
}

/** Some rows, and where the next ones are; no `next` when these were the last. */
export interface Page<R> {
  readonly rows: readonly R[];
  readonly next?: PageToken;
}

/** How a page is asked for: a range, and the token that the page before gave. */
export type PageRange<K extends readonly unknown[], R = never> = ScanRange<K, R> & {
  readonly limit: number;
  readonly after?: PageToken;
};

/**
 * One table as a view shows it. Every method answers from the view's state alone, whatever has been written since.
 * Scans are lazy: rows are read as the iterable is read, and each iteration starts anew.
 *
 * Methods throw `ViewClosed` (or `TransactionEnded`) when their view is over, `KeyInvalid` and `RangeInvalid` when
 * they are asked for what cannot be, and in a strict store `FilterRefused`.
 */
export interface TableReader<R, K, I> {
  /** How many rows there are. */
  readonly size: number;
  /** The row of a primary key, or undefined. */
  get(key: K): R | undefined;
  /** The row of a primary key; throws `RowNotFound`. */
  getOrThrow(key: K): R;
  /** True when there is a row of this primary key. */
  has(key: K): boolean;
  /** The row of a key of a unique index, or undefined. */
  find<N extends UniqueIndex<I>>(index: N, ...key: KeyIn<R, I, N>): R | undefined;
  /** The row of a key of a unique index; throws `RowNotFound`. */
  findOrThrow<N extends UniqueIndex<I>>(index: N, ...key: KeyIn<R, I, N>): R;
  /** Rows in the order of the primary key. */
  scan(range?: ScanRange<AsTuple<PrimaryTuple<K>>, R>): Iterable<R>;
  /** Rows in the order of an index, then of the primary key; each once, at its first entry. */
  scan<N extends keyof I & string>(index: N, range?: ScanRange<KeyIn<R, I, N>, R>): Iterable<R>;
  /** The first row of a scan, or undefined. */
  first(range?: ScanRange<AsTuple<PrimaryTuple<K>>, R>): R | undefined;
  first<N extends keyof I & string>(index: N, range?: ScanRange<KeyIn<R, I, N>, R>): R | undefined;
  /** The last row of a scan, or undefined. */
  last(range?: ScanRange<AsTuple<PrimaryTuple<K>>, R>): R | undefined;
  last<N extends keyof I & string>(index: N, range?: ScanRange<KeyIn<R, I, N>, R>): R | undefined;
  /** How many rows a scan would give. */
  count(range?: ScanRange<AsTuple<PrimaryTuple<K>>, R>): number;
  count<N extends keyof I & string>(index: N, range?: ScanRange<KeyIn<R, I, N>, R>): number;
  /** Some rows of a scan at a time; hand the token to `store.asOf` and to the next call. */
  page(range: PageRange<AsTuple<PrimaryTuple<K>>, R>): Page<R>;
  page<N extends keyof I & string>(index: N, range: PageRange<KeyIn<R, I, N>, R>): Page<R>;
  /** What a scan of the same range will touch, as data, without reading a row; see {@link Explanation}. */
  explain(range?: ScanRange<AsTuple<PrimaryTuple<K>>, R>): Explanation;
  explain<N extends keyof I & string>(index: N, range?: ScanRange<KeyIn<R, I, N>, R>): Explanation;
  /** The row whose key, a string in its last part, is the longest beginning of the one given; as routers look up. */
  longestPrefix(key: AsTuple<PrimaryTuple<K>>): R | undefined;
  longestPrefix<N extends keyof I & string>(index: N, key: KeyIn<R, I, N>): R | undefined;
}

/** A table reader that also writes: what a transaction sees. Each statement works whole or not at all. */
export interface TableWriter<R, K, I> extends TableReader<R, K, I> {
  /**
   * Adds a row and returns it as stored.
   * @throws `UniqueViolation` naming the row in the way, `RowInvalid`, `UnknownField`, `MissingValue`, `KeyInvalid`,
   *   `RowTooLarge`, `BatchTooLarge`
   */
  insert(row: Input<R>): R;
  /** Adds a row, or replaces the one of the same primary key; returns it as stored. Throws as `insert` does. */
  put(row: Input<R>): R;
  /**
   * Changes a row: a patch of fields (undefined removes an optional one), or a function from the row to the new one.
   * Returns it as stored.
   * @throws `RowNotFound`, `KeyChanged`, and as `insert` does
   */
  update(key: K, change: Patch<R> | ((row: R) => Input<R>)): R;
  /** Deletes a row; false when there was none. */
  delete(key: K): boolean;
  /** Deletes the rows that a scan of the same range would give; returns how many. */
  deleteRange(range?: ScanRange<AsTuple<PrimaryTuple<K>>, R>): number;
  deleteRange<N extends keyof I & string>(index: N, range?: ScanRange<KeyIn<R, I, N>, R>): number;
}

/** New values for some fields. */
export type Patch<R> = { readonly [F in keyof R]?: Input<R[F]> | undefined };

/** The tables of a view, by name. */
export type Readers<S extends Tables> = {
  readonly [N in keyof S]: TableReader<RowOf<S[N]>, KeyOf<S[N]>, IndexesOf<S[N]>>;
};

/** The tables of a transaction, by name; those of projections to read. */
export type Writers<S extends Tables> = {
  readonly [N in keyof S]: S[N] extends Derived
    ? TableReader<RowOf<S[N]>, KeyOf<S[N]>, IndexesOf<S[N]>>
    : TableWriter<RowOf<S[N]>, KeyOf<S[N]>, IndexesOf<S[N]>>;
};

/**
 * The whole state at one offset: immutable, made in O(1). A query is a function of a view, and runs alike on now, on
 * the past, in a transaction and live.
 */
export type View<S extends Tables> = Readers<S> & ViewHandle;

/** What a view is besides its tables. */
export interface ViewHandle extends Disposable {
  /** The batch after which the state is this; 0 before all. */
  readonly offset: number;
  /** The log that the offset is of. */
  readonly lineage: string;
  /** Lets history go; a view that is merely dropped lets go when the collector finds it. */
  close(): void;
}
