/**
 * Every way memoir says no. The union is closed, so a `switch` over `error.code` can be exhaustive.
 * Grouped by when they can happen.
 */
export type ErrorCode =
  // when a table or a store is defined
  | 'DefinitionInvalid'
  // when a statement runs in a transaction
  | 'RowInvalid'
  | 'UnknownField'
  | 'MissingValue'
  | 'KeyInvalid'
  | 'KeyChanged'
  | 'RangeInvalid'
  | 'RowNotFound'
  | 'UniqueViolation'
  | 'RowTooLarge'
  | 'BatchTooLarge'
  | 'EventInvalid'
  | 'EventUnknown'
  | 'StackFull'
  // when a projection folds a batch, or is built
  | 'ProjectionFailed'
  | 'ProjectionStale'
  | 'ImpureFold'
  // when a transaction begins or ends
  | 'AsyncBody'
  | 'Conflict'
  | 'HistoryFull'
  | 'MetaInvalid'
  | 'NestedTransaction'
  | 'TransactionEnded'
  // when history is read
  | 'LineageChanged'
  | 'OffsetCompacted'
  | 'OffsetInFuture'
  | 'OffsetInvalid'
  | 'TokenInvalid'
  // when a batch is given to whoever follows
  | 'ConsumerTooSlow'
  // when a view or a live query is used
  | 'FilterRefused'
  | 'IndexDropped'
  | 'IndexNotYet'
  | 'LazyResult'
  | 'UntrackedRead'
  | 'ViewClosed'
  // when an entry of a replicated log is applied
  | 'EntryInvalid'
  // when bytes are read or written
  | 'Damaged'
  | 'FormatUnknown'
  | 'SchemaIncompatible'
  | 'LogLocked'
  | 'LogNotEmpty'
  | 'LogRefused'
  | 'OutcomeUnknown'
  | 'Aborted'
  | 'PendingFull'
  // at any time
  | 'OptionInvalid'
  | 'StoreClosed'
  | 'WaitAborted'
  | 'Defect';

/** What an error names, besides its message. Only the fields that apply are present. */
export interface ErrorFields {
  /** The table the error is about. */
  readonly table?: string;
  /** The index the error is about; `primaryKey` for the primary key. */
  readonly index?: string;
  /** The key that was asked for or refused, as a tuple of its parts. */
  readonly key?: readonly unknown[];
  /** The stored row that stands in the way. */
  readonly row?: unknown;
  /** The primary keys of rows that share a key, as tuples; not all where there are many. */
  readonly keys?: readonly (readonly unknown[])[];
  /** Where in the row, definition or options the fault is, e.g. `tags.2` or `indexes.byTag`. */
  readonly path?: string;
  /** The event type the error is about. */
  readonly event?: string;
  /** The projection the error is about. */
  readonly projection?: string;
  /** The event stream the error is about. */
  readonly stream?: string;
  /** The offset the error is about. */
  readonly offset?: number;
  /** The offset or position that was asked for, or what a stream was expected to be. */
  readonly requested?: number | string;
  /** The oldest readable batch, when the error was made. */
  readonly floor?: number;
  /** The newest batch, when the error was made. */
  readonly head?: number;
  /** The lineage of the log now. */
  readonly lineage?: string;
  /** Who pins history. */
  readonly holder?: string;
  /** The bound that was passed, and what was measured against it. */
  readonly limit?: number;
  readonly actual?: number;
  /** The file the error is about, and the byte in it. */
  readonly file?: string;
  readonly byte?: number;
  /** Everything that does not fit, a sentence each. */
  readonly reasons?: readonly string[];
  /** The id of the transaction the error is about. */
  readonly id?: string;
  /** The error this one explains. */
  readonly cause?: unknown;
}

/**
 * The one error class of memoir: `code` says what kind, the message says what happened, where, and what to do,
 * and the fields name the table, key, index, row or offset.
 *
 * @example
 * ```ts
 * import { MemoirError } from 'memoir';
 *
 * const error = new MemoirError('RowNotFound', 'tasks has no row t9', { table: 'tasks', key: ['t9'] });
 * if (error.code === 'RowNotFound') console.log(error.table, error.key); // tasks [ 't9' ]
 * ```
 */
export class MemoirError extends Error implements ErrorFields {
  override readonly name = 'MemoirError';
  readonly code: ErrorCode;
  declare readonly table?: string;
  declare readonly index?: string;
  declare readonly key?: readonly unknown[];
  declare readonly row?: unknown;
  declare readonly keys?: readonly (readonly unknown[])[];
  declare readonly path?: string;
  declare readonly event?: string;
  declare readonly projection?: string;
  declare readonly stream?: string;
  declare readonly offset?: number;
  declare readonly requested?: number | string;
  declare readonly floor?: number;
  declare readonly head?: number;
  declare readonly lineage?: string;
  declare readonly holder?: string;
  declare readonly limit?: number;
  declare readonly actual?: number;
  declare readonly file?: string;
  declare readonly byte?: number;
  declare readonly reasons?: readonly string[];
  declare readonly id?: string;

  /**
   * @param code what kind of failure
   * @param message what happened, where, and what to do about it
   * @param fields what the error names
   */
  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    super(message, 'cause' in fields ? { cause: fields.cause } : undefined);
    this.code = code;
    const { cause: _cause, ...named } = fields;
    Object.assign(this, named);
  }
}

/** Refuses options that are no object, or that have a name nobody knows: a misspelt one would be ignored silently. */
export function checkOptions(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new MemoirError('OptionInvalid', `the options of ${what} are ${show(options)}: give an object`);
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new MemoirError('OptionInvalid', `${show(name)} is no option of ${what}: use ${names.join(', ')}`);
  }
}

/** The error for what is wrong in a definition or in options; `path` says where. */
export function invalidDefinition(path: string, message: string): MemoirError {
  return new MemoirError('DefinitionInvalid', `${path}: ${message}`, { path });
}

/** Shows a value in an error message, briefly: strings quoted, long and deep values cut, never throwing. */
export function show(value: unknown): string {
  const text = describe(value, 0);
  return text.length > 80 ? `${text.slice(0, 77).toWellFormed()}...` : text;
}

const WIDTH_MAX = 8;
const DEPTH_MAX = 3;

function describe(value: unknown, depth: number): string {
  try {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value.length > 100 ? value.slice(0, 100) : value);
      case 'bigint':
        return `${value}n`;
      case 'function':
        return `a function${value.name === '' ? '' : ` ${value.name}`}`;
      case 'number':
        return Object.is(value, -0) ? '-0' : String(value);
      case 'object':
        return value === null ? 'null' : describeObject(value, depth);
      default:
        return String(value);
    }
  } catch {
    return 'a value that cannot be shown';
  }
}

function describeObject(value: object, depth: number): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (depth === DEPTH_MAX) return '…';
  if (Array.isArray(value)) {
    const items = value.slice(0, WIDTH_MAX).map((item) => describe(item, depth + 1));
    return `[${items.join(', ')}${value.length > WIDTH_MAX ? ', …' : ''}]`;
  }
  const names = Object.keys(value);
  const fields = names
    .slice(0, WIDTH_MAX)
    .map((name) => `${name}: ${describe((value as Readonly<Record<string, unknown>>)[name], depth + 1)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')}${names.length > WIDTH_MAX ? ', …' : ''} }`;
}
