import type { ReadSet } from './read-set.js';

/**
 * Where a reader stands: a view at its version, or a transaction at the head.
 */
export interface Vantage {
  /** The version that reads done at once see; Infinity is the head, with all that a transaction has written. */
  readonly version: number;
  /** The offset that page tokens bear, and its log. */
  readonly offset: number;
  readonly lineage: string;
  /** A version for reads that go on later: what is written from now on is not in it. */
  fix(): number;
  /** Throws when the view or the transaction is over. */
  guard(): void;
  /** Where to note what is read, when a live query is reading. */
  readonly reads: ReadSet | undefined;
  /** How many rows a filter may pass over for each that it gives; Infinity where the store is not strict. */
  readonly filterRows: number;
}
