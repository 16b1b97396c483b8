import { assert } from '../assert.js';
import { show } from '../errors.js';
import type { IndexPlan, Row } from '../codecs/index-plan.js';
import { compareParts, errorAt, toKey, type Key, type KeyPart, type Place } from '../codecs/key.js';
import { equalPlain } from '../codecs/equality.js';
import { PRIMARY } from '../codecs/index-check.js';
import type { Definition } from '../codecs/table.js';
import { ComputedIndex } from './computed-index.js';
import { checkEntries } from './entry-check.js';
import { FieldIndex } from './field-index.js';
import { HashTable, type KeyHolder } from './hash-table.js';
import { IndexBuild } from './index-build.js';
import { IndexCatalog } from './index-catalog.js';
import { hashKey } from './key-hash.js';
import { SizeHistory } from './size-history.js';
import type { Conflict, TableIndex } from './table-index.js';
import { VersionChain } from './version-chain.js';

/** One write to one slot, as it can be undone: what stood there and since when. */
export interface Write {
  readonly table: TableState;
  readonly slot: number;
  readonly before: Row | undefined;
  readonly stamp: number;
  /** True when `before` went to the slot's version chain. */
  readonly kept: boolean;
  /** Which indexes changed. */
  readonly changed: readonly TableIndex[];
  /** The place in the journal of the slot's write before this one in the same transaction, or −1. */
  readonly previous: number;
}

/**
 * The rows and indexes of one table: a mutable head with history. A row lives in a numbered slot, which it keeps from
 * its first insertion until no version sees it any more. `stamps` says at which version each slot was last written;
 * what stood there before is in the slot's chain.
 */
export class TableState implements KeyHolder {
  readonly rows: (Row | undefined)[] = [];
  readonly primary: TableIndex;
  readonly catalog: IndexCatalog;
  #stamps = new Float64Array(16);
  /** The journal place of a slot's newest write in the running transaction, plus one. */
  #marks = new Int32Array(16);
  /** Keys as they were when rows came in, where what a row holds can be changed from outside. */
  readonly #keys: WeakMap<Row, Key> | undefined;
  readonly #chains: (VersionChain<Row> | undefined)[] = [];
  /** The keys of slots whose row is gone from the head but not from history. */
  readonly #ghosts = new Map<number, Key>();
  readonly #free: number[] = [];
  /** True once the running transaction has written here. */
  #written = false;
  /** The version of the newest write, undone ones too: whoever reads at it or later sees what is in the slots. */
  #newest = 0;
  readonly #slots = new HashTable(this);
  /** Row versions that readers of the past may need; the engine keeps count. */
  retained = 0;
  readonly #size = new SizeHistory();

  constructor(
    readonly name: string,
    readonly definition: Definition,
  ) {
    const { primaryKey, settledKey, indexes } = definition;
    this.#keys = settledKey ? undefined : new WeakMap();
    const plan: IndexPlan = {
      name: PRIMARY,
      kind: PRIMARY,
      named: primaryKey,
      partial: false,
      unique: true,
      fields: settledKey ? primaryKey : undefined,
      multi: false,
      width: primaryKey.length,
      sparse: false,
      fold: (part: KeyPart) => part,
      keysOf: (row: Row, place: Place) => [toKey(this.keyOf(row), place)],
    };
    this.primary = this.#indexFor(plan, []);
    const secondary = indexes.map((index) => this.#indexFor(index, primaryKey));
    this.catalog = new IndexCatalog(name, [this.primary, ...secondary]);
  }

  /** Begins an index that nobody can read before the catalog adopts it; its entries count from a version on. */
  build(plan: IndexPlan, born: number): IndexBuild {
    const build = new IndexBuild(this.#indexFor(plan, this.definition.primaryKey), this, born);
    this.catalog.begin(build);
    return build;
  }

  /** The definition without what came or went later: it fits every batch that the table was ever written by. */
  get original(): Definition {
    const indexes = this.definition.indexes.filter(({ name }) => this.catalog.isOriginal(name));
    return { ...this.definition, indexes };
  }

  /** How many rows a version saw; Infinity sees the running transaction. */
  sizeAt(version: number): number {
    return this.#size.at(version);
  }

  /** Bytes of what finds and stamps the slots, rows and their versions apart. */
  get bytes(): number {
    return this.#slots.bytes + this.#stamps.byteLength + this.#marks.byteLength + 8 * this.rows.length;
  }

  /** The primary index, then the others. */
  get indexes(): readonly TableIndex[] {
    return this.catalog.all;
  }

  /** A row's primary key as a tuple. */
  keyOf(row: Row): Key {
    const { primaryKey } = this.definition;
    if (this.#keys === undefined) {
      return primaryKey.length === 1
        ? [row[primaryKey[0]!] as KeyPart]
        : primaryKey.map((field) => row[field] as KeyPart);
    }
    let key = this.#keys.get(row);
    if (key === undefined) {
      const parts = this.definition.primaryKey.map((field) => row[field]);
      this.#keys.set(row, (key = toKey(parts, { table: this.name, index: PRIMARY })));
    }
    return key;
  }

  /** The primary key as callers write it, as a tuple. @throws `KeyInvalid` */
  toPrimaryKey(given: unknown): Key {
    const { bare, primaryKey } = this.definition;
    if (bare && typeof given === 'string' && given.isWellFormed()) return [given];
    const place = { table: this.name, index: PRIMARY };
    const parts: unknown = bare ? [given] : given;
    if (!Array.isArray(parts) || parts.length !== primaryKey.length) {
      const wanted = `[${primaryKey.join(', ')}]: give a list of ${primaryKey.length} parts`;
      throw errorAt('KeyInvalid', place, `the key is ${wanted}, not ${show(given)}`, { key: [given] });
    }
    return toKey(bare ? parts : [...(parts as readonly unknown[])], place);
  }

  /** The slot that has, or had while some version sees it, the row of this key; −1 when there is none. */
  slotOf(key: Key): number {
    return this.#slots.find(hashKey(key), key);
  }

  /** The slot of a key, taken if there is none; `known` is what `slotOf` said. */
  takeSlot(key: Key, known = this.slotOf(key)): number {
    if (known >= 0) return known;
    const slot = this.#free.pop() ?? this.rows.length;
    if (slot === this.#chains.length) this.#chains.push(undefined);
    if (slot === this.#stamps.length) this.#grow();
    this.rows[slot] = undefined;
    this.#stamps[slot] = -1;
    this.#slots.add(hashKey(key), slot);
    return slot;
  }

  /** The row in a slot as a version saw it. */
  rowAt(slot: number, version: number): Row | undefined {
    // Most reads are of the newest state: they need not look when the slot was written.
    if (version >= this.#newest || this.#stamps[slot]! <= version) return this.rows[slot];
    return this.#chains[slot]?.at(version);
  }

  /** Fetches rows that a version sees, where they are not there (−1), in a loop so short that its misses overlap. */
  fetch(slots: Int32Array, count: number, version: number, into: Row[]): void {
    for (let i = 0; i < count; i++) {
      const row = slots[i]! < 0 ? into[i] : this.rowAt(slots[i]!, version);
      // Looks at the row, not only for one: so the caller's first look finds it near.
      assert(typeof row === 'object', 'a visible entry has a visible row');
      into[i] = row;
    }
  }

  /** Has every index compute and check a row's keys, so that whatever can throw does so before anything changes. */
  prepare(row: Row): void {
    for (const index of this.catalog.upkept) index.prepare(row);
  }

  /** Refuses a row, which was prepared, whose keys cannot stand among the others. */
  admit(row: Row): void {
    for (const index of this.catalog.all) index.admit(row);
  }

  /** Another row that has a key of this one in a unique index, with that index; `slot` is the row's own, or −1. */
  conflict(slot: number, row: Row): (Conflict & { readonly index: TableIndex }) | undefined {
    const before = slot < 0 ? undefined : this.rows[slot];
    for (const index of this.catalog.unique) {
      if (!index.changes(slot, before, row)) continue;
      const conflict = index.conflict(slot, row);
      if (conflict !== undefined) return { ...conflict, index };
    }
    return undefined;
  }

  /**
   * Puts a row, which was prepared, or its absence, into a slot at a version. The one way in which rows change:
   * statements, folds and restores all end here. `place` is where the journal will have the write.
   */
  write(slot: number, after: Row | undefined, version: number, place: number): Write {
    const before = this.rows[slot];
    const stamp = this.#stamps[slot]!;
    assert(stamp <= version, 'versions only go up');
    const changed = this.catalog.changedBy(slot, before, after);
    const kept = stamp >= 0 && stamp < version;
    if (kept) this.#keep(slot, stamp, before);
    if (before !== undefined) for (const index of changed) index.remove(slot, before, version, stamp);
    this.rows[slot] = after;
    this.#stamps[slot] = version;
    if (after !== undefined) for (const index of changed) index.insert(slot, after, version);
    this.#count(slot, before, after);
    const previous = this.#marks[slot]! - 1;
    this.#marks[slot] = place + 1;
    this.#written = true;
    this.#newest = version;
    return { table: this, slot, before, stamp, kept, changed, previous };
  }

  /** Undoes a write; the newest first. */
  undo({ slot, before, stamp, kept, changed, previous }: Write): void {
    const after = this.rows[slot];
    if (after !== undefined) for (const index of changed) index.uninsert(slot, after);
    this.rows[slot] = before;
    this.#stamps[slot] = stamp;
    if (before !== undefined) for (const index of changed.toReversed()) index.unremove(slot, before);
    if (kept) this.#unkeep(slot);
    this.#count(slot, after, before);
    this.#marks[slot] = previous + 1;
    if (stamp < 0) this.#release(slot);
  }

  /** The journal place of the slot's newest write in the running transaction, or −1. */
  placeOf(slot: number): number {
    return this.#marks[slot]! - 1;
  }

  /** Ends the running transaction for a slot that it wrote. */
  settleSlot(slot: number): void {
    this.#marks[slot] = 0;
    // Inserted and deleted in one transaction: nobody ever saw the row.
    if (this.#isGone(slot)) this.#release(slot);
  }

  /** Ends the running transaction at a version. */
  settle(version: number): void {
    if (!this.#written) return;
    this.#written = false;
    for (const index of this.catalog.upkept) index.settle();
    this.#size.settle(version);
  }

  /** Drops the oldest version of a slot, which no reader sees any more, and the slot with it when nothing is left. */
  trimSlot(slot: number): void {
    const chain = this.#chains[slot]!;
    chain.shift();
    if (chain.length === 0) this.#chains[slot] = undefined;
    if (this.#isGone(slot)) this.#release(slot);
  }

  /** Forgets what only versions before a floor saw, rows apart. */
  trim(floor: number): void {
    for (const index of this.catalog.upkept) index.history.trim(floor);
    this.#size.trim(floor);
  }

  /** Every version of a slot's row that is kept, oldest first, with the version at which it was written. */
  *versionsOf(slot: number): Generator<readonly [version: number, row: Row | undefined]> {
    yield* this.#chains[slot]?.entries() ?? [];
    yield [this.#stamps[slot]!, this.rows[slot]];
  }

  /** True when another table has the rows, under the same keys, that a version of this one has. */
  equals(other: TableState, version: number): boolean {
    if (this.sizeAt(version) !== other.#size.now) return false;
    const rows = this.rows.map((_, slot) => this.rowAt(slot, version));
    return rows.every((row) => row === undefined || equalPlain(row, other.rows[other.slotOf(this.keyOf(row))]));
  }

  /** Verifies every structure against every other, as versions from a floor on see them; throws when one disagrees. */
  check(floor: number): void {
    let live = 0;
    for (const [slot, row] of this.rows.entries()) {
      assert(this.#marks[slot] === 0, 'no mark outlives its transaction');
      if (row === undefined) continue;
      live++;
      assert(this.slotOf(this.keyOf(row)) === slot, 'the hash finds every row');
    }
    assert(live === this.#size.now, 'a table has as many rows as it says');
    assert(this.#slots.size === live + this.#ghosts.size, 'the hash has rows, and those that only history has');
    this.#checkHistory();
    this.#checkFree();
    for (const build of this.catalog.builds) build.check();
    for (const index of this.indexes) {
      index.check();
      const since = Math.max(floor, this.catalog.knownSince(index));
      checkEntries(index, this.rows.length, (slot) => this.versionsOf(slot), since);
    }
  }

  #checkHistory(): void {
    let kept = 0;
    for (const [slot, chain] of this.#chains.entries()) {
      let before = -Infinity;
      for (const [version] of chain?.entries() ?? []) {
        assert(version > before && version < this.#stamps[slot]!, 'the versions of a chain go up to the present one');
        before = version;
        kept++;
      }
    }
    assert(kept === this.retained, 'chains have as many versions as can be given back');
    for (const slot of this.#ghosts.keys()) {
      assert(this.rows[slot] === undefined && this.#chains[slot] !== undefined, 'a row that is gone has a past');
    }
  }

  #checkFree(): void {
    assert(this.#free.length + this.#size.now + this.#ghosts.size === this.rows.length, 'every slot is taken or free');
    for (const slot of this.#free) {
      const isBlank = this.rows[slot] === undefined && this.#chains[slot] === undefined && this.#stamps[slot] === -1;
      assert(isBlank, 'a free slot has nothing in it');
    }
  }

  /** Keeps a row version for readers of the past. */
  #keep(slot: number, stamp: number, row: Row | undefined): void {
    const chain = this.#chains[slot];
    if (chain === undefined) this.#chains[slot] = new VersionChain(stamp, row);
    else chain.push(stamp, row);
  }

  #unkeep(slot: number): void {
    const chain = this.#chains[slot]!;
    chain.pop();
    if (chain.length === 0) this.#chains[slot] = undefined;
  }

  /** Rows themselves serve as keys where nobody can change what they hold. Plans stay the same: `isDefinedAs` looks. */
  #indexFor(plan: IndexPlan, tail: readonly string[]): TableIndex {
    const place = { table: this.name, index: plan.name };
    const hashed = plan.unique && plan.name !== PRIMARY;
    if (plan.fields !== undefined && this.#keys === undefined)
      return new FieldIndex(plan, this.rows, tail, place, hashed);
    const tailOf = tail.length === 0 ? (): Key => [] : (row: Row): Key => this.keyOf(row);
    const computed = plan.fields === undefined ? plan : { ...plan, fields: undefined };
    return new ComputedIndex(computed, { tailOf, tail: tail.length }, place, hashed);
  }

  hasKey(slot: number, key: Key): boolean {
    const row = this.rows[slot];
    const ghost = row === undefined ? this.#ghosts.get(slot) : undefined;
    if (row === undefined && ghost === undefined) return false;
    const own = ghost ?? (this.#keys === undefined ? undefined : this.keyOf(row!));
    const fields = this.definition.primaryKey;
    for (let i = 0; i < fields.length; i++) {
      const part = own === undefined ? (row![fields[i]!] as KeyPart) : own[i]!;
      if (part !== key[i] && compareParts(part, key[i]!) !== 0) return false;
    }
    return true;
  }

  /** Keeps count, and the keys of rows that are gone, as a slot goes from one row to another. */
  #count(slot: number, from: Row | undefined, to: Row | undefined): void {
    if (from === undefined && to !== undefined) {
      this.#size.now++;
      if (this.#ghosts.size > 0) this.#ghosts.delete(slot);
    } else if (from !== undefined && to === undefined) {
      this.#size.now--;
      this.#ghosts.set(slot, this.keyOf(from));
    }
  }

  #isGone(slot: number): boolean {
    return this.#ghosts.has(slot) && this.#chains[slot] === undefined;
  }

  #release(slot: number): void {
    this.#slots.remove(hashKey(this.#ghosts.get(slot)!), slot);
    this.#ghosts.delete(slot);
    this.#stamps[slot] = -1;
    this.#free.push(slot);
  }

  #grow(): void {
    const stamps = new Float64Array(this.#stamps.length * 2);
    stamps.set(this.#stamps);
    this.#stamps = stamps;
    const marks = new Int32Array(stamps.length);
    marks.set(this.#marks);
    this.#marks = marks;
  }
}
