/**
 * The tree and a sorted array of the same entries. Phases grow, load, churn, read and shrink it down to nothing, with
 * keys of one kind or of all kinds together; what waits is removed before anyone reads.
 */
import { compareKeys, type Key } from '../../src/codecs/key.js';
import { Entries } from '../../src/projections/entries.js';
import { headOf } from '../../src/projections/key-head.js';
import type { Edge } from '../../src/codecs/range.js';
import type { Position } from '../../src/projections/merge-run.js';
import { OrderedTree, type EntryKeys } from '../../src/projections/ordered-tree.js';
import { edgeNear, KEY_FAMILIES, orderOfKey, type KeyFamily } from '../support/hurtful-keys.js';
import { drive, same, sameList, type Chance, type Trial } from '../support/structures.js';

const SIZE_MAX = 16_000;

interface Entry {
  readonly key: Key;
  readonly ref: number;
  readonly born: number;
}

/** How a stretch of operations goes: how often it inserts and removes (else it reads), and how many operations. */
interface Phase {
  readonly insert: number;
  readonly remove: number;
  readonly shortest: number;
  readonly longest: number;
}

const PHASES: readonly Phase[] = [
  { insert: 0.8, remove: 0.15, shortest: 500, longest: 4_000 },
  { insert: 1, remove: 0, shortest: 10, longest: 400 },
  { insert: 1, remove: 0, shortest: 1_100, longest: 2_500 },
  { insert: 1, remove: 0, shortest: 5_100, longest: 6_500 },
  { insert: 1, remove: 0, shortest: 5_100, longest: 6_500 },
  { insert: 0.45, remove: 0.45, shortest: 500, longest: 3_000 },
  { insert: 0.6, remove: 0.4, shortest: 100, longest: 2_000 },
  { insert: 0.1, remove: 0.1, shortest: 300, longest: 1_000 },
  { insert: 0.1, remove: 0.85, shortest: 1_000, longest: 4_000 },
];
/** Lasts until nothing is left. */
const EMPTYING: Phase = { insert: 0, remove: 0.99, shortest: 2 * SIZE_MAX, longest: 2 * SIZE_MAX };

function keysOf(keys: readonly Key[]): EntryKeys {
  return {
    fullKey: (ref) => keys[ref]!,
    headOf: (ref, skip, into) => headOf(keys[ref]!, false, 0x00, into, skip),
  };
}

class TreeTrial implements Trial {
  readonly #random: Chance;
  /** By ref; a key stays readable after its entry is gone. */
  readonly #keys: Key[] = [];
  readonly #died: number[] = [];
  readonly #freeRefs: number[] = [];
  readonly #twin: Entry[] = [];
  readonly #tree = new OrderedTree(keysOf(this.#keys));
  readonly #otherKeys: Key[] = [];
  readonly #other = new OrderedTree(keysOf(this.#otherKeys));
  /** The entries that were added last, which may still wait. */
  #newest: Entry[] = [];
  #held: { readonly position: Position; readonly ref: number; readonly edits: number } | undefined;
  #phase = PHASES[0]!;
  #left = 0;
  #family: KeyFamily = KEY_FAMILIES[0]!;
  #order: 'up' | 'down' | 'any' = 'any';
  readonly #taken = new Entries(1);
  readonly #head = new Float64Array(3);
  #removeFrom: 'first' | 'last' | 'any' | 'newest' | 'hole' = 'any';
  /** Entries before this place go one after the other, which empties leaves between full ones. */
  #hole = 0;
  #holeLeft = 0;
  #counter = 2 ** 20;
  #version = 0;

  constructor(random: Chance) {
    this.#random = random;
    for (const family of KEY_FAMILIES) for (let i = 0; i < 20; i++) this.#otherKeys.push(family(random, i));
    for (const ref of this.#otherKeys.keys()) this.#other.insert(ref, 0);
  }

  operate(): void {
    const nothingToRemove = this.#twin.length === 0 && this.#phase.remove > this.#phase.insert;
    if (this.#left-- === 0 || nothingToRemove) this.#turn();
    const dice = this.#random.next();
    if (dice < this.#phase.insert) this.#insert();
    else if (dice < this.#phase.insert + this.#phase.remove) this.#remove();
    else this.#read();
    same(this.#tree.size, this.#twin.length, 'size');
    this.#checkHeld();
  }

  check(): void {
    if (this.#phase.insert < 1) this.#checkAll(); // a load goes on unread, and may be looked at when it ends
  }

  #checkAll(): void {
    sameList(
      [...this.#tree.entries()].map(([ref]) => ref),
      this.#refs(0, this.#twin.length),
      'refs',
    );
    this.#tree.check();
  }

  #turn(): void {
    const random = this.#random;
    if (this.#phase.insert === 1 && random.is(0.5)) this.#checkAll();
    const empty = random.is(0.1) || this.#twin.length > SIZE_MAX - 6_500;
    this.#phase = empty && this.#twin.length > 0 ? EMPTYING : random.pick(PHASES);
    this.#left = this.#phase.shortest + random.below(this.#phase.longest - this.#phase.shortest + 1);
    this.#order = random.pick(['up', 'down', 'any', 'any', 'any']);
    this.#removeFrom = random.pick(['first', 'last', 'any', 'any', 'newest', 'hole', 'hole']);
    const mixed: KeyFamily = (chance, n) => chance.pick(KEY_FAMILIES)(chance, n);
    if (this.#twin.length === 0 || this.#phase.insert === 1 || random.is(0.2)) {
      this.#family = random.is(0.15) ? mixed : random.pick(KEY_FAMILIES);
    }
  }

  #nextKey(): Key {
    this.#counter += this.#order === 'up' ? 1 : this.#order === 'down' ? -1 : 0;
    return this.#family(this.#random, this.#order === 'any' ? this.#random.below(2 ** 21) : this.#counter);
  }

  #insert(): void {
    const random = this.#random;
    const ref = (random.is(0.8) ? this.#freeRefs.pop() : undefined) ?? this.#keys.length;
    const born = (this.#version += random.below(2));
    const entry = { key: this.#nextKey(), ref, born };
    this.#keys[ref] = entry.key;
    this.#died[ref] = born + 1 + random.below(random.is(0.5) ? 100 : 100_000);
    this.#twin.splice(this.#placeOf(entry), 0, entry);
    this.#newest.push(entry);
    this.#tree.insert(ref, born);
    if (this.#phase.insert < 1 && random.is(0.01)) this.#settle();
  }

  #settle(): void {
    if (this.#random.is(0.5)) this.#tree.settle();
    else this.#tree.settle(1 + this.#random.below(100));
  }

  #remove(): void {
    if (this.#twin.length === 0) return;
    const at = this.#placeToRemove();
    const [{ key, ref, born }] = this.#twin.splice(at, 1) as [Entry];
    this.#tree.remove(ref, this.#taken);
    same(this.#taken.ref[0], ref, 'the ref that was taken');
    same(this.#taken.bornAt(0), born, 'when what was taken came in');
    headOf(key, false, 0x00, this.#head);
    sameList([...this.#taken.numbers.subarray(0, 3)], [...this.#head], 'the head of what was taken');
    if (this.#random.is(0.1)) this.#bringBack({ key, born });
    else this.#freeRefs.push(ref);
  }

  /** Puts what was taken in again, under another ref. */
  #bringBack({ key, born }: Pick<Entry, 'key' | 'born'>): void {
    const entry = { key, ref: this.#freeRefs.pop() ?? this.#keys.length, born };
    this.#keys[entry.ref] = key;
    this.#died[entry.ref] = born + 1;
    this.#freeRefs.push(this.#taken.ref[0]!);
    this.#twin.splice(this.#placeOf(entry), 0, entry);
    this.#newest.push(entry);
    this.#tree.insertFrom(this.#taken, 0, entry.ref);
  }

  #placeToRemove(): number {
    const { length } = this.#twin;
    if (this.#removeFrom === 'first') return 0;
    if (this.#removeFrom === 'last') return length - 1;
    if (this.#removeFrom === 'newest') {
      for (let entry = this.#newest.pop(); entry !== undefined; entry = this.#newest.pop()) {
        const before = this.#random.is(0.3) ? this.#newest.pop() : undefined; // not quite the newest
        const at = this.#placeOf(before ?? entry);
        if (before !== undefined) this.#newest.push(entry);
        if (this.#twin[at] === (before ?? entry)) return at;
      }
    }
    if (this.#removeFrom === 'hole') return this.#placeInHole();
    return this.#random.below(length);
  }

  #placeInHole(): number {
    const { length } = this.#twin;
    if (this.#holeLeft-- <= 0) {
      this.#tree.check();
      this.#hole = this.#random.below(length) + 1;
      this.#holeLeft = 50 + this.#random.below(300);
    }
    this.#hole = this.#hole > 1 ? Math.min(this.#hole, length) - 1 : length - 1;
    return this.#hole;
  }

  #read(): void {
    this.#newest = [];
    const low = this.#edge();
    const high = this.#edge();
    const from = { leaf: 0, at: 0 };
    const to = { leaf: 0, at: 0 };
    this.#tree.seek(low, from);
    this.#tree.seek(high, to);
    const first = this.#firstAfter(low);
    const last = this.#firstAfter(high);
    this.#same(from, first);
    this.#same(to, last);
    same(this.#tree.countBetween(low, high), Math.max(0, last - first), 'countBetween');
    const dice = this.#random.below(4);
    if (dice === 0) this.#walk(from, first);
    else if (dice === 1) this.#take(from, to, first, last);
    else if (dice === 2) this.#skip(from, to, first, last);
    else this.#compare(from, first, high);
  }

  /** Goes some entries on, or back. */
  #walk(position: Position, from: number): void {
    let at = from;
    const forward = this.#random.is(0.5);
    for (let left = this.#random.below(200); left > 0; left--) {
      if (forward) {
        if (at === this.#twin.length) break;
        this.#tree.next(position);
        at++;
      } else {
        same(this.#tree.previous(position), at > 0, 'previous');
        if (at === 0) return;
        at--;
      }
      this.#same(position, at);
    }
    if (at === this.#twin.length) return;
    this.#held = { position, ref: this.#twin[at]!.ref, edits: this.#tree.edits };
  }

  #take(from: Position, to: Position, first: number, last: number): void {
    let at = first;
    for (let left = this.#random.below(6); left > 0; left--) {
      const room = this.#random.is(0.5) ? this.#random.below(8) : this.#random.below(400);
      const refs = new Int32Array(room + 1).fill(-7);
      const taken = this.#tree.take(from, to, refs, room);
      sameList(refs.subarray(0, taken), this.#refs(at, Math.min(at + room, Math.max(last, at))), 'take');
      same(refs[room], -7, 'what lies beyond the room');
      at += taken;
      this.#same(from, at);
    }
  }

  #skip(from: Position, to: Position, first: number, last: number): void {
    const near = this.#twin[Math.min(first + this.#random.below(3), this.#twin.length - 1)];
    const versions = [this.#random.below(this.#version + 2)];
    if (near !== undefined) versions.push(near.born - 1, near.born, this.#died[near.ref]! - 1, this.#died[near.ref]!);
    const version = this.#random.pick(versions);
    const died = this.#random.is(0.5) ? Float64Array.from(this.#died) : undefined;
    const unseen = ({ born, ref }: Entry) => born > version || (died !== undefined && died[ref]! <= version);
    let at = first;
    while (at < last && unseen(this.#twin[at]!)) at++;
    this.#tree.skipUnseen(from, to, version, died);
    this.#same(from, at);
  }

  #compare(position: Position, at: number, edge: Edge): void {
    const entry = this.#twin[at];
    if (entry === undefined) return;
    // an edge of side 0 is a whole key, and an index has no key that begins with another
    const whole = edge.side !== 0 || entry.key.length <= edge.parts.length;
    if (whole)
      same(Math.sign(this.#tree.orderAt(position, edge)) + 0, Math.sign(orderOfKey(entry.key, edge)) + 0, 'orderAt');
    const there = { leaf: 0, at: 0 };
    this.#other.seek(edge, there);
    if (this.#other.ended(there)) return;
    const order = compareKeys(entry.key, this.#otherKeys[this.#other.refAt(there)]!);
    same(this.#tree.compareAt(position, this.#other, there), order, 'compareAt');
  }

  /** While `edits` stays, a position does. */
  #checkHeld(): void {
    if (this.#held === undefined) return;
    if (this.#held.edits === this.#tree.edits) same(this.#tree.refAt(this.#held.position), this.#held.ref, 'the held');
    else this.#held = undefined;
  }

  /** The tree's position is at this place of the twin. */
  #same(position: Position, at: number): void {
    const entry = this.#twin[at];
    same(this.#tree.ended(position), entry === undefined, 'ended');
    if (entry === undefined) return;
    same(this.#tree.refAt(position), entry.ref, 'refAt');
    same(this.#tree.bornAt(position), entry.born, 'bornAt');
  }

  #edge(): Edge {
    const random = this.#random;
    const near = random.is(0.8) && this.#twin.length > 0;
    return edgeNear(near ? random.pick(this.#twin).key : random.pick(this.#otherKeys), random);
  }

  #refs(from: number, to: number): number[] {
    return this.#twin.slice(from, to).map(({ ref }) => ref);
  }

  #placeOf({ key, ref }: Entry): number {
    return this.#firstWhere((entry) => (compareKeys(entry.key, key) || entry.ref - ref) >= 0);
  }

  #firstAfter(edge: Edge): number {
    return this.#firstWhere((entry) => orderOfKey(entry.key, edge) >= 0);
  }

  #firstWhere(isBeyond: (entry: Entry) => boolean): number {
    let low = 0;
    let high = this.#twin.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBeyond(this.#twin[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

drive('OrderedTree', (random) => new TreeTrial(random));
