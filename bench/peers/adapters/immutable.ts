import { importPeer, mix, type Held, type Peer, type PeerKind, type Reader, type Seen, type Update } from '../peer.js';
import { PRIORITIES, type Row } from '../rows.js';

interface ImmutableMap<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  set(key: K, value: V): ImmutableMap<K, V>;
  delete(key: K): ImmutableMap<K, V>;
  values(): IterableIterator<V>;
  asMutable(): ImmutableMap<K, V>;
  asImmutable(): ImmutableMap<K, V>;
}

type MakeMap = <K, V>() => ImmutableMap<K, V>;
type Rows = ImmutableMap<string, Row>;

/** Persistent maps of persistent maps. None of them is ordered, so the scan by id sorts. */
export const immutable: PeerKind = {
  name: 'immutable',
  package: 'immutable',
  async open() {
    const { Map: makeMap } = (await importPeer('immutable')) as { readonly Map: MakeMap };
    return () => new ImmutableMaps(makeMap);
  },
};

/** One state; all of it is shared with those before and after but for what differs. */
class State implements Reader {
  readonly byId: Rows;
  readonly byName: ImmutableMap<string, Rows>;
  readonly byStatus: ImmutableMap<string, Rows>;
  readonly byPriority: ImmutableMap<number, Rows>;

  constructor(
    byId: Rows,
    byName: ImmutableMap<string, Rows>,
    byStatus: ImmutableMap<string, Rows>,
    byPriority: ImmutableMap<number, Rows>,
  ) {
    this.byId = byId;
    this.byName = byName;
    this.byStatus = byStatus;
    this.byPriority = byPriority;
  }

  get(id: string): Row | undefined {
    return this.byId.get(id);
  }

  find(namespace: string, name: string): Row | undefined {
    return this.byName.get(namespace)?.get(name);
  }

  sumFrom(priority: number, limit: number): number {
    let [sum, left] = [0, limit];
    for (let p = priority; p < PRIORITIES; p++) {
      for (const row of this.byPriority.get(p)?.values() ?? []) {
        sum += row.priority;
        if (--left === 0) return sum;
      }
    }
    return sum;
  }

  scanById(): Seen {
    const rows = [...this.byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    let hash = 0;
    for (const row of rows) hash = mix(hash, row.priority);
    return { count: rows.length, hash };
  }

  sumOfNamespace(namespace: string): number {
    return sumOf(this.byName.get(namespace));
  }

  sumOfStatus(status: string): number {
    return sumOf(this.byStatus.get(status));
  }
}

function sumOf(rows: Rows | undefined): number {
  let sum = 0;
  for (const row of rows?.values() ?? []) sum += row.priority;
  return sum;
}

/** A map of maps while a transaction changes it in place: each inner map is opened once. */
class OpenIndex<K> {
  readonly #outer: ImmutableMap<K, Rows>;
  readonly #open = new Map<K, Rows>();
  readonly #makeMap: MakeMap;

  constructor(outer: ImmutableMap<K, Rows>, makeMap: MakeMap) {
    this.#outer = outer.asMutable();
    this.#makeMap = makeMap;
  }

  at(key: K): Rows {
    const found = this.#open.get(key);
    if (found !== undefined) return found;
    const opened = (this.#outer.get(key) ?? this.#makeMap<string, Row>()).asMutable();
    this.#open.set(key, opened);
    return opened;
  }

  close(): ImmutableMap<K, Rows> {
    for (const [key, rows] of this.#open) this.#outer.set(key, rows.asImmutable());
    return this.#outer.asImmutable();
  }
}

class ImmutableMaps implements Peer {
  readonly #makeMap: MakeMap;
  #state: State;

  constructor(makeMap: MakeMap) {
    this.#makeMap = makeMap;
    this.#state = new State(makeMap(), makeMap(), makeMap(), makeMap());
  }

  load(rows: readonly Row[]): void {
    this.insert(rows);
  }

  insert(rows: readonly Row[]): void {
    this.#transact((tx) => {
      for (const row of rows) tx.add(row);
    });
  }

  update(updates: readonly Update[]): void {
    this.#transact((tx) => {
      for (const { id, status, priority } of updates) {
        const before = tx.byId.get(id)!;
        if (before.status !== status) tx.byStatus.at(before.status).delete(id);
        if (before.priority !== priority) tx.byPriority.at(before.priority).delete(id);
        tx.add({ ...before, status, priority });
      }
    });
  }

  delete(ids: readonly string[]): void {
    this.#transact((tx) => {
      for (const id of ids) {
        const row = tx.byId.get(id)!;
        tx.byId.delete(id);
        tx.byName.at(row.namespace).delete(row.name);
        tx.byStatus.at(row.status).delete(id);
        tx.byPriority.at(row.priority).delete(id);
      }
    });
  }

  read<A>(body: (reader: Reader) => A): A {
    return body(this.#state);
  }

  hold(): Held {
    const state = this.#state;
    return { get: (id) => state.get(id), close: () => {} };
  }

  close(): void {
    // nothing to let go of
  }

  #transact(body: (tx: OpenState) => void): void {
    const tx = new OpenState(this.#state, this.#makeMap);
    body(tx);
    this.#state = tx.close();
  }
}

/** A state while a transaction changes it. */
class OpenState {
  readonly byId: Rows;
  readonly byName: OpenIndex<string>;
  readonly byStatus: OpenIndex<string>;
  readonly byPriority: OpenIndex<number>;

  constructor(before: State, makeMap: MakeMap) {
    this.byId = before.byId.asMutable();
    this.byName = new OpenIndex(before.byName, makeMap);
    this.byStatus = new OpenIndex(before.byStatus, makeMap);
    this.byPriority = new OpenIndex(before.byPriority, makeMap);
  }

  add(row: Row): void {
    this.byId.set(row.id, row);
    this.byName.at(row.namespace).set(row.name, row);
    this.byStatus.at(row.status).set(row.id, row);
    this.byPriority.at(row.priority).set(row.id, row);
  }

  close(): State {
    return new State(this.byId.asImmutable(), this.byName.close(), this.byStatus.close(), this.byPriority.close());
  }
}
