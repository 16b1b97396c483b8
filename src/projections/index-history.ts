import type { Key } from '../codecs/key.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';

/**
 * An index's entries that are gone from the head but that some version still sees: each with its key, its slot, and
 * the versions between which it stood. They leave in the order in which they died.
 */
export class IndexHistory implements EntryKeys {
  readonly tree = new OrderedTree(this);
  readonly #keys: (Key | undefined)[] = [];
  readonly #slots: number[] = [];
  readonly #died: number[] = [];
  readonly #free: number[] = [];
  #queue: number[] = [];
  #start = 0;
  /** The newest version at which an entry died. */
  #newest = -1;

  get newest(): number {
    return this.#newest;
  }

  get size(): number {
    return this.tree.size;
  }

  /** `key` is the full key: the index's parts, then the primary key's. */
  add(key: Key, slot: number, born: number, died: number): void {
    const ref = this.#free.pop() ?? this.#keys.length;
    this.#keys[ref] = key;
    this.#slots[ref] = slot;
    this.#died[ref] = died;
    this.tree.insert(key, ref, born);
    this.#queue.push(ref);
    this.#newest = died;
  }

  /** Takes back the newest entry, when its removal is undone; returns when it was born. */
  takeBack(): number {
    const born = this.#drop(this.#queue.pop()!);
    const last = this.#queue.length > this.#start ? this.#queue[this.#queue.length - 1] : undefined;
    this.#newest = last === undefined ? -1 : this.#died[last]!;
    return born;
  }

  /** Forgets the entries that died at or before a version. */
  trim(floor: number): void {
    while (this.#start < this.#queue.length && this.#died[this.#queue[this.#start]!]! <= floor) {
      this.#drop(this.#queue[this.#start]!);
      this.#start++;
    }
    if (this.#start > 1024 && this.#start * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#start);
      this.#start = 0;
    }
  }

  part(ref: number, i: number): Key[number] {
    return this.#keys[ref]![i]!;
  }

  keyOf(ref: number): Key {
    return this.#keys[ref]!;
  }

  slotOf(ref: number): number {
    return this.#slots[ref]!;
  }

  /** True when a version saw the entry; `born` is what its tree holds. */
  isVisible(ref: number, born: number, version: number): boolean {
    return born <= version && version < this.#died[ref]!;
  }

  #drop(ref: number): number {
    const born = this.tree.remove(this.#keys[ref]!, ref);
    this.#keys[ref] = undefined;
    this.#free.push(ref);
    return born;
  }
}
