import type { ByteCodec } from '../codecs/byte-codec.js';
import type { Migrate } from '../codecs/evolution.js';
import type { IndexesOf, IndexSpec, RowOf, Table, Tables } from '../codecs/table-types.js';
import type { Events, NoEvents } from '../codecs/event-types.js';
import type { LogPlan } from '../log/byte-log.js';
import type { Consumption } from '../log/consumer.js';
import type { Block, Policy } from '../log/policy.js';
import type { Batch } from '../log/batch.js';
import type { Position } from '../log/position.js';
import type { Keep } from '../log/keep.js';
import type { HistoryOptions } from '../projections/horizon.js';
import type { ReadSnapshotOptions, VerifiedSnapshot } from '../projections/verified-snapshot.js';
import type { Projection } from '../projections/projection-types.js';
import type { View } from '../projections/read-view.js';
import type { ReadableStore } from './readable-store.js';
import type { Rebuilding } from './rebuilding.js';
import type { AddIndexOptions } from './schema-changes.js';
import type { NewName, One, WithIndex, WithoutIndex, WithTable } from './schema-types.js';
import type { Consumed, ConsumeOptions } from './stream-types.js';
import type { Appended, Body, DryRun, Repeated, TransactOptions, Unchanged } from './transact-types.js';
import type { Limits } from './write-scope.js';

/** What a strict store refuses. */
export interface Strict {
  /** How many rows in a row a scan may look at and not give. */
  readonly filterRows: number;
}

/** How a store is made. */
export interface StoreOptions<S extends Tables, E extends Events = NoEvents> extends Partial<Limits> {
  /** The tables, by name, as `table` made them. */
  readonly tables: S;
  /** The domain events: io-ts codecs of their data, by the names of their types; see `event` for older logs. */
  readonly events?: E;
  /** Tables and values that are folds of what happens here, as `projection` made them. */
  readonly projections?: readonly Projection[];
  /** How much history to keep; the last 100,000 batches unless told. */
  readonly keep?: Keep;
  /**
   * How much of what is kept stays at hand as rows: all of it unless told. What is older takes less memory, and `asOf`
   * makes it again of a checkpoint and the batches between.
   */
  readonly history?: HistoryOptions;
  /** For how many batches ids are remembered; 100,000 unless told. An id takes some 20 bytes beside its batch. */
  readonly idWindow?: number;
  /** How many bytes of history views and followers may pin beyond `keep`; 256 MiB unless told. */
  readonly pinnedBytesMax?: number;
  /** How rows that were written under older definitions become rows of today; see {@link Migrate}. */
  readonly migrate?: Migrate<S>;
  /** How snapshots are encoded: `avro` from `memoir/avro`; JSON unless told, which needs no code generation. */
  readonly codec?: ByteCodec;
  /**
   * What the store begins with. It is another log from then on, since nobody knows what came after the snapshot; to go
   * on with the one it was made from, where that is sure, give its `lineage`.
   */
  readonly snapshot?: VerifiedSnapshot;
  /** Keeps the state hash, for `stateHash()`; false unless told, since each change costs two hashes of a row. */
  readonly stateHash?: boolean;
  /**
   * Refuses queries that an index ought to serve: a `filter` that has passed over more than `filterRows` rows without
   * giving one is `FilterRefused`. Nothing is refused where this is left out.
   */
  readonly strict?: Strict;
  /**
   * In development, the default, stored rows are frozen, accessors in written rows refused, and folds of projections
   * run where the clock, chance and timers are `ImpureFold`, as by `purely`.
   */
  readonly mode?: 'development' | 'production';
  /**
   * Runs the folds of every so many batches twice: where they do not come to the same, the transaction is undone with
   * `ImpureFold`. Not done where this is left out.
   */
  readonly checkPurity?: Sampling;
  /** Milliseconds since 1970; `Date.now` unless told. Commit time never goes back, whatever the clock does. */
  readonly clock?: () => number;
  /** Makes the log's lineage; a random id unless told. */
  readonly lineage?: string;
  /**
   * Told of what fails with no caller to be told: what subscribers throw, snapshots that are damaged or cannot be
   * saved, a log that fails by itself. `console.error` unless told.
   */
  readonly onError?: (error: unknown) => void;
}

/** How a store on a log is opened. */
export interface OpenOptions<S extends Tables, E extends Events = NoEvents> extends StoreOptions<S, E> {
  /** The log: `fileLog({ dir })` from `memoir/log/file`. */
  readonly log: LogPlan;
  /**
   * What a log begins with that has nothing yet: all of it is there when the store is opened, or nothing. From then on
   * the store is opened without it.
   */
  readonly snapshot?: VerifiedSnapshot;
  /** With a snapshot: the log's id; a random one unless told. Otherwise the log has its own. */
  readonly lineage?: string;
  readonly readOnly?: false;
  /** How many bytes of batches may wait for the log; 64 MiB unless told. */
  readonly pendingBytesMax?: number;
}

/** One of every so many. */
export interface Sampling {
  readonly every: number;
}

/** How a snapshot is put in the place of what a store has. */
export interface RestoreOptions extends ReadSnapshotOptions {
  /**
   * The log's id from then on. Unless told, the present one where the snapshot is of it and no older than its head, and
   * a new one otherwise. A function is asked once all of the snapshot has been verified and loaded, and before it takes
   * the place of anything: what it throws refuses the snapshot.
   *
   * @param last the newest batch, while its id is remembered
   */
  readonly lineage?: string | ((snapshot: VerifiedSnapshot, last: Batch<Tables, Events> | undefined) => string);
  /**
   * Builds projections that the snapshot has as other versions made them, or not at all, of its rows, before anybody
   * sees the state: as it would be had these folds been there all along. Those that are `from: 'log'` are refused with
   * `ProjectionStale`, and without this all are. For stores in memory.
   */
  readonly projections?: 'build';
}

/** What every store has whose tables can be written, wherever its log is. */
export interface AnyStore<S extends Tables, E extends Events = NoEvents> extends ReadableStore<S, E>, Rebuilding {
  /**
   * Runs a body as `transact` would, tells what would have come of it, and undoes it. With the `id` and the `meta` of
   * the transaction it foretells, `tx.random()` gives the same numbers.
   */
  with<A>(body: Body<S, A, E>, options?: Pick<TransactOptions<S>, 'id' | 'meta'>): DryRun<S, A, E>;
  /**
   * Gives back the batches before an offset; what a holding follower or an open view needs stays, and goes with the
   * first batch after they let go.
   */
  compact(before: number | Position): void;
  /**
   * Puts the state of a snapshot in the place of what there is: all of it or, when the bytes are damaged or do not fit,
   * nothing. It is read and loaded in slices, while the store goes on; what was written meanwhile is gone then, too.
   * Live queries run again. Streams with markers are told `reset` and go on; others end with `LineageChanged`, unless
   * the snapshot is of this very log and no older than its head. Views that are open stay what they are. Several are
   * done one after the other, in the order in which they were asked for.
   *
   * A store on a log puts it in the place of the log, too, by one step of the disk: whoever opens it next finds all of
   * the old or all of the new. Transactions that are made while the disk is at it reject with `Aborted`.
   *
   * @throws (rejects) `Damaged`, `FormatUnknown`, `SchemaIncompatible`, `UniqueViolation`, `MissingValue`,
   *   `KeyInvalid`, `StoreClosed`; `LogRefused` when the log did not take it and all is as it was; `OutcomeUnknown`
   *   when that is not known before it is opened again: until then the store can only be read
   */
  restore(snapshot: Uint8Array | VerifiedSnapshot, options?: RestoreOptions): Promise<void>;
}

/** A store in memory: transactions are synchronous. */
export interface Store<S extends Tables, E extends Events = NoEvents> extends AnyStore<S, E>, Disposable {
  /**
   * Runs a body as one transaction: all of it becomes one batch, or none of it happened.
   *
   * @param body reads and writes through `tx`, synchronously; whatever it throws undoes everything and is thrown on
   * @throws `Conflict`, `NestedTransaction`, `AsyncBody`, `HistoryFull`, `MetaInvalid`, `StoreClosed`, and what the
   *   body's statements throw
   */
  transact<A>(
    body: Body<S, A, E>,
    options?: TransactOptions<S> & { readonly id?: undefined },
  ): Appended<S, A, E> | Unchanged<A>;
  transact<A>(body: Body<S, A, E>, options: TransactOptions<S>): Appended<S, A, E> | Unchanged<A> | Repeated<S, E>;
  /**
   * Runs work whose transactions are told of together: each is a batch of its own, which can be read at once, and
   * subscribers hear of them, in their order, when the work has ended, whether it returns or throws. A live query then
   * runs once instead of once a batch.
   *
   * @param work makes transactions, synchronously
   * @throws `NestedTransaction`, `StoreClosed`, and what the work throws
   */
  together<A>(work: () => A): A;
  /**
   * Adds an index to a table, while the store is used. It is built off to the side, in slices between which everything
   * else has its turn; writes going on meanwhile are taken into account. When it has every row it can be read, from
   * views of the head of that moment and later ones; older ones answer `IndexNotYet`.
   *
   * @returns this store, typed with the index
   * @throws (rejects) `UniqueViolation` with the primary keys of rows that share a key, `MissingValue` and `KeyInvalid`
   *   when a row does not fit, `DefinitionInvalid` when there is such an index, `WaitAborted`, `StoreClosed`,
   *   `NestedTransaction`; nothing has changed then
   */
  addIndex<N extends keyof S & string, I extends string, const D extends IndexSpec<RowOf<S[N]>>>(
    table: N & One<N>,
    name: I & NewName<I, keyof IndexesOf<S[N]> | 'primaryKey'>,
    definition: D,
    options?: AddIndexOptions,
  ): Promise<Store<WithIndex<S, N, I, D>, E>>;
  /**
   * Drops an index, at once and for views of every offset: whoever still asks for it meets `IndexDropped`. Live queries
   * that read it run again.
   *
   * @returns this store, typed without the index
   * @throws `IndexDropped`, `RangeInvalid` when there is none, `StoreClosed`, `NestedTransaction`
   */
  dropIndex<N extends keyof S & string, I extends keyof IndexesOf<S[N]> & string>(
    table: N & One<N>,
    name: I & One<I>,
  ): Store<WithoutIndex<S, N, I>, E>;
  /**
   * Adds a table without rows. Views of every offset have it, older ones without rows, as it was then.
   *
   * @returns this store, typed with the table
   * @throws `DefinitionInvalid` when there is such a table, `StoreClosed`, `NestedTransaction`
   */
  addTable<N extends string, T extends Table>(
    name: N & NewName<N, keyof S>,
    definition: T,
  ): Store<WithTable<S, N, T>, E>;
  /** Ends streams, live queries and waits. Reads go on; writes throw `StoreClosed`. */
  close(): void;
}

/** A store whose log outlives the process: a transaction is over when the log has its batch. */
export interface DurableStore<S extends Tables, E extends Events = NoEvents> extends AnyStore<S, E>, AsyncDisposable {
  /**
   * Runs a body as one transaction, at once and on the state that includes all before it, and resolves when the log has
   * the batch; until then nobody else sees it. Promises settle in the order of the calls.
   *
   * @param body reads and writes through `tx`, synchronously; whatever it throws undoes everything, and is what the
   *   promise rejects with
   * @throws (rejects) what `transact` of a store in memory throws; `LogRefused` when the log certainly has no such
   *   batch, `OutcomeUnknown` with its `id` when that is not known, `Aborted` when an earlier transaction failed so:
   *   after each of these the store can only be read, until it is opened again; `PendingFull`
   */
  transact<A>(
    body: Body<S, A, E>,
    options?: TransactOptions<S> & { readonly id?: undefined },
  ): Promise<Appended<S, A, E> | Unchanged<A>>;
  transact<A>(
    body: Body<S, A, E>,
    options: TransactOptions,
  ): Promise<Appended<S, A, E> | Unchanged<A> | Repeated<S, E>>;
  /** As on every store, and with one more policy: `{ block: n }` makes writers wait. */
  consume<N extends keyof S & string, const P extends Policy | Block, M extends boolean = false>(
    handler: (item: Consumed<Pick<S, N>, E, P, M>) => unknown,
    options: ConsumeOptions<S, N, keyof E & string, P, M>,
  ): Consumption;
  /**
   * Makes a snapshot beside the log, from which the store is opened quicker, and gives back what the log no longer
   * needs.
   *
   * @returns the offset of the snapshot
   */
  saveSnapshot(): Promise<number>;
  /**
   * Adds an index to a table, while the store is used. It is built off to the side, in slices between which everything
   * else has its turn; writes going on meanwhile are taken into account. When it has every row it can be read, from
   * views of the head of that moment and later ones; older ones answer `IndexNotYet`.
   *
   * @returns this store, typed with the index
   * @throws (rejects) `UniqueViolation` with the primary keys of rows that share a key, `MissingValue` and `KeyInvalid`
   *   when a row does not fit, `DefinitionInvalid` when there is such an index, `WaitAborted`, `StoreClosed`,
   *   `NestedTransaction`; nothing has changed then
   */
  addIndex<N extends keyof S & string, I extends string, const D extends IndexSpec<RowOf<S[N]>>>(
    table: N & One<N>,
    name: I & NewName<I, keyof IndexesOf<S[N]> | 'primaryKey'>,
    definition: D,
    options?: AddIndexOptions,
  ): Promise<DurableStore<WithIndex<S, N, I, D>, E>>;
  /**
   * Drops an index, at once and for views of every offset: whoever still asks for it meets `IndexDropped`. Live queries
   * that read it run again.
   *
   * @returns this store, typed without the index
   * @throws `IndexDropped`, `RangeInvalid` when there is none, `StoreClosed`, `NestedTransaction`
   */
  dropIndex<N extends keyof S & string, I extends keyof IndexesOf<S[N]> & string>(
    table: N & One<N>,
    name: I & One<I>,
  ): DurableStore<WithoutIndex<S, N, I>, E>;
  /**
   * Adds a table without rows. Views of every offset have it, older ones without rows, as it was then.
   *
   * @returns this store, typed with the table
   * @throws `DefinitionInvalid` when there is such a table, `StoreClosed`, `NestedTransaction`
   */
  addTable<N extends string, T extends Table>(
    name: N & NewName<N, keyof S>,
    definition: T,
  ): DurableStore<WithTable<S, N, T>, E>;
  /**
   * Ends streams, live queries and waits, when all that is under way is in the log, and gives the log free.
   *
   * @throws (rejects) `LogRefused`, `OutcomeUnknown` where what was written before may not last; the log is free then
   */
  close(): Promise<void>;
}

/** The view type of a store, as in `type Db = ViewOf<typeof store>`. */
export type ViewOf<X> = X extends ReadableStore<infer S, infer _> ? View<S> : never;
