import type { Events, NoEvents } from '../codecs/event-types.js';
import type { Tables } from '../codecs/table-types.js';
import type { Batch } from '../log/batch.js';
import type { ReadSnapshotOptions, VerifiedSnapshot } from '../projections/verified-snapshot.js';
import type { StoreOptions } from './contract.js';
import type { ReadableStore } from './readable-store.js';

/** How a replica is made: as the store is whose batches it gets. */
export interface ReplicaOptions<S extends Tables, E extends Events = NoEvents> extends Omit<
  StoreOptions<S, E>,
  'checkPurity'
> {
  /** The id of the log that it follows; that of its snapshot, or of what it follows first, unless told. */
  readonly lineage?: string;
}

/** Where a replica gets its batches: a store in this process is one, and so is whatever reads one over a network. */
export interface ReplicaSource<S extends Tables, E extends Events = NoEvents> {
  /** The id of the log. */
  readonly lineage: string;
  /** Gives the batches from an offset on, each after the one before, and those to come. */
  follow(options: { readonly from: number }): AsyncIterable<Batch<S, E>>;
}

/** A store whose batches are made elsewhere, and where they come in. */
export interface Replica<S extends Tables, E extends Events = NoEvents> extends Disposable {
  /** Everything that can be read, now, then and as it changes. Nothing can be written here. */
  readonly store: ReadableStore<S, E>;
  /**
   * Applies the batch after the head: it can be read, and everyone has been told of it, when this returns.
   * @throws `Conflict` for a batch that does not follow the head; `Damaged`, `DefinitionInvalid`, `RowInvalid`,
   *   `EventInvalid` and the like for one that does not fit the definitions: nothing has changed then
   */
  apply(batch: Batch<S, E>): void;
  /**
   * Applies what a source gives, from the head on; resolves when that ends, or the signal or `close` ends it.
   * @throws (rejects) `LineageChanged` for another log than the replica has, and what `apply` and the source throw
   */
  follow(
    source: ReplicaSource<S, E> | Pick<ReadableStore<S, E>, 'lineage' | 'follow'>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /**
   * Puts a snapshot in the place of everything, where batches that are needed are gone, say: verified before the swap,
   * all of it or nothing. The replica is of the snapshot's log then. Streams with markers are told `reset`.
   * @throws (rejects) `Damaged`, `FormatUnknown`, `SchemaIncompatible`
   */
  restore(snapshot: Uint8Array | VerifiedSnapshot, options?: ReadSnapshotOptions): Promise<void>;
  /** Ends streams, live queries and what is followed. Reads go on. */
  close(): void;
}
