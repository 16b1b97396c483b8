import type { AnyBatch } from './batch.js';

/**
 * The ordered truth behind a store: batches at offsets 1, 2, 3 … with no gaps.
 *
 * An implementation gives:
 * - what was appended can be read back, deep-equal, until it is truncated
 * - `append` is all or nothing, and refuses when `expect` is not the head
 * - offsets never go back, and `at` never decreases
 *
 * A caller holds to this: batches are not changed after they were appended, and their offsets follow the head.
 */
export interface Log {
  /** A random id made with the log; offsets mean nothing under another. */
  readonly lineage: string;
  /** How often it has begun anew, with other content. */
  readonly epoch: number;
  /** How often it did so as another log, or at an earlier place: what followed a place is not what follows it now. */
  readonly breaks: number;
  /** The oldest readable batch; `head + 1` when there is none. */
  readonly floor: number;
  /** The newest batch; 0 before all. */
  readonly head: number;
  /** When the newest batch was made, and the newest one that is gone; −Infinity before all. */
  readonly lastAt: number;
  /**
   * Adds batches and returns the new head.
   * @throws `Conflict` when the head is not `expect`
   */
  append(batches: readonly AnyBatch[], options: { readonly expect: number }): number;
  /** One batch. @throws `OffsetCompacted`, `OffsetInFuture` */
  at(offset: number): AnyBatch;
  /** The batches from one offset to another, both included. @throws `OffsetCompacted`, `OffsetInFuture` */
  read(from: number, to?: number): Iterable<AnyBatch>;
  /** The last batch made at or before a time; `floor − 1` may be the answer. @throws `OffsetCompacted` */
  offsetAt(time: number): number;
  /** Drops the batches before an offset. */
  truncateBefore(offset: number): void;
  /** Ends the log; nothing can be appended any more. */
  close(): void;
}
