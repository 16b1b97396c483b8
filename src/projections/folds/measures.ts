import * as t from 'io-ts';

import { invalidDefinition as invalid, show } from '../../errors.js';
import { isObject } from '../../codecs/codec.js';
import type { RowFields } from '../../codecs/row-fields.js';
import type { KeyField } from '../../codecs/table-types.js';

type Present<T> = Exclude<T, undefined>;

/** Fields that hold numbers. */
export type NumberField<R> = { [F in keyof R & string]-?: Present<R[F]> extends number ? F : never }[keyof R & string];

/** What is told of the rows of a group: how many there are, or something of one of their fields. */
export interface Measure<K extends string, F extends string> {
  readonly measure: K;
  readonly field: F;
}

/** The measures that rows can have, by the names of the fields that they go into. */
export type Measures<R> = Readonly<
  Record<
    string,
    Measure<'count', never> | Measure<'sum' | 'average', NumberField<R>> | Measure<'min' | 'max', KeyField<R>>
  >
>;

/** What measures give, by the names of the fields. */
export type Measured<R, M> = {
  readonly [N in keyof M]: M[N] extends Measure<'min' | 'max', infer F>
    ? F extends keyof R
      ? Present<R[F]>
      : never
    : number;
};

/**
 * How many rows there are.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { groupBy, count } from 'memoir/folds';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const told = groupBy({ name: 'told', of: { orders }, by: 'customer', measures: { it: count() } });
 * const store = createStore({ tables: { orders }, projections: [told] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada', cents: 300 }));
 * store.transact((tx) => tx.orders.insert({ id: 'o2', customer: 'ada', cents: 200 }));
 * console.log(store.now().told.get('ada')?.it); // 2
 * ```
 */
export function count(): Measure<'count', never> {
  return { measure: 'count', field: undefined as never };
}

/**
 * The sum of a field. For the rows of a table it is kept without rounding, and rounded when it is told, so that it does
 * not depend on which rows came and went before; for events it is added to one by one.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { groupBy, sum } from 'memoir/folds';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const told = groupBy({ name: 'told', of: { orders }, by: 'customer', measures: { it: sum('cents') } });
 * const store = createStore({ tables: { orders }, projections: [told] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada', cents: 300 }));
 * store.transact((tx) => tx.orders.insert({ id: 'o2', customer: 'ada', cents: 200 }));
 * console.log(store.now().told.get('ada')?.it); // 500
 * ```
 */
export function sum<F extends string>(field: F): Measure<'sum', F> {
  return { measure: 'sum', field };
}

/**
 * The mean of a field; kept as `sum` is.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { groupBy, average } from 'memoir/folds';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const told = groupBy({ name: 'told', of: { orders }, by: 'customer', measures: { it: average('cents') } });
 * const store = createStore({ tables: { orders }, projections: [told] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada', cents: 300 }));
 * store.transact((tx) => tx.orders.insert({ id: 'o2', customer: 'ada', cents: 200 }));
 * console.log(store.now().told.get('ada')?.it); // 250
 * ```
 */
export function average<F extends string>(field: F): Measure<'average', F> {
  return { measure: 'average', field };
}

/**
 * The least value of a field, in the order of keys.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { groupBy, min } from 'memoir/folds';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const told = groupBy({ name: 'told', of: { orders }, by: 'customer', measures: { it: min('cents') } });
 * const store = createStore({ tables: { orders }, projections: [told] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada', cents: 300 }));
 * store.transact((tx) => tx.orders.insert({ id: 'o2', customer: 'ada', cents: 200 }));
 * console.log(store.now().told.get('ada')?.it); // 200
 * ```
 */
export function min<F extends string>(field: F): Measure<'min', F> {
  return { measure: 'min', field };
}

/**
 * The greatest value of a field, in the order of keys.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { groupBy, max } from 'memoir/folds';
 *
 * const orders = table(t.strict({ id: t.string, customer: t.string, cents: t.Int }), { primaryKey: 'id' });
 * const told = groupBy({ name: 'told', of: { orders }, by: 'customer', measures: { it: max('cents') } });
 * const store = createStore({ tables: { orders }, projections: [told] });
 * store.transact((tx) => tx.orders.insert({ id: 'o1', customer: 'ada', cents: 300 }));
 * store.transact((tx) => tx.orders.insert({ id: 'o2', customer: 'ada', cents: 200 }));
 * console.log(store.now().told.get('ada')?.it); // 300
 * ```
 */
export function max<F extends string>(field: F): Measure<'max', F> {
  return { measure: 'max', field };
}

/** A row, or the data of an event. */
export type Row = Readonly<Record<string, unknown>>;

/** A measure, types apart. */
export type AnyMeasure = Measure<'count' | 'sum' | 'average' | 'min' | 'max', string>;

const KINDS = ['count', 'sum', 'average', 'min', 'max'];

/** Measures by name, checked against the fields there are. @throws `DefinitionInvalid` */
export function measuresOf(given: unknown, fields: RowFields): readonly (readonly [string, AnyMeasure])[] {
  if (!isObject(given)) throw invalid('measures', `is ${show(given)}: give count(), sum(field) and the like by name`);
  const measures = Object.entries(given as Readonly<Record<string, AnyMeasure>>);
  for (const [name, one] of measures) {
    if (!isObject(one) || !KINDS.includes(one.measure))
      throw invalid(
        `measures.${name}`,
        `is ${show(one)}: use count(), sum(field), average(field), min(field), max(field)`,
      );
    if (one.measure !== 'count') fieldCodec(`measures.${name}`, one.field, fields);
  }
  return measures;
}

/** The codec of a field that every row has. @throws `DefinitionInvalid` */
export function fieldCodec(path: string, name: unknown, fields: RowFields): t.Mixed {
  const found = typeof name === 'string' ? (fields.byName.get(name) ?? []) : [];
  if (found.length < fields.branches || found.some(({ optional }) => optional))
    throw invalid(path, `${show(name)} is no field that every row has: choose one that is always there`);
  const codecs = found.map(({ codec }) => codec as t.Mixed);
  return codecs.length === 1 ? codecs[0]! : t.union(codecs as [t.Mixed, t.Mixed]);
}

/** The codecs of what measures give, by name. */
export function measuredCodecs(measures: readonly (readonly [string, AnyMeasure])[], fields: RowFields): t.Props {
  return Object.fromEntries(
    measures.map(([name, { measure, field }]) => {
      const isExtreme = measure === 'min' || measure === 'max';
      return [name, isExtreme ? fieldCodec(`measures.${name}`, field, fields) : t.number];
    }),
  );
}
