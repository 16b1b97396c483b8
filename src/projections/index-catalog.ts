import { assert } from '../assert.js';
import { invalidDefinition, MemoirError, show } from '../errors.js';
import type { Row } from '../codecs/index-plan.js';
import type { IndexBuild } from './index-build.js';
import type { TableIndex } from './table-index.js';

/** The catalog that a table stands for another's with, and which index is which: theirs by mine, mine by theirs. */
interface Twins {
  readonly of: IndexCatalog;
  readonly mine: ReadonlyMap<TableIndex, TableIndex>;
  readonly theirs: ReadonlyMap<TableIndex, TableIndex>;
}

/** Whence on an index can be read: an offset, and the version that this stood for. */
interface Beginning {
  readonly offset: number;
  readonly version: number;
}

const NONE: readonly TableIndex[] = [];

/** The indexes that a table has, those it is being given, and those it had. */
export class IndexCatalog {
  readonly #table: string;
  readonly #builds: IndexBuild[] = [];
  /** The indexes that were added to the table later, with whence on they can be read; see `#twins`. */
  #since: Map<TableIndex, Beginning> | undefined;
  /** The indexes that were dropped, for whoever still holds one; undefined while there are none. */
  #gone: WeakSet<TableIndex> | undefined;
  readonly #goneNames = new Set<string>();
  /** For the table of a state that was made again: the catalog that says what can be read of it. */
  #twins: Twins | undefined;
  #byName: ReadonlyMap<string, TableIndex> = new Map();
  #unique: readonly TableIndex[] = [];
  #upkept: readonly TableIndex[];

  /** @param all the primary index, then the others */
  constructor(
    table: string,
    public all: readonly TableIndex[],
  ) {
    this.#table = table;
    this.#upkept = all;
    this.#arrange(all);
  }

  /** The unique indexes but the primary one, whose keys the slots' hash holds. */
  get unique(): readonly TableIndex[] {
    return this.#unique;
  }

  /** The indexes that every write goes to: those there are, and those that are being built. */
  get upkept(): readonly TableIndex[] {
    return this.#upkept;
  }

  get builds(): readonly IndexBuild[] {
    return this.#builds;
  }

  /** The indexes whose entries a write of a slot changes. */
  changedBy(slot: number, before: Row | undefined, after: Row | undefined): readonly TableIndex[] {
    if ((before === undefined) !== (after === undefined)) return this.#upkept;
    let changed = NONE;
    for (const index of this.#upkept) {
      if (!index.changes(slot, before, after)) continue;
      // A list that grows has room for 17 from its first element on.
      changed = changed === NONE ? [index] : changed.concat(index);
    }
    return changed;
  }

  /** True when there is an index of this name that the table was defined with. */
  isOriginal(name: string): boolean {
    const index = this.#byName.get(name);
    return index !== undefined && this.#since?.has(index) !== true;
  }

  /** The version from which on an index has all there is to see; 0 for one that was there from the beginning. */
  knownSince(index: TableIndex): number {
    return this.#since?.get(index)?.version ?? 0;
  }

  /** The indexes that a reader at an offset can read. */
  allAt(offset: number): readonly TableIndex[] {
    const since = this.#since;
    return since === undefined ? this.all : this.all.filter((index) => (since.get(index)?.offset ?? 0) <= offset);
  }

  /** Makes this the catalog of a table with the state at an offset of another's, and with its indexes of that time. */
  standFor(other: IndexCatalog, offset: number): void {
    const theirs = other.allAt(offset);
    const pairs = theirs.map((index, i) => [index, this.all[i]!] as const);
    this.#twins = { of: other, mine: new Map(pairs), theirs: new Map(pairs.map(([index, twin]) => [twin, index])) };
  }

  /** The index of a name, for a reader at an offset. @throws `RangeInvalid`, `IndexDropped`, `IndexNotYet` */
  find(name: unknown, offset: number): TableIndex {
    if (this.#twins !== undefined) return this.#twins.mine.get(this.#twins.of.find(name, offset))!;
    const index = this.#byName.get(name as string);
    if (index === undefined) throw this.#unknown(name);
    const since = this.#since?.get(index);
    if (since !== undefined && offset < since.offset) throw this.#notYet(index, since.offset);
    return index;
  }

  /** Throws when an index that a scan began to read has been dropped. @throws `IndexDropped` */
  guard(index: TableIndex): void {
    if (this.#twins !== undefined) return this.#twins.of.guard(this.#twins.theirs.get(index)!);
    if (this.#gone?.has(index) === true) throw this.#dropped(index.plan.name);
  }

  /** Refuses a name that an index has, or is being given. @throws `DefinitionInvalid` */
  refuseTaken(name: string): void {
    const built = this.#builds.some(({ plan }) => plan.name === name);
    if (!built && !this.#byName.has(name)) return;
    const what = built ? 'is building an index of this name' : 'has an index of this name';
    throw invalidDefinition(
      `indexes.${name}`,
      `the table ${this.#table} ${what}: choose another, or drop that one first`,
    );
  }

  /** Begins to keep an index up that nobody can read yet. */
  begin(build: IndexBuild): void {
    this.#builds.push(build);
    this.#arrange(this.all);
  }

  /** Stops keeping up an index that was begun. */
  abandon(build: IndexBuild): void {
    const at = this.#builds.indexOf(build);
    assert(at >= 0, 'an index is given up once');
    this.#builds.splice(at, 1);
    this.#arrange(this.all);
  }

  /** Lets an index be read that has been built. */
  adopt(build: IndexBuild, since: Beginning): void {
    this.abandon(build);
    this.#since ??= new Map();
    this.#since.set(build.index, since);
    this.#arrange([...this.all, build.index]);
  }

  /** Takes an index away. */
  drop(index: TableIndex): void {
    this.#goneNames.add(index.plan.name);
    this.withdraw(index);
  }

  /** Goes on for another catalog of this table: indexes that were dropped there are not unknown here. */
  succeed(other: IndexCatalog): void {
    for (const name of other.#goneNames) this.#goneNames.add(name);
  }

  /** Takes an index away, if it is there, as if it had never been. */
  withdraw(index: TableIndex): void {
    this.#gone ??= new WeakSet();
    this.#gone.add(index);
    this.#since?.delete(index);
    this.#arrange(this.all.filter((one) => one !== index));
  }

  #arrange(all: readonly TableIndex[]): void {
    this.all = all;
    this.#upkept = this.#builds.length === 0 ? all : [...all, ...this.#builds];
    this.#unique = all.slice(1).filter(({ plan }) => plan.unique);
    this.#byName = new Map(all.map((index) => [index.plan.name, index]));
  }

  #unknown(name: unknown): MemoirError {
    if (this.#goneNames.has(name as string)) return this.#dropped(name as string);
    const names = [...this.#byName.keys()].join(', ');
    return new MemoirError('RangeInvalid', `${this.#table} has no index ${show(name)}: it has ${names}`, {
      table: this.#table,
    });
  }

  #dropped(index: string): MemoirError {
    const names = [...this.#byName.keys()].join(', ');
    return new MemoirError('IndexDropped', `the index ${this.#table}.${index} was dropped: read by one of ${names}`, {
      table: this.#table,
      index,
    });
  }

  #notYet({ plan }: TableIndex, offset: number): MemoirError {
    return new MemoirError(
      'IndexNotYet',
      `the index ${this.#table}.${plan.name} was added at offset ${offset}, and the view is older: ` +
        'read by another index, or from a view of that offset or later',
      { table: this.#table, index: plan.name, offset },
    );
  }
}
