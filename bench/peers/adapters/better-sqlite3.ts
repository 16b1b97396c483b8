import { importPeer, mix, type Peer, type PeerKind, type Reader, type Seen, type Update } from '../peer.js';
import type { Row } from '../rows.js';

/** A prepared statement. */
export interface Statement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): unknown;
  iterate(...values: unknown[]): IterableIterator<unknown>;
}

/** An open database. */
export interface Database {
  pragma(text: string): unknown;
  exec(text: string): unknown;
  prepare(text: string): Statement;
  close(): unknown;
}

/** The package. */
export interface Sqlite {
  readonly default: new (path: string) => Database;
}

/** A database in memory, with no durability to pay for. Rows are made objects, but tags stay the JSON that they are. */
export const betterSqlite3: PeerKind = {
  name: 'better-sqlite3',
  package: 'better-sqlite3',
  offHeap: true,
  async open() {
    const { default: Class } = (await importPeer('better-sqlite3')) as Sqlite;
    return () => new SqliteTable(new Class(':memory:'));
  },
};

/** The table of seven fields and four indexes. */
export const SCHEMA = `
  create table tasks(
    id text primary key, namespace text, name text, status text, priority int, createdAt int, tags text
  ) without rowid;
  create unique index byName on tasks(namespace, name);
  create index byStatus on tasks(status);
  create index byPriority on tasks(priority);
`;

class SqliteTable implements Peer, Reader {
  readonly #database: Database;
  readonly #begin: Statement;
  readonly #end: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;
  readonly #get: Statement;
  readonly #find: Statement;
  readonly #from: Statement;
  readonly #byId: Statement;
  readonly #ofNamespace: Statement;
  readonly #ofStatus: Statement;

  constructor(database: Database) {
    this.#database = database;
    for (const setting of ['journal_mode=MEMORY', 'synchronous=OFF', 'cache_size=-1000000']) database.pragma(setting);
    database.exec(SCHEMA);
    this.#begin = database.prepare('begin');
    this.#end = database.prepare('commit');
    this.#insert = database.prepare('insert into tasks values(?, ?, ?, ?, ?, ?, ?)');
    this.#update = database.prepare('update tasks set status = ?, priority = ? where id = ?');
    this.#delete = database.prepare('delete from tasks where id = ?');
    this.#get = database.prepare('select * from tasks where id = ?');
    this.#find = database.prepare('select * from tasks where namespace = ? and name = ?');
    this.#from = database.prepare('select * from tasks where priority >= ? order by priority limit ?');
    this.#byId = database.prepare('select * from tasks order by id');
    this.#ofNamespace = database.prepare('select * from tasks where namespace = ? order by name');
    this.#ofStatus = database.prepare('select * from tasks where status = ?');
  }

  load(rows: readonly Row[]): void {
    this.insert(rows);
  }

  insert(rows: readonly Row[]): void {
    this.#begin.run();
    for (const { id, namespace, name, status, priority, createdAt, tags } of rows) {
      this.#insert.run(id, namespace, name, status, priority, createdAt, JSON.stringify(tags));
    }
    this.#end.run();
  }

  update(updates: readonly Update[]): void {
    this.#begin.run();
    for (const { id, status, priority } of updates) this.#update.run(status, priority, id);
    this.#end.run();
  }

  delete(ids: readonly string[]): void {
    this.#begin.run();
    for (const id of ids) this.#delete.run(id);
    this.#end.run();
  }

  read<A>(body: (reader: Reader) => A): A {
    return body(this);
  }

  get(id: string): Row | undefined {
    return this.#get.get(id) as Row | undefined;
  }

  find(namespace: string, name: string): Row | undefined {
    return this.#find.get(namespace, name) as Row | undefined;
  }

  sumFrom(priority: number, limit: number): number {
    return sumOf(this.#from.iterate(priority, limit));
  }

  scanById(): Seen {
    let [count, hash] = [0, 0];
    for (const row of this.#byId.iterate()) {
      hash = mix(hash, (row as Row).priority);
      count++;
    }
    return { count, hash };
  }

  sumOfNamespace(namespace: string): number {
    return sumOf(this.#ofNamespace.iterate(namespace));
  }

  sumOfStatus(status: string): number {
    return sumOf(this.#ofStatus.iterate(status));
  }

  close(): void {
    this.#database.close();
  }
}

function sumOf(rows: Iterable<unknown>): number {
  let sum = 0;
  for (const row of rows) sum += (row as Row).priority;
  return sum;
}
