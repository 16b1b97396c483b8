import type { MemoirError } from '../errors.js';
import type { DomainEvent, Events, NoEvents } from '../codecs/event-types.js';
import type { Input, Tables } from '../codecs/table-types.js';
import type { TypeOf } from '../codecs/codec.js';
import type { Batch, Change, Meta } from '../log/batch.js';
import type { EventStream } from '../log/event-stream.js';
import type { Writers } from '../projections/read-view.js';
import type { Expectation } from './expectation.js';

/** A transaction as its body sees it: the tables, to read and to write, the events, and what is random in it. */
export type Transaction<S extends Tables, E extends Events = NoEvents> = Writers<S> & TransactionTools & EmitterOf<E>;

/** What a transaction has besides its tables: whatever a body may need that must be the same wherever it runs. */
export interface TransactionTools {
  /** When its batch is made, in milliseconds since 1970. */
  readonly at: number;
  /** The next number of a sequence, from 1; logged, so that replicas agree. Taken back if the transaction fails. */
  nextId(name: string): number;
  /** A number in [0, 1) that depends on the batch alone. */
  random(): number;
}

/** A store without events has nothing to emit. */
type EmitterOf<E extends Events> = [keyof E] extends [never] ? unknown : Emitter<E>;

/** What a transaction emits its domain events with, and reads their streams. */
export interface Emitter<E extends Events> {
  /**
   * Adds a domain event to the batch: something that happened, which folds and readers of the log are told of. A stream
   * gives it a position there.
   *
   * @param type one of the names in `events`
   * @param data as its codec says; a copy is kept
   * @param options `stream`: what the event is of, `order-17`, say
   * @returns the event as it is kept
   * @throws `EventUnknown`, `EventInvalid` with the path, `BatchTooLarge`, `OptionInvalid`, `TransactionEnded`
   */
  emit<N extends keyof E & string>(
    type: N,
    data: Input<TypeOf<E[N]>>,
    options?: { readonly stream?: string },
  ): DomainEvent<Pick<E, N>>;
  /** A stream, as this transaction sees it: with the batches before it, and what it has emitted so far. */
  stream(name: string): EventStream<E>;
}

/** How a transaction is made. */
export interface TransactOptions<S extends Tables = Tables> {
  /** Who did it and why: plain data, kept with the batch. */
  readonly meta?: Meta;
  /**
   * What must hold when it begins, else `Conflict`: the offset of the head, how far a stream has come, or that nothing
   * has changed of what a query reads; one of these, or a list of which all must hold.
   */
  readonly expect?: Expectation<S> | readonly Expectation<S>[];
  /** A name for the transaction: repeating it gives the first batch again and runs nothing. */
  readonly id?: string;
  /** Appends a batch even when nothing has changed, so that it can be told of, and its id is remembered. */
  readonly evenEmpty?: boolean;
}

/** What `transact` gives when it appended a batch: the batch, and what the body returned. */
export type Appended<S extends Tables, A, E extends Events = NoEvents> = Batch<S, E> & {
  readonly result: A;
  readonly appended?: undefined;
  readonly repeated?: undefined;
};

/** What `transact` gives when the body changed nothing and emitted nothing: no batch, and no id remembered. */
export interface Unchanged<A> {
  readonly appended: false;
  /** The head. */
  readonly offset: number;
  readonly changes: readonly [];
  readonly events: readonly [];
  readonly result: A;
  readonly repeated?: undefined;
}

/** What `transact` gives when its id had been used: the first batch, and no result, since the body did not run. */
export type Repeated<S extends Tables, E extends Events = NoEvents> = Batch<S, E> & {
  readonly repeated: true;
  readonly result?: undefined;
  readonly appended?: undefined;
};

/** What a dry run gives: what would have happened. */
export interface DryRun<S extends Tables, A, E extends Events = NoEvents> {
  /** What the body returned; undefined when a violation ended it. */
  readonly result: A | undefined;
  /** The changes that a batch would have had. */
  readonly changes: readonly Change<S>[];
  /** The events that it would have had. */
  readonly events: readonly DomainEvent<E>[];
  /** Every statement that was refused, in order, those too that the body caught. */
  readonly violations: readonly MemoirError[];
}

/** A plain body: one that returns a promise does not compile, as it would be over before it began. */
export type Body<S extends Tables, A, E extends Events = NoEvents> = (
  tx: Transaction<S, E>,
) => A extends PromiseLike<unknown> ? never : A;
