import * as t from 'io-ts';

import { invalidDefinition as invalid, show } from '../../errors.js';
import type { Codec, TypeOf } from '../../codecs/codec.js';
import { PRIMARY } from '../../codecs/index-check.js';
import { rowFields } from '../../codecs/row-fields.js';
import { table, type Definition } from '../../codecs/table.js';
import type {
  Declared,
  IndexesOf,
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
import { onlyTable } from './group-by.js';
import { fieldCodec, type Row } from './measures.js';
import type { OwnTables, RowChanged } from './own-tables.js';

type Only<S extends Tables> = S[keyof S];
type IndexName<S extends Tables> = (keyof IndexesOf<Only<S>> & string) | 'primaryKey';

/** How the rows of two tables are joined. */
export interface JoinOptions<N extends string, L extends Tables, O extends Tables, C extends Codec, P, I> {
  /** What the projection is called, and its table. */
  readonly name: N;
  /** The two tables, each by its name in the store. */
  readonly left: L;
  readonly right: O;
  /** An index of each, or `primaryKey`: rows are joined that share a key of these, of as many parts. */
  readonly on: readonly [left: IndexName<L>, right: IndexName<O>];
  /** The codec of the joined rows. */
  readonly row: C;
  /** What tells joined rows apart. It is to differ for any two pairs: of two that share it, there is one row. */
  readonly primaryKey: P;
  readonly indexes?: I;
  /** Makes a joined row. Must be a pure function of the two. */
  readonly select: (left: RowOf<Only<L>>, right: RowOf<Only<O>>) => Input<TypeOf<C>>;
  readonly version?: number;
}

/**
 * A projection with a row for each pair of rows of two tables that share a key (an inner join): a change of a row costs
 * a few writes for each row that it is joined with.
 *
 * @param options the tables, the indexes that they are joined by, and the joined row; see {@link JoinOptions}
 * @returns the projection, whose table has the name of it
 * @throws `DefinitionInvalid` naming the path and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { join } from 'memoir/folds';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string }), {
 *   primaryKey: 'id',
 *   indexes: { byCustomer: ['customer'] },
 * });
 * const customers = table(t.strict({ id: t.string, city: t.string }), { primaryKey: 'id' });
 * const shipments = join({
 *   name: 'shipments',
 *   left: { orders },
 *   right: { customers },
 *   on: ['byCustomer', 'primaryKey'],
 *   row: t.strict({ order: t.string, city: t.string }),
 *   primaryKey: 'order',
 *   indexes: { byCity: ['city'] },
 *   select: (order, { city }) => ({ order: order.id, city }),
 * });
 * const store = createStore({ tables: { orders, customers }, projections: [shipments] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada' }));
 * store.transact((tx) => tx.customers.insert({ id: 'ada', city: 'London' }));
 * console.log([...store.now().shipments.scan('byCity')]); // [ { order: 'o1', city: 'London' } ]
 * ```
 */
export function join<
  const N extends string,
  const L extends Tables,
  const O extends Tables,
  C extends Codec,
  const P extends PrimaryField<R> | readonly [PrimaryField<R>, ...PrimaryField<R>[]],
  const I extends Readonly<Record<string, IndexSpec<R>>>,
  R = TypeOf<C>,
>(
  options: JoinOptions<N, L, O, C, P, I>,
): Projection<DerivedTables<{ readonly [_ in N]: Table<TypeOf<C>, PrimaryKey<TypeOf<C>, P>, Declared<I>> }>, L & O> {
  const { name, left, right, on, row, primaryKey, indexes = {}, select, version = 1 } = options;
  const sides = [sideOf('left', left, on[0]), sideOf('right', right, on[1])] as const;
  if (sides[0].name === sides[1].name)
    throw invalid('right', `is ${show(sides[0].name)}, as the left one is: join two tables`);
  const [one, other] = sides;
  if (one.width !== 0 && other.width !== 0 && one.width !== other.width) {
    const said = sides.map(({ name: of, index, width }) => `${index} of ${of} has ${width}`).join(', ');
    throw invalid('on', `joins by keys of as many parts, and ${said}: name two indexes that are alike`);
  }
  const isBare = !Array.isArray(primaryKey);
  const key = (isBare ? [primaryKey] : primaryKey) as readonly string[];
  const joined = new Joined({ name, sides, select: select as never, row, key, isBare });
  return projection({
    ...{ name, version, from: 'rows' as const, sources: { ...left, ...right } },
    tables: {
      [name]: table(row, { primaryKey: primaryKey as never, indexes: indexes as never }),
      ...joined.pairTable(),
    },
    on: {
      changes: {
        [sides[0].name]: (tx: OwnTables, change: RowChanged) => joined.changed(tx, 0, change),
        [sides[1].name]: (tx: OwnTables, change: RowChanged) => joined.changed(tx, 1, change),
      },
    } as never,
  }) as never;
}

/** One of the tables of a join. */
interface Side {
  readonly name: string;
  readonly definition: Definition;
  readonly index: string;
  /** How many parts its keys have; 0 where a callback makes them. */
  readonly width: number;
  /** The keys by which a row is joined. */
  readonly keysOf: (row: Row) => readonly (readonly unknown[])[];
}

function sideOf(path: string, given: Tables, index: string): Side {
  const [name, definition] = onlyTable(given, path);
  const { primaryKey } = definition;
  if (index === PRIMARY)
    return { name, definition, index, width: primaryKey.length, keysOf: (row) => [keyOf(definition, row)] };
  const plan = definition.indexes.find((one) => one.name === index);
  if (plan === undefined) throw invalid('on', `${name} has no index ${show(index)}: name one, or primaryKey`);
  const keysOf: Side['keysOf'] = (row) => plan.keysOf(row, { table: name, index });
  return { name, definition, index, width: plan.width, keysOf };
}

/** What a join is made of. */
interface JoinPlan {
  readonly name: string;
  readonly sides: readonly [Side, Side];
  readonly select: (left: Row, right: Row) => Row;
  /** The joined rows: their codec, and the fields of their key. */
  readonly row: Codec;
  readonly key: readonly string[];
  readonly isBare: boolean;
}

/** Keeps which rows are joined, and to what: what has to go with either of them is found there. */
class Joined {
  readonly #plan: JoinPlan;
  readonly #pairs: string;

  constructor(plan: JoinPlan) {
    this.#plan = plan;
    this.#pairs = `${plan.name}.pairs`;
  }

  pairTable(): Tables {
    const { sides, row, key } = this.#plan;
    const [left, right] = sides.map(({ definition: { codec, primaryKey } }, side) =>
      columns(SIDES[side]!, primaryKey, (field) => fieldCodec(SIDES[side]!, field, rowFields(codec))),
    ) as [t.Props, t.Props];
    const joined = columns('row', key, (field) => fieldCodec('primaryKey', field, rowFields(row)));
    const primaryKey = [...Object.keys(left), ...Object.keys(right)];
    const indexes = { byRight: Object.keys(right), byRow: Object.keys(joined) };
    return { [this.#pairs]: table(t.strict({ ...left, ...right, ...joined }), { primaryKey, indexes } as never) };
  }

  /** Takes a row of one side out of its pairs, and into those that it has now. */
  changed(tx: OwnTables, side: 0 | 1, { before, after }: RowChanged): void {
    const { sides } = this.#plan;
    const { definition, keysOf } = sides[side];
    const other = sides[1 - side]!;
    if (before !== undefined) this.#part(tx, side, keyOf(definition, before));
    if (after === undefined) return;
    for (const prefix of keysOf(after)) {
      const range = { prefix };
      const from = tx[other.name]!;
      for (const match of [...(other.index === PRIMARY ? from.scan(range) : from.scan(other.index, range))])
        if (side === 0) this.#pair(tx, after, match);
        else this.#pair(tx, match, after);
    }
  }

  #part(tx: OwnTables, side: 0 | 1, prefix: readonly unknown[]): void {
    const { name, sides, key, isBare, select } = this.#plan;
    const pairs = tx[this.#pairs]!;
    for (const pair of [...(side === 0 ? pairs.scan({ prefix }) : pairs.scan('byRight', { prefix }))]) {
      pairs.delete(sides.flatMap(({ definition }, i) => valuesIn(pair, SIDES[i]!, definition.primaryKey)));
      const gone = valuesIn(pair, 'row', key);
      // In the midst of a batch a row may already be that of a pair which is folded before the one that goes.
      const [next] = pairs.scan('byRow', { prefix: gone, limit: 1 });
      const rows =
        next === undefined
          ? []
          : sides.map((one, i) => rowOf(tx, one, valuesIn(next, SIDES[i]!, one.definition.primaryKey)));
      if (next === undefined) tx[name]!.delete(isBare ? gone[0] : gone);
      else if (rows[0] !== undefined && rows[1] !== undefined) tx[name]!.put(select(rows[0], rows[1]));
    }
  }

  #pair(tx: OwnTables, left: Row, right: Row): void {
    const { name, sides, select, key } = this.#plan;
    const pairs = tx[this.#pairs]!;
    const ids = [keyOf(sides[0].definition, left), keyOf(sides[1].definition, right)];
    // Where both rows have changed, the one that is folded second finds what the first has made.
    if (pairs.get(ids.flat()) !== undefined) return;
    const joined = tx[name]!.put(select(left, right));
    const parts = sides.map(({ definition }, side) =>
      columns(SIDES[side]!, definition.primaryKey, (_, i) => ids[side]![i]),
    );
    pairs.put({ ...parts[0], ...parts[1], ...columns('row', key, (field) => joined[field]) });
  }
}

const SIDES = ['left', 'right'] as const;

function keyOf({ primaryKey }: Definition, row: Row): readonly unknown[] {
  return primaryKey.map((field) => row[field]);
}

/** The row of a side with a key, as it is now. */
function rowOf(tx: OwnTables, { name }: Side, key: readonly unknown[]): Row | undefined {
  const [row] = tx[name]!.scan({ prefix: key, limit: 1 });
  return row;
}

/** Fields under names of the pairs' own. */
function columns<A>(
  prefix: string,
  fields: readonly string[],
  valueOf: (field: string, i: number) => A,
): Readonly<Record<string, A>> {
  return Object.fromEntries(fields.map((field, i) => [`${prefix}${i}`, valueOf(field, i)]));
}

function valuesIn(pair: Row, prefix: string, fields: readonly string[]): readonly unknown[] {
  return fields.map((_, i) => pair[`${prefix}${i}`]);
}
