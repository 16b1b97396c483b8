import { checkOptions, MemoirError, show } from '../errors.js';
import { needStack } from '../stack-room.js';
import { blame } from '../codecs/fault.js';
import { copyPlain, freezePlain, isPlainObject } from '../codecs/plain-data.js';
import type { AnyBatch, AnyChange, Meta } from '../log/batch.js';
import { NO_EVENTS } from '../log/batch-coder.js';
import type { Log } from '../log/log.js';
import type { Engine } from '../projections/engine.js';
import type { Horizon } from '../projections/horizon.js';
import { isThenable } from '../thenable.js';
import { changeOf } from './change-of.js';
import type { EventDefinitions } from './emitted.js';
import { checkExpected, type ExpectedParts, type TouchOf } from './expectation.js';
import type { Ledger } from './ledger.js';
import type { OpenStream } from './open-stream.js';
import type { Projector } from './projector.js';
import type { Sink } from './sink.js';
import { OpenTransaction, type EventParts, type TransactionFace } from './transaction.js';
import type { Limits } from './write-scope.js';

/** What a transactor works with. */
export interface TransactorParts {
  readonly engine: Engine;
  readonly log: Log;
  readonly sink: Sink;
  readonly horizon: Horizon;
  readonly limits: Limits;
  readonly ledger: Ledger;
  readonly events: EventDefinitions;
  readonly development: boolean;
  readonly clock: () => number;
  readonly Face: typeof TransactionFace;
  readonly openStream: OpenStream;
  readonly touchOf: TouchOf;
  /** What folds each batch into the tables of projections; undefined where there are none. */
  readonly projector: Projector | undefined;
}

/** Options of `transact`, unchecked. */
export interface AnyTransactOptions {
  readonly meta?: unknown;
  readonly expect?: unknown;
  readonly id?: unknown;
  readonly evenEmpty?: unknown;
}

const OPTIONS = ['meta', 'expect', 'id', 'evenEmpty'];

/** What `transact` is given when it is given none. */
export const NO_OPTIONS: AnyTransactOptions = Object.freeze({});

/** What a batch is given by whoever makes it. */
export interface Named {
  readonly id: string | undefined;
  readonly meta: Meta;
}

const PLAIN: Named = Object.freeze({ meta: Object.freeze({}), id: undefined });

/** A body, types apart. */
export type AnyBody = (tx: TransactionFace) => unknown;

/** Runs transactions, one at a time: body, batch, and on to the sink, which appends and tells. */
export class Transactor {
  readonly #parts: TransactorParts;
  readonly #expected: ExpectedParts;
  readonly #facts: EventParts;
  #running = false;
  /** The face of the transaction before, kept until there is another: see `keepShape`. */
  last: TransactionFace | undefined;

  constructor(parts: TransactorParts) {
    this.#parts = parts;
    const { log, sink, ledger, events: definitions, openStream, touchOf } = parts;
    this.#facts = { definitions, ledger, openStream };
    this.#expected = { log, sink, ledger, touchOf: (query) => this.alone(() => touchOf(query)) };
  }

  transact(body: AnyBody, options: AnyTransactOptions): unknown {
    const { engine, horizon, sink } = this.#parts;
    this.refuseNesting();
    const named = this.#checked(options);
    const { meta, id } = named;
    const first = id === undefined ? undefined : this.#parts.ledger.find(id);
    if (first !== undefined) return { ...first, repeated: true };
    if (options.expect !== undefined) checkExpected(options.expect, this.#expected);
    horizon.guard();

    const { result, batch, bytes } = this.#run((tx) => {
      const returned = this.#call(body, tx);
      const changes = engine.changes(changeOf);
      const isEmpty = changes.length === 0 && tx.moved === undefined && tx.events === undefined;
      if (isEmpty && options.evenEmpty !== true) {
        engine.rollback(0);
        return { result: returned, batch: undefined, bytes: 0 };
      }
      const made = this.#batchOf(tx, this.#folded(tx, changes), meta);
      sink.take(made);
      return { result: returned, batch: made, bytes: tx.bytes };
    }, named);
    if (batch === undefined) return { appended: false, offset: sink.head, changes: [], events: [], result };

    this.#settle(batch, bytes);
    return resultOf(batch, result);
  }

  dryRun(body: AnyBody, options: AnyTransactOptions): unknown {
    const { engine } = this.#parts;
    this.refuseNesting();
    const named = this.#checked(options, ['id', 'meta']);
    return this.#run((tx) => {
      let result: unknown;
      try {
        result = this.#call(body, tx);
      } catch (error) {
        if (!tx.violations.includes(error as MemoirError)) throw error;
      }
      const changes = this.#folded(tx, engine.changes(changeOf));
      engine.rollback(0);
      return { result, changes, events: tx.events ?? [], violations: tx.violations };
    }, named);
  }

  /** Appends a batch of what work writes by itself and says has changed. */
  append(work: (tx: OpenTransaction) => readonly AnyChange[], named: Named): AnyBatch {
    const { horizon, sink } = this.#parts;
    this.refuseNesting();
    horizon.guard();
    const { batch, bytes } = this.#run((tx) => {
      const made = this.#batchOf(tx, work(tx), named.meta);
      sink.take(made);
      return { batch: made, bytes: tx.bytes };
    }, named);
    this.#settle(batch, bytes);
    return batch;
  }

  /** The log has the batch: a store that cannot take note of it, for want of stack, takes no more. */
  #settle(batch: AnyBatch, bytes: number): void {
    const { engine, sink, ledger } = this.#parts;
    engine.isWhole = false;
    ledger.note(batch);
    engine.isWhole = true;
    sink.settle(batch, engine.version, bytes);
  }

  /** Runs work that is no transaction and in which there must be none. */
  alone<A>(work: () => A): A {
    this.refuseNesting();
    this.#running = true;
    try {
      return work();
    } finally {
      this.#running = false;
    }
  }

  /** Refuses a transaction inside another's body, or inside a callback of a definition. */
  refuseNesting(): void {
    if (!this.#running) return;
    throw new MemoirError(
      'NestedTransaction',
      'this was called inside a transaction or a callback of a definition: use its tx, or wait until it has ended',
    );
  }

  /** Runs what makes up a transaction between begin and settle; whatever is thrown undoes everything. */
  #run<A>(work: (tx: OpenTransaction) => A, { id, meta }: Named): A {
    const { engine, log, sink, limits, development, clock } = this.#parts;
    const { lineage } = log;
    const now = Math.trunc(clock());
    if (!Number.isSafeInteger(now))
      throw new MemoirError('OptionInvalid', `the clock gave ${now}: give milliseconds since 1970`);
    const at = Math.max(now, sink.lastAt);
    needStack(engine);
    engine.begin();
    const tx = new OpenTransaction({
      engine,
      limits,
      sequences: this.#parts.ledger.sequences,
      facts: this.#facts,
      development,
      lineage,
      offset: sink.head + 1,
      at,
      id,
      meta,
    });
    this.#running = true;
    try {
      return work(tx);
    } catch (error) {
      engine.rollback(0);
      throw tx.spoilt ?? error;
    } finally {
      this.#running = false;
      tx.end();
      engine.settle();
    }
  }

  /** The changes of a transaction, and those that come of them by the folds of projections. */
  #folded(tx: OpenTransaction, changes: readonly AnyChange[]): readonly AnyChange[] {
    const { projector } = this.#parts;
    if (projector === undefined) return changes;
    projector.record(tx);
    return projector.fold(tx, changes, tx.events ?? []);
  }

  #call(body: AnyBody, tx: OpenTransaction): unknown {
    if (typeof body !== 'function')
      throw new MemoirError('OptionInvalid', `the body is ${show(body)}: give a function of tx`);
    const face = new this.#parts.Face(tx);
    this.last = face;
    const result = body(face);
    const { spoilt } = tx;
    if (spoilt !== undefined) throw spoilt;
    if (isThenable(result)) throw asyncBody(result);
    return result;
  }

  #batchOf(tx: OpenTransaction, changes: readonly AnyChange[], meta: Meta): AnyBatch {
    const sequences = tx.moved === undefined ? undefined : Object.fromEntries(tx.moved);
    const { offset, at, id, events = NO_EVENTS } = tx;
    const plain = { offset, at, id, meta, changes, events };
    const batch: AnyBatch = sequences === undefined ? plain : { ...plain, sequences };
    if (tx.development) {
      for (const change of changes) {
        freezePlain(change.key);
        Object.freeze(change);
      }
      Object.freeze(sequences);
      Object.freeze(changes);
      Object.freeze(events);
      Object.freeze(batch);
    }
    return batch;
  }

  #checked(options: AnyTransactOptions, known = OPTIONS): Named {
    if (options === NO_OPTIONS) return PLAIN;
    checkOptions('transact', options, known);
    const { meta = {}, id, evenEmpty } = options;
    if (evenEmpty !== undefined && typeof evenEmpty !== 'boolean')
      throw new MemoirError('OptionInvalid', `evenEmpty is ${show(evenEmpty)}: give true or false`);
    if (id !== undefined && (typeof id !== 'string' || id === '' || !id.isWellFormed())) {
      throw new MemoirError('OptionInvalid', `id is ${show(id)}: give a string that is not empty`);
    }
    if (!isPlainObject(meta))
      throw new MemoirError('MetaInvalid', `meta is ${show(meta)}: give an object of plain data`);
    try {
      const copy = copyPlain(meta, 'MetaInvalid') as Meta;
      if (this.#parts.development) freezePlain(copy);
      return { meta: copy, id };
    } catch (error) {
      throw blame(error, 'meta');
    }
  }
}

/** What `transact` returns: the batch, and what its body returned. */
function resultOf(batch: AnyBatch, result: unknown): unknown {
  const { offset, at, id, meta, changes, events, sequences } = batch;
  // Field by field: V8 makes a new shape each time a field is added to a copy of an object (Node 20).
  return sequences === undefined
    ? { offset, at, id, meta, changes, events, result }
    : { offset, at, id, meta, changes, events, sequences, result };
}

function asyncBody(result: PromiseLike<unknown>): MemoirError {
  // What the body does later fails at `tx`; nobody waits for that, so it must not count as unhandled.
  result.then(
    () => undefined,
    () => undefined,
  );
  return new MemoirError(
    'AsyncBody',
    'the body of a transaction returned a promise: a body runs to its end at once. Await first, then transact',
  );
}
