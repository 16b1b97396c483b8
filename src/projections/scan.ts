import { assert } from '../assert.js';
import type { Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import type { Interval } from '../codecs/range.js';
import { PassFilter, type Filter } from './filter.js';
import { PastSide, Side } from './side.js';
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
  /** Which of the rows to give; all where undefined. */
  readonly filter: Filter | undefined;
  /** Throws when the view or the transaction that the scan belongs to is over. */
  readonly guard: () => void;
}

/**
 * One pass over an index as a version saw it, in key order: the entries of the head that had been born by then, merged
 * with those of the history side that had not yet died. What the version sees never changes, though entries move from
 * the head to the history side while the pass runs; so where the index has changed since the last step, the pass finds
 * its place again by the last key it gave.
 */
export class ScanIterator implements IterableIterator<Row> {
  readonly #plan: ScanPlan;
  readonly #head: Side;
  /** The sides of history that have not ended, the one with the next key first. */
  #past: PastSide[] = [];
  /** Slots given already, where a row may have several entries. */
  readonly #seen: Set<number> | undefined;
  readonly #filter: PassFilter | undefined;
  #headEdits = -1;
  #pastEdits = -1;
  #left: number;
  #row: Row | undefined;
  #key: Key | undefined;
  #done = false;

  constructor(plan: ScanPlan) {
    this.#plan = plan;
    this.#head = new Side(plan.index.head, plan.reverse);
    this.#seen = plan.index.plan.multi ? new Set() : undefined;
    this.#filter = plan.filter === undefined ? undefined : new PassFilter(plan, plan.filter);
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
    const { guard, version, table } = this.#plan;
    guard();
    while (!this.#done && this.#left > 0) {
      const slot = this.#nextSlot();
      if (slot < 0) break;
      const row = table.rowAt(slot, version);
      assert(row !== undefined, 'a visible entry has a visible row');
      this.#row = row;
      if (this.#seen !== undefined) {
        if (this.#seen.has(slot)) continue;
        this.#seen.add(slot);
      }
      if (this.#filter?.accepts(row) === false) continue;
      this.#left--;
      return { done: false, value: row };
    }
    this.#done = true;
    return { done: true, value: undefined };
  }

  return(): IteratorResult<Row, undefined> {
    if (!this.#done) this.#left = 0;
    this.#done = true;
    return { done: true, value: undefined };
  }

  /** Takes the next entry of head or history and returns its row's slot, or −1 at the end. */
  #nextSlot(): number {
    const { index, version } = this.#plan;
    const head = this.#head;
    if (this.#headEdits !== index.head.edits || this.#pastEdits !== index.history.edits) this.#find();
    // Where nothing of this index has changed since the version, every entry of the head is visible, and nothing else.
    if (index.touched > version) while (!head.ended && head.born > version) head.step();
    const past = this.#past[0];
    if (past !== undefined && (head.ended || !head.isBeforeMark)) {
      this.#key = past.key;
      const { slot } = past;
      past.step();
      this.#settle();
      this.#mark();
      return slot;
    }
    if (head.ended) return -1;
    const { ref } = head;
    // A row's key is in the row; where it is not, the entry keeps it.
    this.#key = index.plan.fields === undefined ? index.fullKey(ref) : undefined;
    head.step();
    return index.slotOf(ref);
  }

  /** Finds the place after the last key given, in the trees as they are now. */
  #find(): void {
    const { index, interval, version, reverse } = this.#plan;
    const last = this.lastKey;
    this.#headEdits = index.head.edits;
    this.#pastEdits = index.history.edits;
    this.#head.find(interval, last);
    const spans = index.touched > version ? index.history.spansAt(version) : [];
    const sides = spans.map((span) => new PastSide(span, version, reverse));
    for (const side of sides) side.find(interval, last);
    this.#past = sides.filter((side) => !side.ended).sort((a, b) => (a.isBefore(b) ? -1 : 1));
    this.#mark();
  }

  /** Tells the head where history has the next key: most entries of the head lie before it, and need no comparing. */
  #mark(): void {
    const next = this.#past[0];
    if (next !== undefined) this.#head.mark(next.key);
  }

  /** Moves the side that was stepped to where its next key stands. */
  #settle(): void {
    const past = this.#past;
    const side = past[0]!;
    if (side.ended) {
      past.shift();
      return;
    }
    for (let i = 1; i < past.length && past[i]!.isBefore(side); i++) {
      past[i - 1] = past[i]!;
      past[i] = side;
    }
  }
}
