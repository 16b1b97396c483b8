import type { AnyBatch } from '../log/batch.js';
import { hashKey } from '../projections/key-hash.js';
import type { BatchKeeper } from './batch-keeper.js';
import { LooseBatches } from './loose-batches.js';

/** How much of the table may be taken before it is made anew; half of it at the most is then. */
const FILL_MAX = 0.75;

/** It has room for so many at the least: that of a state machine, for one batch, would else be made anew often. */
const CAPACITY_MIN = 256;

/** So few batches are looked up one by one. */
const FEW = 16;

/**
 * The ids of the last batches, each with its offset, whatever retention has dropped of the log. An id takes 16 to 32
 * bytes here: the table has a hash of the id and the offset of its batch, and asks whoever keeps the batches for the
 * rest. As it is at a moment it can be captured at once, however large.
 */
export class IdWindow {
  #keeper: BatchKeeper;
  /** Pairs of a hash and an offset, counted from 1 at `#base`; 0 where there is none. Those that are forgotten stay. */
  #pairs = new Uint32Array(2 * CAPACITY_MIN);
  #mask = CAPACITY_MIN - 1;
  #used = 0;
  #base = 1;
  /** The first batch that came, and the last; from the first on, every one with an id did. */
  #first = Infinity;
  #last = 0;
  /** Batches up to here are forgotten. */
  #floor = 0;

  constructor(batches: Iterable<AnyBatch> = [], keeper: BatchKeeper = new LooseBatches()) {
    this.#keeper = keeper;
    for (const batch of batches) this.add(batch.id!, batch);
  }

  /** Hands the batches over to someone else, but for those that he is about to have anyway. */
  join(keeper: BatchKeeper): void {
    for (const batch of this.capture()) if (batch.offset < keeper.floor) keeper.remember(batch);
    this.#keeper = keeper;
    keeper.keepIdsFrom(this.#oldest);
  }

  get keeper(): BatchKeeper {
    return this.#keeper;
  }

  get(id: string): AnyBatch | undefined {
    const hash = hashOf(id);
    let found: AnyBatch | undefined;
    for (let at = hash & this.#mask; this.#pairs[2 * at + 1] !== 0; at = (at + 1) & this.#mask) {
      const offset = this.#offsetAt(at);
      if (this.#pairs[2 * at] !== hash || offset <= this.#floor || offset < (found?.offset ?? 0)) continue;
      const batch = this.#keeper.recall(offset);
      if (batch?.id === id) found = batch;
    }
    return found;
  }

  /** The batch whose id came last, while it is remembered. */
  get last(): AnyBatch | undefined {
    return this.#last > this.#floor ? this.#keeper.recall(this.#last) : undefined;
  }

  /** Takes in the id of a batch, which comes after all that there are. */
  add(id: string, batch: AnyBatch): void {
    const { offset } = batch;
    if (offset < this.#keeper.floor) this.#keeper.remember(batch);
    if (this.#used >= (this.#mask + 1) * FILL_MAX) this.#makeRoom();
    if (this.#used === 0) this.#base = offset;
    this.#put(hashOf(id), offset);
    this.#first = Math.min(this.#first, offset);
    this.#last = offset;
  }

  /** Forgets ids of batches up to an offset, and tells which. */
  slide(floor: number, forgotten?: (batch: AnyBatch) => void): void {
    if (forgotten !== undefined) this.#forget(this.#oldest, Math.min(floor, this.#last), forgotten);
    this.#floor = Math.max(this.#floor, floor);
    this.#keeper.keepIdsFrom(this.#oldest);
  }

  /** Tells which batches from one offset up to another have ids. */
  #forget(from: number, to: number, forgotten: (batch: AnyBatch) => void): void {
    if (to - from >= FEW) {
      for (const batch of this.#keeper.remembered(from, to)) forgotten(batch);
      return;
    }
    for (let offset = from; offset <= to; offset++) {
      const batch = this.#keeper.withId(offset);
      if (batch !== undefined) forgotten(batch);
    }
  }

  /** The batches it has now, to be read at any time later. */
  capture(): Iterable<AnyBatch> {
    return this.#keeper.remembered(this.#oldest, this.#last);
  }

  /** No batch before this one is remembered; Infinity where none is. */
  get #oldest(): number {
    return this.#last > this.#floor ? Math.max(this.#first, this.#floor + 1) : Infinity;
  }

  #offsetAt(at: number): number {
    return this.#base + this.#pairs[2 * at + 1]! - 1;
  }

  #put(hash: number, offset: number): void {
    let at = hash & this.#mask;
    while (this.#pairs[2 * at + 1] !== 0) at = (at + 1) & this.#mask;
    this.#pairs[2 * at] = hash;
    this.#pairs[2 * at + 1] = offset - this.#base + 1;
    this.#used++;
  }

  /** Drops what is forgotten, and has twice the room that the rest needs. */
  #makeRoom(): void {
    const live = this.#live();
    let capacity = CAPACITY_MIN;
    while (capacity < live.length) capacity *= 2;
    const base = this.#base;
    if (2 * capacity === this.#pairs.length) this.#pairs.fill(0);
    else this.#pairs = new Uint32Array(2 * capacity);
    this.#mask = capacity - 1;
    this.#used = 0;
    if (live.length > 0) this.#base = Math.max(this.#first, this.#floor + 1);
    for (let i = 0; i < live.length; i += 2) this.#put(live[i]!, base + live[i + 1]! - 1);
  }

  /** The pairs that are not forgotten. */
  #live(): readonly number[] {
    const pairs = this.#pairs;
    const gone = Math.max(0, this.#floor - this.#base + 1);
    // A list: it has two numbers in a state machine, and room for typed ones is not the collector's alone to give.
    const live: number[] = [];
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1]! > gone) live.push(pairs[i]!, pairs[i + 1]!);
    return live;
  }
}

function hashOf(id: string): number {
  return hashKey([id]) >>> 0;
}
