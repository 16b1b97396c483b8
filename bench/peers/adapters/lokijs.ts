import { importPeer, mix, type Peer, type PeerKind, type Reader, type Seen, type Update } from '../peer.js';
import type { Row } from '../rows.js';

/** A row as it is stored: unique indexes have one field, so the compound key is one. */
interface Stored extends Row {
  readonly key: string;
}

interface ResultSet {
  find(query: object): ResultSet;
  simplesort(field: string): ResultSet;
  limit(count: number): ResultSet;
  data(): readonly Stored[];
}

interface Collection {
  insert(rows: Stored | readonly Stored[]): unknown;
  update(row: Stored): unknown;
  remove(row: Stored): unknown;
  by(field: string, value: string): Stored | undefined;
  chain(): ResultSet;
}

interface Loki {
  readonly default: new (name: string) => { addCollection(name: string, options: object): Collection };
}

/** A collection with unique indexes of ids and compound keys, and sorted ones of what is scanned. */
export const lokijs: PeerKind = {
  name: 'lokijs',
  package: 'lokijs',
  rowsMax: 10_000,
  rangesMax: 300,
  async open() {
    const { default: Database } = (await importPeer('lokijs')) as Loki;
    return () => {
      const options = { unique: ['id', 'key'], indices: ['id', 'status', 'priority', 'namespace'] };
      const more = { adaptiveBinaryIndices: true, disableMeta: true };
      return new LokiCollection(new Database('bench').addCollection('tasks', { ...options, ...more }));
    };
  },
};

class LokiCollection implements Peer, Reader {
  readonly #rows: Collection;

  constructor(rows: Collection) {
    this.#rows = rows;
  }

  load(rows: readonly Row[]): void {
    this.#rows.insert(rows.map(storedOf));
  }

  insert(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.insert(storedOf(row));
  }

  update(updates: readonly Update[]): void {
    for (const { id, status, priority } of updates) {
      this.#rows.update(Object.assign(this.#rows.by('id', id)!, { status, priority }));
    }
  }

  delete(ids: readonly string[]): void {
    for (const id of ids) this.#rows.remove(this.#rows.by('id', id)!);
  }

  read<A>(body: (reader: Reader) => A): A {
    return body(this);
  }

  get(id: string): Row | undefined {
    return this.#rows.by('id', id);
  }

  find(namespace: string, name: string): Row | undefined {
    return this.#rows.by('key', `${namespace}\0${name}`);
  }

  sumFrom(priority: number, limit: number): number {
    const found = this.#rows.chain().find({ priority: { $gte: priority } });
    return sumOf(found.simplesort('priority').limit(limit).data());
  }

  scanById(): Seen {
    const rows = this.#rows.chain().simplesort('id').data();
    let hash = 0;
    for (const row of rows) hash = mix(hash, row.priority);
    return { count: rows.length, hash };
  }

  sumOfNamespace(namespace: string): number {
    return sumOf(this.#rows.chain().find({ namespace }).data());
  }

  sumOfStatus(status: string): number {
    return sumOf(this.#rows.chain().find({ status }).data());
  }

  copies(): readonly Row[] {
    return this.#rows.chain().data();
  }

  close(): void {
    // nothing to let go of
  }
}

function storedOf(row: Row): Stored {
  return { ...row, key: `${row.namespace}\0${row.name}` };
}

function sumOf(rows: readonly Row[]): number {
  let sum = 0;
  for (const row of rows) sum += row.priority;
  return sum;
}
