import type { IndexKind, IndexPlan } from '../codecs/index-plan.js';
import type { KeyPart } from '../codecs/key.js';
import type { Edge } from '../codecs/range.js';
import type { ScanPlan } from './scan.js';
import type { Vantage } from './vantage.js';

/**
 * One end of the stretch that a scan reads. A bound shorter than a key stands for every key that begins with it.
 * Parts that JSON does not know are strings: Dates as ISO 8601, bigints and infinities as they are printed.
 */
export interface Bound {
  readonly key: readonly (string | number | boolean | null)[];
  /** True when keys that begin with the bound are in the stretch. */
  readonly inclusive: boolean;
  /** True when the last part is the beginning of a string, not the whole of it. */
  readonly startsWith: boolean;
}

/**
 * What a scan will touch, made without reading a row: plain data, the same after a journey through JSON. The cost of
 * a scan grows with `entries + past`, and `rowsMax` is the most that it can read of the table.
 */
export interface Explanation {
  readonly table: string;
  /** The index that is read; `primaryKey` where none was named. */
  readonly index: string;
  /** How the index comes by its keys. */
  readonly kind: IndexKind;
  readonly unique: boolean;
  /** True when rows may be missing from the index: it is sparse, or has a `where`. */
  readonly partial: boolean;
  /** What the rows are ordered by, part by part: the index's parts, then the primary key's fields. */
  readonly order: readonly string[];
  readonly reverse: boolean;
  /** Where the stretch begins and ends in the order of the index, whichever way it is read; absent where it is open. */
  readonly from?: Bound;
  readonly to?: Bound;
  /** The offset whose state is read; in a transaction, that of its batch to be. */
  readonly offset: number;
  /** Entries of the newest state within the stretch, counted exactly. */
  readonly entries: number;
  /**
   * Entries within the stretch that are gone from the newest state and may have been there at the view's offset: a scan
   * passes over those that were not. 0 where the index has not changed since.
   */
  readonly past: number;
  /** True when the scan surely meets nothing that its view does not see: without limit it reads `entries` entries. */
  readonly exact: boolean;
  /** Rows of the whole table. */
  readonly tableRows: number;
  /** The most rows that the scan can read: without a filter never more than `limit`. */
  readonly rowsMax: number;
  /** The most rows that it may give; absent where there is no limit. */
  readonly limit?: number;
  /** True when every row read is asked whether it is to be given. */
  readonly filter: boolean;
  /** In a strict store, how many rows in a row the filter may pass over. */
  readonly filterRows?: number;
}

/** Explains a scan from where its reader stands. */
export function explain(plan: ScanPlan, from: Vantage): Explanation {
  const { table, index, interval, reverse, limit, filter, version } = plan;
  const { low, high } = interval;
  from.reads?.add(index, interval);
  from.reads?.addAll(table.primary);
  const entries = index.head.countBetween(low, high);
  const exact = index.touched <= version;
  let past = 0;
  if (!exact) for (const span of index.history.spansAt(version)) past += span.tree.countBetween(low, high);
  const tableRows = table.sizeAt(version);
  const readable = Math.min(entries + past, tableRows);
  const start = boundOf(low, -1);
  const end = boundOf(high, 1);
  return {
    table: table.name,
    index: index.plan.name,
    kind: index.plan.kind,
    unique: index.plan.unique,
    partial: index.plan.partial || index.plan.sparse,
    order: [...partsOf(index.plan), ...(index === table.primary ? [] : table.definition.primaryKey)],
    reverse,
    ...(start && { from: start }),
    ...(end && { to: end }),
    offset: from.offset,
    entries,
    past,
    exact,
    tableRows,
    rowsMax: filter === undefined ? Math.min(readable, limit) : readable,
    ...(limit !== Infinity && { limit }),
    filter: filter !== undefined,
    ...(filter !== undefined && filter.rowsMax !== Infinity && { filterRows: filter.rowsMax }),
  };
}

/** The parts of an index's keys, as one would say them. */
function partsOf({ kind, named }: IndexPlan): readonly string[] {
  const field = named[0] ?? '';
  switch (kind) {
    case 'primaryKey':
    case 'on':
      return named;
    case 'each':
      return [`each of ${field}`];
    case 'keys':
      return [`names of ${field}`];
    case 'entries':
      return [`names of ${field}`, `values of ${field}`];
    case 'by':
      return ['computed'];
  }
}

/** `outward` is the side on which an edge lies that includes the keys which begin with it. */
function boundOf({ parts, side, cut }: Edge, outward: -1 | 1): Bound | undefined {
  if (parts.length === 0) return undefined;
  return { key: parts.map(plain), inclusive: side === outward, startsWith: cut };
}

function plain(part: KeyPart): string | number | boolean | null {
  if (typeof part === 'bigint') return String(part);
  if (typeof part === 'number') return Number.isFinite(part) ? part + 0 : String(part);
  return part instanceof Date ? part.toISOString() : part;
}
