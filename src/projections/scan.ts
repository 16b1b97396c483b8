import { assert } from '../assert.js';
import type { Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import type { Edge, Interval } from '../codecs/range.js';
import type { OrderedTree, Position } from './ordered-tree.js';
import type { TableIndex } from './table-index.js';
import type { TableState } from './table-state.js';

/** What an iteration reads: one index, one stretch of it, one version. */
export interface ScanPlan {
  readonly table: TableState;
  readonly index: TableIndex;
  readonly interval: Interval;
  readonly reverse: boolean;
  /** Rows at the most. */
  readonly limit: number;
  readonly version: number;
  /** Throws when the view or the transaction that the scan belongs to is over. */
  readonly guard: () => void;
}

/**
 * One pass over an index as a version saw it, in key order: the entries of the head that had been born by then, merged
 * with those of the history side that had not yet died. What the version sees never changes, though entries move from
 * the head to the history side while the pass runs; so where a tree has changed since the last step, the pass finds its
 * place again by the last key it gave.
 */
export class ScanIterator implements IterableIterator<Row> {
  readonly #plan: ScanPlan;
  readonly #head: Side;
  readonly #history: Side;
  /** Slots given already, where a row may have several entries. */
  readonly #seen: Set<number> | undefined;
  #left: number;
  #row: Row | undefined;
  #key: Key | undefined;
  #done = false;

  constructor(plan: ScanPlan) {
    this.#plan = plan;
    this.#head = new Side(plan.index.head, plan);
    this.#history = new Side(plan.index.history.tree, plan);
    this.#seen = plan.index.plan.multi ? new Set() : undefined;
    this.#left = plan.limit;
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** The full key of the row that was given last. */
  get lastKey(): Key | undefined {
    if (this.#key !== undefined || this.#row === undefined) return this.#key;
    return this.#plan.index.keysOf(this.#row)[0];
  }

  /** True when the pass came to the end of its stretch, so that it read the whole of it. */
  get exhausted(): boolean {
    return this.#done && this.#left > 0;
  }

  next(): IteratorResult<Row, undefined> {
    const { guard, version, table, index, reverse } = this.#plan;
    guard();
    while (!this.#done && this.#left > 0) {
      this.#refind();
      // Nothing of this index has changed since the version: the head alone is the answer.
      const clean = index.touched <= version;
      if (!clean) this.#skipInvisible();
      const fromHead = clean || this.#headFirst(reverse);
      const side = fromHead ? this.#head : this.#history;
      if (side.ended) break;
      const ref = side.ref;
      const slot = fromHead ? index.slotOf(ref) : index.history.slotOf(ref);
      // A row's key is in the row; where it is not, the entry keeps it.
      if (!fromHead) this.#key = index.history.keyOf(ref);
      else this.#key = index.plan.fields === undefined ? index.fullKey(ref) : undefined;
      side.step();
      const row = table.rowAt(slot, version);
      assert(row !== undefined, 'a visible entry has a visible row');
      this.#row = row;
      if (this.#seen?.has(slot) === true) continue;
      this.#seen?.add(slot);
      this.#left--;
      return { done: false, value: row };
    }
    this.#done = true;
    return { done: true, value: undefined };
  }

  return(): IteratorResult<Row, undefined> {
    this.#left = this.#done ? this.#left : 0;
    this.#done = true;
    return { done: true, value: undefined };
  }

  #refind(): void {
    if (this.#head.fresh && this.#history.fresh) return;
    const last = this.lastKey;
    this.#head.find(last);
    this.#history.find(last);
  }

  #skipInvisible(): void {
    const { index, version } = this.#plan;
    while (!this.#head.ended && this.#head.born > version) this.#head.step();
    const history = this.#history;
    while (!history.ended && !index.history.isVisible(history.ref, history.born, version)) history.step();
  }

  #headFirst(reverse: boolean): boolean {
    if (this.#history.ended) return true;
    if (this.#head.ended) return false;
    const key = this.#plan.index.history.keyOf(this.#history.ref);
    const order = this.#head.orderTo({ parts: key, side: 0, cut: false });
    return reverse ? order > 0 : order < 0;
  }
}

/** A place in one tree, between the ends of a stretch, going one way. */
class Side {
  readonly #tree: OrderedTree;
  readonly #interval: Interval;
  readonly #reverse: boolean;
  readonly #at: Position = { leaf: 0, at: 0 };
  readonly #end: Position = { leaf: 0, at: 0 };
  #edits = -1;
  ended = false;

  constructor(tree: OrderedTree, { interval, reverse }: ScanPlan) {
    this.#tree = tree;
    this.#interval = interval;
    this.#reverse = reverse;
  }

  /** True when the tree is as it was at the last step. */
  get fresh(): boolean {
    return this.#edits === this.#tree.edits;
  }

  get ref(): number {
    return this.#tree.refAt(this.#at);
  }

  get born(): number {
    return this.#tree.bornAt(this.#at);
  }

  /** Goes to the first entry beyond a key, or to the first of all. */
  find(last: Key | undefined): void {
    this.#edits = this.#tree.edits;
    const { low, high } = this.#interval;
    const from: Edge = this.#reverse ? high : low;
    this.#tree.seek(last === undefined ? from : { parts: last, side: this.#reverse ? -1 : 1, cut: false }, this.#at);
    this.#tree.seek(this.#reverse ? low : high, this.#end);
    this.#look();
  }

  step(): void {
    if (!this.#reverse) this.#tree.next(this.#at);
    this.#look();
  }

  orderTo(edge: Edge): number {
    return this.#tree.orderAt(this.#at, edge);
  }

  /** Going back, a position stands after the entry it has yet to give. */
  #look(): void {
    const { leaf, at } = this.#at;
    const beyond = leaf > this.#end.leaf || (leaf === this.#end.leaf && at >= this.#end.at);
    if (!this.#reverse) this.ended = beyond;
    else this.ended = !beyond || (leaf === this.#end.leaf && at === this.#end.at) || !this.#tree.previous(this.#at);
  }
}
