import { MemoirError } from '../errors.js';
import { PRIMARY } from '../codecs/index-check.js';
import type { Row } from '../codecs/index-plan.js';
import { compareParts, isKeyPart } from '../codecs/key.js';
import type { AnyRange, Interval } from '../codecs/range.js';
import type { TableIndex } from './table-index.js';

/** Which rows of a stretch to give. */
export interface Filter {
  readonly test: (row: Row) => boolean;
  /** How many rows in a row may be looked at and not given. */
  readonly rowsMax: number;
}

/** What a filter is applied to. */
export interface Filtered {
  readonly table: { readonly name: string };
  readonly index: TableIndex;
  readonly interval: Interval;
}

/** The filter of a range, under a limit. */
export function filterOf({ filter }: AnyRange, rowsMax: number): Filter | undefined {
  return filter === undefined ? undefined : { test: filter as (row: Row) => boolean, rowsMax };
}

/** The filter of one pass, which counts what it passes over: a row given may cost no more than the store allows. */
export class PassFilter {
  readonly #on: Filtered;
  readonly #filter: Filter;
  #passed = 0;

  constructor(on: Filtered, filter: Filter) {
    this.#on = on;
    this.#filter = filter;
  }

  /** True when a row is to be given. @throws `FilterRefused` */
  accepts(row: Row): boolean {
    const { test, rowsMax } = this.#filter;
    if (test(row)) {
      this.#passed = 0;
      return true;
    }
    if (++this.#passed > rowsMax) throw refused(this.#on, test, row, rowsMax);
    return false;
  }
}

function refused(on: Filtered, test: Filter['test'], row: Row, limit: number): MemoirError {
  const { table, index, interval } = on;
  const name = index.plan.name;
  const actual = index.head.countBetween(interval.low, interval.high);
  const fields = fieldsRead(test, row);
  const looked = `more than ${limit} rows (strict.filterRows) in a row without giving one`;
  const where = `{ on: [${quoted(index.plan.named)}], where: the filter }`;
  return new MemoirError(
    'FilterRefused',
    `${table.name}.${name}: the filter looked at ${looked}, of ${actual} in the stretch. ` +
      `Scan an index that says what the filter does, such as ${suggested(on, fields, row) ?? where}, ` +
      'or narrow the range',
    { table: table.name, index: name, limit, actual, ...(fields.length > 0 && { path: fields.join(',') }) },
  );
}

/** An index that has together the rows that a filter is after: by what the range holds fast, then by what it reads. */
function suggested({ index, interval }: Filtered, fields: readonly string[], row: Row): string | undefined {
  const list = fields.find((field) => Array.isArray(row[field]));
  if (list !== undefined) return `{ each: ${quoted([list])} }`;
  const { kind, named } = index.plan;
  const { low, high } = interval;
  let held = 0;
  while (held < low.parts.length && held < high.parts.length && isHeld(held)) held++;
  function isHeld(i: number): boolean {
    const cut = (low.cut && i === low.parts.length - 1) || (high.cut && i === high.parts.length - 1);
    return !cut && compareParts(low.parts[i]!, high.parts[i]!) === 0;
  }
  const leading = kind === 'on' || kind === PRIMARY ? named.slice(0, held) : [];
  const known = fields.filter((field) => !leading.includes(field) && isKeyPart(row[field] ?? null));
  if (known.length === 0) return undefined;
  return `[${quoted([...leading, ...known])}]`;
}

/** The fields of a row that a filter looks at. */
function fieldsRead(test: Filter['test'], row: Row): readonly string[] {
  const read = new Set<string>();
  const watched = new Proxy(row, {
    get(target, name): unknown {
      if (typeof name === 'string' && Object.hasOwn(target, name)) read.add(name);
      return Reflect.get(target, name);
    },
  });
  try {
    test(watched);
  } catch {
    // What was read until then is what can be told.
  }
  return [...read];
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
