import type { AnyBatch } from '../log/batch.js';

/** Who has the batches whose ids are remembered: the log in memory, which keeps them beyond its floor as well. */
export interface BatchKeeper {
  /** The oldest batch that it has anyway. */
  readonly floor: number;
  /** A batch that was kept, or that is not older than the floor; undefined where neither is so. */
  recall(offset: number): AnyBatch | undefined;
  /** The same for a batch that has an id; others are passed over without being taken up. */
  withId(offset: number): AnyBatch | undefined;
  /** Takes in a batch from before the floor. */
  remember(batch: AnyBatch): void;
  /** Has it keep batches with ids from an offset on, whatever the floor is; older ones may go. */
  keepIdsFrom(offset: number): void;
  /** The batches with ids from one offset up to another, as they are now, to be read at any time later. */
  remembered(from: number, to: number): Iterable<AnyBatch>;
}
