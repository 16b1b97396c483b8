import type { Key } from '../codecs/key.js';
import { OrderedTree, type EntryKeys } from './ordered-tree.js';

/**
 * An index's entries that are gone from the head but that some version still sees.
 *
 * Entries lie in *spans* by how long they lived and when they were born: level `k` holds those that lived at least 2ᵏ
 * and less than 2ᵏ⁺¹ versions, cut into spans of 2ᵏ versions of birth. What a version sees at a level was born in one
 * of three spans, and a good part of what lies in those is seen; so a scan of the past passes over few dead entries,
 * however many versions its rows have had: the cost grows with the number of levels, a logarithm. Spans are dropped
 * whole.
 */
export class IndexHistory {
  /** By level, then by when the span begins, in units of its length. */
  readonly #levels: Map<number, HistorySpan>[] = [];
  /** What the running transaction removed, for it to be taken back; newest last. */
  readonly #recent: Removal[] = [];
  #size = 0;
  #edits = 0;
  /** No span can be dropped before this version. */
  #nextDrop = Infinity;

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Goes up at each change, after which the spans a scan holds may be too few. */
  get edits(): number {
    return this.#edits;
  }

  /** `key` is the full key: the index's parts, then the primary key's. */
  add(key: Key, slot: number, born: number, died: number): void {
    // Born and removed between two versions that anyone can see.
    const span = born === died ? undefined : this.#spanOf(born, died);
    span?.add(key, slot, born, died);
    this.#recent.push({ span, born });
    if (span === undefined) return;
    this.#size++;
    this.#edits++;
    this.#nextDrop = Math.min(this.#nextDrop, span.lastDied);
  }

  /** Takes back the newest entry, when its removal is undone; returns when it was born. */
  takeBack(): number {
    const { span, born } = this.#recent.pop()!;
    if (span !== undefined) {
      span.takeBack();
      this.#size--;
      this.#edits++;
    }
    return born;
  }

  /** Ends the running transaction: nothing will be taken back. */
  settle(): void {
    this.#recent.length = 0;
  }

  /** The spans in which entries that a version sees may lie. */
  spansAt(version: number): HistorySpan[] {
    const found: HistorySpan[] = [];
    for (const [level, spans] of this.#levels.entries()) {
      if (spans.size === 0) continue;
      const place = Math.floor(version / 2 ** level);
      for (const at of [place - 2, place - 1, place]) {
        const span = spans.get(at);
        if (span !== undefined && span.tree.size > 0) found.push(span);
      }
    }
    return found;
  }

  /** Drops the spans of which no version after a floor sees anything. */
  trim(floor: number): void {
    if (floor < this.#nextDrop) return;
    this.#nextDrop = Infinity;
    for (const spans of this.#levels) {
      for (const [place, span] of spans) {
        // Spans come about nearly in the order of their births; one that is kept hides at most two that could go.
        if (span.lastDied > floor) {
          this.#nextDrop = Math.min(this.#nextDrop, span.lastDied);
          break;
        }
        spans.delete(place);
        this.#size -= span.tree.size;
        this.#edits++;
      }
    }
  }

  #spanOf(born: number, died: number): HistorySpan {
    const level = Math.floor(Math.log2(died - born));
    while (this.#levels.length <= level) this.#levels.push(new Map());
    const place = Math.floor(born / 2 ** level);
    const spans = this.#levels[level]!;
    let span = spans.get(place);
    if (span === undefined) spans.set(place, (span = new HistorySpan()));
    return span;
  }
}

interface Removal {
  readonly span: HistorySpan | undefined;
  readonly born: number;
}

/** Entries of one level born within one span, in key order. */
export class HistorySpan implements EntryKeys {
  readonly tree = new OrderedTree(this);
  readonly #keys: Key[] = [];
  readonly #slots: number[] = [];
  readonly #died: number[] = [];

  /** When its newest entry died. */
  get lastDied(): number {
    return this.#died.at(-1) ?? 0;
  }

  add(key: Key, slot: number, born: number, died: number): void {
    const ref = this.#keys.push(key) - 1;
    this.#slots.push(slot);
    this.#died.push(died);
    this.tree.insert(key, ref, born);
  }

  takeBack(): void {
    this.tree.remove(this.#keys.pop()!, this.#keys.length);
    this.#slots.pop();
    this.#died.pop();
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

  /** True when a version saw the entry; `born` is what the tree holds. */
  isVisible(ref: number, born: number, version: number): boolean {
    return born <= version && version < this.#died[ref]!;
  }
}
