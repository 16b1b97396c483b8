import type { ByteCodec } from '../codecs/byte-codec.js';
import type { MemoirError } from '../errors.js';
import type { Keep } from './keep.js';

/**
 * How batches are laid down: what the header of a file tells whoever reads it, this memoir or an Avro tool. Batches of
 * one schema stand together; where it changes, another file begins.
 */
export interface WrittenSchema {
  /** The Avro schema of the entries, as JSON. */
  readonly avro: string;
  /** What memoir itself needs to read them, under names that begin with `memoir.`: codec, tables, fingerprint. */
  readonly notes: Readonly<Record<string, string>>;
  /** Equal schemas have equal fingerprints. */
  readonly fingerprint: string;
}

/** One batch as a log outside the process holds it. */
export interface Entry {
  readonly offset: number;
  /** The batch's bytes, as they were appended. */
  readonly body: Uint8Array;
  /** How they were laid down. */
  readonly schema: WrittenSchema;
}

/** What a log outside the process can do. */
export interface LogCaps {
  /** The largest body it takes. */
  readonly bodyBytesMax: number;
  /** What is known of an append that has resolved. */
  readonly durability: 'memory' | 'os' | 'fsync' | 'quorum';
}

/** The snapshots beside a log, for those too who do not write it. */
export interface ReadableShelf {
  /** The offsets of the snapshots there are, newest first. */
  list(): Promise<readonly number[]>;
  /** The bytes of a snapshot, as they lie there: whoever reads them verifies. @throws `OffsetInvalid` */
  open(offset: number): Promise<Uint8Array>;
  /** The file that a snapshot is, where it is one: for whoever is told that it is damaged. */
  pathOf?(this: void, offset: number): string;
  /** Puts a damaged snapshot out of the way, for good: it counts no more. Only where the log is open for writing. */
  setAside?(offset: number): Promise<void>;
}

/** Where snapshots lie beside a log. A snapshot can be seen whole or not at all. */
export interface Shelf extends ReadableShelf {
  /** Takes in a snapshot; it replaces one of the same offset. */
  save(offset: number, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Drops the snapshots before an offset, but for so many of the newest. */
  prune(before: number, keep: number): Promise<void>;
  setAside(offset: number): Promise<void>;
  /** Puts the snapshots after an offset out of the way: the log has lost what they are of, and other batches follow. */
  dropAfter(offset: number): Promise<void>;
}

/** What can be read of a log outside the process. */
export interface ReadableLog {
  /** The log's id; another one when what was visible may have been lost, and where it begins anew. */
  readonly lineage: string;
  /** The oldest readable entry; `head + 1` when there is none. */
  readonly floor: number;
  /** The newest entry; 0 before all. */
  readonly head: number;
  readonly shelf: ReadableShelf;
  /** The entries from one offset to another, both included. @throws `OffsetCompacted`, `OffsetInFuture`, `Damaged` */
  read(from: number, to?: number): AsyncIterable<Entry>;
}

/** A log that another process writes, as it is read meanwhile. Its lineage is empty as long as there is no log. */
export interface FollowedLog extends ReadableLog {
  /** Looks for what has come since. @throws (rejects) `LineageChanged`, `Damaged` */
  look(): Promise<void>;
  /**
   * The entries from an offset on, and those to come, until the log is closed here.
   * @throws `OffsetCompacted` when overtaken, `LineageChanged` also where the log begins anew, `Damaged`
   */
  follow(from: number): AsyncIterable<Entry>;
  close(): Promise<void>;
}

/** What a log begins with that begins anew: not with nothing, but with the state at an offset. */
export interface LogStart {
  /** The log's id from then on. */
  readonly lineage: string;
  /** The offset of the snapshot; the next entry is the one after it. */
  readonly offset: number;
  /** The bytes of the snapshot. */
  readonly snapshot: AsyncIterable<Uint8Array>;
}

/**
 * A log outside the process: batches as bytes, at offsets 1, 2, 3 … with no gaps, one writer at a time.
 *
 * An implementation gives:
 * - what an `append` that resolved has taken can be read back, byte for byte, until it is compacted, as far as `caps`
 *   says it lasts; entries stand in the order of the appends, and a group is there whole or, after a crash, as a prefix
 * - an append that rejects with `LogRefused` is certainly not there; with `OutcomeUnknown` it may be, and appear when
 *   the log is opened again. After either, every further append rejects with `LogRefused`
 * - a failure that no append is told of, because those it concerns have resolved, is told at once to who has asked by
 *   `onFailure`; every further append rejects with `LogRefused` then, and so does `close`
 * - a log that begins anew does so whole or not at all, whatever interrupts it
 *
 * A caller holds to this: one append or beginning at a time, each body's offset follows the head, a body is not
 * changed, and nothing is saved on the shelf while the log begins anew.
 */
export interface ByteLog extends ReadableLog {
  readonly caps: LogCaps;
  readonly shelf: Shelf;
  /** Adds a group of entries after the head; resolves when it lasts. Rejects with `LogRefused`, `OutcomeUnknown`. */
  append(bodies: readonly Uint8Array[], schema: WrittenSchema): Promise<void>;
  /**
   * Begins anew, after a snapshot: what it held is gone, and the shelf has this snapshot alone. Rejects with
   * `LogRefused` when certainly nothing has changed, and goes on then; with `OutcomeUnknown` when it may be found begun
   * anew by whoever opens it next: every further append rejects then.
   */
  begin(start: LogStart): Promise<void>;
  /** Lets entries before an offset go, as far as that can be done; what stays is whole. */
  compact(before: number): Promise<void>;
  /** Calls back, once, when it has failed and no append is told: what was appended may not last. */
  onFailure(tell: (error: MemoirError) => void): void;
  /** Ends it: what was appended lasts, and another may write; where it rejects, that another may is all that is so. */
  close(): Promise<void>;
}

/** How a log outside the process is to be opened: what `openStore` is given. */
export interface LogPlan {
  /** How rows are laid down. */
  readonly codec: ByteCodec;
  /** How far back it is kept, unless the store's own options say. */
  readonly keep?: Keep;
  /** When a snapshot is made beside it; never when left out. */
  readonly snapshotEvery?: SnapshotEvery;
  open(): Promise<ByteLog>;
  /** Opens it to read what another process writes, while it does; nothing is locked or changed. */
  follow?(): Promise<FollowedLog>;
}

/** After so many batches, or so many bytes of them, whichever comes first. */
export interface SnapshotEvery {
  readonly batches?: number;
  readonly bytes?: number;
}
