import type { Key } from '../codecs/key.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';

/** A span takes at least so many entries, so that an index which changes seldom has few spans. */
const SPAN_SIZE = 64;

/** What an entry takes, by estimate: its place in a tree that is not quite full, its key of two parts, its death. */
const ENTRY_BYTES = 120;

/** Entries of level 0 lived less than so many versions; each further level, up to four times as many. */
const LIFE_MAX = 4;

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
}

/** Some of the entries that are gone, in key order. */
export interface PastSpan extends EntryKeys {
  readonly tree: OrderedTree;
  slotOf(ref: number): number;
  /** When the entry of each ref died. */
  readonly died: readonly number[];
}

/**
 * An index's entries that are gone from the head but that some version still sees.
 *
 * Entries lie in levels by how long they lived. They come in the order in which they died, and each level is cut into
 * *spans* of death, at least as long as its entries lived at the most. So what a version sees at a level lies in two
 * neighbouring spans, and of one row's entries there, which each lived a quarter of a span or more, only a few. A scan
 * of the past hence passes over few dead entries, however many versions its rows have had: the cost grows with the
 * number of levels, a logarithm. Spans are dropped whole.
 */
export class IndexHistory<S> implements PastEntries {
  readonly #keyOf: (source: S) => Key;
  /** By level: the spans, oldest first. */
  readonly #levels: HistorySpan<S>[][] = [];
  /** What the running transaction removed, for it to be taken back; newest last. */
  readonly #recent: Removal[] = [];
  #size = 0;
  #edits = 0;
  /** No span can be dropped before this version. */
  #nextDrop = Infinity;

  /** @param keyOf reads the full key of an entry from what the entry keeps */
  constructor(keyOf: (source: S) => Key) {
    this.#keyOf = keyOf;
  }

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Bytes, by estimate. */
  get bytes(): number {
    return this.#size * ENTRY_BYTES;
  }

  /** Goes up at each change, after which the spans a scan holds may be too few. */
  get edits(): number {
    return this.#edits;
  }

  /** `source` is what the full key is read from: the index's parts, then the primary key's. */
  add(source: S, slot: number, born: number, died: number): void {
    // What was born and removed between two versions that anyone can see is kept for undoing alone.
    const level = born === died ? -1 : levelOf(died - born);
    this.#recent.push({ level, born });
    if (level < 0) return;
    const span = this.#spanFor(level, died);
    span.add(source, slot, born, died);
    this.#size++;
    this.#edits++;
    this.#nextDrop = Math.min(this.#nextDrop, died);
  }

  /** Takes back the newest entry, when its removal is undone; returns when it was born. */
  takeBack(): number {
    const { level, born } = this.#recent.pop()!;
    if (level < 0) return born;
    const spans = this.#levels[level]!;
    const span = spans.at(-1)!;
    span.takeBack();
    if (span.size === 0) spans.pop();
    this.#size--;
    this.#edits++;
    return born;
  }

  /** Ends the running transaction: nothing will be taken back. */
  settle(): void {
    for (const { level } of this.#recent) if (level >= 0) this.#levels[level]!.at(-1)!.tree.settle();
    this.#recent.length = 0;
  }

  /** The spans in which entries that a version sees may lie. */
  spansAt(version: number): HistorySpan<S>[] {
    const found: HistorySpan<S>[] = [];
    for (const [level, spans] of this.#levels.entries()) {
      const end = version + lifeMax(level);
      for (let i = firstAfter(spans, version); i < spans.length && spans[i]!.firstDied < end; i++) {
        found.push(spans[i]!);
      }
    }
    return found;
  }

  /** Drops the spans of which no version from a floor on sees anything. */
  trim(floor: number): void {
    if (floor < this.#nextDrop) return;
    this.#nextDrop = Infinity;
    for (const spans of this.#levels) {
      const kept = firstAfter(spans, floor);
      for (const span of spans.splice(0, kept)) this.#size -= span.size;
      if (kept > 0) this.#edits++;
      if (spans.length > 0) this.#nextDrop = Math.min(this.#nextDrop, spans[0]!.lastDied);
    }
  }

  /** The newest span of a level; a new one once that is full and long enough. */
  #spanFor(level: number, died: number): HistorySpan<S> {
    while (this.#levels.length <= level) this.#levels.push([]);
    const spans = this.#levels[level]!;
    const last = spans.at(-1);
    if (last !== undefined && (last.size < SPAN_SIZE || died < last.firstDied + lifeMax(level))) return last;
    const span = new HistorySpan(died, this.#keyOf);
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
  return LIFE_MAX * 4 ** level;
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

interface Removal {
  /** −1 where nothing went to the history side. */
  readonly level: number;
  readonly born: number;
}

/** Entries of one level that died within one span of versions, in key order. */
class HistorySpan<S> implements PastSpan {
  readonly tree = new OrderedTree(this);
  readonly #keyOf: (source: S) => Key;
  readonly #sources: S[] = [];
  readonly #slots: number[] = [];
  readonly died: number[] = [];

  /** @param firstDied when its oldest entry died */
  constructor(
    readonly firstDied: number,
    keyOf: (source: S) => Key,
  ) {
    this.#keyOf = keyOf;
  }

  /** When its newest entry died. */
  get lastDied(): number {
    return this.died.at(-1) ?? this.firstDied;
  }

  get size(): number {
    return this.#sources.length;
  }

  add(source: S, slot: number, born: number, died: number): void {
    const ref = this.#sources.push(source) - 1;
    this.#slots.push(slot);
    this.died.push(died);
    this.tree.insert(ref, born);
  }

  takeBack(): void {
    const ref = this.#sources.length - 1;
    this.tree.remove(this.fullKey(ref), ref);
    this.#sources.pop();
    this.#slots.pop();
    this.died.pop();
  }

  fullKey(ref: number): Key {
    return this.#keyOf(this.#sources[ref]!);
  }

  slotOf(ref: number): number {
    return this.#slots[ref]!;
  }
}
