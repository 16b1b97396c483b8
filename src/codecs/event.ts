import { invalidDefinition as invalid, MemoirError, show } from '../errors.js';
import { isObject, type Codec, type TypeOf } from './codec.js';
import type { EventCodec, EventOptions } from './event-types.js';
import { blame } from './fault.js';
import { aliasesOf, withNotes } from './field-notes.js';
import { fieldsOf, normalizer, type Normalize } from './normal-form.js';
import { branchesOf, type Field, type RowFields } from './row-fields.js';
import { shapeOf } from './shape-of.js';
import type { Shape } from './shape.js';
import { upcastsOf, type Upcast } from './upcast.js';

/** What is said of an event type, compiled. */
export interface EventDefinition {
  readonly normalize: Normalize;
  /** How data lie in bytes. */
  readonly shape: Shape;
  /** Names that the type had before. */
  readonly aliases: readonly string[];
  /** The steps to versions 2, 3 …, in this order. */
  readonly upcasts: readonly Upcast[];
}

const described = new WeakMap<object, { readonly codec: Codec; readonly options: EventOptions<unknown> }>();

/**
 * Says of an event type what older logs need, besides the codec of its data. A codec alone will do where nothing has
 * changed.
 *
 * @param codec an io-ts codec of an object, as for the rows of a table
 * @param options the names it had before, what older data lack, and steps from older versions; see {@link EventOptions}
 * @returns what stands in the place of the codec in `events`
 * @throws `DefinitionInvalid` naming the path and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, event, table } from 'memoir';
 *
 * const tables = { orders: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
 * const Placed = t.strict({ order: t.string, currency: t.string });
 * const OrderPlaced = event(Placed, { aliases: ['Ordered'], fields: { currency: { default: 'EUR' } } });
 * const store = createStore({ tables, events: { OrderPlaced } });
 * const { events } = store.transact((tx) => tx.emit('OrderPlaced', { order: 'o1', currency: 'CHF' }));
 * console.log(events[0]?.data.currency); // CHF
 * ```
 */
export function event<C extends Codec>(codec: C, options: EventOptions<TypeOf<C>>): EventCodec<TypeOf<C>> {
  const { name, is, decode, encode } = codecOf('codec', codec);
  if (!isObject(options)) throw invalid('options', 'event() takes { aliases, fields, migrate } second');
  const strange = Object.keys(options).find((key) => !['aliases', 'fields', 'migrate'].includes(key));
  if (strange !== undefined) throw invalid(strange, 'is no option of event(): use aliases, fields, migrate');
  const made = Object.freeze({ name, is, decode, encode }) as EventCodec<TypeOf<C>>;
  described.set(made, { codec, options });
  // What is wrong is found where it is written.
  compile(codec, options);
  return made;
}

/** The definitions of event types by name, checked. @throws `DefinitionInvalid` */
export function eventDefinitionsOf(events: unknown): ReadonlyMap<string, EventDefinition> {
  if (!isObject(events)) throw invalid('events', `is ${show(events)}: give codecs by the names of event types`);
  return new Map(
    Object.entries(events).map(([name, given]) => {
      if (name === '' || !name.isWellFormed())
        throw invalid(`events.${name}`, 'is no name: use a well-formed string that is not empty');
      const { codec, options } = described.get(given as object) ?? { codec: codecOf(`events.${name}`, given) };
      try {
        return [name, compile(codec, options)];
      } catch (error) {
        if (!(error instanceof MemoirError) || error.code !== 'DefinitionInvalid') throw error;
        throw new MemoirError(error.code, `events.${name}: ${error.message}`, { path: `events.${name}`, cause: error });
      }
    }),
  );
}

function codecOf(path: string, given: unknown): Codec {
  const isCodec = isObject(given) && 'is' in given && typeof given.is === 'function' && 'name' in given;
  if (!isCodec) throw invalid(path, `is ${show(given)}: give an io-ts codec of an object`);
  return given as unknown as Codec;
}

function compile(codec: Codec, { aliases = [], fields, migrate }: EventOptions<unknown> = {}): EventDefinition {
  const known = dataFields(codec);
  try {
    return {
      normalize: normalizer(codec),
      shape: withNotes(shapeOf(codec), fields, known),
      aliases: aliasesOf('aliases', aliases),
      upcasts: upcastsOf('migrate', migrate),
    };
  } catch (error) {
    throw blame(error, 'codec');
  }
}

/** The fields of an event's data, which may have none: that it happened can be all there is to say. */
function dataFields(codec: Codec): RowFields {
  const byName = new Map<string, Field[]>();
  const branches = branchesOf(codec);
  for (const branch of branches) {
    const found = fieldsOf(branch);
    if (found === undefined || found.rest !== undefined)
      throw invalid('codec', `${codec.name} is not an object with known fields: use t.strict, t.type or t.partial`);
    for (const [name, field] of found.known) byName.set(name, [...(byName.get(name) ?? []), field]);
  }
  return { byName, branches: branches.length };
}
