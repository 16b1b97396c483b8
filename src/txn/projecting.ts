import type { Tables } from '../codecs/table-types.js';
import type { Change } from '../log/batch.js';
import type { Keep } from '../log/keep.js';
import type { Abort } from '../log/streams.js';
import type { MemoirError } from '../errors.js';
import type { Projection } from '../projections/projection-types.js';
import type { VerifiedSnapshot } from '../projections/verified-snapshot.js';
import type { ReadableStore } from './readable-store.js';

/** How a projection follows a store at its own pace. */
export interface ProjectOptions {
  /** Where it goes on from: a snapshot of it, read by `readSnapshot`; unless told, it begins as its `from` says. */
  readonly snapshot?: VerifiedSnapshot;
  /** How many batches it folds before everything else has its turn; 256 unless told. */
  readonly batches?: number;
  /** How much of its own history it keeps; as much as the store unless told. */
  readonly keep?: Keep;
  /** Keeps the store's batches that it has yet to fold, whatever retention says; false unless told. */
  readonly hold?: boolean;
  /** How often a fold that failed is tried again, and how long it waits first: twice as long each time. */
  readonly retry?: { readonly times?: number; readonly firstMs?: number };
}

/** A batch that a projection could not fold, and went on without. */
export interface Parked {
  readonly offset: number;
  readonly error: MemoirError;
}

/**
 * A projection that follows a store at its own pace: a store of its own to read, with its tables and those that it
 * follows, as they were after the batch that it has come to. Offsets mean what they mean in the store.
 */
export interface ProjectedStore<S extends Tables> extends ReadableStore<S>, Disposable {
  /** How many batches it has yet to fold. */
  readonly lag: number;
  /** The batches that it could not fold, each tried as often as `retry` says. */
  readonly parked: readonly Parked[];
  /** Why it follows no more: it was overtaken by retention, say. What it has can still be read. */
  readonly failure: MemoirError | undefined;
  /**
   * Goes back to before a batch, and folds all from there again; nothing is parked then. Streams with markers are told
   * `reset`, live queries run again.
   *
   * @param offset the first batch to be folded again: one that was parked, say
   * @param next the projection with its folds mended, where they were at fault
   * @throws (rejects) `OffsetCompacted` where the state before it, or the batches from it on, are gone
   */
  replay(offset: number, next?: Projection): Promise<void>;
  /** Stops following. Reads go on. */
  close(): void;
}

/** How a projection is built anew. */
export interface RebuildOptions {
  /** How long a slice may take, in milliseconds, before everything else has its turn; 8 unless told. */
  readonly sliceMs?: number;
  /** Gives the rebuild up; nothing has changed then. */
  readonly signal?: Abort;
}

/** What came of building a projection anew. */
export interface Rebuilt<O extends Tables> {
  readonly projection: string;
  /** The version that was there before; undefined for none. */
  readonly from: number | undefined;
  readonly to: number;
  /** The batch with which the new tables are in the place of the old. */
  readonly offset: number;
  /** The rows that differ from those that were there. */
  readonly changes: readonly Change<O>[];
}

/** What projections can be done with where there is a log to fold. */
export interface Projecting {
  /**
   * Has a projection follow this store at its own pace, apart from its transactions, with its tables to itself.
   *
   * @param projection what `projection` made; it may read and follow any of the store's tables
   * @returns (a promise of) the projection as a store to be read, once it has its beginning; it follows from there
   * @throws (rejects) `DefinitionInvalid`, `OffsetCompacted` where batches are gone that it is built from,
   *   `ProjectionStale` for a snapshot of another version, `LineageChanged` for one of another log
   */
  project<O extends Tables, P extends Tables>(
    projection: Projection<O, P>,
    options?: ProjectOptions,
  ): Promise<ProjectedStore<O & P>>;
  /**
   * Puts other folds in the place of those of a projection of this store, while it is used: its tables are built beside
   * those there are, in slices, from the log or from the rows as its `from` says; then one batch has all that differs.
   * To go back, rebuild the one before.
   *
   * @param projection the same name and tables, with other folds and another version
   * @returns (a promise of) a report of the rows that differ
   * @throws (rejects) `DefinitionInvalid`, `OffsetCompacted` where batches are gone that it is built from,
   *   `ProjectionFailed`, `WaitAborted`, and what `transact` does; nothing has changed then
   */
  rebuild<O extends Tables>(projection: Projection<O>, options?: RebuildOptions): Promise<Rebuilt<O>>;
}
