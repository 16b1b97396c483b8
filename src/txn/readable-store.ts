import type { MemoirError } from '../errors.js';
import type { Keep } from '../log/keep.js';
import type { Projection } from '../projections/projection-types.js';
import type { VerifiedSnapshot } from '../projections/verified-snapshot.js';
import type { Observable } from 'rxjs';
import type { KeyOf, RowOf, Tables } from '../codecs/table-types.js';
import type { Events, NoEvents } from '../codecs/event-types.js';
import type { Batch, Change, ChangeKind, Meta } from '../log/batch.js';
import type { EventStream } from '../log/event-stream.js';
import type { Consumption } from '../log/consumer.js';
import type { Marker } from '../log/cursor.js';
import type { Policy } from '../log/policy.js';
import type { Position } from '../log/position.js';
import type { Abort } from '../log/streams.js';
import type { Holder } from '../projections/horizon.js';
import type { Snapshot } from '../projections/snapshot.js';
import type { Equality, Stamped } from '../projections/live.js';
import type { StoreStats } from '../projections/stats.js';
import type { View } from '../projections/read-view.js';
import type { Consumed, ConsumeOptions, FollowOptions, StreamOptions, WithMarkers } from './stream-types.js';

/** A change of a row, with the batch that made it. */
export interface RowChange<R> {
  readonly offset: number;
  readonly at: number;
  readonly id: string | undefined;
  readonly meta: Meta;
  readonly kind: ChangeKind;
  readonly before: R | undefined;
  readonly after: R | undefined;
}

/** How a projection follows a store at its own pace. */
export interface ProjectOptions {
  /** Where it goes on from: a snapshot of it, read by `readSnapshot`; unless told, it begins as its `from` says. */
  readonly snapshot?: VerifiedSnapshot;
  /** How many batches it folds before everything else has its turn; 256 unless told. */
  readonly batches?: number;
  /** How much of its own history it keeps; as much as the store unless told. */
  readonly keep?: Keep;
  /**
   * Keeps the store's batches that it has yet to fold, whatever retention says. Unless told, it does so only until it
   * has come to where the store is.
   */
  readonly hold?: boolean;
  /**
   * How often a fold that failed is tried again, 3 times unless told, and how long it waits first, 100 ms unless told:
   * twice as long each time, up to a minute.
   */
  readonly retry?: { readonly times?: number; readonly firstMs?: number };
  /** Without so many it goes on, and ends with the next one that it cannot fold; 1000 unless told. */
  readonly parkedMax?: number;
}

/** A batch that a projection could not fold, and went on without. */
export interface Parked {
  readonly offset: number;
  readonly error: MemoirError;
  /**
   * The one change of it that is left out, where the projection began with rows: these count as inserted, at the offset
   * at which they were read. A snapshot does not tell which it was.
   */
  readonly change?: Change<Tables>;
}

/**
 * A projection that follows a store at its own pace: a store of its own to read, with its tables and those that it
 * follows, as they were after the batch that it has come to. Offsets mean what they mean in the store.
 */
export interface ProjectedStore<S extends Tables> extends ReadableStore<S>, Disposable {
  /** How many batches it has yet to fold. */
  readonly lag: number;
  /** What it could not fold, each tried as often as `retry` says; a snapshot of it says of which batches. */
  readonly parked: readonly Parked[];
  /** Why it follows no more: it was overtaken by retention, say. What it has can still be read. */
  readonly failure: MemoirError | undefined;
  /**
   * Goes back to before a batch, and folds all from there again; what was parked before it stays so. Where the state
   * before a batch that is parked is gone, it begins anew. Streams with markers are told `reset`, live queries run
   * again.
   *
   * @param offset the first batch to be folded again: one that was parked, say
   * @param next the projection with its folds mended, where they were at fault
   * @throws (rejects) `OffsetCompacted` where the state before it, or the batches from it on, are gone;
   *   `OffsetInvalid`, `OffsetInFuture`; `StoreClosed` once it follows no more; `DefinitionInvalid` for other tables
   */
  replay(offset: number, next?: Projection): Promise<void>;
  /** Stops following. Reads go on. */
  close(): void;
}

/** What can be read of a store: now, then, and as it changes. */
export interface ReadableStore<S extends Tables, E extends Events = NoEvents> {
  /** The log's own id: offsets mean nothing under another. */
  readonly lineage: string;
  /** The newest batch; 0 before all. */
  readonly head: number;
  /** The oldest readable batch; `head + 1` when there is none. */
  readonly floor: number;
  /**
   * The state now. Everyone who asks while the head stands is given the same view, so whoever closes it closes it for
   * all, and a label counts only for who opens it; `asOf(store.head)` gives one of your own, and `read` one that closes
   * itself.
   */
  now(options?: { readonly label?: string }): View<S>;
  /**
   * The state after a batch, at a time, or where a page token or position says. Where row versions do not reach, it is
   * made anew of the nearest state and the batches between, at once; its neighbours are quick then.
   * @throws `OffsetCompacted`, `OffsetInFuture`, `LineageChanged`, `OffsetInvalid`
   */
  asOf(point: number | Date | Position, options?: { readonly label?: string }): View<S>;
  /** Runs a query on the state now and lets go of it at once. */
  read<A>(query: (view: View<S>) => A): A;
  /** One batch of the log. @throws `OffsetCompacted`, `OffsetInFuture` */
  batch(offset: number | Position): Batch<S, E>;
  /** The batch that had an id, while that is remembered. */
  batchOf(id: string): Batch<S, E> | undefined;
  /** The batch at the head, where the log has it or its id is remembered: so one made of a snapshot may know it. */
  lastBatch(): Batch<S, E> | undefined;
  /** The net changes that lead from the state after one offset to the state after another, either way round. */
  diff(from: number | Position, to: number | Position): readonly Change<S>[];
  /**
   * Every change of a row that some readable batch made, oldest first: what it was, who changed it, when. Where row
   * versions reach less far back than batches (see `history`, and stores that were opened from a snapshot), every batch
   * before them is read.
   */
  history<N extends keyof S & string>(table: N, key: KeyOf<S[N]>): readonly RowChange<RowOf<S[N]>>[];
  /** The batches from an offset on, history first, then live, with no gap and no repetition. */
  changes<N extends keyof S & string = keyof S & string, M extends keyof E & string = keyof E & string>(
    options: StreamOptions<S, N, M> & WithMarkers,
  ): Observable<Batch<Pick<S, N>, Pick<E, M>> | Marker>;
  changes<N extends keyof S & string = keyof S & string, M extends keyof E & string = keyof E & string>(
    options?: StreamOptions<S, N, M>,
  ): Observable<Batch<Pick<S, N>, Pick<E, M>>>;
  /** The same, pulled: nothing is read before it is asked for. */
  follow<N extends keyof S & string = keyof S & string, M extends keyof E & string = keyof E & string>(
    options: StreamOptions<S, N, M> & FollowOptions & WithMarkers,
  ): AsyncIterableIterator<Batch<Pick<S, N>, Pick<E, M>> | Marker>;
  follow<N extends keyof S & string = keyof S & string, M extends keyof E & string = keyof E & string>(
    options?: StreamOptions<S, N, M> & FollowOptions,
  ): AsyncIterableIterator<Batch<Pick<S, N>, Pick<E, M>>>;
  /**
   * Gives a handler one batch at a time, each when the promise of the one before has settled; what comes meanwhile
   * waits as the policy says. One that throws, or whose promise rejects, is ended and told to `onError`.
   */
  consume<N extends keyof S & string, const P extends Policy, M extends boolean = false>(
    handler: (item: Consumed<Pick<S, N>, E, P, M>) => unknown,
    options: ConsumeOptions<S, N, keyof E & string, P, M>,
  ): Consumption;
  /** A query's answer now, and the position from which to follow what happens to it: nothing lies between. */
  snapshotThenFollow<A>(query: (view: View<S>) => A): { readonly value: A; readonly next: Position };
  /** A query's answer now, and anew whenever it differs. The query is run again only when what it read has changed. */
  live<A>(
    query: (view: View<S>) => A,
    options: { readonly stamped: true; readonly equal?: Equality<A>; readonly label?: string },
  ): Observable<Stamped<A>>;
  live<A>(
    query: (view: View<S>) => A,
    options?: { readonly equal?: Equality<A>; readonly label?: string },
  ): Observable<A>;
  /** The events of a stream, as far as retention keeps their batches. @throws `OptionInvalid` */
  stream(name: string): EventStream<E>;
  /** Resolves once a batch has been appended and everyone told. @throws `WaitAborted`, `StoreClosed` */
  waitFor(offset: number | Position, options?: { readonly signal?: Abort }): Promise<void>;
  /** Who keeps history from being given back, oldest first. */
  holders(): readonly Holder[];
  /**
   * How much there is, where memory goes, and who follows how far behind: counts that are kept anyway, so that it can
   * be polled. The cost grows with the tables, their indexes, the pins and the subscribers, and with nothing else.
   */
  stats(): StoreStats<S>;
  /**
   * The whole state now, to be encoded in slices while the store goes on. Taking it costs nothing; it holds history
   * until it is encoded or closed.
   */
  snapshot(options?: { readonly label?: string }): Snapshot;
  /**
   * What stores of the same state agree on, wherever they run: 32 hexadecimal digits, those of a snapshot at the same
   * offset. For stores made with `stateHash: true`, of the head or of any offset that `asOf` can open.
   * @throws `OptionInvalid` where it is not kept, `OffsetCompacted`, `OffsetInFuture`, `LineageChanged`
   */
  stateHash(offset?: number | Position): string;
  /** Verifies every structure against every other; throws `Defect` when one disagrees. Takes time in the rows. */
  check(): void;
  /**
   * Has a projection follow this store at its own pace, apart from its transactions, with its tables to itself.
   *
   * @param projection what `projection` made; it may read and follow any of the store's tables
   * @returns (a promise of) the projection as a store to be read, once it has its beginning; it follows from there
   * @throws (rejects) `DefinitionInvalid`, `OffsetCompacted` where batches are gone that it is built from,
   *   `ProjectionStale` for a snapshot of another version, `LineageChanged` for one of another log, `OffsetInFuture`
   *   for one that is ahead; `WaitAborted` where the store is restored meanwhile
   */
  project<O extends Tables, P extends Tables>(
    projection: Projection<O, P>,
    options?: ProjectOptions,
  ): Promise<ProjectedStore<O & P>>;
}
