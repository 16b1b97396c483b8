/** The tree of intervals and a list of them, which is asked one by one. */
import type { Key } from '../../src/codecs/key.js';
import type { Edge, Interval } from '../../src/codecs/range.js';
import { IntervalTree, type Watch } from '../../src/projections/interval-tree.js';
import { edgeNear, KEY_FAMILIES, orderOfKey, type KeyFamily } from '../support/hurtful-keys.js';
import { drive, same, sameList, type Chance, type Trial } from '../support/structures.js';

const MOST = 150;
/** Keys of an index all have as many parts; an edge has up to so many. */
const WIDTH = 3;

class IntervalTrial implements Trial {
  readonly #random: Chance;
  readonly #tree = new IntervalTree<number>();
  readonly #watches: Watch<number>[] = [];
  #owners = 0;
  #family: KeyFamily = KEY_FAMILIES[0]!;
  #spread = 10;
  #adds = 0.5;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    if (this.#random.is(0.4)) this.#ask(this.#key());
    else if (this.#random.is(this.#adds)) this.#add();
    else this.#remove();
    same(this.#tree.size, this.#watches.length, 'size');
  }

  check(): void {
    for (const { interval } of this.#watches) {
      this.#ask(this.#whole(interval.low.parts));
      this.#ask(this.#whole(interval.high.parts));
    }
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 100 + random.below(2_000);
    this.#adds = random.pick([0, 0.3, 0.5, 0.5, 0.7, 0.95]);
    this.#family = random.pick(KEY_FAMILIES);
    this.#spread = random.pick([3, 50, 2 ** 21]);
  }

  #key(): Key {
    return this.#whole(this.#family(this.#random, this.#random.below(this.#spread)));
  }

  #whole(parts: Key): Key {
    return [...parts, ...Array.from({ length: WIDTH - parts.length }, () => this.#random.below(3))];
  }

  #edge(): Edge {
    const edge = edgeNear(this.#key(), this.#random);
    return edge.side === 0 ? { ...edge, side: this.#random.is(0.5) ? -1 : 1 } : edge;
  }

  #interval(): Interval {
    const random = this.#random;
    const low = this.#edge();
    // what begins with the parts; from one edge to another, which may lie before it; the same interval once more
    if (random.is(0.4)) return { low: { ...low, side: -1 }, high: { ...low, side: 1 } };
    if (random.is(0.1) && this.#watches.length > 0) return random.pick(this.#watches).interval;
    return { low, high: this.#edge() };
  }

  #add(): void {
    if (this.#watches.length === MOST) return this.#remove();
    this.#watches.push(this.#tree.add(this.#interval(), this.#owners++));
  }

  #remove(): void {
    if (this.#watches.length === 0) return;
    const at = this.#random.below(this.#watches.length);
    this.#tree.remove(this.#watches[at]!);
    this.#watches.splice(at, 1);
  }

  #ask(key: Key): void {
    const found: number[] = [];
    this.#tree.at({ parts: key, side: 0, cut: false }, (owner) => found.push(owner));
    const within = ({ low, high }: Interval) => orderOfKey(key, low) >= 0 && orderOfKey(key, high) <= 0;
    const expected = this.#watches.filter(({ interval }) => within(interval)).map(({ owner }) => owner);
    const up = (a: number, b: number) => a - b;
    sameList(found.sort(up), expected.sort(up), 'the owners of intervals with the key');
  }
}

drive('IntervalTree', (random) => new IntervalTrial(random));
