import * as t from 'io-ts';

import { invalidDefinition as invalid, show } from '../../errors.js';
import { rowFields, type RowFields } from '../../codecs/row-fields.js';
import { definitionOf, table, type Definition } from '../../codecs/table.js';
import type {
  Declared,
  IndexSpec,
  Input,
  PrimaryField,
  PrimaryKey,
  RowOf,
  Table,
  Tables,
} from '../../codecs/table-types.js';
import { projection } from '../projection.js';
import type { DerivedTables, Projection } from '../projection-types.js';
import { Sum, summed, totalOf } from './exact-sum.js';
import {
  fieldCodec,
  measuredCodecs,
  measuresOf,
  type AnyMeasure,
  type Measured,
  type Measures,
  type Row,
} from './measures.js';
import type { OwnTables, RowChanged } from './own-tables.js';

/** The rows of a table whose rows are groups. */
export type Grouped<R, P, M> = {
  readonly [F in (P extends readonly (infer G)[] ? G : P) & keyof R]: R[F];
} & Measured<R, M>;

type FieldsOf<R> = PrimaryField<R> | readonly [PrimaryField<R>, ...PrimaryField<R>[]];

/** How rows are grouped. */
export interface GroupByOptions<N extends string, S extends Tables, R, P, M, I> {
  /** What the projection is called, and its table. */
  readonly name: N;
  /** The table whose rows are grouped, by its name in the store. */
  readonly of: S;
  /** The field, or fields, that rows of a group share. */
  readonly by: P;
  /** Counts only rows for which this is true. Must be a pure function of the row. */
  readonly where?: (row: R) => boolean;
  /** What is told of each group, by the names of fields. */
  readonly measures: M;
  /** Indexes of the groups. */
  readonly indexes?: I;
  readonly version?: number;
}

/**
 * A projection with a row for each group of a table's rows, and what is told of them: a change of a row costs a few
 * writes, however many rows the group has.
 *
 * @param options the table, what its rows are grouped by, and what is told of a group; see {@link GroupByOptions}
 * @returns the projection, whose table has the name of it
 * @throws `DefinitionInvalid` naming the path and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { count, groupBy, max, sum } from 'memoir/folds';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const spending = groupBy({
 *   name: 'spending',
 *   of: { orders },
 *   by: 'customer',
 *   measures: { orders: count(), cents: sum('cents'), dearest: max('cents') },
 *   indexes: { byCents: ['cents'] },
 * });
 * const store = createStore({ tables: { orders }, projections: [spending] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada', cents: 300 }));
 * store.transact((tx) => tx.orders.insert({ id: 'o2', customer: 'ada', cents: 200 }));
 * console.log(store.now().spending.get('ada')); // { customer: 'ada', orders: 2, cents: 500, dearest: 300 }
 * ```
 */
export function groupBy<
  const N extends string,
  const S extends Tables,
  const P extends FieldsOf<R>,
  const M extends Measures<R>,
  const I extends Readonly<Record<string, IndexSpec<Grouped<R, P, M>>>>,
  R = RowOf<S[keyof S]>,
>(
  options: GroupByOptions<N, S, R, P, M, I>,
): Projection<DerivedTables<{ readonly [_ in N]: Table<Grouped<R, P, M>, PrimaryKey<Input<R>, P>, Declared<I>> }>, S> {
  const { name, of, by, where = () => true, measures, indexes = {}, version = 1 } = options;
  const [source, definition] = onlyTable(of);
  const groups = new Groups(name, definition, by, measures);
  const wanted = where as unknown as (row: Row) => boolean;
  return projection({
    ...{ name, version, from: 'rows' as const, sources: of, tables: groups.tables(indexes) },
    on: {
      changes: {
        [source]: (tx: OwnTables, { before, after }: RowChanged) => {
          if (before !== undefined && wanted(before)) groups.count(tx, before, -1);
          if (after !== undefined && wanted(after)) groups.count(tx, after, 1);
        },
      },
    } as never,
  }) as never;
}

/** What the table of the groups themselves is called. */
const GROUPS = 'groups';

/** How the rows of a table are grouped, and what its folds keep to tell of the groups. */
class Groups {
  readonly #name: string;
  readonly #by: readonly string[];
  readonly #isBare: boolean;
  readonly #measures: readonly (readonly [string, AnyMeasure])[];
  /** The fields whose least or greatest value is wanted. */
  readonly #ordered: readonly string[];
  /** Those that are added up. */
  readonly #added: readonly string[];
  readonly #fields: RowFields;
  readonly #key: readonly string[];

  constructor(name: string, { codec, primaryKey }: Definition, by: unknown, measures: unknown) {
    this.#name = name;
    this.#fields = rowFields(codec);
    this.#isBare = !Array.isArray(by);
    this.#by = this.#isBare ? [by as string] : (by as readonly string[]);
    this.#measures = measuresOf(measures, this.#fields);
    const taken = this.#measures.find(([measure]) => this.#by.includes(measure));
    if (taken !== undefined)
      throw invalid(`measures.${taken[0]}`, 'is what groups are told apart by: give it another name');
    this.#ordered = this.#fieldsOf(isExtreme);
    this.#added = this.#fieldsOf(isSummed);
    this.#key = primaryKey;
  }

  #fieldsOf(isIt: (measure: AnyMeasure) => boolean): readonly string[] {
    return [...new Set(this.#measures.flatMap(([, one]) => (isIt(one) ? [one.field] : [])))];
  }

  /** That of the groups, and those of what they are told from. */
  tables(indexes: object): Tables {
    const group = codecsOf('by', this.#by, this.#fields);
    const parts = renamed('g', this.#by, (field) => group[field]!);
    const key = renamed('k', this.#key, (field) => fieldCodec('of', field, this.#fields));
    const rows = t.strict({ ...group, ...measuredCodecs(this.#measures, this.#fields) });
    const state = t.strict({ ...parts, rows: t.number, ...renamed('s', this.#added, () => Sum) });
    const made = new Map<string, Table>([
      [
        this.#name,
        table(rows, { primaryKey: (this.#isBare ? this.#by[0] : this.#by) as never, indexes: indexes as never }),
      ],
      // What the rows of a group do not tell of it: how many there are, and sums.
      [this.#groups, table(state, { primaryKey: Object.keys(parts) as never })],
    ]);
    for (const field of this.#ordered) {
      // Every value of a field, in order.
      const value = fieldCodec('measures', field, this.#fields);
      const primaryKey = [...Object.keys(parts), 'value', ...Object.keys(key)];
      made.set(
        this.#valuesOf(field),
        table(t.strict({ ...parts, ...key, value }), { primaryKey: primaryKey as never }),
      );
    }
    return Object.fromEntries(made);
  }

  /** Takes a row into the group that it is of, or out of it. */
  count(tx: OwnTables, row: Row, sign: 1 | -1): void {
    const group = this.#by.map((field) => row[field]);
    const parts = renamed('g', this.#by, (field) => row[field]);
    for (const field of this.#ordered) {
      const value = row[field];
      const key = this.#key.map((part) => row[part]);
      const values = tx[this.#valuesOf(field)]!;
      if (sign < 0) values.delete([...group, value, ...key]);
      else values.put({ ...parts, value, ...renamed('k', this.#key, (part) => row[part]) });
    }
    const groups = tx[this.#groups]!;
    const had = groups.get(group);
    const rows = ((had?.['rows'] ?? 0) as number) + sign;
    if (rows === 0) {
      groups.delete(group);
      tx[this.#name]!.delete(this.#isBare ? group[0] : group);
      return;
    }
    const sums = renamed('s', this.#added, (field, name) =>
      summed((had?.[name] ?? 0) as Sum, row[field] as number, sign),
    );
    const state = groups.put({ ...parts, rows, ...sums });
    const told = this.#measures.map(([measure, one]) => [measure, this.#told(tx, group, state, one)]);
    tx[this.#name]!.put({
      ...Object.fromEntries(this.#by.map((field) => [field, row[field]])),
      ...Object.fromEntries(told),
    });
  }

  #told(tx: OwnTables, prefix: readonly unknown[], state: Row, { measure, field }: AnyMeasure): unknown {
    const total = (): number => totalOf(state[`s${this.#added.indexOf(field)}`] as Sum);
    switch (measure) {
      case 'count':
        return state['rows'];
      case 'sum':
        return total();
      case 'average':
        return total() / (state['rows'] as number);
      case 'min':
        return tx[this.#valuesOf(field)]!.first({ prefix })!['value'];
      case 'max':
        return tx[this.#valuesOf(field)]!.last({ prefix })!['value'];
    }
  }

  get #groups(): string {
    return `${this.#name}.${GROUPS}`;
  }

  #valuesOf(field: string): string {
    return field.startsWith(GROUPS) ? `${this.#groups}.${field}` : `${this.#name}.${field}`;
  }
}

function isSummed({ measure }: AnyMeasure): boolean {
  return measure === 'sum' || measure === 'average';
}

function isExtreme({ measure }: AnyMeasure): boolean {
  return measure === 'min' || measure === 'max';
}

function codecsOf(path: string, names: readonly string[], fields: RowFields): t.Props {
  return Object.fromEntries(names.map((name) => [name, fieldCodec(path, name, fields)]));
}

/** Fields under names that no field of the rows can take from them. */
function renamed<A>(
  letter: string,
  fields: readonly string[],
  valueOf: (field: string, name: string) => A,
): Readonly<Record<string, A>> {
  return Object.fromEntries(fields.map((field, i) => [`${letter}${i}`, valueOf(field, `${letter}${i}`)]));
}

/** The one table that is given, by name. @throws `DefinitionInvalid` */
export function onlyTable(of: Tables, path = 'of'): readonly [name: string, ReturnType<typeof definitionOf>] {
  const [entry, another] = Object.entries(of);
  if (entry === undefined || another !== undefined)
    throw invalid(path, `has ${show(Object.keys(of))}: give one table by its name in the store, as { orders }`);
  return [entry[0], definitionOf(entry[0], entry[1], `${path}.${entry[0]}`)];
}
