/**
 * The log in memory and a list of all batches, with a floor: appends of none, of some and of more than a segment,
 * appends that are refused, reads at and beyond both ends, and truncation.
 */
import type { AnyBatch } from '../../src/log/batch.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { drive, same, sameList, type Chance, type Trial } from '../support/structures.js';

class LogTrial implements Trial {
  readonly #random: Chance;
  #log = new MemoryLog('a');
  /** By offset from 1 on. */
  #twin: AnyBatch[] = [];
  #floor = 1;
  #left = 0;
  #appends = 0.5;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const random = this.#random;
    if (random.is(this.#appends)) this.#append(random.is(0.002) ? 1_000 + random.below(1_500) : random.below(4));
    else if (random.is(0.03)) this.#refused();
    else if (random.is(0.01)) this.#truncate();
    else this.#read();
    same(this.#log.head, this.#twin.length, 'head');
    same(this.#log.floor, this.#floor, 'floor');
    same(this.#log.lastAt, this.#twin.at(-1)?.at ?? -Infinity, 'lastAt');
  }

  check(): void {
    sameList([...this.#log.read(this.#floor)], this.#twin.slice(this.#floor - 1), 'read');
  }

  #turn(): void {
    this.#left = 1_000 + this.#random.below(6_000);
    this.#appends = this.#random.pick([0.05, 0.3, 0.8]);
    if (!this.#random.is(0.2)) return;
    this.#log.close();
    refuses('StoreClosed', () => this.#log.append([], { expect: this.#twin.length }));
    this.check();
    this.#log = new MemoryLog('a');
    this.#twin = [];
    this.#floor = 1;
  }

  #batches(count: number): AnyBatch[] {
    let at = this.#twin.at(-1)?.at ?? 10;
    return Array.from({ length: count }, (_, i) => {
      at += this.#random.below(3);
      return { offset: this.#twin.length + 1 + i, at, id: undefined, meta: {}, changes: [], events: [] };
    });
  }

  #append(count: number): void {
    const batches = this.#batches(count);
    same(this.#log.append(batches, { expect: this.#twin.length }), this.#twin.length + count, 'append');
    this.#twin.push(...batches);
  }

  /** An append that the log refuses as a whole. */
  #refused(): void {
    const expect = this.#twin.length;
    const batches = this.#batches(3);
    const wrong = this.#random.pick([expect - 1, expect + 1]);
    refuses('Conflict', () => this.#log.append(batches, { expect: wrong }));
    const place = this.#random.below(3);
    const gap = batches.with(place, { ...batches[place]!, offset: expect + 5 });
    refuses('Defect', () => this.#log.append(gap, { expect }));
    const earlier = batches.with(2, { ...batches[2]!, at: batches[1]!.at - 1 });
    refuses('Defect', () => this.#log.append(earlier, { expect }));
  }

  /** To an offset far or near, below the floor, or beyond the head. */
  #truncate(): void {
    const offset = this.#random.pick([
      this.#floor - this.#random.below(5),
      this.#floor + this.#random.below(5),
      this.#floor + this.#random.below(this.#twin.length - this.#floor + 2),
      this.#floor + this.#random.below((this.#twin.length - this.#floor + 2) / 3),
      this.#random.is(0.2) ? this.#twin.length + this.#random.below(4) : 0,
    ]);
    this.#log.truncateBefore(offset);
    this.#floor = Math.max(this.#floor, Math.min(offset, this.#twin.length + 1));
  }

  #read(): void {
    const offset = this.#floor - 2 + this.#random.below(this.#twin.length - this.#floor + 5);
    if (offset < this.#floor) refuses('OffsetCompacted', () => this.#log.at(offset));
    else if (offset > this.#twin.length) refuses('OffsetInFuture', () => this.#log.at(offset));
    else {
      same(this.#log.at(offset), this.#twin[offset - 1], `at(${offset})`);
      const to = Math.min(offset - 1 + this.#random.below(20), this.#twin.length);
      sameList([...this.#log.read(offset, to)], this.#twin.slice(offset - 1, to), `read(${offset}, ${to})`);
    }
    if (this.#random.is(0.1)) this.#readTime(offset);
  }

  #readTime(near: number): void {
    const time = (this.#twin[near - 1]?.at ?? this.#random.below(20)) + this.#random.below(3) - 1;
    const gone = this.#twin[this.#floor - 2];
    if (gone !== undefined && gone.at > time) return refuses('OffsetCompacted', () => this.#log.offsetAt(time));
    let expected = this.#floor - 1;
    while (expected < this.#twin.length && this.#twin[expected]!.at <= time) expected++;
    return same(this.#log.offsetAt(time), expected, `offsetAt(${time})`);
  }
}

/** Throws unless a call throws an error with this code. */
function refuses(code: string, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    same((error as { readonly code?: string }).code, code, 'the code of the error');
    return;
  }
  throw new Error(`${code} is not thrown`);
}

drive('MemoryLog', (random) => new LogTrial(random));
