import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { Row } from '../peers/rows.js';
import { HERE } from './places.js';

/** What a commit waits for: the disk's word that it lasts, or nothing but the system's word that it has it. */
export type Fsync = 'always' | 'never';

/** An open store on a disk, of rows by `id`, by `[namespace, name]`, by `status` and by `priority`. */
export interface Peer {
  /** Inserts a row and its index entries in one transaction; over when they last as was asked of `open`. */
  commit(row: Row): Promise<void> | void;
  /** Gives every row, whole, in the order of ids. */
  scan(each: (row: Row) => void): Promise<void> | void;
  /** Copies the store while it is open, into a folder that is there, so that `open` finds it. */
  backup?(dir: string): Promise<void>;
  /** What the store itself calls a snapshot, beside its log. */
  saveSnapshot?(): Promise<unknown>;
  close(): Promise<void> | void;
}

/** How a peer comes about, in a folder that is there. */
export interface PeerKind {
  readonly name: string;
  readonly package?: string;
  open(dir: string, fsync: Fsync): Promise<Peer>;
}

const require = createRequire(join(HERE, 'package.json'));

/** A package that is installed in this folder, not in the root, and so has no types there. */
export function requirePeer(name: string): unknown {
  return require(name);
}
