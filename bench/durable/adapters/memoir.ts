import { openStore } from 'memoir';
import { fileLog } from 'memoir/log/file';

import { tasksTable, watched } from '../../scale/tasks.js';
import type { Row } from '../../peers/rows.js';
import type { Fsync, Peer, PeerKind } from '../peer.js';

/** memoir with everything on: a strict codec, both unique keys, history, a subscriber of `changes`, a live query. */
export const memoir: PeerKind = {
  name: 'memoir',
  open: async (dir, fsync) => new MemoirPeer(await opened(dir, fsync)),
};

function opened(dir: string, fsync: Fsync) {
  return openStore({
    tables: { tasks: tasksTable() },
    mode: 'production',
    log: fileLog({ dir, fsync }),
    onError: (error) => {
      throw error;
    },
  });
}

type Store = Awaited<ReturnType<typeof opened>>;

class MemoirPeer implements Peer {
  readonly #store: Store;
  readonly #check: () => void;

  constructor(store: Store) {
    this.#store = store;
    this.#check = watched(store);
  }

  async commit(row: Row): Promise<void> {
    await this.#store.transact((tx) => {
      tx.tasks.insert(row);
    });
  }

  scan(each: (row: Row) => void): void {
    this.#store.read((db) => {
      for (const row of db.tasks.scan()) each(row);
    });
  }

  saveSnapshot(): Promise<number> {
    return this.#store.saveSnapshot();
  }

  async close(): Promise<void> {
    this.#check();
    await this.#store.close();
  }
}
