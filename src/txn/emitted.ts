import { checkOptions, MemoirError, show, type ErrorFields } from '../errors.js';
import type { EventDefinition } from '../codecs/event.js';
import { Fault } from '../codecs/fault.js';
import { isStackFull, needStack } from '../stack-room.js';
import { freezePlain, refuseAccessors, sizeOf } from '../codecs/plain-data.js';
import { Walk } from '../codecs/walk.js';
import type { AnyEvent } from '../log/batch.js';
import type { WriteScope } from './write-scope.js';

/** The event types of a store, by name. */
export type EventDefinitions = ReadonlyMap<string, EventDefinition>;

const NO_OPTIONS = Object.freeze({});

/** The events that a transaction has emitted so far, each with its place in its stream. */
export class Emitted {
  readonly list: AnyEvent[] = [];
  readonly #tx: WriteScope;
  readonly #definitions: EventDefinitions;
  readonly #heads: ReadonlyMap<string, number>;
  /** The streams that this transaction has moved. */
  readonly #moved = new Map<string, number>();

  /** @param heads the last position of each stream before the transaction */
  constructor(tx: WriteScope, definitions: EventDefinitions, heads: ReadonlyMap<string, number>) {
    this.#tx = tx;
    this.#definitions = definitions;
    this.#heads = heads;
  }

  /** The last position of a stream, with what was emitted so far. */
  headOf(stream: string): number {
    return this.#moved.get(stream) ?? this.#heads.get(stream) ?? 0;
  }

  /** Adds an event; one that is refused leaves the transaction as it was. */
  emit(type: unknown, given: unknown, options: { readonly stream?: unknown } = NO_OPTIONS): AnyEvent {
    const tx = this.#tx;
    tx.statements++;
    try {
      const event = this.#add(type, given, options);
      tx.statements--;
      return event;
    } catch (error) {
      if (isStackFull(error)) throw tx.spoil(error);
      tx.statements--;
      const { violations } = tx;
      if (error instanceof MemoirError && !violations.includes(error)) violations.push(error);
      throw error;
    }
  }

  #add(type: unknown, given: unknown, options: { readonly stream?: unknown }): AnyEvent {
    const { development } = this.#tx;
    const definition = this.#definitionOf(type);
    checkOptions('emit', options, ['stream']);
    const { stream } = options;
    if (stream !== undefined) checkStream(stream);
    const data = this.#copied(type as string, definition, given);
    // Whatever reading the data may have done, its place is after all that was emitted meanwhile.
    needStack(data);
    this.#charge(data);
    const position = stream === undefined ? undefined : this.headOf(stream) + 1;
    const event: AnyEvent = { type: type as string, data, stream, position };
    if (development) freezePlain(event);
    if (stream !== undefined) this.#moved.set(stream, position!);
    this.list.push(event);
    return event;
  }

  #definitionOf(type: unknown): EventDefinition {
    const definition = typeof type === 'string' ? this.#definitions.get(type) : undefined;
    if (definition !== undefined) return definition;
    const known = [...this.#definitions.keys()];
    const mend =
      known.length === 0
        ? 'it has none. Define them: createStore({ tables, events: { … } })'
        : `it has ${known.join(', ')}`;
    throw new MemoirError('EventUnknown', `the store has no event type ${show(type)}: ${mend}`, {
      ...(typeof type === 'string' && { event: type }),
    });
  }

  #copied(event: string, { normalize }: EventDefinition, given: unknown): AnyEvent['data'] {
    const { development, limits } = this.#tx;
    try {
      if (development) refuseAccessors(given, 'EventInvalid');
      // An object counts eight bytes at the least, so data with more of them are too large whatever they hold.
      return normalize(given, new Walk('EventInvalid', 'BatchTooLarge', limits.batchBytesMax / 8)) as AnyEvent['data'];
    } catch (error) {
      throw refusal(event, error);
    }
  }

  /** Counts an event against the limits, before it is taken. */
  #charge(data: AnyEvent['data']): void {
    const tx = this.#tx;
    const { batchChangesMax, batchBytesMax } = tx.limits;
    const bytes = tx.bytes + sizeOf(data);
    if (tx.changes >= batchChangesMax)
      throw tooLarge('changes and events number', tx.changes + 1, 'batchChangesMax', batchChangesMax);
    if (bytes > batchBytesMax) throw tooLarge('rows and events have, in bytes,', bytes, 'batchBytesMax', batchBytesMax);
    tx.changes++;
    tx.bytes = bytes;
  }
}

/** Refuses what cannot be the name of an event stream. @throws `OptionInvalid` */
export function checkStream(stream: unknown): asserts stream is string {
  if (typeof stream === 'string' && stream !== '' && stream.isWellFormed()) return;
  throw new MemoirError('OptionInvalid', `stream is ${show(stream)}: give a well-formed string that is not empty`);
}

/** What is wrong with an event's data, whatever it is: proxies and getters throw what they like. */
export function refusal(event: string, error: unknown): MemoirError {
  if (error instanceof MemoirError) return error;
  if (!(error instanceof Fault)) {
    const says = show((error as Error | null)?.message);
    return new MemoirError('EventInvalid', `the data of ${event} cannot be read: ${says}`, { event, cause: error });
  }
  const path = error.path.join('.');
  const code = error.code === 'BatchTooLarge' ? error.code : 'EventInvalid';
  const fields: ErrorFields = { event, path };
  return new MemoirError(code, `the data of ${event}: ${path === '' ? 'it' : path} ${error.says}`, fields);
}

function tooLarge(what: string, actual: number, name: string, limit: number): MemoirError {
  return new MemoirError('BatchTooLarge', `${what} ${actual}, and ${name} is ${limit}: split the transaction`, {
    limit,
    actual,
  });
}
