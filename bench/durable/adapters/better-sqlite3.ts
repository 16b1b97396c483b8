import { join } from 'node:path';

import { SCHEMA, type Database as Peers, type Sqlite, type Statement } from '../../peers/adapters/better-sqlite3.js';
import type { Row } from '../../peers/rows.js';
import { requirePeer, type Peer, type PeerKind } from '../peer.js';

interface Database extends Peers {
  backup(path: string): Promise<unknown>;
}

const FILE = 'data.db';

/** SQLite with a write-ahead log. It is synchronous: each commit is over before the next begins, however many wait. */
export const betterSqlite3: PeerKind = {
  name: 'better-sqlite3',
  package: 'better-sqlite3',
  // oxlint-disable-next-line typescript/require-await -- the contract is asynchronous
  async open(dir, fsync) {
    const Class = requirePeer('better-sqlite3') as Sqlite['default'];
    const database = new Class(join(dir, FILE)) as Database;
    const synchronous = fsync === 'always' ? 'FULL' : 'OFF';
    const settings = ['journal_mode=WAL', `synchronous=${synchronous}`, 'cache_size=-1000000'];
    for (const setting of settings) database.pragma(setting);
    if (database.prepare("select 1 from sqlite_master where name = 'tasks'").get() === undefined) {
      database.exec(SCHEMA);
    }
    return new SqlitePeer(database);
  },
};

class SqlitePeer implements Peer {
  readonly #database: Database;
  readonly #insert: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare('insert into tasks values(?, ?, ?, ?, ?, ?, ?)');
  }

  commit({ id, namespace, name, status, priority, createdAt, tags }: Row): void {
    this.#insert.run(id, namespace, name, status, priority, createdAt, JSON.stringify(tags));
  }

  scan(each: (row: Row) => void): void {
    const rows = this.#database.prepare('select * from tasks order by id').iterate();
    for (const row of rows as Iterable<Row & { readonly tags: unknown }>) {
      each({ ...row, tags: JSON.parse(String(row.tags)) as readonly string[] });
    }
  }

  async backup(dir: string): Promise<void> {
    await this.#database.backup(join(dir, FILE));
  }

  close(): void {
    this.#database.close();
  }
}
