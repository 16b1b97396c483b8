import { assert } from '../assert.js';
import { MemoirError } from '../errors.js';
import { needStack } from '../stack-room.js';
import { PRIMARY } from '../codecs/index-check.js';
import type { Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import { equalPlain } from '../codecs/equality.js';
import type { Definition } from '../codecs/table.js';
import type { Conflict, TableIndex } from './table-index.js';
import { TableState, type Write } from './table-state.js';

/** A key of a unique index that another row has, too: that in `slot`. */
export interface SharedKey extends Conflict {
  readonly table: TableState;
  readonly index: TableIndex;
}

/** The place in the journal of a write that is not in it. */
const NOT_NOTED = -1;

/** So many writes of a load may wait to be put in their places in the indexes. */
const LOADED_MAX = 2 ** 20;

/**
 * The tables of a store and their clock. Its *version* ticks when a transaction begins, and whenever an iterator or a
 * view is made inside one, so that 'the state at creation' is one mechanism for views, iterators and undo. Versions are
 * never reused.
 *
 * Callers hold to this: `begin` or `resume`, then writes, then `settle` or `rollback(0)` and `settle`; one at a time.
 */
export class Engine {
  #byName: Map<string, TableState>;
  #tables: TableState[];
  readonly #journal: Write[] = [];
  /** Row versions that went to a chain, in the order in which they died. */
  #dead = new DeadRows();
  #version: number;
  /** How many writes were made for good. */
  #loaded = 0;
  /** What the indexes were last trimmed to. */
  #floor = 0;
  /** False while a change of several steps is under way, and for good once one was left half done. */
  isWhole = true;

  /**
   * @param filterRows how many rows a filter may pass over for each that it gives
   * @param version the newest that has been used
   */
  constructor(
    definitions: ReadonlyMap<string, Definition>,
    readonly filterRows: number = Infinity,
    version = 0,
  ) {
    this.#version = version;
    this.#byName = new Map([...definitions].map(([name, definition]) => [name, new TableState(name, definition)]));
    this.#tables = [...this.#byName.values()];
  }

  get tables(): ReadonlyMap<string, TableState> {
    return this.#byName;
  }

  /** How many rows all tables have. */
  get rows(): number {
    return this.#tables.reduce((sum, table) => sum + table.sizeAt(Infinity), 0);
  }

  /** The definitions of the tables as they are now. */
  get definitions(): ReadonlyMap<string, Definition> {
    return this.definitionsAt(Infinity);
  }

  /** The same, with the indexes alone that a view of an offset can read. */
  definitionsAt(offset: number): ReadonlyMap<string, Definition> {
    return new Map(
      this.#tables.map(({ name, definition, catalog }) => {
        const secondary = catalog.allAt(offset).filter((index) => index.plan.name !== PRIMARY);
        return [name, { ...definition, indexes: secondary.map(({ plan }) => plan) }];
      }),
    );
  }

  /** True when another engine has tables and indexes of the very same definitions. */
  isDefinedAs(other: Engine): boolean {
    const mine = this.definitions;
    const others = other.definitions;
    return (
      mine.size === others.size &&
      [...mine].every(([name, { indexes }]) => {
        const plans = others.get(name)?.indexes;
        return plans?.length === indexes.length && plans.every((plan, i) => plan === indexes[i]);
      })
    );
  }

  /** Takes over the tables of another engine, which then has none. Who reads the old ones goes on with them. */
  adopt(other: Engine): void {
    assert(this.#journal.length === 0, 'no transaction is under way');
    for (const [name, { catalog }] of other.#byName) {
      const before = this.#byName.get(name)?.catalog;
      if (before !== undefined) catalog.succeed(before);
    }
    this.#byName = other.#byName;
    this.#tables = other.#tables;
    this.#dead = other.#dead;
    this.#version = Math.max(this.#version, other.#version);
    this.#floor = other.#floor;
    this.isWhole = true;
    other.#byName = new Map();
    other.#tables = [];
    other.#dead = new DeadRows();
  }

  /** Adds a table without rows. */
  addTable(name: string, definition: Definition): void {
    assert(!this.#byName.has(name), 'a table is added once');
    const table = new TableState(name, definition);
    this.#byName.set(name, table);
    this.#tables.push(table);
  }

  /** The version that writes bear now. */
  get version(): number {
    return this.#version;
  }

  /** Starts a transaction. @throws `Defect` where a change was left half done */
  begin(): void {
    if (!this.isWhole) throw halfDone();
    assert(this.#journal.length === 0, 'the transaction before has ended');
    this.#version++;
  }

  /** The same where nobody has seen the state before, nor will: none of it is kept but to undo what follows. */
  resume(): void {
    assert(this.#journal.length === 0, 'the transaction before has ended');
  }

  /** The state as it is now, as a version that later writes do not reach. */
  tick(): number {
    return this.#version++;
  }

  /** Puts a row under its key, in the slot that `slotOf` said or in a new one. @throws what `needStack` throws */
  put(table: TableState, key: Key, known: number, row: Row | undefined): void {
    needStack(table);
    this.isWhole = false;
    this.#write(table, table.takeSlot(key, known), row);
    this.isWhole = true;
  }

  /** Takes the row out of a slot. @throws what `needStack` throws */
  remove(table: TableState, slot: number): void {
    needStack(table);
    this.isWhole = false;
    this.#write(table, slot, undefined);
    this.isWhole = true;
  }

  #write(table: TableState, slot: number, after: Row | undefined): void {
    const write = table.write(slot, after, this.#version, this.#journal.length);
    this.#journal.push(write);
    if (write.kept) this.#dead.push(table, slot, this.#version);
  }

  /**
   * Puts a row, or its absence, into a slot for good: nothing is noted to undo it, and no state before is kept. For
   * engines that nobody reads yet, all of whose writes are of this kind; it is known after `settle`.
   */
  load(table: TableState, slot: number, after: Row | undefined): void {
    table.write(slot, after, this.#version, NOT_NOTED);
    if (after === undefined) table.settleSlot(slot);
    if (++this.#loaded % LOADED_MAX === 0) this.#settleTables();
  }

  /** How many writes the transaction has made: a place to roll back to. */
  get place(): number {
    return this.#journal.length;
  }

  /** Undoes the writes made since a place. */
  rollback(place: number): void {
    const { isWhole } = this;
    this.isWhole = false;
    while (this.#journal.length > place) {
      const write = this.#journal.pop()!;
      write.table.undo(write);
      if (write.kept) this.#dead.pop();
    }
    this.isWhole = isWhole;
  }

  /**
   * Tells the net changes of the transaction, in the order of each row's last write, without those that are none; or
   * those alone that were made from a place on, where none of these rows was written before.
   */
  changes<A>(make: (table: TableState, before: Row | undefined, after: Row | undefined) => A, from = 0): A[] {
    const only = this.#journal[from];
    if (only !== undefined && this.#journal.length === from + 1) {
      return [make(only.table, only.before, only.table.rows[only.slot])];
    }
    const changes: A[] = [];
    for (let place = from; place < this.#journal.length; place++) {
      const write = this.#journal[place]!;
      const { table, slot } = write;
      if (table.placeOf(slot) !== place) continue;
      let first = write;
      while (first.previous >= 0) first = this.#journal[first.previous]!;
      const { before } = first;
      const after = table.rows[slot];
      // One write alone changes something, or it would not have been made.
      if (first === write ? before !== after : !equalPlain(before, after)) changes.push(make(table, before, after));
    }
    return changes;
  }

  /** Ends the transaction and returns the version that sees what it did. */
  settle(): number {
    const { isWhole } = this;
    this.isWhole = false;
    // Each loop is a method of its own: code that V8 compiled in the midst of a long first loop, when what follows had
    // never run, is thrown away at every later call, and taken up again at the next (seen on Node 20).
    this.#settleSlots();
    this.#settleTables();
    // To set a length is a call into the engine.
    if (this.#journal.length === 1) this.#journal.pop();
    else this.#journal.length = 0;
    this.isWhole = isWhole;
    return this.#version;
  }

  #settleSlots(): void {
    for (const { table, slot } of this.#journal) table.settleSlot(slot);
  }

  #settleTables(): void {
    for (const table of this.#tables) table.settle(this.#version);
  }

  /** Gives back what only versions before a floor saw, but no more than so many row versions at a time. */
  trim(floor: number, rowsMax: number): void {
    this.#dead.trim(floor, rowsMax);
    if (floor === this.#floor) return;
    this.#floor = floor;
    for (const table of this.#tables) table.trim(floor);
  }

  /** True when there are row versions that only versions before a floor saw. */
  canTrim(floor: number): boolean {
    return this.#dead.canTrim(floor);
  }

  /** Row versions kept for readers of the past. */
  get retained(): number {
    return this.#dead.length;
  }

  /** Has unique indexes remember which rows may share a key with another, from now on. */
  doubt(): void {
    for (const { catalog } of this.#tables) for (const index of catalog.unique) index.doubts = [];
  }

  /** Has them forget it. */
  trust(): void {
    for (const { catalog } of this.#tables) for (const index of catalog.unique) index.doubts = undefined;
  }

  /**
   * Two rows that share a key of a unique index, which neither a fold nor a load refuses, if any have come to since
   * `doubt` was called: looks at those that may.
   */
  sharedKey(): SharedKey | undefined {
    for (const table of this.#tables) {
      for (const index of table.catalog.unique) {
        for (const slot of index.doubts ?? []) {
          const row = table.rows[slot];
          const conflict = row === undefined ? undefined : index.conflict(slot, row);
          if (conflict !== undefined) return { table, index, ...conflict };
        }
      }
    }
    return undefined;
  }

  /** Verifies every structure against every other; throws when one disagrees. */
  check(): void {
    assert(this.#journal.length === 0, 'no transaction is under way');
    const retained = this.#tables.reduce((sum, table) => sum + table.retained, 0);
    assert(retained === this.#dead.length, 'every row version of the past is queued to be given back');
    for (const table of this.#tables) table.check(this.#floor);
  }
}

function halfDone(): MemoirError {
  const says =
    'a change was left half done, since the stack or the memory was full, and the state is not to be trusted';
  return new MemoirError('Defect', `${says}: restore a snapshot, or open the store anew`);
}

/** A queue of dead row versions: which slot of which table, and at which version they died. */
class DeadRows {
  #tables: TableState[] = [];
  #slots: number[] = [];
  #died: number[] = [];
  #start = 0;

  get length(): number {
    return this.#died.length - this.#start;
  }

  push(table: TableState, slot: number, died: number): void {
    this.#tables.push(table);
    this.#slots.push(slot);
    this.#died.push(died);
    table.retained++;
  }

  pop(): void {
    this.#tables.pop()!.retained--;
    this.#slots.pop();
    this.#died.pop();
  }

  canTrim(floor: number): boolean {
    return this.length > 0 && this.#died[this.#start]! <= floor;
  }

  trim(floor: number, rowsMax: number): void {
    const end = Math.min(this.#died.length, this.#start + rowsMax);
    while (this.#start < end && this.#died[this.#start]! <= floor) {
      const table = this.#tables[this.#start]!;
      table.trimSlot(this.#slots[this.#start]!);
      table.retained--;
      this.#start++;
    }
    if (this.#start < 4096 || this.#start * 2 < this.#died.length) return;
    this.#tables = this.#tables.slice(this.#start);
    this.#slots = this.#slots.slice(this.#start);
    this.#died = this.#died.slice(this.#start);
    this.#start = 0;
  }
}
