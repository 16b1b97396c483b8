import { betterSqlite3 } from './adapters/better-sqlite3.js';
import { classicLevel } from './adapters/classic-level.js';
import { lmdb } from './adapters/lmdb.js';
import { memoir } from './adapters/memoir.js';
import type { PeerKind } from './peer.js';

/** The stores that run in Node; `bbolt` has a program of its own. */
export const KINDS: readonly PeerKind[] = [memoir, betterSqlite3, lmdb, classicLevel];

/** All stores, by name. */
export const PEERS: readonly string[] = [...KINDS.map(({ name }) => name), 'bbolt'];

/** A store that runs in Node. */
export function kindOf(name: string): PeerKind {
  const kind = KINDS.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`there is no peer ${name}`);
  return kind;
}
