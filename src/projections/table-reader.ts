import { MemoirError, show } from '../errors.js';
import { fromBase64Url, toBase64Url } from '../codecs/base64url.js';
import type { Row } from '../codecs/index-plan.js';
import { decodeKey, encodeKey } from '../codecs/key-bytes.js';
import { toKey, type Key } from '../codecs/key.js';
import { intervalOf, toInterval, type AnyRange, type Edge, type Interval } from '../codecs/range.js';
import { PRIMARY } from '../codecs/index-check.js';
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
    const parts = this.toPrimaryKey(key);
    this.from.reads?.add(this.table.primary, intervalOf(parts));
    const slot = this.table.slotOf(parts);
    return slot < 0 ? undefined : this.table.rowAt(slot, this.from.version);
  }

  getOrThrow(key: unknown): Row {
    return this.get(key) ?? this.notFound(PRIMARY, this.toPrimaryKey(key));
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  find(name: string, ...key: readonly unknown[]): Row | undefined {
    const index = this.indexNamed(name);
    if (!index.plan.unique) {
      throw new MemoirError(
        'RangeInvalid',
        `find needs a unique index, and ${this.where(index)} is not: use first or scan`,
      );
    }
    const { width } = index.plan;
    if (width > 0 && key.length !== width) {
      throw new MemoirError('KeyInvalid', `a key of ${this.where(index)} has ${width} parts, not ${key.length}`, {
        key,
      });
    }
    return this.first(name, { prefix: key });
  }

  findOrThrow(name: string, ...key: readonly unknown[]): Row {
    return this.find(name, ...key) ?? this.notFound(name, key);
  }

  scan(...args: readonly [unknown?, unknown?]): Scan {
    const { plan } = this.planFor(args, {});
    return new Scan({ ...plan, version: this.from.fix() }, this.from);
  }

  first(...args: readonly [unknown?, unknown?]): Row | undefined {
    return this.#one(args, false);
  }

  last(...args: readonly [unknown?, unknown?]): Row | undefined {
    return this.#one(args, true);
  }

  count(...args: readonly [unknown?, unknown?]): number {
    const pass = this.pass(this.planFor(args, {}).plan);
    let count = 0;
    while (pass.next().done !== true) count++;
    return count;
  }

  page(...args: readonly [unknown?, unknown?]): Page<Row> {
    const { plan, range } = this.planFor(args, {});
    const { after } = range;
    if (!Number.isFinite(plan.limit)) {
      throw new MemoirError(
        'RangeInvalid',
        `a page of ${this.where(plan.index)} needs a limit: how many rows it may hold`,
      );
    }
    const interval = after === undefined ? plan.interval : this.#beyond(plan, after);
    const pass = this.pass({ ...plan, interval });
    const rows = [...pass];
    const { lastKey } = pass;
    if (pass.exhausted || lastKey === undefined) return { rows };
    const { lineage, offset } = this.from;
    return { rows, next: { lineage, offset, key: toBase64Url(encodeKey(lastKey)) } };
  }

  longestPrefix(...args: readonly [unknown, unknown?]): Row | undefined {
    const named = typeof args[0] === 'string' && Array.isArray(args[1]);
    const index = this.indexNamed(named ? args[0] : PRIMARY);
    const given = named ? args[1] : args[0];
    const key = toKey(Array.isArray(given) ? given : [given], this.where(index)).map(index.plan.fold);
    const text = key.at(-1);
    if (typeof text !== 'string' || (index.plan.width > 0 && key.length !== index.plan.width)) {
      throw new MemoirError(
        'KeyInvalid',
        `longestPrefix on ${this.where(index)} takes a whole key that ends in a string`,
        { key },
      );
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
  ): { readonly plan: ScanPlan; readonly range: AnyPageRange } {
    this.from.guard();
    const index = this.indexNamed(typeof first === 'string' ? first : PRIMARY);
    const range = ((typeof first === 'string' ? second : first) ?? {}) as AnyPageRange;
    const interval = toInterval(range, index.plan.width, index.plan.fold, this.where(index));
    const reverse = (range.reverse ?? false) !== (override.reverse ?? false);
    const limit = Math.min(range.limit ?? Infinity, override.limit ?? Infinity);
    const { table, from } = this;
    return {
      plan: { table, index, interval, reverse, limit, version: from.version, guard: () => from.guard() },
      range,
    };
  }

  protected indexNamed(name: unknown): TableIndex {
    const index = this.table.byName.get(name as string);
    if (index !== undefined) return index;
    const names = [...this.table.byName.keys()].join(', ');
    throw new MemoirError('RangeInvalid', `${this.table.name} has no index ${show(name)}: it has ${names}`, {
      table: this.table.name,
    });
  }

  protected where(index: TableIndex): string {
    return `${this.table.name}.${index.plan.name}`;
  }

  protected toPrimaryKey(key: unknown): Key {
    const { bare, primaryKey } = this.table.definition;
    const parts = bare ? [key] : Array.isArray(key) ? [...(key as readonly unknown[])] : key;
    if (Array.isArray(parts) && parts.length === primaryKey.length)
      return toKey(parts, `${this.table.name}.${PRIMARY}`);
    throw new MemoirError(
      'KeyInvalid',
      `the primary key of ${this.table.name} is [${primaryKey.join(', ')}]: ` +
        `give a list of ${primaryKey.length} parts, not ${show(key)}`,
      { table: this.table.name, index: PRIMARY, key: [key] },
    );
  }

  protected notFound(index: string, key: readonly unknown[]): never {
    throw new MemoirError('RowNotFound', `${this.table.name} has no row with ${index} ${key.map(show).join(', ')}`, {
      table: this.table.name,
      index,
      key,
    });
  }

  #one(args: readonly [unknown?, unknown?], reverse: boolean): Row | undefined {
    const step = this.pass(this.planFor(args, { reverse, limit: 1 }).plan).next();
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
        guard: () => from.guard(),
      };
      const pass = new ScanIterator(plan);
      const step = pass.next();
      const found = pass.lastKey?.[head.length];
      if (step.done === true || typeof found !== 'string') return undefined;
      if (text.startsWith(found)) return step.value;
      high = intervalOf([...head, commonPrefix(found, text)]).high;
    }
  }

  #beyond({ interval, reverse }: ScanPlan, after: PageToken): Interval {
    const { lineage, offset } = this.from;
    if (after.lineage !== lineage) {
      throw new MemoirError(
        'LineageChanged',
        `the page token is of the log ${after.lineage}, and this is ${lineage}: begin anew`,
        {
          lineage,
          requested: after.lineage,
        },
      );
    }
    if (after.offset !== offset) {
      throw new MemoirError(
        'TokenInvalid',
        `the page token is of offset ${after.offset}, and this view of ${offset}: read on from store.asOf(token)`,
        { offset, requested: after.offset },
      );
    }
    const parts = decodeKey(fromBase64Url(after.key));
    return reverse
      ? { low: interval.low, high: { parts, side: -1, cut: false } }
      : { low: { parts, side: 1, cut: false }, high: interval.high };
  }
}

/** What two strings begin with alike, by whole code points. */
function commonPrefix(a: string, b: string): string {
  let n = 0;
  while (n < a.length && n < b.length && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  const prefix = a.slice(0, n);
  return prefix.isWellFormed() ? prefix : prefix.slice(0, -1);
}
