import { betterSqlite3 } from './adapters/better-sqlite3.js';
import { immutable } from './adapters/immutable.js';
import { lokijs } from './adapters/lokijs.js';
import { memoir } from './adapters/memoir.js';
import { nativeMap } from './adapters/native-map.js';
import { sortedBTree } from './adapters/sorted-btree.js';
import { tanstackDb } from './adapters/tanstack-db.js';
import type { PeerKind } from './peer.js';

/** The peers that run in Node, but for builds of memoir. */
const KINDS: readonly PeerKind[] = [nativeMap, sortedBTree, immutable, betterSqlite3, tanstackDb, lokijs];

/** Their names. */
export function kindNames(): readonly string[] {
  return KINDS.map(({ name }) => name);
}

/** A peer by its name; every name that begins with `memoir` is a build, whose entry is given. */
export function kindOf(name: string, entry = ''): PeerKind {
  if (name === 'memoir' || name.startsWith('memoir@')) return memoir(name, entry);
  const kind = KINDS.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`there is no peer ${name}`);
  return kind;
}
