import type { Events, NoEvents } from '../codecs/event-types.js';
import type { Tables } from '../codecs/table-types.js';
import type { LogPlan } from '../log/byte-log.js';
import type { StoreOptions } from './contract.js';
import type { ReadableStore } from './readable-store.js';

/** How a store is opened that only reads a log, while another process writes it. */
export interface FollowingOptions<S extends Tables, E extends Events = NoEvents> extends Pick<
  StoreOptions<S, E>,
  | 'tables'
  | 'events'
  | 'projections'
  | 'history'
  | 'stateHash'
  | 'keep'
  | 'idWindow'
  | 'pinnedBytesMax'
  | 'migrate'
  | 'codec'
  | 'strict'
  | 'mode'
  | 'clock'
  | 'onError'
> {
  /** The log: `fileLog({ dir })` from `memoir/log/file`. */
  readonly log: LogPlan;
  /** Takes no lock and writes nothing. */
  readonly readOnly: true;
}

/**
 * A store that reads a log while another process writes it: it takes no lock, writes nothing, and follows what comes.
 * Where the log begins anew, or is ahead by more than it still has, the store reads it anew: streams with markers are
 * told `reset`, others end as they do at a restore. What makes the log unreadable goes to `onError`, and ends the store
 * as `close` does.
 */
export interface FollowingStore<S extends Tables, E extends Events = NoEvents>
  extends ReadableStore<S, E>, AsyncDisposable {
  /** Ends streams, live queries and waits. Reads go on. */
  close(): Promise<void>;
}
