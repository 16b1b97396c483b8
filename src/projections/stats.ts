import type { IndexesOf, Tables } from '../codecs/table-types.js';
import type { Log } from '../log/log.js';
import type { Subscriber, Subscribers } from '../log/subscribers.js';
import type { Engine } from './engine.js';
import type { Horizon, PinStats } from './horizon.js';
import type { Past } from './past.js';
import type { TableIndex } from './table-index.js';
import type { TableState } from './table-state.js';

/** What one index has and takes. */
export interface IndexStats {
  /** Entries of the tree, with what a transaction under way has written, and what a log has yet to take. */
  readonly entries: number;
  /** Bytes of the newest state's tree and hash; keys that are kept beside it are estimated. */
  readonly bytes: number;
  /** Entries that are gone from the newest state and that views of the past may need. */
  readonly past: number;
  /** Bytes of those: by estimate 128 of each that is filed, and the room that is kept for those yet to be. */
  readonly pastBytes: number;
}

/** What one table has and takes. */
export interface TableStats<I extends string = string> {
  /** Those that readers of the head see. */
  readonly rows: number;
  /** Row versions, absences among them, that are overwritten and that views of the past may need. */
  readonly past: number;
  /** Bytes of what finds and stamps rows. The rows themselves are objects that nobody measures. */
  readonly bytes: number;
  readonly indexes: Readonly<Record<I | 'primaryKey', IndexStats>>;
}

/** What a store has and takes, as plain data; see `store.stats()`. */
export interface StoreStats<S extends Tables = Tables> {
  readonly head: number;
  readonly floor: number;
  readonly tables: { readonly [N in keyof S & string]: TableStats<keyof IndexesOf<S[N]> & string> };
  /** The batches that can be read; bytes by a rough count of rows: strings by their length, other values 8. */
  readonly log: { readonly batches: number; readonly bytes: number };
  readonly history: HistoryStats;
  /** Who keeps history from being given back, oldest first. */
  readonly pins: readonly PinStats[];
  /** Bytes of batches that are kept for those alone; beyond `pinnedBytesMax` writes are refused. */
  readonly pinnedBytes: number;
  readonly subscribers: readonly Subscriber[];
  /** The indexes that are being added: how many slots of rows are done, and of how many. */
  readonly builds: readonly BuildStats[];
}

/** Where the states before the newest one are. */
export interface HistoryStats {
  /** The oldest offset whose state is at hand as rows; older ones are made of batches when somebody asks. */
  readonly from: number;
  /** States that are laid down as bytes, and those bytes. */
  readonly checkpoints: number;
  readonly checkpointBytes: number;
  /** States that were made again and are kept, each with its neighbours, for who asks next. */
  readonly made: number;
}

/** How far an index has come that is being added. */
export interface BuildStats {
  readonly table: string;
  readonly index: string;
  readonly done: number;
  readonly of: number;
}

/** What is asked for numbers. */
export interface StatsParts {
  readonly engine: Engine;
  readonly log: Log;
  readonly horizon: Horizon;
  readonly past: { readonly spans: number; readonly checkpoints: Pick<Past['checkpoints'], 'laid' | 'bytes'> };
  readonly subscribers: Subscribers;
}

/** Reads the counts that the parts keep anyway: no row, entry, version or batch is looked at. */
export function statsOf({ engine, log, horizon, past, subscribers }: StatsParts): StoreStats {
  const { head, floor } = log;
  const version = horizon.timeline.versionOf(head);
  return {
    head,
    floor,
    tables: Object.fromEntries([...engine.tables].map(([name, table]) => [name, tableStats(table, version)])),
    log: { batches: head - floor + 1, bytes: horizon.logBytes },
    history: {
      from: Math.max(horizon.known, horizon.floor),
      checkpoints: past.checkpoints.laid.length,
      checkpointBytes: past.checkpoints.bytes,
      made: past.spans,
    },
    pins: horizon.pins(),
    pinnedBytes: horizon.pinnedBytes,
    subscribers: subscribers.at(head),
    builds: [...engine.tables.values()].flatMap(buildStats),
  };
}

function buildStats({ name, catalog }: TableState): readonly BuildStats[] {
  return catalog.builds.map(({ plan, progress }) => ({ table: name, index: plan.name, ...progress }));
}

function tableStats(table: TableState, version: number): TableStats {
  const indexes = table.indexes.map((index) => [index.plan.name, indexStats(index)] as const);
  return {
    rows: table.sizeAt(version),
    past: table.retained,
    bytes: table.bytes,
    indexes: Object.fromEntries(indexes),
  };
}

function indexStats({ head, history, bytes }: TableIndex): IndexStats {
  return { entries: head.size, bytes, past: history.size, pastBytes: history.bytes };
}
