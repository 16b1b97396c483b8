import type { Tables } from '../codecs/table-types.js';
import type { Change } from '../log/batch.js';
import type { Abort } from '../log/streams.js';
import type { Projection } from '../projections/projection-types.js';

/** How a projection is built anew. */
export interface RebuildOptions<O extends Tables = Tables> {
  /** How long a slice may take, in milliseconds, before everything else has its turn; 8 unless told. */
  readonly sliceMs?: number;
  /** Gives the rebuild up; nothing has changed then. */
  readonly signal?: Abort;
  /**
   * Is asked at the very end, with the rows that differ, whether the new tables are to take the place of the old:
   * unless it says true, nothing has changed. It answers at once and writes nothing.
   */
  readonly accept?: (changes: readonly Change<O>[]) => boolean;
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

/** Where projections can be built anew. */
export interface Rebuilding {
  /**
   * Puts other folds in the place of those of a projection of this store, while it is used: its tables are built beside
   * those there are, in slices, from the log or from the rows as its `from` says; then one batch has all that differs.
   * To go back, rebuild the one before.
   *
   * @param projection the same name and tables, with other folds and another version
   * @returns (a promise of) a report of the rows that differ
   * @throws (rejects) `DefinitionInvalid`, `OffsetCompacted` where batches are gone that it is built from,
   *   `ProjectionFailed`, `WaitAborted` when it was given up or not accepted, what `accept` throws, and what `transact`
   *   does; nothing has changed then
   */
  rebuild<O extends Tables>(projection: Projection<O>, options?: RebuildOptions<O>): Promise<Rebuilt<O>>;
}
