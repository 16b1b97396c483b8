import type { DomainEvent, Events, NoEvents } from '../codecs/event-types.js';
import type { Key } from '../codecs/key.js';
import type { KeyOf, RowOf, Tables } from '../codecs/table-types.js';

/** One row inserted, updated or deleted within a batch, with what it was before and what it is after. */
export type Change<S extends Tables> = {
  readonly [N in keyof S & string]:
    | Changed<N, KeyOf<S[N]>, 'insert', undefined, RowOf<S[N]>>
    | Changed<N, KeyOf<S[N]>, 'update', RowOf<S[N]>, RowOf<S[N]>>
    | Changed<N, KeyOf<S[N]>, 'delete', RowOf<S[N]>, undefined>;
}[keyof S & string];

interface Changed<N, K, Kind, Before, After> {
  readonly table: N;
  readonly key: K;
  readonly kind: Kind;
  readonly before: Before;
  readonly after: After;
}

/** What happened to a row. */
export type ChangeKind = 'insert' | 'update' | 'delete';

/** Who did it and why; any further plain data may stand beside. */
export interface Meta {
  readonly actor?: string;
  readonly correlation?: string;
  readonly causation?: string;
  readonly [name: string]: unknown;
}

/** What one transaction appended to the log: immutable, whole, at one offset. */
export interface Batch<S extends Tables, E extends Events = NoEvents> {
  /** Its place in the log: 1, 2, 3 … with no gaps. */
  readonly offset: number;
  /** When, in milliseconds since 1970; never less than the batch before. */
  readonly at: number;
  /** The id it was given; a repeat of the id gives this batch again. */
  readonly id: string | undefined;
  readonly meta: Meta;
  /** One a row, in the order of each row's last write. */
  readonly changes: readonly Change<S>[];
  /** The domain events, in the order in which they were emitted. */
  readonly events: readonly DomainEvent<E>[];
  /** The sequences that `nextId` moved, each with its new last value; absent when there are none. */
  readonly sequences?: Readonly<Record<string, number>>;
}

/** A change as code that knows no table types sees it. */
export interface AnyChange {
  readonly table: string;
  readonly key: unknown;
  readonly kind: ChangeKind;
  readonly before: Readonly<Record<string, unknown>> | undefined;
  readonly after: Readonly<Record<string, unknown>> | undefined;
}

/** An event as code that knows no event types sees it. */
export interface AnyEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly stream: string | undefined;
  readonly position: number | undefined;
}

/** A batch as code that knows neither table types nor event types sees it. */
export interface AnyBatch extends Omit<Batch<Tables>, 'changes' | 'events'> {
  readonly changes: readonly AnyChange[];
  readonly events: readonly AnyEvent[];
}

/** A key as a change has it, a part alone or a list of them, as a tuple. */
export function tupleOf(key: unknown): Key {
  return (Array.isArray(key) ? key : [key]) as Key;
}

/** The kind of change that leads from one row to another. */
export function kindOf(before: unknown, after: unknown): ChangeKind {
  return before === undefined ? 'insert' : after === undefined ? 'delete' : 'update';
}
