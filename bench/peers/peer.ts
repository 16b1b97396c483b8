import type { Row } from './rows.js';

/** New values for two indexed fields of the row with this id. */
export interface Update {
  readonly id: string;
  readonly status: string;
  readonly priority: number;
}

/** What a scan by id has seen: how many rows, and their priorities in order, folded by `mix`. */
export interface Seen {
  readonly count: number;
  readonly hash: number;
}

/** Folds one more priority into a hash that depends on the order. */
export function mix(hash: number, priority: number): number {
  return (Math.imul(hash, 31) + priority) | 0;
}

/** Reads within one read transaction, where the peer has such a thing. Sums are of the priorities of all rows read. */
export interface Reader {
  get(id: string): Row | undefined;
  find(namespace: string, name: string): Row | undefined;
  /** The sum over at most `limit` rows, in the order of priority, from this priority on. */
  sumFrom(priority: number, limit: number): number;
  /** All rows in the order of their ids. */
  scanById(): Seen;
  sumOfNamespace(namespace: string): number;
  sumOfStatus(status: string): number;
}

/** A state that stays as it was while the store goes on. */
export interface Held {
  get(id: string): Row | undefined;
  close(): void;
}

/**
 * A store to measure: rows by `id`, by `[namespace, name]`, by `status` and by `priority`.
 *
 * An adapter does what its store's documentation would have a careful user do, by public means only, in the fastest
 * way that keeps these promises:
 *
 * - `load`, `insert`, `update` and `delete` are one transaction each, if there are transactions, and are visible when
 *   they return. `insert` gets rows that are not there, `update` and `delete` those that are.
 * - An updated row is a new object, or the store forbids others to see the change; rows handed in are not changed.
 * - Ordered reads answer in order. Nothing is kept between calls but what the store itself keeps.
 */
export interface Peer {
  load(rows: readonly Row[]): void;
  insert(rows: readonly Row[]): void;
  update(updates: readonly Update[]): void;
  delete(ids: readonly string[]): void;
  read<A>(body: (reader: Reader) => A): A;
  /** Left out when the store cannot hold a state. */
  hold?(): Held;
  /** For stores that copy the rows they are given: the objects they hold, whose bytes are not the store's own. */
  copies?(): readonly Row[];
  /** All rows as bytes, in the store's own format, or as JSON where it has none; and a new store from them. */
  serialise?(): Uint8Array | Promise<Uint8Array>;
  restore?(bytes: Uint8Array): Peer | Promise<Peer>;
  /** Lets go of everything; throws when the store's own checks fail. */
  close(): void;
}

/** How a peer comes about. Making the kind costs nothing; `open` imports the store. */
export interface PeerKind {
  readonly name: string;
  /** The package whose version is reported; none for what the language has. */
  readonly package?: string;
  /** With more rows, or more range scans, a run would take hours. */
  readonly rowsMax?: number;
  readonly rangesMax?: number;
  /** How the store is set up, in a line, where that is more than a default. */
  readonly setup?: string;
  /** True when the store's bytes are out of the collector's sight, so that they cannot be told. */
  readonly offHeap?: boolean;
  /** The workload under which its serialising is filed: its own format, or JSON. */
  readonly format?: 'own' | 'json';
  open(): Promise<() => Peer>;
}

/** Imports a package that is installed beside the adapters, not in the root, and so has no types there. */
export async function importPeer(name: string): Promise<unknown> {
  return import(name);
}
