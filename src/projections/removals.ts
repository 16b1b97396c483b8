import { assert } from '../assert.js';
import { Entries, grown } from './entries.js';

/** Room for so many stays; what a large transaction took beyond it is given back. */
const ROOM_MAX = 2 ** 16;

/** Room at first: most indexes remove little. */
const ROOM_MIN = 8;

/** An entry that was removed: `source` is what its key is read from. */
interface Removal<S> {
  readonly source: S;
  readonly slot: number;
  readonly born: number;
  readonly died: number;
}

/**
 * Entries that an index has removed, in the order in which they died, for as long as nobody has asked for the past.
 * What was born and died at one version is here too, for undoing alone: nobody sees it. They lie in columns that are
 * used again, with the numbers that they had in the tree: most are never looked at, and none needs its key made anew.
 */
export class Removals<S> {
  /** The entries as they were, except that `ref` is the slot. */
  #entries = new Entries(ROOM_MIN);
  #sources: (S | undefined)[] = [];
  #died = new Float64Array(ROOM_MIN);
  #since = new Float64Array(ROOM_MIN);
  /** Those before it were dropped. */
  #start = 0;
  #end = 0;
  #seen = 0;

  /** Those that some version sees. */
  get seen(): number {
    return this.#seen;
  }

  /** Those there are, seen or not. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Bytes of the columns. */
  get bytes(): number {
    return this.#entries.bytes + this.#died.byteLength + this.#since.byteLength + 8 * this.#sources.length;
  }

  /** When the oldest died; Infinity when there is none. */
  get firstDied(): number {
    return this.length === 0 ? Infinity : this.#died[this.#start]!;
  }

  /** @param entry the first of these is the one removed */
  push(source: S, slot: number, entry: Entries, died: number, since: number): void {
    if (this.#end === this.#died.length) this.#makeRoom();
    const at = this.#end++;
    this.#entries.copy(entry, 0, at);
    this.#entries.ref[at] = slot;
    this.#sources[at] = source;
    this.#died[at] = died;
    this.#since[at] = since;
    if (entry.bornAt(0) < died) this.#seen++;
  }

  /** Takes the newest back and returns when it was born. */
  pop(): number {
    const at = --this.#end;
    const born = this.#entries.bornAt(at);
    if (born < this.#died[at]!) this.#seen--;
    this.#sources[at] = undefined;
    return born;
  }

  /** Drops those that no version from a floor on sees. */
  drop(floor: number): void {
    for (; this.firstDied <= floor; this.#start++) {
      if (this.#entries.bornAt(this.#start) < this.#died[this.#start]!) this.#seen--;
      this.#sources[this.#start] = undefined;
    }
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /**
   * Hands over each, oldest first: its place in `entries`, whose `ref` is the slot, and its number from the oldest on;
   * none is left.
   */
  drain(take: (source: S, entries: Entries, at: number, died: number, since: number, number: number) => void): void {
    for (let at = this.#start; at < this.#end; at++) {
      take(this.#sources[at]!, this.#entries, at, this.#died[at]!, this.#since[at]!, at - this.#start);
    }
    this.#start = this.#end = this.#seen = 0;
    this.settle();
  }

  /** Gives back what a large transaction took, once nothing waits: it may have been undone. */
  settle(): void {
    if (this.#end > 0) return;
    if (this.#sources.length > 0) this.#sources.length = 0;
    if (this.#died.length > ROOM_MAX) this.#giveBack();
  }

  /** Those that some version sees, oldest first. */
  *entries(): Generator<Removal<S>> {
    for (let at = this.#start; at < this.#end; at++) {
      const [born, died] = [this.#entries.bornAt(at), this.#died[at]!];
      if (born < died) yield { source: this.#sources[at]!, slot: this.#entries.ref[at]!, born, died };
    }
  }

  /** Verifies order and counts; throws when they are broken. */
  check(): void {
    let seen = 0;
    for (let at = this.#start; at < this.#end; at++) {
      const died = this.#died[at]!;
      assert(at === this.#start || this.#died[at - 1]! <= died, 'what is removed waits in the order in which it died');
      assert(this.#entries.bornAt(at) <= died && this.#since[at]! <= died, 'nothing dies before it is born');
      if (this.#entries.bornAt(at) < died) seen++;
    }
    assert(seen === this.#seen, 'as many removed entries can be seen as it says');
  }

  #giveBack(): void {
    this.#entries = new Entries(ROOM_MIN);
    this.#died = new Float64Array(ROOM_MIN);
    this.#since = new Float64Array(ROOM_MIN);
  }

  /** Moves those there are to the beginning, into twice the room if they fill half of it. */
  #makeRoom(): void {
    const { length } = this;
    const [entries, died, since] = [this.#entries, this.#died, this.#since];
    this.#sources.splice(0, this.#start);
    entries.move(this.#start, 0, length);
    died.copyWithin(0, this.#start, this.#end);
    since.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = length;
    if (length * 2 <= died.length) return;
    entries.grow(died.length * 2);
    this.#died = grown(died, new Float64Array(died.length * 2));
    this.#since = grown(since, new Float64Array(died.length * 2));
  }
}
