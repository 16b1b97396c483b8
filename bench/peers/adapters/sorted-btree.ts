import { importPeer, mix, type Held, type Peer, type PeerKind, type Reader, type Seen, type Update } from '../peer.js';
import type { Row } from '../rows.js';

interface Tree<K> {
  get(key: K): Row | undefined;
  set(key: K, row: Row): boolean;
  delete(key: K): boolean;
  clone(): Tree<K>;
  forRange(low: K, high: K, withHigh: boolean, visit: (key: K, row: Row) => { break: true } | undefined): unknown;
}

type TreeClass = new <K>(entries: undefined, compare: (a: K, b: K) => number) => Tree<K>;
type PriorityKey = readonly [priority: number, id: string];

/** Four trees; a transaction ends by cloning each, which is lazy, so that what was read before stays as it was. */
export const sortedBTree: PeerKind = {
  name: 'sorted-btree',
  package: 'sorted-btree',
  async open() {
    const module = (await importPeer('sorted-btree')) as {
      readonly default: TreeClass | { readonly default: TreeClass };
    };
    const { default: found } = module;
    const BTree = typeof found === 'function' ? found : found.default;
    return () => new SortedBTrees(Trees.empty(BTree));
  },
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byPriority = (a: PriorityKey, b: PriorityKey): number => (a[0] === b[0] ? byText(a[1], b[1]) : a[0] - b[0]);
const nameKey = (row: Row): string => `${row.namespace}\0${row.name}`;
const statusKey = (row: Row): string => `${row.status}\0${row.id}`;

class Trees implements Reader {
  readonly #byId: Tree<string>;
  readonly #byName: Tree<string>;
  readonly #byStatus: Tree<string>;
  readonly #byPriority: Tree<PriorityKey>;

  constructor(byId: Tree<string>, byName: Tree<string>, byStatus: Tree<string>, priorities: Tree<PriorityKey>) {
    this.#byId = byId;
    this.#byName = byName;
    this.#byStatus = byStatus;
    this.#byPriority = priorities;
  }

  static empty(BTree: TreeClass): Trees {
    const texts = () => new BTree(undefined, byText);
    return new Trees(texts(), texts(), texts(), new BTree(undefined, byPriority));
  }

  clone(): Trees {
    return new Trees(this.#byId.clone(), this.#byName.clone(), this.#byStatus.clone(), this.#byPriority.clone());
  }

  add(row: Row): void {
    this.#byId.set(row.id, row);
    this.#byName.set(nameKey(row), row);
    this.#byStatus.set(statusKey(row), row);
    this.#byPriority.set([row.priority, row.id], row);
  }

  change({ id, status, priority }: Update): void {
    const before = this.#byId.get(id)!;
    this.#byStatus.delete(statusKey(before));
    this.#byPriority.delete([before.priority, id]);
    this.add({ ...before, status, priority });
  }

  remove(id: string): void {
    const row = this.#byId.get(id)!;
    this.#byId.delete(id);
    this.#byName.delete(nameKey(row));
    this.#byStatus.delete(statusKey(row));
    this.#byPriority.delete([row.priority, id]);
  }

  get(id: string): Row | undefined {
    return this.#byId.get(id);
  }

  find(namespace: string, name: string): Row | undefined {
    return this.#byName.get(`${namespace}\0${name}`);
  }

  sumFrom(priority: number, limit: number): number {
    let [sum, left] = [0, limit];
    this.#byPriority.forRange([priority, ''], [Infinity, ''], false, (_key, row) => {
      sum += row.priority;
      return --left === 0 ? { break: true } : undefined;
    });
    return sum;
  }

  scanById(): Seen {
    let [count, hash] = [0, 0];
    this.#byId.forRange('', '\uffff', false, (_key, row) => {
      hash = mix(hash, row.priority);
      count++;
      return undefined;
    });
    return { count, hash };
  }

  sumOfNamespace(namespace: string): number {
    return sumWithin(this.#byName, namespace);
  }

  sumOfStatus(status: string): number {
    return sumWithin(this.#byStatus, status);
  }
}

function sumWithin(tree: Tree<string>, first: string): number {
  let sum = 0;
  tree.forRange(`${first}\0`, `${first}\x01`, false, (_key, row) => {
    sum += row.priority;
    return undefined;
  });
  return sum;
}

class SortedBTrees implements Peer {
  readonly #trees: Trees;
  #published: Trees;

  constructor(trees: Trees) {
    this.#trees = trees;
    this.#published = trees.clone();
  }

  load(rows: readonly Row[]): void {
    this.insert(rows);
  }

  insert(rows: readonly Row[]): void {
    for (const row of rows) this.#trees.add(row);
    this.#published = this.#trees.clone();
  }

  update(updates: readonly Update[]): void {
    for (const update of updates) this.#trees.change(update);
    this.#published = this.#trees.clone();
  }

  delete(ids: readonly string[]): void {
    for (const id of ids) this.#trees.remove(id);
    this.#published = this.#trees.clone();
  }

  read<A>(body: (reader: Reader) => A): A {
    return body(this.#published);
  }

  hold(): Held {
    const state = this.#published;
    return { get: (id) => state.get(id), close: () => {} };
  }

  close(): void {
    // nothing to let go of
  }
}
