import { pathToFileURL } from 'node:url';

import * as t from 'io-ts';
import type * as MemoirModule from 'memoir';
import type { VerifiedSnapshot } from 'memoir';

import { mix, type Held, type Peer, type PeerKind, type Reader, type Seen, type Update } from '../peer.js';
import { STATUSES, type Row } from '../rows.js';

type Memoir = typeof MemoirModule;

const Task = t.strict({
  id: t.string,
  namespace: t.string,
  name: t.string,
  status: t.string,
  priority: t.number,
  createdAt: t.number,
  tags: t.readonlyArray(t.string),
});

function makeStore({ createStore, table }: Memoir, snapshot?: VerifiedSnapshot) {
  const tasks = table(Task, {
    primaryKey: 'id',
    indexes: { byName: { on: ['namespace', 'name'], unique: true }, byStatus: ['status'], byPriority: ['priority'] },
  });
  return createStore({ tables: { tasks }, mode: 'production', ...(snapshot !== undefined && { snapshot }) });
}

type TaskStore = ReturnType<typeof makeStore>;
type TaskView = ReturnType<TaskStore['now']>;

/** What every figure of memoir was measured with. */
const SETUP = [
  `a strict codec of ${Object.keys(Task.type.props).length} fields`,
  'rows and snapshots in JSON',
  'keep as it is unless told: the last 100,000 batches',
  'one subscriber of changes',
  'one live query',
  'production mode',
].join(', ');

/**
 * memoir by its public API, with everything on: every row validated and copied, both unique keys enforced, undo,
 * batches in the log, the default `keep`, and, while anything is written, a subscriber of `changes` and a live query.
 *
 * @param name under which the results stand
 * @param entry the built entry, so that two builds can be compared
 */
export function memoir(name: string, entry: string): PeerKind {
  return {
    name,
    format: 'own',
    setup: SETUP,
    async open() {
      const module = (await import(pathToFileURL(entry).href)) as Memoir;
      return () => new MemoirPeer(module, makeStore(module));
    },
  };
}

class MemoirPeer implements Peer {
  readonly #module: Memoir;
  readonly #store: TaskStore;
  /** The batches that a snapshot stood for, of which nobody is told. */
  readonly #begun: number;
  /** What the subscribers were told. */
  #batches = 0;
  #answers = 0;
  /** The last one stays: the harness collects before each workload, and V8 drops code whose objects are all gone. */
  reader: Reader | undefined;

  constructor(module: Memoir, store: TaskStore) {
    this.#module = module;
    this.#store = store;
    this.#begun = store.head;
    store.changes().subscribe(() => this.#batches++);
    store.live((db) => db.tasks.first('byStatus', { prefix: [STATUSES[1]] })?.id).subscribe(() => this.#answers++);
  }

  load(rows: readonly Row[]): void {
    this.insert(rows);
  }

  insert(rows: readonly Row[]): void {
    this.#store.transact((tx) => {
      for (const row of rows) tx.tasks.insert(row);
    });
  }

  update(updates: readonly Update[]): void {
    this.#store.transact((tx) => {
      for (const { id, status, priority } of updates) tx.tasks.update(id, { status, priority });
    });
  }

  delete(ids: readonly string[]): void {
    this.#store.transact((tx) => {
      for (const id of ids) tx.tasks.delete(id);
    });
  }

  read<A>(body: (reader: Reader) => A): A {
    return this.#store.read((db) => body((this.reader = new ViewReader(db))));
  }

  hold(): Held {
    const view = this.#store.asOf(this.#store.head);
    return { get: (id) => view.tasks.get(id), close: () => view.close() };
  }

  copies(): readonly Row[] {
    return this.#store.read((db) => [...db.tasks.scan()]);
  }

  async serialise(): Promise<Uint8Array> {
    return this.#store.snapshot().toBytes();
  }

  async restore(bytes: Uint8Array): Promise<Peer> {
    return new MemoirPeer(this.#module, makeStore(this.#module, await this.#module.readSnapshot(bytes)));
  }

  close(): void {
    const batches = this.#store.head - this.#begun;
    this.#store.close();
    if (this.#batches !== batches) throw new Error(`the subscriber was told of ${this.#batches} of ${batches} batches`);
    if (this.#answers === 0) throw new Error('the live query has never answered');
  }
}

class ViewReader implements Reader {
  readonly #db: TaskView;

  constructor(db: TaskView) {
    this.#db = db;
  }

  get(id: string): Row | undefined {
    return this.#db.tasks.get(id);
  }

  find(namespace: string, name: string): Row | undefined {
    return this.#db.tasks.find('byName', namespace, name);
  }

  sumFrom(priority: number, limit: number): number {
    let sum = 0;
    for (const row of this.#db.tasks.scan('byPriority', { gte: [priority], limit })) sum += row.priority;
    return sum;
  }

  scanById(): Seen {
    let [count, hash] = [0, 0];
    for (const row of this.#db.tasks.scan()) {
      hash = mix(hash, row.priority);
      count++;
    }
    return { count, hash };
  }

  sumOfNamespace(namespace: string): number {
    let sum = 0;
    for (const row of this.#db.tasks.scan('byName', { prefix: [namespace] })) sum += row.priority;
    return sum;
  }

  sumOfStatus(status: string): number {
    let sum = 0;
    for (const row of this.#db.tasks.scan('byStatus', { prefix: [status] })) sum += row.priority;
    return sum;
  }
}
