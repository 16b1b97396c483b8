import type { Tables } from '../codecs/table-types.js';
import type { Batch, Change } from '../log/batch.js';
import type { Marker } from '../log/cursor.js';
import type { AnyCoalesced, Gap } from '../log/policy.js';
import type { StreamOptions } from './contract.js';

/** Several batches as one: the net changes that lead from the state before the first to the state after the last. */
export interface Coalesced<S extends Tables> extends Omit<AnyCoalesced, 'changes'> {
  readonly changes: readonly Change<S>[];
}

/** What a consumer is given: batches, and what its policy and its options put among them or in their place. */
export type Consumed<S extends Tables, P, M> =
  | Batch<S>
  | (P extends 'coalesceByKey' ? Coalesced<S> : never)
  | (P extends 'drop' ? Gap : never)
  | (M extends true ? Marker : never);

/** How a consumer is given batches. */
export interface ConsumeOptions<S extends Tables, N extends keyof S & string, P, M> extends StreamOptions<S, N> {
  /** What becomes of batches that come while it is at work. */
  readonly policy: P;
  /** Asks for `caughtUp` and `reset` among the batches; without them a restore ends it with `LineageChanged`. */
  readonly markers?: M;
}
