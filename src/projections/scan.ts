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
  readonly from: Guard;
}

/** The view or the transaction that a scan belongs to. */
export interface Guard {
  /** Throws when it is over. */
  guard(): void;
}

/** Rows are taken from a tree in blocks: few at first, since many scans end soon. */
const BLOCK_MIN = 8;
const BLOCK_MAX = 64;

/** The refs and slots of a block; one is filled at a time. */
const refs = new Int32Array(BLOCK_MAX);
const slots = new Int32Array(BLOCK_MAX);

/**
 * One pass over an index as a version saw it, in key order: the entries of the head that had been born by then, merged
 * with those of the history side that had not yet died. What the version sees never changes, so rows are taken a block
 * ahead (the misses of one loop over rows overlap; those of a loop in the caller would not). But entries move from the
 * head to the history side while the pass runs; so where the index has changed since the last block, the pass finds its
 * place again by the last key it took.
 */
export class ScanIterator implements IterableIterator<Row> {
  readonly #plan: ScanPlan;
  readonly #head: Side;
  /** The sides of history that have not ended, the one with the next key first. */
  #past: PastSide[] = [];
  /** Slots taken already, where a row may have several entries. */
  readonly #seen: Set<number> | undefined;
  readonly #filter: PassFilter | undefined;
  #headEdits = -1;
  #pastEdits = -1;
  /** The rows taken, of which those before `#at` have been given, and their keys where rows do not tell them. */
  readonly #block: Row[] = [];
  readonly #keys: Key[] = [];
  #filled = 0;
  #at = 0;
  #room = BLOCK_MIN;
  /** How many more may be taken, and how many of them given where there is a filter. */
  #left: number;
  #accepted: number;
  #done = false;

  constructor(plan: ScanPlan) {
    this.#plan = plan;
    this.#head = new Side(plan.index.head, plan.reverse);
    this.#seen = plan.index.plan.multi ? new Set() : undefined;
    this.#filter = plan.filter === undefined ? undefined : new PassFilter(plan, plan.filter);
    this.#left = plan.filter === undefined ? plan.limit : Infinity;
    this.#accepted = plan.limit;
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** The full key of the row that was given last. */
  get lastKey(): Key | undefined {
    return this.#keyOf(this.#at - 1);
  }

  /** True when the pass came to the end of its stretch, so that it read the whole of it. */
  get exhausted(): boolean {
    return this.#done && this.#left > 0;
  }

  next(): IteratorResult<Row, undefined> {
    this.#plan.from.guard();
    if (this.#filter !== undefined) return this.#nextAccepted(this.#filter);
    if (this.#at === this.#filled && !this.#fill()) return { done: true, value: undefined };
    return { done: false, value: this.#block[this.#at++]! };
  }

  return(): IteratorResult<Row, undefined> {
    if (!this.#done) this.#left = 0;
    this.#done = true;
    this.#filled = this.#at;
    return { done: true, value: undefined };
  }

  /** Gives the next row that a filter accepts. */
  #nextAccepted(filter: PassFilter): IteratorResult<Row, undefined> {
    while (this.#accepted > 0) {
      if (this.#at === this.#filled && !this.#fill()) return { done: true, value: undefined };
      const row = this.#block[this.#at++]!;
      if (!filter.accepts(row)) continue;
      this.#accepted--;
      return { done: false, value: row };
    }
    return this.return();
  }

  /** The key of a row of the block. */
  #keyOf(place: number): Key | undefined {
    const { index } = this.#plan;
    if (place < 0) return undefined;
    return index.plan.fields === undefined ? this.#keys[place] : index.keysOf(this.#block[place]!)[0];
  }

  /** Takes the next block; false at the end, when the block before stays, since it knows the last key. */
  #fill(): boolean {
    const room = Math.min(this.#room, this.#left);
    if (this.#done || room === 0) return this.#end();
    const { table, index, version } = this.#plan;
    table.catalog.guard(index);
    if (this.#headEdits !== index.head.edits || this.#pastEdits !== index.history.edits) this.#find();
    const taken = index.touched > version || this.#seen !== undefined ? this.#takeEach(room) : this.#takeBlock(room);
    if (taken === 0) return this.#end();
    this.#room = BLOCK_MAX;
    this.#left -= taken;
    this.#filled = taken;
    this.#at = 0;
    return true;
  }

  #end(): false {
    this.#done = true;
    return false;
  }

  /** Where nothing of the index has changed since the version, it sees every entry of the head, and nothing else. */
  #takeBlock(room: number): number {
    const { table, index, version } = this.#plan;
    const taken = this.#head.take(refs, room);
    if (index.plan.fields === undefined) for (let i = 0; i < taken; i++) this.#keys[i] = index.fullKey(refs[i]!);
    for (let i = 0; i < taken; i++) slots[i] = index.slotOf(refs[i]!);
    table.fetch(slots, taken, version, this.#block);
    return taken;
  }

  /** Takes entries of head and history, one by one, each row once. */
  #takeEach(room: number): number {
    const { table, version } = this.#plan;
    let taken = 0;
    while (taken < room && this.#take(taken)) {
      if (this.#seen?.has(slots[taken]!) === true) continue;
      this.#seen?.add(slots[taken]!);
      taken++;
    }
    table.fetch(slots, taken, version, this.#block);
    return taken;
  }

  /** Takes the next entry of head or history, and notes for a place in the block its key and its row, or the slot. */
  #take(place: number): boolean {
    const { index, version } = this.#plan;
    const head = this.#head;
    if (index.touched > version) head.skipUnseen(version, undefined);
    const past = this.#past[0];
    if (past !== undefined && (head.ended || past.isBeforeHead(head))) {
      if (index.plan.fields === undefined) this.#keys[place] = past.key;
      const { row } = past;
      if (row !== undefined) this.#block[place] = row;
      slots[place] = row === undefined ? past.slot : -1;
      past.step();
      this.#settle();
      return true;
    }
    if (head.ended) return false;
    const { ref } = head;
    // A row's key is in the row; where it is not, the entry keeps it.
    if (index.plan.fields === undefined) this.#keys[place] = index.fullKey(ref);
    slots[place] = index.slotOf(ref);
    head.step();
    return true;
  }

  /** Finds the place after the last key taken, in the trees as they are now. */
  #find(): void {
    const { index, interval, version, reverse } = this.#plan;
    const last = this.#keyOf(this.#filled - 1);
    this.#head.find(interval, last);
    // Read now: entries that waited came in while the head was searched.
    this.#headEdits = index.head.edits;
    this.#pastEdits = index.history.edits;
    const spans = index.touched > version ? index.history.spansAt(version) : [];
    const sides = spans.map((span) => new PastSide(span, version, reverse));
    for (const side of sides) side.find(interval, last);
    this.#past = sides.filter((side) => !side.ended).sort((a, b) => (a.isBefore(b) ? -1 : 1));
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
