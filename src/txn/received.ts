import type { EventDefinition } from '../codecs/event.js';
import { blame, Fault } from '../codecs/fault.js';
import { compareKeys } from '../codecs/key.js';
import { copyPlain, freezePlain, isPlainObject } from '../codecs/plain-data.js';
import { Walk } from '../codecs/walk.js';
import { MemoirError, show } from '../errors.js';
import { kindOf, type AnyBatch, type AnyChange, type AnyEvent, type Meta } from '../log/batch.js';
import { NO_EVENTS } from '../log/batch-coder.js';
import type { Engine } from '../projections/engine.js';
import { mustFollow } from './applier.js';
import { refusal, type EventDefinitions } from './emitted.js';

/** What a batch from elsewhere is held to. */
export interface Receiving {
  readonly engine: Engine;
  readonly events: EventDefinitions;
  readonly development: boolean;
  /** What the batch is to follow. */
  readonly head: number;
}

/**
 * A batch that was made elsewhere, copied and held to the definitions: rows and events to their codecs, keys to their
 * rows. What was there before comes from the state that it is applied to. Uniqueness is not asked for again: what a log
 * has, has happened.
 *
 * @throws `Conflict` for one that does not follow the head, `Damaged` for what is no batch, `DefinitionInvalid` for a
 *   table that is not defined, `RowInvalid`, `UnknownField`, `EventUnknown`, `EventInvalid`, `MetaInvalid`
 */
export function received(given: unknown, receiving: Receiving): AnyBatch {
  const { offset, at, id, meta = {}, changes, events = NO_EVENTS, sequences } = objectOf(given, 'a batch');
  if (!isOffset(offset) || !Number.isSafeInteger(at) || !Array.isArray(changes) || !Array.isArray(events))
    throw damaged(`a batch of offset ${show(offset)} and time ${show(at)} is none: give what a store's stream gave`);
  // First of all: to what comes again, the state as it is now says nothing.
  mustFollow(offset, receiving.head);
  if (id !== undefined && typeof id !== 'string') throw damaged(`batch ${offset} has the id ${show(id)}`);
  if (!isPlainObject(meta))
    throw new MemoirError('MetaInvalid', `batch ${offset} has the meta ${show(meta)}`, { offset });
  const frozen = <A>(value: A): A => {
    if (receiving.development) freezePlain(value);
    return value;
  };
  try {
    const batch = {
      offset,
      at: at as number,
      id,
      meta: frozen(copyPlain(meta, 'MetaInvalid') as Meta),
      changes: frozen(changes.map((change) => changeIn(change, offset, receiving))),
      events: events.length === 0 ? NO_EVENTS : frozen(events.map((event) => eventIn(event, offset, receiving))),
    };
    return sequences === undefined ? batch : { ...batch, sequences: frozen(sequencesIn(sequences, offset)) };
  } catch (error) {
    throw blame(error, `batch ${offset}`);
  }
}

function changeIn(given: unknown, offset: number, { engine }: Receiving): AnyChange {
  const { table: name, key, after: row } = objectOf(given, `a change of batch ${offset}`);
  const table = typeof name === 'string' ? engine.tables.get(name) : undefined;
  if (table === undefined)
    throw new MemoirError(
      'DefinitionInvalid',
      `batch ${offset} changes the table ${show(name)}, which is not defined`,
      {
        ...(typeof name === 'string' && { table: name }),
        offset,
      },
    );
  const after =
    row === undefined ? undefined : (table.definition.normalize(row, new Walk('RowInvalid')) as AnyChange['after']);
  const own = table.toPrimaryKey(key);
  if (after !== undefined && compareKeys(table.keyOf(after), own) !== 0)
    throw damaged(`batch ${offset} has a row of ${table.name} under ${show(key)}, which is not its key`);
  const slot = table.slotOf(own);
  const before = slot < 0 ? undefined : table.rows[slot];
  if (before === undefined && after === undefined)
    throw damaged(`batch ${offset} deletes ${table.name} ${show(key)}, which is not there: it is of another log`);
  return { table: table.name, key, kind: kindOf(before, after), before, after };
}

function eventIn(given: unknown, offset: number, { events }: Receiving): AnyEvent {
  const { type, data, stream, position } = objectOf(given, `an event of batch ${offset}`);
  const definition = events.get(type as string);
  if (definition === undefined)
    throw new MemoirError('EventUnknown', `batch ${offset} has the event ${show(type)}, which is not defined`, {
      offset,
    });
  const isPlaced = typeof stream === 'string' ? isOffset(position) : stream === undefined && position === undefined;
  if (!isPlaced) throw damaged(`batch ${offset} has an event at ${show(position)} of the stream ${show(stream)}`);
  return {
    type: type as string,
    data: dataOf(type as string, definition, data),
    stream: stream as string | undefined,
    position: position as number | undefined,
  };
}

function dataOf(type: string, { normalize }: EventDefinition, data: unknown): AnyEvent['data'] {
  try {
    return normalize(data, new Walk('EventInvalid')) as AnyEvent['data'];
  } catch (error) {
    throw refusal(type, error);
  }
}

function sequencesIn(given: unknown, offset: number): Readonly<Record<string, number>> {
  const all = Object.entries(objectOf(given, `the sequences of batch ${offset}`));
  const strange = all.find(([, last]) => !Number.isSafeInteger(last));
  if (strange !== undefined) throw damaged(`batch ${offset} has the sequence ${strange[0]} at ${show(strange[1])}`);
  return Object.fromEntries(all) as Readonly<Record<string, number>>;
}

function objectOf(given: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isPlainObject(given)) return given;
  throw new Fault('Damaged', `${what} is ${show(given)}: give what a store's stream gave`);
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function damaged(says: string): MemoirError {
  return new MemoirError('Damaged', says);
}
