import { keepShape } from '../keep-shape.js';
import type { Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import type { Edge, Interval } from '../codecs/range.js';
import type { PastSpan } from './index-history.js';
import type { Position } from './merge-run.js';
import { OrderedTree } from './ordered-tree.js';

/** A place in one tree between the ends of a stretch, going one way. */
export class Side {
  readonly #tree: OrderedTree;
  readonly #reverse: boolean;
  readonly #at: Position = { leaf: 0, at: 0 };
  readonly #end: Position = { leaf: 0, at: 0 };
  ended = false;

  constructor(tree: OrderedTree, reverse: boolean) {
    this.#tree = tree;
    this.#reverse = reverse;
  }

  get ref(): number {
    return this.#tree.refAt(this.#at);
  }

  get born(): number {
    return this.#tree.bornAt(this.#at);
  }

  /** Goes to the first entry of a stretch, or to the first beyond a key. */
  find({ low, high }: Interval, last: Key | undefined): void {
    const from: Edge = this.#reverse ? high : low;
    this.#tree.seek(last === undefined ? from : { parts: last, side: this.#reverse ? -1 : 1, cut: false }, this.#at);
    this.#tree.seek(this.#reverse ? low : high, this.#end);
    this.#look();
  }

  /** Takes entries, at the most `room` of them, and returns how many. */
  take(refs: Int32Array, room: number): number {
    let taken = 0;
    if (this.#reverse) for (; taken < room && !this.ended; this.step()) refs[taken++] = this.ref;
    else {
      taken = this.#tree.take(this.#at, this.#end, refs, room);
      this.#look();
    }
    return taken;
  }

  /** Steps over entries that a version does not see; `died` says when each ref died. */
  skipUnseen(version: number, died: Float64Array | undefined): void {
    if (!this.#reverse) {
      this.#tree.skipUnseen(this.#at, this.#end, version, died);
      this.#look();
      return;
    }
    const isUnseen = (): boolean => this.born > version || (died !== undefined && died[this.ref]! <= version);
    while (!this.ended && isUnseen()) this.step();
  }

  step(): void {
    if (!this.#reverse) this.#tree.next(this.#at);
    this.#look();
  }

  /** True when the entry comes before another side's, in the direction of the scan. */
  isBefore(other: Side): boolean {
    const order = this.#tree.compareAt(this.#at, other.#tree, other.#at);
    return this.#reverse ? order > 0 : order < 0;
  }

  /** Going back, a position stands after the entry it has yet to give. */
  #look(): void {
    const { leaf, at } = this.#at;
    const beyond = leaf > this.#end.leaf || (leaf === this.#end.leaf && at >= this.#end.at);
    if (!this.#reverse) this.ended = beyond;
    else this.ended = !beyond || (leaf === this.#end.leaf && at === this.#end.at) || !this.#tree.previous(this.#at);
  }
}

/** The side of a span of history, which gives only what a version saw. */
export class PastSide {
  readonly #span: PastSpan;
  readonly #side: Side;
  readonly #version: number;

  constructor(span: PastSpan, version: number, reverse: boolean) {
    this.#span = span;
    this.#side = new Side(span.tree, reverse);
    this.#version = version;
  }

  get ended(): boolean {
    return this.#side.ended;
  }

  get key(): Key {
    return this.#span.fullKey(this.#side.ref);
  }

  get slot(): number {
    return this.#span.slotOf(this.#side.ref);
  }

  /** The row, where it is at hand. */
  get row(): Row | undefined {
    return this.#span.rowAt(this.#side.ref, this.#version);
  }

  find(interval: Interval, last: Key | undefined): void {
    this.#side.find(interval, last);
    this.#side.skipUnseen(this.#version, this.#span.died);
  }

  step(): void {
    this.#side.step();
    this.#side.skipUnseen(this.#version, this.#span.died);
  }

  isBefore(other: PastSide): boolean {
    return this.#side.isBefore(other.#side);
  }

  /** True when the entry comes before one of the head. */
  isBeforeHead(head: Side): boolean {
    return this.#side.isBefore(head);
  }
}

const tree = new OrderedTree({ fullKey: () => [], headOf: () => {} });
keepShape(new Side(tree, false));
const span = {
  tree,
  died: new Float64Array(0),
  fullKey: () => [],
  headOf: () => {},
  slotOf: () => 0,
  rowAt: () => undefined,
};
keepShape(new PastSide(span, 0, false));
