import * as t from 'io-ts';

import { invalidDefinition as invalid, show } from '../../errors.js';
import { compareKeys, type KeyPart } from '../../codecs/key.js';
import type { Codec, TypeOf } from '../../codecs/codec.js';
import type { Events } from '../../codecs/event-types.js';
import { rowFields } from '../../codecs/row-fields.js';
import { table } from '../../codecs/table.js';
import type { Table, Tables } from '../../codecs/table-types.js';
import { projection } from '../projection.js';
import type { DerivedTables, FoldedBatch, Projection } from '../projection-types.js';
import { measuredCodecs, measuresOf, type AnyMeasure, type Measured, type Measures, type Row } from './measures.js';
import type { OwnTables } from './own-tables.js';

/** A stretch of time, and what is told of the events in it. */
export type Windowed<R, M> = {
  /** When it begins, in milliseconds since 1970: a multiple of its length. */
  readonly start: number;
} & Measured<R, M>;

/** How events are counted by the time of their batches. */
export interface WindowOptions<N extends string, E extends Events, M> {
  /** What the projection is called, and its table. */
  readonly name: N;
  /** The event, by its type in the store. */
  readonly of: E;
  /** How long a window is, in milliseconds. */
  readonly every: number;
  /** How many windows are kept, the present one and those before it; all unless told. */
  readonly keep?: number;
  /** What is told of each window, by the names of fields. */
  readonly measures: M;
  readonly version?: number;
}

/**
 * A projection with a row for each stretch of time in which there were events of a type, by the commit time of their
 * batches, and what is told of these: an event costs one write, and those that take old windows away.
 *
 * @param options the event, how long a window is, and what is told of it; see {@link WindowOptions}
 * @returns the projection, whose table has the name of it
 * @throws `DefinitionInvalid` naming the path and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 * import { count, sum, window } from 'memoir/folds';
 *
 * const OrderPaid = t.strict({ cents: t.Int });
 * const minutes = window({
 *   name: 'minutes',
 *   of: { OrderPaid },
 *   every: 60_000,
 *   keep: 60,
 *   measures: { payments: count(), cents: sum('cents') },
 * });
 * const tables = { orders: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
 * const store = createStore({ tables, events: { OrderPaid }, projections: [minutes], clock: () => 90_000 });
 * store.transact((tx) => tx.emit('OrderPaid', { cents: 300 }));
 * store.transact((tx) => tx.emit('OrderPaid', { cents: 200 }));
 * console.log(store.now().minutes.get(60_000)); // { start: 60000, payments: 2, cents: 500 }
 * ```
 */
export function window<
  const N extends string,
  const E extends Events,
  const M extends Measures<R>,
  R = TypeOf<E[keyof E]>,
>(
  options: WindowOptions<N, E, M>,
): Projection<
  DerivedTables<{ readonly [_ in N]: Table<Windowed<R, M>, number, Readonly<Record<never, never>>> }>,
  Readonly<Record<never, never>>
> {
  const { name, of, every, keep = Infinity, measures: given, version = 1 } = options;
  if (!Number.isSafeInteger(every) || every < 1) throw invalid('every', `is ${show(every)}: give milliseconds, from 1`);
  if (keep !== Infinity && (!Number.isSafeInteger(keep) || keep < 1))
    throw invalid('keep', `is ${show(keep)}: give a whole number from 1`);
  const [type, codec] = onlyEvent(of);
  const fields = rowFields(codec);
  const measures = measuresOf(given, fields);
  const taken = measures.find(([measure]) => measure === 'start' || measure === ROWS);
  if (taken !== undefined) throw invalid(`measures.${taken[0]}`, 'this name is taken: give it another');
  const sums = measures.flatMap(([measure, one]) => (one.measure === 'average' ? [[sumOf(measure), t.number]] : []));
  const states = `${name}.sums`;
  const tables = {
    [name]: table(t.strict({ start: t.number, ...measuredCodecs(measures, fields) }), { primaryKey: 'start' }),
    [states]: table(t.strict({ start: t.number, [ROWS]: t.number, ...(Object.fromEntries(sums) as t.Props) }), {
      primaryKey: 'start',
    }),
  };
  return projection<Tables, Readonly<Record<never, never>>, Events>({
    ...{ name, version, events: of, tables },
    on: {
      [type]: (tx: OwnTables, { data }: { readonly data: Row }, { at }: FoldedBatch) => {
        const start = Math.floor(at / every) * every;
        const [own, state] = [tx[name]!, tx[states]!];
        const had = own.get(start);
        if (had === undefined && keep !== Infinity)
          for (const one of [own, state]) one.deleteRange({ lte: [start - keep * every] });
        const { told, kept } = counted(measures, data, had, state.get(start));
        state.put({ start, ...kept });
        own.put({ start, ...told });
      },
    } as never,
  }) as never;
}

/** The field that counts the events of a window. */
const ROWS = 'rows';

/** What is told of a window, and kept to tell it, with one event more. */
function counted(
  measures: readonly (readonly [string, AnyMeasure])[],
  data: Row,
  had: Row | undefined,
  state: Row | undefined,
): { readonly told: Row; readonly kept: Row } {
  const rows = ((state?.[ROWS] ?? 0) as number) + 1;
  const kept: Record<string, unknown> = { [ROWS]: rows };
  const told: Record<string, unknown> = {};
  for (const [name, { measure, field }] of measures) {
    const value = data[field] as KeyPart;
    if (measure === 'count') told[name] = rows;
    else if (measure === 'sum') told[name] = ((had?.[name] ?? 0) as number) + (value as number);
    else if (measure === 'average') {
      kept[sumOf(name)] = ((state?.[sumOf(name)] ?? 0) as number) + (value as number);
      told[name] = (kept[sumOf(name)] as number) / rows;
    } else {
      const present = had?.[name] as KeyPart | undefined;
      const order = present === undefined ? 0 : compareKeys([value], [present]);
      const isNext = present === undefined || (measure === 'min' ? order < 0 : order > 0);
      told[name] = isNext ? value : present;
    }
  }
  return { told, kept };
}

function sumOf(measure: string): string {
  return `sum of ${measure}`;
}

/** The one event that is given, by type. @throws `DefinitionInvalid` */
function onlyEvent(of: Events): readonly [type: string, codec: Codec] {
  const [entry, another] = Object.entries(of);
  if (entry === undefined || another !== undefined)
    throw invalid('of', `has ${show(Object.keys(of))}: give one event by its type in the store, as { OrderPaid }`);
  return entry;
}
