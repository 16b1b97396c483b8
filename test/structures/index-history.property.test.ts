/**
 * The history side of an index and a list of all entries that are gone, with when each was born and died. Transactions
 * remove entries, take some of that back, and settle; between them the floor rises.
 */
import type { Key } from '../../src/codecs/key.js';
import { Entries } from '../../src/projections/entries.js';
import { IndexHistory } from '../../src/projections/index-history.js';
import { headOf } from '../../src/projections/key-head.js';
import { KEY_FAMILIES, type KeyFamily } from '../support/hurtful-keys.js';
import { drive, same, sameList, type Chance, type Trial } from '../support/structures.js';

const SLOTS = 600;
/** A version reads at the most so many spans of a level. */
const SPANS_MAX = 2;

interface Gone {
  readonly key: Key;
  readonly slot: number;
  readonly born: number;
  readonly died: number;
}

class HistoryTrial implements Trial {
  readonly #random: Chance;
  readonly #history = new IndexHistory<Key>(
    (key) => key,
    () => undefined,
  );
  /** Those that some version from the floor on sees, in the order in which they died. */
  #twin: Gone[] = [];
  /** What the running transaction removed. */
  #running: Gone[] = [];
  readonly #head = new Float64Array(3);
  readonly #entry = new Entries(1);
  /** By slot, when its entry came in. */
  readonly #born: number[] = Array.from({ length: SLOTS }, () => 0);
  #now = 1;
  #floor = 0;
  #family: KeyFamily = KEY_FAMILIES[0]!;
  #busiest = SLOTS;
  #pace = 1;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.55) this.#remove();
    else if (dice < 0.7) this.#takeBack();
    else if (dice < 0.93) this.#settle();
    else if (dice < 0.95) this.#agree(this.#floor + random.below(this.#now - this.#floor + 1));
    else if (dice < 0.97 && this.#twin.length > 0) this.#readNear();
    else if (random.is(0.05)) this.#trim();
  }

  check(): void {
    const { spans } = this.#agree(this.#floor);
    this.#agree(this.#now - 1);
    for (const { tree } of spans) tree.check();
    const { size } = this.#history;
    if (size < this.#twin.length) throw new Error(`${size} entries are held, and ${this.#twin.length} are seen`);
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 500 + random.below(3_000);
    this.#family = random.pick(KEY_FAMILIES);
    // few slots that change all the time beside many that live long
    this.#busiest = random.pick([3, 30, SLOTS]);
    this.#pace = random.pick([1, 1, 5, 40]);
  }

  #remove(): void {
    const random = this.#random;
    const slot = random.below(random.is(0.9) ? this.#busiest : SLOTS);
    const gone = { key: this.#family(random, slot), slot, born: this.#born[slot]!, died: this.#now };
    this.#born[slot] = this.#now;
    this.#running.push(gone);
    const { size, edits } = this.#history;
    headOf(gone.key, false, 0x00, this.#head);
    this.#entry.set(0, this.#head, random.below(SLOTS), gone.born);
    this.#history.add(gone.key, slot, this.#entry, gone.died, gone.born);
    const kept = gone.born < gone.died;
    if (kept) this.#twin.push(gone);
    same(this.#history.size, kept ? size + 1 : size, 'size');
    same(this.#history.edits > edits, kept, 'edits are more');
  }

  #takeBack(): void {
    for (let left = this.#random.is(0.2) ? Infinity : 1; left > 0; left--) {
      const gone = this.#running.pop();
      if (gone === undefined) return;
      same(this.#history.takeBack(), gone.born, 'takeBack');
      this.#born[gone.slot] = gone.born;
      if (gone.born < gone.died) this.#twin.pop();
    }
  }

  #settle(): void {
    this.#history.settle();
    this.#running = [];
    this.#now += 1 + this.#random.below(this.#pace);
  }

  /** A floor at which all are gone leaves nothing; any other, at least what is seen. */
  #trim(): void {
    this.#settle();
    const far = this.#random.is(0.3);
    this.#floor += this.#random.below(far ? this.#now - this.#floor + 1 : 1 + (this.#now - this.#floor) / 4);
    if (this.#random.is(0.05)) this.#floor = this.#now;
    this.#history.trim(this.#floor);
    this.#twin = this.#twin.filter(({ died }) => died > this.#floor);
    if (this.#twin.length === 0) same(this.#history.size, 0, 'the size once all are gone');
  }

  /** A version just when an entry came in or went. */
  #readNear(): void {
    const { born, died } = this.#random.pick(this.#twin);
    const version = this.#random.pick([born, born - 1, died, died - 1]);
    this.#agree(Math.max(version, this.#floor));
  }

  #agree(version: number): { readonly spans: ReturnType<IndexHistory<Key>['spansAt']> } {
    const spans = this.#history.spansAt(version);
    const read: number[] = [];
    const seen: string[] = [];
    for (const { tree, died, slotOf, fullKey } of spans.map(plain)) {
      const position = { leaf: 0, at: 0 };
      let longest = 0;
      for (tree.seek(BEFORE_ALL, position); !tree.ended(position); tree.next(position)) {
        const ref = tree.refAt(position);
        const born = tree.bornAt(position);
        longest = Math.max(longest, died[ref]! - born);
        if (born <= version && died[ref]! > version) seen.push(nameOf(slotOf(ref), born, died[ref]!, fullKey(ref)));
      }
      const level = levelOf(longest);
      read[level] = (read[level] ?? 0) + 1;
    }
    if (read.some((count) => count > SPANS_MAX))
      throw new Error(`version ${version} reads ${read.join()} spans by level`);
    const twin = this.#twin.filter(({ born, died }) => born <= version && died > version);
    const expected = twin.map(({ key, slot, born, died }) => nameOf(slot, born, died, key));
    sameList(seen.sort(), expected.sort(), `what version ${version} sees`);
    return { spans };
  }
}

/** Lives of a level are up to 16 times as long as those of the one below. */
function levelOf(life: number): number {
  return life < 16 ? 0 : 1 + levelOf(life / 16);
}

const BEFORE_ALL = { parts: [], side: -1, cut: false } as const;

const plain = (span: ReturnType<IndexHistory<Key>['spansAt']>[number]) => ({
  tree: span.tree,
  died: span.died,
  slotOf: (ref: number) => span.slotOf(ref),
  fullKey: (ref: number) => span.fullKey(ref),
});

const nameOf = (slot: number, born: number, died: number, key: Key) => `${slot} ${born} ${died} ${key.join()}`;

drive('IndexHistory', (random) => new HistoryTrial(random));
