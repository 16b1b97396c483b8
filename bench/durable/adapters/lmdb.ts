import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Row } from '../../peers/rows.js';
import { requirePeer, type Fsync, type Peer, type PeerKind } from '../peer.js';

interface Database {
  readonly flushed: Promise<unknown>;
  put(key: unknown, value: unknown): Promise<boolean>;
  batch(action: () => void): Promise<unknown>;
  getRange(options: object): Iterable<{ readonly value: unknown }>;
  openDB(options: object): Database;
  backup(path: string, compact: boolean): Promise<void>;
  close(): Promise<void>;
}

interface Lmdb {
  open(options: object): Database;
}

/** LMDB by its asynchronous writes, which it gathers into transactions of its own; index entries are put by hand. */
export const lmdb: PeerKind = {
  name: 'lmdb',
  package: 'lmdb',
  // oxlint-disable-next-line typescript/require-await -- the contract is asynchronous
  async open(dir, fsync) {
    const { open } = requirePeer('lmdb') as Lmdb;
    return new LmdbPeer(open({ path: join(dir, 'data'), maxDbs: 8, noSync: fsync === 'never' }), fsync);
  },
};

class LmdbPeer implements Peer {
  readonly #root: Database;
  readonly #fsync: Fsync;
  readonly #rows: Database;
  readonly #byName: Database;
  readonly #byStatus: Database;
  readonly #byPriority: Database;

  constructor(root: Database, fsync: Fsync) {
    this.#root = root;
    this.#fsync = fsync;
    const index = { encoding: 'ordered-binary' };
    this.#rows = root.openDB({ name: 'rows' });
    this.#byName = root.openDB({ name: 'byName', ...index });
    this.#byStatus = root.openDB({ name: 'byStatus', ...index, dupSort: true });
    this.#byPriority = root.openDB({ name: 'byPriority', ...index, dupSort: true });
  }

  async commit(row: Row): Promise<void> {
    const { id, namespace, name, status, priority } = row;
    await this.#root.batch(() => {
      void this.#rows.put(id, row);
      void this.#byName.put([namespace, name], id);
      void this.#byStatus.put(status, id);
      void this.#byPriority.put(priority, id);
    });
    if (this.#fsync === 'always') await this.#root.flushed;
  }

  scan(each: (row: Row) => void): void {
    for (const { value } of this.#rows.getRange({})) each(value as Row);
  }

  async backup(dir: string): Promise<void> {
    mkdirSync(join(dir, 'data'));
    await this.#root.backup(join(dir, 'data'), false);
  }

  close(): Promise<void> {
    return this.#root.close();
  }
}
