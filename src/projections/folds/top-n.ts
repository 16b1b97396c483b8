import * as t from 'io-ts';

import { invalidDefinition as invalid, show } from '../../errors.js';
import type { Codec } from '../../codecs/codec.js';
import { rowFields } from '../../codecs/row-fields.js';
import { table, type Definition } from '../../codecs/table.js';
import type { IndexesOf, Input, PrimaryField, RowOf, Table, Tables } from '../../codecs/table-types.js';
import { projection } from '../projection.js';
import type { DerivedTables, Projection } from '../projection-types.js';
import { onlyTable } from './group-by.js';
import { fieldCodec, type Row } from './measures.js';
import type { OwnTables, RowChanged } from './own-tables.js';

/** A row with its rank in its group, 1 for the first. */
export type Ranked<R, P extends readonly unknown[]> = { readonly [F in P[number] & keyof R]: R[F] } & {
  readonly rank: number;
  readonly row: R;
};

/** The key of a ranked row: what tells its group, and its rank. */
type RankKey<R, P extends readonly unknown[]> = P extends readonly []
  ? number
  : readonly [...{ readonly [I in keyof P]: P[I] extends keyof R ? Input<R[P[I]]> : never }, number];

/** How the first rows of an index are kept. */
export interface TopNOptions<N extends string, S extends Tables, P> {
  /** What the projection is called, and its table. */
  readonly name: N;
  /** The table whose rows are ranked, by its name in the store. */
  readonly of: S;
  /** An index of fields, in whose order rows are ranked. */
  readonly index: keyof IndexesOf<S[keyof S]> & string;
  /** How many rows are kept, of each group. */
  readonly n: number;
  /** The leading fields of the index that rows of a group share; one group unless told. */
  readonly by?: P;
  /** Ranks the greatest first; false unless told. */
  readonly reverse?: boolean;
  readonly version?: number;
}

/**
 * A projection with the first rows of an index, or of each group of its rows: a change of a row costs a look at as many
 * rows as are kept, however many there are.
 *
 * @param options the table, the index that ranks its rows, and how many are kept; see {@link TopNOptions}
 * @returns the projection, whose table has the name of it
 * @throws `DefinitionInvalid` naming the path and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { topN } from 'memoir/folds';
 *
 * const games = table(t.strict({ player: t.string, level: t.string, score: t.Int }), {
 *   primaryKey: ['player', 'level'],
 *   indexes: { byScore: ['level', 'score'] },
 * });
 * const best = topN({ name: 'best', of: { games }, index: 'byScore', by: ['level'], n: 2, reverse: true });
 * const store = createStore({ tables: { games }, projections: [best] });
 * for (const [player, score] of [['ada', 7], ['bob', 9], ['cy', 8]] as const)
 *   store.transact((tx) => tx.games.insert({ player, level: 'easy', score }));
 * console.log([...store.now().best.scan({ prefix: ['easy'] })].map(({ row }) => row.player)); // [ 'bob', 'cy' ]
 * ```
 */
export function topN<
  const N extends string,
  const S extends Tables,
  const P extends readonly PrimaryField<R>[] = readonly [],
  R = RowOf<S[keyof S]>,
>(
  options: TopNOptions<N, S, P>,
): Projection<
  DerivedTables<{ readonly [_ in N]: Table<Ranked<R, P>, RankKey<R, P>, Readonly<Record<never, never>>> }>,
  S
> {
  const { name, of, version = 1 } = options;
  const [source, definition] = onlyTable(of);
  const ranking = new Ranking(source, definition, options);
  return projection({
    ...{ name, version, from: 'rows' as const, sources: of, tables: { [name]: ranking.table } },
    on: {
      changes: { [source]: (tx: OwnTables, change: RowChanged) => ranking.changed(tx, change) },
    } as never,
  }) as never;
}

/** The same options, types apart. */
type AnyTopN = Omit<TopNOptions<string, Tables, readonly string[]>, 'index'> & { readonly index: string };

/** The first rows of an index, by group. */
class Ranking {
  readonly table: Table;
  readonly #name: string;
  readonly #source: string;
  readonly #index: string;
  readonly #by: readonly string[];
  readonly #n: number;
  readonly #reverse: boolean;

  constructor(source: string, { codec, indexes }: Definition, options: AnyTopN) {
    const { name, index, n, by = [], reverse = false } = options;
    const plan = indexes.find((one) => one.name === index);
    if (plan === undefined) throw invalid('index', `${source} has no index ${show(index)}: name one of its own`);
    if (plan.kind !== 'on' || plan.partial || plan.sparse)
      throw invalid('index', `${show(index)} does not have every row once: use one of fields, with every row in it`);
    if (!Number.isSafeInteger(n) || n < 1) throw invalid('n', `is ${show(n)}: give a whole number from 1`);
    if (!Array.isArray(by) || by.some((field, i) => plan.named[i] !== field))
      throw invalid('by', `is ${show(by)}: give fields that ${show(index)} begins with: ${plan.named.join(', ')}`);
    if (by.includes('rank') || by.includes('row'))
      throw invalid('by', 'rank and row are taken by what is told of rows');
    [this.#name, this.#source, this.#index] = [name, source, index];
    [this.#by, this.#n, this.#reverse] = [by, n, reverse];
    this.table = rankedTable(codec, by);
  }

  changed(tx: OwnTables, { before, after }: RowChanged): void {
    if (before !== undefined) this.#rank(tx, this.#groupOf(before));
    if (after !== undefined && (before === undefined || !this.#isSameGroup(before, after)))
      this.#rank(tx, this.#groupOf(after));
  }

  #groupOf(row: Row): readonly unknown[] {
    return this.#by.map((field) => row[field]);
  }

  #isSameGroup(a: Row, b: Row): boolean {
    return this.#by.every((field) => a[field] === b[field]);
  }

  #rank(tx: OwnTables, group: readonly unknown[]): void {
    const own = tx[this.#name]!;
    const range = { prefix: group, limit: this.#n, reverse: this.#reverse };
    const groupFields = Object.fromEntries(this.#by.map((field, i) => [field, group[i]]));
    let rank = 0;
    for (const row of [...tx[this.#source]!.scan(this.#index, range)]) {
      rank++;
      const key = this.#keyOf(group, rank);
      if (own.get(key)?.['row'] !== row) own.put({ ...groupFields, rank, row });
    }
    while (own.delete(this.#keyOf(group, ++rank)));
  }

  #keyOf(group: readonly unknown[], rank: number): unknown {
    return group.length === 0 ? rank : [...group, rank];
  }
}

function rankedTable(codec: Codec, by: readonly string[]): Table {
  const fields = rowFields(codec);
  const group = Object.fromEntries(by.map((field) => [field, fieldCodec('by', field, fields)]));
  const row = t.strict({ ...group, rank: t.number, row: codec as t.Mixed });
  return table(row, { primaryKey: (by.length === 0 ? 'rank' : [...by, 'rank']) as never });
}
