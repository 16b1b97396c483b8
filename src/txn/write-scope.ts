import type { MemoirError } from '../errors.js';
import type { Engine } from '../projections/engine.js';
import type { Vantage } from '../projections/vantage.js';

/** What refuses a write before it is made. */
export interface Limits {
  /** The largest row, in bytes by a rough count: strings by their length, other values 8. */
  readonly rowBytesMax: number;
  /** The most rows that one transaction may change, and events that it may emit, together. */
  readonly batchChangesMax: number;
  /** The most bytes of rows and events that one transaction may write. */
  readonly batchBytesMax: number;
}

/** The transaction that statements run in: where they read, what they write through, and what they have used so far. */
export interface WriteScope extends Vantage {
  readonly engine: Engine;
  readonly limits: Limits;
  /** True when stored rows are to be frozen, and accessors in written ones refused. */
  readonly development: boolean;
  /** Statements that were refused, caught by the body or not. */
  readonly violations: MemoirError[];
  /** Statements that have begun, and have not ended in a way that they know of. */
  statements: number;
  /** Says that a statement found the stack full, so that the transaction can only be undone; returns why. */
  spoil(cause: unknown): MemoirError;
  /** Bytes of rows and events written. */
  bytes: number;
  /** Rows changed, and events emitted. */
  changes: number;
}
