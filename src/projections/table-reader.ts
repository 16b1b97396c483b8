import { MemoirError, show } from '../errors.js';
import type { Row } from '../codecs/index-plan.js';
import { errorAt, toKey, type Key, type Place } from '../codecs/key.js';
import { intervalOf, toInterval, type AnyRange, type Edge, type Interval } from '../codecs/range.js';
import { PRIMARY } from '../codecs/index-check.js';
import { explain, type Explanation } from './explanation.js';
import { beyondToken, isBeforeToken, tokenOf } from './page-token.js';
import { filterOf } from './filter.js';
import type { Page, PageToken } from './read-view.js';
import { ScanIterator, type ScanPlan } from './scan.js';
import type { TableIndex } from './table-index.js';
import type { TableState } from './table-state.js';
import type { Vantage } from './vantage.js';

/** A range that a page is asked for with. */
type AnyPageRange = AnyRange & { readonly after?: PageToken };

/** What `scan` gives: nothing is read before it is iterated. */
export class Scan implements Iterable<Row> {
  readonly #plan: ScanPlan;
  readonly #from: Vantage;

  constructor(plan: ScanPlan, from: Vantage) {
    this.#plan = plan;
    this.#from = from;
  }

  [Symbol.iterator](): ScanIterator {
    const pass = new ScanIterator(this.#plan);
    this.#from.reads?.addPass(this.#plan, pass);
    return pass;
  }
}

/** The reading side of a table, over a view or a transaction. Its typed face is `TableReader` in read-view.ts. */
export class TableReads {
  protected readonly table: TableState;
  protected readonly from: Vantage;

  constructor(table: TableState, from: Vantage) {
    this.table = table;
    this.from = from;
  }

  get size(): number {
    this.from.guard();
    this.from.reads?.addAll(this.table.primary);
    return this.table.sizeAt(this.from.version);
  }

  get(key: unknown): Row | undefined {
    this.from.guard();
    const parts = this.table.toPrimaryKey(key);
    this.from.reads?.add(this.table.primary, intervalOf(parts));
    const slot = this.table.slotOf(parts);
    return slot < 0 ? undefined : this.table.rowAt(slot, this.from.version);
  }

  getOrThrow(key: unknown): Row {
    return this.get(key) ?? this.notFound(PRIMARY, this.table.toPrimaryKey(key));
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  find(name: string, ...key: readonly unknown[]): Row | undefined {
    const index = this.indexNamed(name);
    const { unique, width } = index.plan;
    if (!unique) throw errorAt('RangeInvalid', this.placeOf(index), 'find needs a unique index: use first or scan');
    if (width > 0 && key.length !== width) {
      throw errorAt('KeyInvalid', this.placeOf(index), `a key has ${width} parts, not ${key.length}`, { key });
    }
    const { from, table } = this;
    // A hash knows the head alone, and whole keys.
    if (width === 0 || index.touched > from.version) return this.first(name, { prefix: key });
    from.guard();
    const folded = toKey(key, this.placeOf(index)).map(index.plan.fold);
    from.reads?.add(index, intervalOf(folded));
    const slot = index === table.primary ? table.slotOf(folded) : index.holderOf(folded);
    return slot < 0 ? undefined : table.rowAt(slot, from.version);
  }

  findOrThrow(name: string, ...key: readonly unknown[]): Row {
    return this.find(name, ...key) ?? this.notFound(name, key);
  }

  scan(...args: readonly [unknown?, unknown?]): Scan {
    return new Scan(this.planFor(args, {}, this.from.fix()), this.from);
  }

  first(...args: readonly [unknown?, unknown?]): Row | undefined {
    return this.#one(args, false);
  }

  last(...args: readonly [unknown?, unknown?]): Row | undefined {
    return this.#one(args, true);
  }

  count(...args: readonly [unknown?, unknown?]): number {
    const pass = this.pass(this.planFor(args, {}));
    let count = 0;
    while (pass.next().done !== true) count++;
    return count;
  }

  page(...args: readonly [unknown?, unknown?]): Page<Row> {
    const named = typeof args[0] === 'string';
    const { after, ...range } = ((named ? args[1] : args[0]) ?? {}) as AnyPageRange;
    const plan = this.planFor(named ? [args[0], range] : [range], {});
    const { limit, interval } = plan;
    if (!Number.isFinite(limit) || limit < 1) {
      throw errorAt(
        'RangeInvalid',
        this.placeOf(plan.index),
        'a page needs a limit: how many rows it may hold, from 1',
      );
    }
    const beyond = after === undefined ? undefined : beyondToken(after, plan, this.from);
    const pass = this.pass({ ...plan, limit: Infinity, interval: beyond ?? interval });
    const rows: Row[] = [];
    let last: Key | undefined;
    for (const row of pass) {
      if (beyond !== undefined && isBeforeToken(row, plan, beyond)) continue;
      if (rows.length === limit) return { rows, next: tokenOf(last!, this.from) };
      rows.push(row);
      last = pass.lastKey;
    }
    return { rows };
  }

  explain(...args: readonly [unknown?, unknown?]): Explanation {
    return explain(this.planFor(args, {}), this.from);
  }

  longestPrefix(...args: readonly [unknown, unknown?]): Row | undefined {
    const named = typeof args[0] === 'string' && Array.isArray(args[1]);
    const index = this.indexNamed(named ? args[0] : PRIMARY);
    const given = named ? args[1] : args[0];
    const place = this.placeOf(index);
    const key = toKey(Array.isArray(given) ? given : [given], place).map(index.plan.fold);
    const text = key.at(-1);
    if (typeof text !== 'string' || (index.plan.width > 0 && key.length !== index.plan.width)) {
      throw errorAt('KeyInvalid', place, 'longestPrefix takes a whole key that ends in a string', { key });
    }
    this.from.guard();
    const head = key.slice(0, -1);
    this.from.reads?.add(index, { low: intervalOf([...head, '']).low, high: intervalOf(key).high });
    return this.#longest(index, head, text);
  }

  /** The pass over a plan, noted where a live query is reading. */
  protected pass(plan: ScanPlan): ScanIterator {
    const pass = new ScanIterator(plan);
    this.from.reads?.addPass(plan, pass);
    return pass;
  }

  /** What `(index?, range?)` asks for. */
  protected planFor(
    [first, second]: readonly [unknown?, unknown?],
    override: { readonly reverse?: boolean; readonly limit?: number },
    version = this.from.version,
  ): ScanPlan {
    this.from.guard();
    const index = this.indexNamed(typeof first === 'string' ? first : PRIMARY);
    const given = typeof first === 'string' ? second : first;
    const range = (given === undefined ? {} : given) as AnyRange;
    const interval = toInterval(range, index.width, index.plan.fold, this.placeOf(index));
    const reverse = (range.reverse ?? false) !== (override.reverse ?? false);
    const limit = Math.min(range.limit ?? Infinity, override.limit ?? Infinity);
    const { table, from } = this;
    const filter = filterOf(range, from.filterRows);
    return { table, index, interval, reverse, limit, version, filter, from };
  }

  protected indexNamed(name: unknown): TableIndex {
    return this.table.catalog.find(name, this.from.offset);
  }

  protected placeOf(index: TableIndex): Place {
    return { table: this.table.name, index: index.plan.name };
  }

  protected notFound(index: string, key: readonly unknown[]): never {
    throw new MemoirError('RowNotFound', `${this.table.name} has no row with ${index} ${key.map(show).join(', ')}`, {
      table: this.table.name,
      index,
      key,
    });
  }

  #one(args: readonly [unknown?, unknown?], reverse: boolean): Row | undefined {
    const step = this.pass(this.planFor(args, { reverse, limit: 1 })).next();
    return step.done === true ? undefined : step.value;
  }

  /** Each try jumps to the nearest row that could be shorter, so it takes as many tries as there are prefixes. */
  #longest(index: TableIndex, head: Key, text: string): Row | undefined {
    let high: Edge = intervalOf([...head, text]).high;
    for (;;) {
      const interval: Interval = { low: intervalOf(head).low, high };
      const { table, from } = this;
      const plan = {
        table,
        index,
        interval,
        reverse: true,
        limit: 1,
        version: from.version,
        filter: undefined,
        from,
      };
      const pass = new ScanIterator(plan);
      const step = pass.next();
      const found = pass.lastKey?.[head.length];
      if (step.done === true || typeof found !== 'string') return undefined;
      if (text.startsWith(found)) return step.value;
      high = intervalOf([...head, commonPrefix(found, text)]).high;
    }
  }
}

/** What two strings begin with alike, by whole code points. */
function commonPrefix(a: string, b: string): string {
  let n = 0;
  while (n < a.length && n < b.length && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  const prefix = a.slice(0, n);
  return prefix.isWellFormed() ? prefix : prefix.slice(0, -1);
}
