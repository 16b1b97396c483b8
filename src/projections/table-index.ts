import type { IndexPlan, Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import type { PastEntries } from './index-history.js';
import type { OrderedTree } from './ordered-tree.js';

/**
 * One index of a table: the head, an ordered tree with an entry for every key of every row; a hash of the keys, where
 * they are unique; and the history side. A *full key* is the index's parts followed by the primary key's, so that
 * entries never tie and every reader, on every machine, sees one order.
 *
 * Callers hold to this: `remove` runs while the row is still in its slot, `insert` once the new one is.
 */
export interface TableIndex {
  readonly plan: IndexPlan;
  readonly head: OrderedTree;
  readonly history: PastEntries;
  /** The version of the newest change to the head or the history side. */
  readonly touched: number;
  /** Bytes of the head and the hash: typed arrays as they are, keys that are kept beside them by estimate. */
  readonly bytes: number;
  /**
   * For unique indexes alone: whoever sets a list is told in it of the slots of rows whose key another row may have,
   * too, from then on.
   */
  doubts: number[] | undefined;
  /** How many parts the index's own keys have; 0 while nobody knows. */
  readonly width: number;
  slotOf(ref: number): number;
  /** The full key of an entry of the head. */
  fullKey(ref: number): Key;
  /** The row's own keys in this index, as full keys. */
  keysOf(row: Row): readonly Key[];
  /** The slot of the row that has a key at the head, or −1. For unique indexes alone; `key` is the index's parts. */
  holderOf(key: Key): number;
  /** A key of the row that another slot's row has already, with that slot. For unique indexes alone. */
  conflict(slot: number, row: Row): Conflict | undefined;
  /** Computes and checks a row's keys, which all that follows uses. Throws `MissingValue` or `KeyInvalid`. */
  prepare(row: Row): void;
  /** Refuses a row, which was prepared, whose keys cannot stand among the others. Throws `KeyInvalid`. */
  admit(row: Row): void;
  /** True when the entries of a slot must change for its row to be replaced; `after` was prepared. */
  changes(slot: number, before: Row | undefined, after: Row | undefined): boolean;
  /** Moves the entries of the row in a slot, which was written at `since`, to the history side. */
  remove(slot: number, row: Row, version: number, since: number): void;
  /** Adds entries for the row now in the slot. */
  insert(slot: number, row: Row, version: number): void;
  /** Removes, without history, what `insert` added. */
  uninsert(slot: number, row: Row): void;
  /** Brings back from the history side what `remove` took. Undoes in reverse order only. */
  unremove(slot: number, row: Row): void;
  /** Ends a transaction: forgets what only an undo would need. */
  settle(): void;
  /** Verifies the structures against each other; throws when one is broken. */
  check(): void;
}

/** Another row that has a key which must be unique. */
export interface Conflict {
  readonly slot: number;
  readonly key: Key;
}
