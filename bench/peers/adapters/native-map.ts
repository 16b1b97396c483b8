import { mix, type Peer, type PeerKind, type Reader, type Seen, type Update } from '../peer.js';
import { PRIORITIES, type Row } from '../rows.js';

/**
 * The limit: `Map`s and `Set`s that are changed in place, and an array sorted when a scan needs it. No transactions, no
 * views, no checks; its rows of one priority, status or namespace are in the order in which they came.
 */
export const nativeMap: PeerKind = {
  name: 'native-map',
  format: 'json',
  open: async () => Promise.resolve(() => new NativeMaps()),
};

class NativeMaps implements Peer, Reader {
  readonly #byId = new Map<string, Row>();
  readonly #byName = new Map<string, Map<string, Row>>();
  readonly #byStatus = new Map<string, Set<Row>>();
  readonly #byPriority = Array.from({ length: PRIORITIES }, () => new Set<Row>());
  #sorted: readonly Row[] | undefined;

  load(rows: readonly Row[]): void {
    this.insert(rows);
    this.#sorted = this.#sort();
  }

  insert(rows: readonly Row[]): void {
    for (const row of rows) this.#add(row);
    this.#sorted = undefined;
  }

  update(updates: readonly Update[]): void {
    for (const { id, status, priority } of updates) {
      const before = this.#byId.get(id)!;
      this.#byStatus.get(before.status)!.delete(before);
      this.#byPriority[before.priority]!.delete(before);
      this.#add({ ...before, status, priority });
    }
    this.#sorted = undefined;
  }

  delete(ids: readonly string[]): void {
    for (const id of ids) {
      const row = this.#byId.get(id)!;
      this.#byId.delete(id);
      this.#byName.get(row.namespace)!.delete(row.name);
      this.#byStatus.get(row.status)!.delete(row);
      this.#byPriority[row.priority]!.delete(row);
    }
    this.#sorted = undefined;
  }

  read<A>(body: (reader: Reader) => A): A {
    return body(this);
  }

  get(id: string): Row | undefined {
    return this.#byId.get(id);
  }

  find(namespace: string, name: string): Row | undefined {
    return this.#byName.get(namespace)?.get(name);
  }

  sumFrom(priority: number, limit: number): number {
    let sum = 0;
    let left = limit;
    for (let p = priority; p < PRIORITIES; p++) {
      for (const row of this.#byPriority[p]!) {
        sum += row.priority;
        if (--left === 0) return sum;
      }
    }
    return sum;
  }

  scanById(): Seen {
    this.#sorted ??= this.#sort();
    let hash = 0;
    for (const row of this.#sorted) hash = mix(hash, row.priority);
    return { count: this.#sorted.length, hash };
  }

  sumOfNamespace(namespace: string): number {
    let sum = 0;
    for (const row of this.#byName.get(namespace)?.values() ?? []) sum += row.priority;
    return sum;
  }

  sumOfStatus(status: string): number {
    let sum = 0;
    for (const row of this.#byStatus.get(status) ?? []) sum += row.priority;
    return sum;
  }

  serialise(): Uint8Array {
    return Buffer.from(JSON.stringify([...this.#byId.values()]));
  }

  restore(bytes: Uint8Array): Peer {
    const restored = new NativeMaps();
    restored.load(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Row[]);
    return restored;
  }

  close(): void {
    // nothing to let go of
  }

  #add(row: Row): void {
    this.#byId.set(row.id, row);
    at(this.#byName, row.namespace, () => new Map<string, Row>()).set(row.name, row);
    at(this.#byStatus, row.status, () => new Set<Row>()).add(row);
    this.#byPriority[row.priority]!.add(row);
  }

  #sort(): readonly Row[] {
    return [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function at<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
