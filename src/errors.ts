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
  | 'ImpureIndex'
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
  // when a view or a live query is used
  | 'LazyResult'
  | 'UntrackedRead'
  | 'ViewClosed'
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
  /** Where in the row, definition or options the fault is, e.g. `tags.2` or `indexes.byTag`. */
  readonly path?: string;
  /** The offset the error is about. */
  readonly offset?: number;
  /** The offset or position that was asked for. */
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
  declare readonly path?: string;
  declare readonly offset?: number;
  declare readonly requested?: number | string;
  declare readonly floor?: number;
  declare readonly head?: number;
  declare readonly lineage?: string;
  declare readonly holder?: string;
  declare readonly limit?: number;
  declare readonly actual?: number;

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

/** Shows a value in an error message, briefly: strings quoted, long values cut, never throwing. */
export function show(value: unknown): string {
  const text = describe(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function describe(value: unknown): string {
  try {
    if (typeof value === 'string') return JSON.stringify(value.length > 100 ? value.slice(0, 100) : value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function') return `a function${value.name === '' ? '' : ` ${value.name}`}`;
    if (typeof value === 'symbol') return value.toString();
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    if (Array.isArray(value)) return `[${value.slice(0, 10).map(describe).join(', ')}]`;
    if (typeof value === 'object' && value !== null) return JSON.stringify(value);
    return Object.is(value, -0) ? '-0' : String(value);
  } catch {
    return 'a value that cannot be shown';
  }
}
