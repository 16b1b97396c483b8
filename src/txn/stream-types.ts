import type { Events } from '../codecs/event-types.js';
import type { Tables } from '../codecs/table-types.js';
import type { Batch, Change, ChangeKind } from '../log/batch.js';
import type { Marker } from '../log/cursor.js';
import type { AnyCoalesced, Gap } from '../log/policy.js';
import type { Position } from '../log/position.js';

/** Which batches a stream gives. */
export interface StreamOptions<S extends Tables, N extends keyof S & string, M extends string = never> {
  /** The first offset wanted, inclusive; resume with the last one seen plus 1. Live only when left out. */
  readonly from?: number | Position;
  /** Changes of these tables; a batch that has nothing of what is asked for is passed over. */
  readonly tables?: readonly N[];
  /** Events of these types. Where changes or events are asked for, the other kind is left out unless asked for, too. */
  readonly events?: readonly M[];
  /** Changes of these kinds only. */
  readonly kinds?: readonly ChangeKind[];
  /** Changes for which this is true only. */
  readonly where?: (change: Change<Pick<S, N>>) => boolean;
  /** Shown in `stats()`, and in `holders()` for one that holds. */
  readonly label?: string;
}

/** Asks for markers among the batches. */
export interface WithMarkers {
  readonly markers: true;
  /** How many batches may be passed over before a `progress` marker says so; 1,000 unless told. */
  readonly progressEvery?: number;
}

/** A stream that is pulled may hold: what it has not read yet is kept for it. */
export interface FollowOptions {
  readonly hold?: boolean;
}

/** Several batches as one: the net changes that lead from the state before the first to the state after the last. */
export interface Coalesced<S extends Tables> extends Omit<AnyCoalesced, 'changes'> {
  readonly changes: readonly Change<S>[];
}

/** What a consumer is given: batches, and what its policy and its options put among them or in their place. */
export type Consumed<S extends Tables, E extends Events, P, M> =
  | Batch<S, E>
  | (P extends 'coalesceByKey' ? Coalesced<S> : never)
  | (P extends 'drop' ? Gap : never)
  | (M extends true ? Marker : never);

/** How a consumer is given batches. */
export interface ConsumeOptions<
  S extends Tables,
  N extends keyof S & string,
  K extends string,
  P,
  M,
> extends StreamOptions<S, N, K> {
  /** What becomes of batches that come while it is at work. */
  readonly policy: P;
  /** Asks for `caughtUp` and `reset` among the batches; without them a restore ends it with `LineageChanged`. */
  readonly markers?: M;
}
