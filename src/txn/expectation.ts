import { checkOptions, MemoirError, show } from '../errors.js';
import type { Tables } from '../codecs/table-types.js';
import { tupleOf, type AnyBatch, type AnyChange } from '../log/batch.js';
import type { Log } from '../log/log.js';
import { compacted, inFuture, offsetOf, type Position } from '../log/position.js';
import type { View } from '../projections/read-view.js';
import type { Touch } from '../projections/touch.js';
import { checkStream } from './emitted.js';
import type { Ledger } from './ledger.js';
import type { Sink } from './sink.js';

/** Expects of a stream that it has no events, some, or that its last one is at a position. */
export interface StreamExpectation {
  readonly stream: string;
  readonly is: 'absent' | 'exists' | number;
}

/**
 * Expects that nothing of what a query reads was changed by the batches after an offset: no row that it found, and none
 * that has come where it looked. The query is run again, on the state as it is when the transaction begins.
 */
export interface QueryExpectation<S extends Tables = Tables> {
  query(view: View<S>): unknown;
  /** Where the caller has read what the decision rests on. */
  readonly since: number | Position;
}

/** What must hold when a transaction begins; a bare offset is one that the head must have. */
export type Expectation<S extends Tables = Tables> = number | Position | StreamExpectation | QueryExpectation<S>;

/** What touches a query that is run on the state with all pending batches. */
export type TouchOf = (query: (view: never) => unknown) => Touch;

/** What expectations are compared with. */
export interface ExpectedParts {
  readonly log: Log;
  readonly sink: Sink;
  readonly ledger: Ledger;
  readonly touchOf: TouchOf;
}

/** Refuses when something does not hold. @throws `Conflict`, and what says that it cannot be known */
export function checkExpected(expected: unknown, parts: ExpectedParts): void {
  if (Array.isArray(expected)) for (const one of expected) checkOne(one, parts);
  else checkOne(expected, parts);
}

function checkOne(expected: unknown, parts: ExpectedParts): void {
  const given = (typeof expected === 'object' && expected !== null ? expected : {}) as Readonly<
    Record<string, unknown>
  >;
  if ('query' in given) checkQuery(given, parts);
  else if ('stream' in given) checkStreamHead(given, parts.ledger);
  else checkHead(expected as number | Position, parts);
}

function checkHead(expected: number | Position, { log, sink }: ExpectedParts): void {
  const offset = offsetOf(log, expected);
  if (offset === sink.head) return;
  throw new MemoirError('Conflict', `the head is ${sink.head}, and ${offset} was expected: read anew and try again`, {
    requested: offset,
    head: sink.head,
  });
}

function checkStreamHead(given: object, ledger: Ledger): void {
  checkOptions('expect', given, ['stream', 'is']);
  const { stream, is } = given as { readonly stream: unknown; readonly is?: unknown };
  checkStream(stream);
  expectPosition(stream, is, ledger.streams.get(stream) ?? 0);
}

/** Refuses when a stream whose last event is at `head` is not as expected. @throws `Conflict`, `OptionInvalid` */
export function expectPosition(stream: string, is: unknown, head: number): void {
  const isPosition = typeof is === 'number' && Number.isSafeInteger(is) && is >= 0;
  if (!isPosition && is !== 'absent' && is !== 'exists')
    throw new MemoirError('OptionInvalid', `is: ${show(is)} is none of 'absent', 'exists', or a position from 0`);
  if (is === 'exists' ? head > 0 : head === (is === 'absent' ? 0 : is)) return;
  const has = head === 0 ? 'no events' : `its last event at position ${head}`;
  const wanted = isPosition ? `position ${is} was` : `it to be ${show(is)} was`;
  throw new MemoirError(
    'Conflict',
    `the stream ${show(stream)} has ${has}, and ${wanted} expected: read anew and try again`,
    { stream, requested: is, actual: head },
  );
}

function checkQuery(given: object, { log, sink, touchOf }: ExpectedParts): void {
  checkOptions('expect', given, ['query', 'since']);
  const { query, since } = given as { readonly query: unknown; readonly since: number | Position };
  if (typeof query !== 'function')
    throw new MemoirError('OptionInvalid', `query is ${show(query)}: give a function of a view`);
  const offset = offsetOf(log, since);
  if (offset > sink.head) throw inFuture({ floor: log.floor, head: sink.head }, offset);
  // What the batches did that are gone nobody knows.
  if (offset < log.floor - 1) throw compacted(log, offset + 1);
  if (offset === sink.head) return;
  const touch = touchOf(query as (view: never) => unknown);
  for (const batch of batchesAfter(offset, log, sink)) {
    const change = touch.first(batch);
    if (change !== undefined) throw changed(change, batch, offset);
  }
}

/** The batches after an offset, those too that the log does not have yet. */
function* batchesAfter(offset: number, log: Log, sink: Sink): Generator<AnyBatch> {
  yield* log.read(offset + 1);
  for (const batch of sink.waiting) if (batch.offset > offset) yield batch;
}

function changed({ table, key, kind }: AnyChange, { offset }: AnyBatch, since: number): MemoirError {
  return new MemoirError(
    'Conflict',
    `batch ${offset} has the ${kind} of ${table} ${show(key)}, which the query reads, and nothing of that was ` +
      `expected after offset ${since}: read anew and try again`,
    { table, key: tupleOf(key), offset, requested: since },
  );
}
