import { assert } from '../assert.js';
import type { Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import { Entries, grown } from './entries.js';
import { headOf } from './key-head.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';
import { Removals } from './removals.js';

/** A span takes at least so many entries, so that an index which changes seldom has few spans. */
const SPAN_SIZE = 64;

/** What an entry takes, by estimate: its place in a tree that is not quite full, its key of two parts, its death. */
const ENTRY_BYTES = 128;

/** A span has room for so many at first. */
const ROOM_MIN = 8;

/** So many may wait to be filed; to file them takes the first reader of the past some 15 ms. */
const WAITING_MAX = 16_384;

/**
 * Entries of level 0 lived less than 16 versions; each further level, up to 16 times as many. With 4, a range of the
 * past took half as long again, having to find its place in twice as many spans (measured, up to 200 versions a row).
 */
const LIVES_MAX = Array.from({ length: 14 }, (_, level) => 16 ** (level + 1));

/** The history side as readers see it. */
export interface PastEntries {
  /** Entries. */
  readonly size: number;
  /** Bytes of typed arrays and lists. */
  readonly bytes: number;
  /** Goes up at each change, after which the spans a scan holds may be too few. */
  readonly edits: number;
  /** The spans in which entries that a version sees may lie. */
  spansAt(version: number): readonly PastSpan[];
  /** Drops the spans of which no version from a floor on sees anything. */
  trim(floor: number): void;
  /** Each entry, in no order. */
  entries(): Iterable<PastEntry>;
  /** Verifies the structures against each other; throws when one is broken. */
  check(): void;
}

/** An entry that is gone from the head. */
export interface PastEntry {
  readonly key: Key;
  readonly slot: number;
  readonly born: number;
  readonly died: number;
}

/** Some of the entries that are gone, in key order. */
export interface PastSpan extends EntryKeys {
  readonly tree: OrderedTree;
  slotOf(ref: number): number;
  /** The row of an entry as a version saw it, where the span has it at hand. */
  rowAt(ref: number, version: number): Row | undefined;
  /** When the entry of each ref died. */
  readonly died: Float64Array;
}

/**
 * An index's entries that are gone from the head but that some version still sees.
 *
 * They *wait* in the order in which they died until someone reads the past or too many wait: most are dropped before
 * anyone asks for them, and then have cost next to nothing. Those that are asked for are filed.
 *
 * Filed entries lie in levels by how long they lived. They come in the order in which they died, and each level is cut
 * into *spans* of death, at least as long as its entries lived at the most. So what a version sees at a level lies in
 * two neighbouring spans, and of one row's entries there, which each lived a sixteenth of a span or more, only some. A
 * scan of the past hence passes over few dead entries, however many versions its rows have had: the cost grows with
 * the number of levels, a logarithm. Spans are dropped whole.
 */
export class IndexHistory<S> implements PastEntries {
  readonly #keyOf: (source: S) => Key;
  readonly #rowOf: (source: S) => Row | undefined;
  readonly #waiting = new Removals<S>();
  /** How many of those that wait the running transaction did not remove. */
  #settled = 0;
  /** By level: the spans, oldest first. */
  readonly #levels: HistorySpan<S>[][] = [];
  #filed = 0;
  /** What the running transaction removed and a reader had filed since, for it to be taken back; newest last. */
  readonly #recent: Removal[] = [];
  #edits = 0;
  /** No span can be dropped before this version. */
  #nextDrop = Infinity;

  /**
   * @param keyOf reads the full key of an entry from what the entry keeps
   * @param rowOf the row of an entry, where that is what it keeps
   */
  constructor(keyOf: (source: S) => Key, rowOf: (source: S) => Row | undefined) {
    this.#keyOf = keyOf;
    this.#rowOf = rowOf;
  }

  /** Entries. */
  get size(): number {
    return this.#filed + this.#waiting.seen;
  }

  /** Bytes, by estimate. */
  get bytes(): number {
    return this.#filed * ENTRY_BYTES + this.#waiting.bytes;
  }

  /** Goes up at each change, after which the spans a scan holds may be too few. */
  get edits(): number {
    return this.#edits;
  }

  /**
   * `source` is what the full key is read from: the index's parts, then the primary key's. `entry` has what the tree of
   * the head had. `since` is when the row was written that had it last, which may be after it was born.
   */
  add(source: S, slot: number, entry: Entries, died: number, since: number): void {
    this.#waiting.push(source, slot, entry, died, since);
    if (entry.bornAt(0) < died) this.#edits++;
  }

  /** Takes back the newest entry, when its removal is undone; returns when it was born. */
  takeBack(): number {
    if (this.#waiting.length > 0) {
      const { seen } = this.#waiting;
      const born = this.#waiting.pop();
      if (this.#waiting.seen < seen) this.#edits++;
      return born;
    }
    const { level, born } = this.#recent.pop()!;
    if (level < 0) return born;
    const spans = this.#levels[level]!;
    const span = spans.at(-1)!;
    span.takeBack();
    if (span.size === 0) spans.pop();
    this.#filed--;
    this.#edits++;
    return born;
  }

  /** Ends the running transaction: nothing will be taken back. */
  settle(): void {
    if (this.#waiting.length > WAITING_MAX) this.#file();
    this.#waiting.settle();
    this.#settled = this.#waiting.length;
    if (this.#recent.length > 0) this.#recent.length = 0;
  }

  /** The spans in which entries that a version sees may lie. */
  spansAt(version: number): HistorySpan<S>[] {
    this.#file();
    const found: HistorySpan<S>[] = [];
    for (const [level, spans] of this.#levels.entries()) {
      const end = version + lifeMax(level);
      for (let i = firstAfter(spans, version); i < spans.length && spans[i]!.firstDied < end; i++) {
        found.push(spans[i]!);
      }
    }
    return found;
  }

  /** Drops what no version from a floor on sees; of the filed, spans of which none sees anything. */
  trim(floor: number): void {
    const { seen } = this.#waiting;
    this.#waiting.drop(floor);
    if (this.#waiting.seen < seen) this.#edits++;
    this.#settled = this.#waiting.length;
    if (floor >= this.#nextDrop) this.#dropSpans(floor);
  }

  /** Each entry, in no order; what waits is not filed for it. */
  *entries(): Generator<PastEntry> {
    for (const span of this.#levels.flat()) yield* span.entries();
    for (const { source, ...entry } of this.#waiting.entries()) yield { key: this.#keyOf(source), ...entry };
  }

  /** Verifies the structures against each other; throws when one is broken. */
  check(): void {
    this.#waiting.check();
    let filed = 0;
    for (const [level, spans] of this.#levels.entries()) {
      let before = -Infinity;
      for (const span of spans) {
        assert(before <= span.firstDied, 'spans follow each other');
        assert(span.lastDied >= this.#nextDrop, 'no span waits longer than it must to be dropped');
        span.check(level);
        before = span.lastDied;
        filed += span.size;
      }
    }
    assert(filed === this.#filed, 'spans have as many entries as they should');
  }

  #dropSpans(floor: number): void {
    this.#nextDrop = Infinity;
    for (const spans of this.#levels) {
      const kept = firstAfter(spans, floor);
      for (const span of spans.splice(0, kept)) this.#filed -= span.size;
      if (kept > 0) this.#edits++;
      if (spans.length > 0) this.#nextDrop = Math.min(this.#nextDrop, spans[0]!.lastDied);
    }
  }

  /** Files all that wait. */
  #file(): void {
    if (this.#waiting.length === 0) return;
    const touched = new Set<HistorySpan<S>>();
    const settled = this.#settled;
    this.#waiting.drain((source, entries, at, died, since, number) => {
      const born = entries.bornAt(at);
      // What was born and removed between two versions that anyone can see is kept for undoing alone.
      const level = born === died ? -1 : levelOf(died - born);
      if (number >= settled) this.#recent.push({ level, born });
      if (level < 0) return;
      const span = this.#spanFor(level, died);
      span.add(source, entries, at, died, since);
      touched.add(span);
      this.#filed++;
      this.#nextDrop = Math.min(this.#nextDrop, died);
    });
    this.#settled = 0;
    for (const { tree } of touched) tree.settle();
  }

  /** The newest span of a level; a new one once that is full and long enough. */
  #spanFor(level: number, died: number): HistorySpan<S> {
    while (this.#levels.length <= level) this.#levels.push([]);
    const spans = this.#levels[level]!;
    const last = spans.at(-1);
    if (last !== undefined && (last.size < SPAN_SIZE || died < last.firstDied + lifeMax(level))) return last;
    const span = new HistorySpan(died, this.#keyOf, this.#rowOf);
    spans.push(span);
    return span;
  }
}

function levelOf(life: number): number {
  let level = 0;
  while (life >= lifeMax(level)) level++;
  return level;
}

/** Entries of a level lived less long than this, in versions. */
function lifeMax(level: number): number {
  return LIVES_MAX[level]!;
}

/** The first span in which something died after a version. */
function firstAfter(spans: readonly { readonly lastDied: number }[], version: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (spans[middle]!.lastDied <= version) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What was taken back. */
const taken = new Entries(1);

interface Removal {
  /** −1 where nothing went to the history side. */
  readonly level: number;
  readonly born: number;
}

/** Entries of one level that died within one span of versions, in key order. */
class HistorySpan<S> implements PastSpan {
  readonly tree = new OrderedTree(this);
  readonly #keyOf: (source: S) => Key;
  readonly #rowOf: (source: S) => Row | undefined;
  readonly #sources: S[] = [];
  // Typed: what one tier of V8 reads from a column as a small integer is an object to another.
  #slots = new Int32Array(ROOM_MIN);
  #since = new Float64Array(ROOM_MIN);
  died = new Float64Array(ROOM_MIN);

  /** @param firstDied when its oldest entry died */
  constructor(
    readonly firstDied: number,
    keyOf: (source: S) => Key,
    rowOf: (source: S) => Row | undefined,
  ) {
    this.#keyOf = keyOf;
    this.#rowOf = rowOf;
  }

  /** When its newest entry died. */
  get lastDied(): number {
    return this.size === 0 ? this.firstDied : this.died[this.size - 1]!;
  }

  get size(): number {
    return this.#sources.length;
  }

  add(source: S, entries: Entries, at: number, died: number, since: number): void {
    const ref = this.#sources.push(source) - 1;
    if (ref === this.died.length) this.#grow(Math.ceil(ref * 1.5));
    this.#slots[ref] = entries.ref[at]!;
    this.died[ref] = died;
    this.#since[ref] = since;
    this.tree.insertFrom(entries, at, ref);
  }

  takeBack(): void {
    const ref = this.#sources.length - 1;
    this.tree.remove(ref, taken);
    this.#sources.pop();
  }

  *entries(): Generator<PastEntry> {
    for (const [ref, born] of this.tree.entries())
      yield { key: this.fullKey(ref), slot: this.slotOf(ref), born, died: this.died[ref]! };
  }

  check(level: number): void {
    this.tree.check();
    assert(this.tree.size === this.size, 'the tree of a span has each of its entries');
    for (const [ref, born] of this.tree.entries()) {
      const died = this.died[ref]!;
      assert(levelOf(died - born) === level, 'entries of a level lived for as long as it says');
      assert(died >= (ref === 0 ? this.firstDied : this.died[ref - 1]!), 'a span has its entries as they died');
    }
  }

  #grow(room: number): void {
    this.#slots = grown(this.#slots, new Int32Array(room));
    this.#since = grown(this.#since, new Float64Array(room));
    this.died = grown(this.died, new Float64Array(room));
  }

  fullKey(ref: number): Key {
    return this.#keyOf(this.#sources[ref]!);
  }

  headOf(ref: number, skip: number, into: Float64Array): void {
    headOf(this.fullKey(ref), false, 0x00, into, skip);
  }

  slotOf(ref: number): number {
    return this.#slots[ref]!;
  }

  rowAt(ref: number, version: number): Row | undefined {
    // An older row with the same key is in the slot's chain.
    return this.#since[ref]! <= version ? this.#rowOf(this.#sources[ref]!) : undefined;
  }
}
