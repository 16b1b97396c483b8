import * as t from 'io-ts';

import { invalidDefinition as invalid, show } from '../errors.js';
import { isObject, type Codec, type TypeOf } from '../codecs/codec.js';
import type { Events, NoEvents } from '../codecs/event-types.js';
import { definitionOf, table, type Definition } from '../codecs/table.js';
import type { Table, Tables } from '../codecs/table-types.js';
import { isThenable } from '../thenable.js';
import type {
  DerivedTables,
  FoldedBatch,
  Projection,
  ProjectionSources,
  TableProjection,
  ValueFolds,
  ValueProjection,
} from './projection-types.js';

/** A fold, types apart: of a change of a row, or of an event. */
export type AnyFold = (tx: never, what: never, batch: FoldedBatch) => unknown;

/** What a projection says, checked. */
export interface ProjectionDefinition {
  readonly name: string;
  readonly version: number;
  readonly from: 'log' | 'rows';
  /** Its own tables, and those that it reads, by name. */
  readonly tables: ReadonlyMap<string, Definition>;
  readonly sources: ReadonlyMap<string, Definition>;
  /** Its folds, by table and by type of event. */
  readonly changes: ReadonlyMap<string, AnyFold>;
  readonly events: ReadonlyMap<string, AnyFold>;
}

const definitions = new WeakMap<object, ProjectionDefinition>();

const OPTIONS = ['name', 'version', 'sources', 'events', 'from', 'on'];

/** The name of the folds of changes among those of events. */
const CHANGES = 'changes';

/** The key of the only row of a folded value. */
const ONLY = 'value';

/** Every projection, types apart. */
interface AnyProjection extends ProjectionSources<Tables, Events> {
  readonly tables?: unknown;
  readonly value?: Codec;
  readonly initial?: unknown;
  readonly on: unknown;
}

/**
 * Defines a projection: tables that are a fold of what happens in a store; see `valueProjection` for one value. Given
 * to a store, its tables are there like any others, but nobody else writes them: each transaction folds what it did,
 * and its batch has the changes that came of it. Given to `store.project`, it follows the log at its own pace.
 *
 * Folds are pure: all they may use is what they are given. Folds of changes come first, in the order of the changes,
 * then those of events.
 *
 * @param options its name and version, what it reads and follows, its tables, and its folds; see
 *   {@link TableProjection}
 * @returns the definition, to be given to `createStore({ projections: […] })` and the like
 * @throws `DefinitionInvalid` naming the path in the definition and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, projection, table } from 'memoir';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const Total = t.strict({ customer: t.string, cents: t.number });
 * const totals = projection({
 *   name: 'totals',
 *   sources: { orders },
 *   tables: { totals: table(Total, { primaryKey: 'customer', indexes: { byCents: ['cents'] } }) },
 *   on: {
 *     changes: {
 *       orders(tx, { before, after }) {
 *         for (const [order, sign] of [[before, -1], [after, 1]] as const) {
 *           if (order === undefined) continue;
 *           const { customer } = order;
 *           tx.totals.put({ customer, cents: (tx.totals.get(customer)?.cents ?? 0) + sign * order.cents });
 *         }
 *       },
 *     },
 *   },
 * });
 *
 * const store = createStore({ tables: { orders }, projections: [totals] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada', cents: 300 }));
 * store.transact((tx) => tx.orders.insert({ id: 'o2', customer: 'ada', cents: 200 }));
 * console.log(store.now().totals.last('byCents')); // { customer: 'ada', cents: 500 }
 * ```
 */
export function projection<
  const O extends Tables,
  S extends Tables = Readonly<Record<never, never>>,
  E extends Events = NoEvents,
>(options: TableProjection<O, S, E>): Projection<DerivedTables<O>, S> {
  return define(options, 'projection', ['tables']) as unknown as Projection<DerivedTables<O>, S>;
}

/**
 * Defines a projection of one value. In a store it is a table of one row under the projection's name; `read` gives the
 * value of it as a view, a transaction or a live query has it.
 *
 * @param options its name and version, what it reads and follows, the codec of its value, its first value, its folds
 * @returns the definition, which can read its value
 * @throws `DefinitionInvalid` naming the path in the definition and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table, valueProjection } from 'memoir';
 *
 * const orders = table(t.strict({ id: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const revenue = valueProjection({
 *   name: 'revenue',
 *   events: { OrderPaid: t.strict({ cents: t.Int }) },
 *   value: t.number,
 *   initial: 0,
 *   on: { OrderPaid: (sum, { data }) => sum + data.cents },
 * });
 * const events = { OrderPaid: t.strict({ cents: t.Int }) };
 * const store = createStore({ tables: { orders }, events, projections: [revenue] });
 * store.transact((tx) => tx.emit('OrderPaid', { cents: 500 }));
 * console.log(store.read(revenue.read)); // 500
 * ```
 */
export function valueProjection<
  const N extends string,
  C extends Codec,
  S extends Tables = Readonly<Record<never, never>>,
  E extends Events = NoEvents,
>(
  options: ProjectionSources<S, E> & {
    readonly name: N;
    /** The codec of the value. */
    readonly value: C;
    /** The value before all. */
    readonly initial: TypeOf<C>;
    readonly on: NoInfer<ValueFolds<TypeOf<C>, S, E>>;
  },
): ValueProjection<N, TypeOf<C>, S> {
  const given = options as unknown as AnyProjection;
  return define(given, 'valueProjection', ['value', 'initial']) as unknown as ValueProjection<N, TypeOf<C>, S>;
}

/** Checks what a projection says; everything wrong in it is found here. */
function define(given: AnyProjection, what: string, said: readonly string[]): object {
  if (!isObject(given)) throw invalid('options', `${what}() takes { name, sources, ${said.join(', ')}, on }`);
  const known = [...OPTIONS, ...said];
  const strange = Object.keys(given).find((key) => !known.includes(key));
  if (strange !== undefined) throw invalid(strange, `is no option of ${what}: use ${known.join(', ')}`);
  const { name, version = 1, from = 'log' } = given;
  if (typeof name !== 'string' || name === '' || !name.isWellFormed())
    throw invalid('name', `is ${show(name)}: give a well-formed string that is not empty`);
  if (!Number.isSafeInteger(version) || version < 1)
    throw invalid('version', `is ${show(version)}: give a whole number from 1`);
  if (!['log', 'rows'].includes(from)) throw invalid('from', `is ${show(from)}: use 'log' or 'rows'`);
  const isValue = said.includes('value');
  const made = isValue ? { [name]: valueTable(given) } : given.tables;
  const tables = tablesOf('tables', made);
  if (tables.size === 0) throw invalid('tables', 'has no table: give at least one');
  const sources = tablesOf('sources', given.sources ?? {});
  for (const own of tables.keys())
    if (sources.has(own)) throw invalid(`tables.${own}`, 'a projection does not follow its own tables');
  const { changes, events } = foldsOf(given, sources);
  if (from === 'rows' && events.size > 0)
    throw invalid('from', "is 'rows', and there are folds of events, which no row tells of: use 'log'");
  const folds = isValue ? { changes: onValue(given, changes), events: onValue(given, events) } : { changes, events };
  const projected = Object.freeze({
    ...{ name, version },
    tables: Object.freeze({ ...(made as Tables) }),
    sources: Object.freeze({ ...given.sources }),
    ...(isValue && { read: reader(given) }),
  });
  definitions.set(projected, { name, version, from, tables, sources, ...folds });
  return projected;
}

/** What `projection` checked; refuses anything that `projection` did not make. @throws `DefinitionInvalid` */
export function projectionOf(path: string, made: unknown): ProjectionDefinition {
  const definition = isObject(made) ? definitions.get(made) : undefined;
  if (definition === undefined) throw invalid(path, `is ${show(made)}: define projections with projection({ … })`);
  return definition;
}

function tablesOf(path: string, tables: unknown): ReadonlyMap<string, Definition> {
  if (!isObject(tables) || Array.isArray(tables)) throw invalid(path, 'must be an object of tables by name');
  return new Map(
    Object.entries(tables).map(([name, made]) => [name, definitionOf(name, made as Table, `${path}.${name}`)]),
  );
}

/** Its folds, by what they are of. */
function foldsOf(
  { on, events = {} }: AnyProjection,
  sources: ReadonlyMap<string, Definition>,
): Pick<ProjectionDefinition, 'changes' | 'events'> {
  if (!isObject(on)) throw invalid('on', 'must be an object of folds: of events by type, and of `changes` by table');
  const { [CHANGES]: ofChanges = {}, ...ofEvents } = on as Readonly<Record<string, unknown>>;
  if (!isObject(ofChanges)) throw invalid('on.changes', 'must be an object of folds by table');
  if (!isObject(events)) throw invalid('events', 'must be an object of codecs by type');
  if (CHANGES in events) throw invalid('events.changes', 'this name is taken: folds of changes have it');
  const known = (name: string): boolean => Object.hasOwn(events, name);
  const folds = {
    changes: folded('on.changes', ofChanges, (name) => sources.has(name), 'sources'),
    events: folded('on', ofEvents, known, 'events'),
  };
  if (folds.changes.size + folds.events.size === 0) throw invalid('on', 'has no fold: there is nothing to follow');
  return folds;
}

function folded(
  path: string,
  folds: object,
  isKnown: (name: string) => boolean,
  where: string,
): ReadonlyMap<string, AnyFold> {
  const entries = Object.entries(folds).filter(([, fold]) => fold !== undefined);
  for (const [name, fold] of entries) {
    if (typeof fold !== 'function') throw invalid(`${path}.${name}`, `is ${show(fold)}: give a function`);
    if (!isKnown(name)) throw invalid(`${path}.${name}`, `is not among the ${where} of the projection: add it there`);
  }
  return new Map(entries);
}

function valueTable({ value, initial }: AnyProjection): Table {
  const codec = value as unknown as t.Mixed;
  if (!isObject(codec) || typeof codec.is !== 'function')
    throw invalid('value', `is ${show(codec)}: give an io-ts codec`);
  if (!codec.is(initial)) throw invalid('initial', `is ${show(initial)}, and no value of ${codec.name}`);
  return table(t.strict({ id: t.string, value: codec }), { primaryKey: 'id' });
}

type ValueReader = (
  db: Readonly<Record<string, { get(key: string): { readonly value: unknown } | undefined }>>,
) => unknown;

function reader({ name, initial }: AnyProjection): ValueReader {
  return (db) => {
    const row = db[name]!.get(ONLY);
    return row === undefined ? initial : row.value;
  };
}

/** The value in the place of the tables: what a fold gives is put where the next one finds it. */
function onValue(given: AnyProjection, folds: ReadonlyMap<string, AnyFold>): ReadonlyMap<string, AnyFold> {
  const read = reader(given);
  const { name } = given;
  return new Map(
    [...folds].map(([of, fold]) => {
      const next = fold as unknown as (value: unknown, what: unknown, batch: FoldedBatch, tx: unknown) => unknown;
      const put = (tx: ValueWriter, what: unknown, batch: FoldedBatch): unknown => {
        const value = next(read(tx), what, batch, tx);
        if (isThenable(value)) return value;
        tx[name]!.put({ id: ONLY, value });
        return undefined;
      };
      return [of, put];
    }),
  );
}

type ValueWriter = Readonly<
  Record<string, { get(key: string): { readonly value: unknown } | undefined; put(row: unknown): unknown }>
>;
