import { assert } from '../assert.js';
import { MemoirError } from '../errors.js';
import type { AnyBatch } from './batch.js';
import type { Log } from './log.js';
import { compacted, inFuture } from './position.js';
import { SealedSegment, Sealing, type Seal } from './sealed-segment.js';
import { StreamIndex } from './stream-index.js';

const SEGMENT = 1024;

/** The batch after which a log begins: its offset and when it was made. */
export interface Beginning {
  readonly head: number;
  readonly lastAt: number;
}

const BEFORE_ALL: Beginning = { head: 0, lastAt: -Infinity };

/** So many of the newest segments are never sealed: readers are given the very batches that were appended. */
const FRESH = 4;

/** A segment with a larger batch stays as it is: to lay that down would hold others up. */
const CHANGES_MAX = 1024;

/** Batches as they were appended; those below the floor are gone, but for those that have ids. */
type Objects = (AnyBatch | undefined)[];

/**
 * The log in memory: batches in segments, so that truncation gives room back. The newest are the objects that were
 * appended; older ones are sealed into bytes, when somebody has the time. Below the floor, segments stay for those of
 * their batches whose ids are remembered.
 */
export class MemoryLog implements Log {
  /** Segment `i` holds the offsets from `i × SEGMENT + 1`; those that nobody needs are gone. */
  readonly #segments = new Map<number, Objects | SealedSegment>();
  /** Where the events of streams lie. */
  readonly streams = new StreamIndex();
  /** The oldest segment that may be there. */
  #oldest = 0;
  /** Batches with ids stay from here on, and whether somebody has ever wanted some. */
  #idsFrom = Infinity;
  #hasRemembered = false;
  /** The oldest segment that has yet to be looked at by who seals. */
  #unsealed = 0;
  #sealing: { readonly segment: number; readonly work: Sealing } | undefined;
  #floor = 1;
  #head = 0;
  #lastAt = -Infinity;
  /** When the newest batch below the floor was made. */
  #belowAt = -Infinity;
  #open = true;
  #lineage = '';
  #epoch = -1;
  #breaks = -1;

  /** @param after where it begins, when the batches before are not its own */
  constructor(lineage: string, after: Beginning = BEFORE_ALL) {
    this.reset(lineage, after);
  }

  get lineage(): string {
    return this.#lineage;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get breaks(): number {
    return this.#breaks;
  }

  get floor(): number {
    return this.#floor;
  }

  get head(): number {
    return this.#head;
  }

  get lastAt(): number {
    return this.#lastAt;
  }

  append(batches: readonly AnyBatch[], { expect }: { readonly expect: number }): number {
    if (!this.#open) throw new MemoirError('StoreClosed', 'the log is closed: nothing can be appended');
    if (expect !== this.#head) {
      throw new MemoirError(
        'Conflict',
        `the head is ${this.#head}, and ${expect} was expected: read anew and try again`,
        {
          requested: expect,
          head: this.#head,
        },
      );
    }
    let { lastAt } = this;
    for (let i = 0; i < batches.length; i++) {
      const { offset, at } = batches[i]!;
      assert(offset === expect + 1 + i, 'offsets have no gaps');
      assert(at >= lastAt, 'time does not go back');
      lastAt = at;
    }
    for (const batch of batches) {
      const segment = segmentOf(batch.offset);
      let held = this.#segments.get(segment);
      if (held === undefined) this.#segments.set(segment, (held = []));
      (held as Objects)[(batch.offset - 1) % SEGMENT] = batch;
      this.#head = batch.offset;
      this.#lastAt = batch.at;
      if (batch.events.length > 0) this.streams.note(batch);
    }
    return this.#head;
  }

  at(offset: number): AnyBatch {
    if (offset < this.#floor) throw compacted(this, offset);
    if (offset > this.#head) throw inFuture(this, offset);
    return this.recall(offset)!;
  }

  /** A batch that the log still has, be it below the floor. */
  recall(offset: number): AnyBatch | undefined {
    const held = this.#segments.get(segmentOf(offset));
    const place = (offset - 1) % SEGMENT;
    return held instanceof SealedSegment ? held.batch(place) : held?.[place];
  }

  /** The same for a batch that has an id; others are passed over without being taken up. */
  withId(offset: number): AnyBatch | undefined {
    const held = this.#segments.get(segmentOf(offset));
    const place = (offset - 1) % SEGMENT;
    if (held instanceof SealedSegment) return held.withId(place);
    const batch = held?.[place];
    return batch?.id === undefined ? undefined : batch;
  }

  /** Takes in a batch from before the floor, whose id is remembered. */
  remember(batch: AnyBatch): void {
    const segment = segmentOf(batch.offset);
    let held = this.#segments.get(segment);
    if (held === undefined) this.#segments.set(segment, (held = []));
    assert(!(held instanceof SealedSegment), 'a batch is remembered before its segment is sealed');
    held[(batch.offset - 1) % SEGMENT] = batch;
    this.#oldest = Math.min(this.#oldest, segment);
    this.#unsealed = Math.min(this.#unsealed, segment);
  }

  /** Keeps the batches with ids from an offset on, whatever the floor is; segments from before both go. */
  keepIdsFrom(offset: number): void {
    this.#idsFrom = offset;
    this.#hasRemembered ||= offset < Infinity;
    const needed = segmentOf(Math.min(this.#floor, offset));
    for (; this.#oldest < needed; this.#oldest++) this.#segments.delete(this.#oldest);
  }

  /** The batches with ids from one offset up to another, as they are now, to be read at any time later. */
  remembered(from: number, to: number): Iterable<AnyBatch> {
    const segments: [number, Objects | SealedSegment][] = [];
    const last = from > to ? -1 : segmentOf(to);
    for (let segment = segmentOf(from); segment <= last; segment++) {
      const held = this.#segments.get(segment);
      if (held !== undefined) segments.push([segment, held]);
    }
    return {
      *[Symbol.iterator]() {
        for (const [segment, held] of segments) {
          const base = segment * SEGMENT + 1;
          const end = Math.min(SEGMENT, to - base + 1);
          for (let place = Math.max(0, from - base); place < end; place++) {
            const batch = held instanceof SealedSegment ? held.withId(place) : held[place];
            if (batch?.id !== undefined) yield batch;
          }
        }
      },
    };
  }

  /** Bytes of what is sealed. */
  get sealedBytes(): number {
    let bytes = 0;
    for (const held of this.#segments.values()) if (held instanceof SealedSegment) bytes += held.size;
    return bytes;
  }

  /** True when there are segments to be sealed. */
  get hasUnsealed(): boolean {
    return this.#unsealed + FRESH < Math.floor(this.#head / SEGMENT);
  }

  /** Seals some more of what is old, one batch at the most; false when there is nothing left. */
  seal(by: Seal): boolean {
    if (this.hasUnsealed) this.#sealNext(by);
    return this.hasUnsealed;
  }

  #sealNext(by: Seal): void {
    const segment = this.#unsealed;
    const held = this.#segments.get(segment);
    // Gone, or too large to be laid down without holding others up.
    if (held === undefined || held instanceof SealedSegment || !isSmall(held)) return this.#sealed(segment);
    if (this.#sealing?.segment !== segment) this.#sealing = { segment, work: new Sealing(held, SEGMENT, by) };
    const done = this.#sealing.work.step();
    if (done === undefined) return;
    if (done !== null) this.#segments.set(segment, done);
    this.#sealed(segment);
  }

  #sealed(segment: number): void {
    this.#sealing = undefined;
    this.#unsealed = segment + 1;
  }

  /** When a batch was made that can be read, or the newest one that is gone; −Infinity before all. */
  timeOf(offset: number): number {
    if (offset < this.#floor) return this.#belowAt;
    const held = this.#segments.get(segmentOf(offset))!;
    const place = (offset - 1) % SEGMENT;
    return held instanceof SealedSegment ? held.timeOf(place) : held[place]!.at;
  }

  *read(from: number, to = this.#head): Generator<AnyBatch> {
    for (let offset = from; offset <= to; offset++) yield this.at(offset);
  }

  offsetAt(time: number): number {
    let low = this.#floor;
    let high = this.#head + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.timeOf(middle) <= time) low = middle + 1;
      else high = middle;
    }
    if (low === this.#floor && this.#belowAt > time) throw compacted(this, this.#floor - 1);
    return low - 1;
  }

  truncateBefore(offset: number): void {
    const floor = Math.min(offset, this.#head + 1);
    while (this.#floor < floor) {
      const segment = segmentOf(this.#floor);
      const held = this.#segments.get(segment)!;
      const place = (this.#floor - 1) % SEGMENT;
      this.#belowAt = this.timeOf(this.#floor);
      if (!(held instanceof SealedSegment) && !this.#mayBeRemembered(held[place]!)) held[place] = undefined;
      if (place === SEGMENT - 1 && !(this.#idsFrom <= this.#floor && hasIds(held))) this.#segments.delete(segment);
      this.#floor++;
    }
    this.streams.trim(this.#floor);
  }

  /** Who has captured what is remembered may read a batch when it is no more: so that goes with its whole segment. */
  #mayBeRemembered({ id }: AnyBatch): boolean {
    return id !== undefined && this.#hasRemembered;
  }

  /** Gives a log its id that had none: the one that it is read from has only just been made. */
  name(lineage: string): void {
    assert(this.#lineage === '', 'a log has one name');
    this.#lineage = lineage;
  }

  /** Forgets everything and begins after another batch, perhaps as another log. */
  reset(lineage: string, { head, lastAt }: Beginning): void {
    if (lineage !== this.#lineage || head < this.#head) this.#breaks++;
    this.#lineage = lineage;
    this.#epoch++;
    this.#segments.clear();
    this.streams.clear();
    this.#sealing = undefined;
    this.#oldest = this.#unsealed = Math.floor(head / SEGMENT);
    this.#idsFrom = Infinity;
    this.#hasRemembered = false;
    this.#floor = head + 1;
    this.#head = head;
    this.#lastAt = lastAt;
    this.#belowAt = lastAt;
  }

  close(): void {
    this.#open = false;
  }
}

function segmentOf(offset: number): number {
  return Math.floor((offset - 1) / SEGMENT);
}

/** True where no batch is so large that laying it down would take long. */
function isSmall(held: Objects): boolean {
  return held.every((batch) => batch === undefined || batch.changes.length + batch.events.length <= CHANGES_MAX);
}

function hasIds(held: Objects | SealedSegment): boolean {
  return held instanceof SealedSegment ? held.hasIds : held.some((batch) => batch?.id !== undefined);
}
