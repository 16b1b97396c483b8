import { importPeer, mix, type Peer, type PeerKind, type Reader, type Seen, type Update } from '../peer.js';
import type { Row } from '../rows.js';

interface Index {
  lookup(operation: 'eq', value: string): Iterable<string>;
  take(count: number, from: number): readonly string[];
  rangeQuery(options: object): Iterable<string>;
}

type Write =
  | { readonly type: 'insert' | 'update'; readonly value: Row }
  | { readonly type: 'delete'; readonly value: Row; readonly key: string };

interface Sync {
  begin(): void;
  write(write: Write): void;
  commit(): void;
  markReady(): void;
}

interface Collection {
  get(id: string): Row | undefined;
  createIndex(on: (row: Row) => unknown, options: object): Index;
}

interface TanStack {
  readonly BTreeIndex: unknown;
  createCollection(options: object): Collection;
}

/** A collection written to through its sync, the cheapest way there is, with an index for each field asked for. */
export const tanstackDb: PeerKind = {
  name: 'tanstack-db',
  package: '@tanstack/db',
  rowsMax: 10_000,
  rangesMax: 300,
  async open() {
    const tanstack = (await importPeer('@tanstack/db')) as TanStack;
    let made = 0;
    return () => new TanStackCollection(tanstack, `tasks-${made++}`);
  },
};

class TanStackCollection implements Peer, Reader {
  readonly #rows: Collection;
  readonly #sync: Sync;
  readonly #byId: Index;
  readonly #byName: Index;
  readonly #byNamespace: Index;
  readonly #byStatus: Index;
  readonly #byPriority: Index;

  constructor({ createCollection, BTreeIndex }: TanStack, id: string) {
    let given: Sync | undefined;
    const sync = (handed: Sync): void => {
      given = handed;
      handed.markReady();
    };
    this.#rows = createCollection({ id, getKey: (row: Row) => row.id, startSync: true, sync: { sync } });
    this.#sync = given!;
    const index = (on: (row: Row) => unknown) => this.#rows.createIndex(on, { indexType: BTreeIndex });
    this.#byId = index((row) => row.id);
    this.#byName = index((row) => row.name);
    this.#byNamespace = index((row) => row.namespace);
    this.#byStatus = index((row) => row.status);
    this.#byPriority = index((row) => row.priority);
  }

  load(rows: readonly Row[]): void {
    this.insert(rows);
  }

  insert(rows: readonly Row[]): void {
    this.#sync.begin();
    for (const value of rows) this.#sync.write({ type: 'insert', value });
    this.#sync.commit();
  }

  /** What a transaction wrote cannot be read within it; but nothing else ever changes, so the old row will do. */
  update(updates: readonly Update[]): void {
    this.#sync.begin();
    for (const { id, status, priority } of updates) {
      this.#sync.write({ type: 'update', value: { ...this.#rows.get(id)!, status, priority } });
    }
    this.#sync.commit();
  }

  delete(ids: readonly string[]): void {
    this.#sync.begin();
    for (const key of ids) this.#sync.write({ type: 'delete', value: this.#rows.get(key)!, key });
    this.#sync.commit();
  }

  read<A>(body: (reader: Reader) => A): A {
    return body(this);
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  find(namespace: string, name: string): Row | undefined {
    for (const id of this.#byName.lookup('eq', name)) {
      const row = this.#rows.get(id)!;
      if (row.namespace === namespace) return row;
    }
    return undefined;
  }

  sumFrom(priority: number, limit: number): number {
    return this.#sumOf(this.#byPriority.take(limit, priority - 0.5)); // those after, so from a half before
  }

  scanById(): Seen {
    let [count, hash] = [0, 0];
    for (const id of this.#byId.rangeQuery({})) {
      hash = mix(hash, this.#rows.get(id)!.priority);
      count++;
    }
    return { count, hash };
  }

  sumOfNamespace(namespace: string): number {
    return this.#sumOf(this.#byNamespace.lookup('eq', namespace));
  }

  sumOfStatus(status: string): number {
    return this.#sumOf(this.#byStatus.lookup('eq', status));
  }

  close(): void {
    // nothing to let go of
  }

  #sumOf(ids: Iterable<string>): number {
    let sum = 0;
    for (const id of ids) sum += this.#rows.get(id)!.priority;
    return sum;
  }
}
