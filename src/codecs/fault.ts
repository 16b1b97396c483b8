import { MemoirError, show, type ErrorCode } from '../errors.js';

/**
 * What is wrong with a value, on its way up: each level that it passes adds the name of the place it came from.
 * Only whoever called for the copy knows the table, and makes a `MemoirError` of it with `blame`.
 */
export class Fault extends Error {
  readonly path: (string | number)[] = [];

  constructor(
    readonly code: ErrorCode,
    readonly says: string,
  ) {
    super(says);
  }
}

/** Adds a place to a fault that passes; any other error (a getter that throws) becomes a fault at that place. */
export function passing(error: unknown, place: string | number, code: ErrorCode): Fault {
  if (error instanceof MemoirError) throw error;
  const fault =
    error instanceof Fault ? error : new Fault(code, `cannot be read: ${show((error as Error | null)?.message)}`);
  fault.path.unshift(place);
  return fault;
}

/** The typed error of a fault; `what` names the whole, e.g. `a row of tasks`. */
export function blame(error: unknown, what: string, fields: { readonly table?: string } = {}): unknown {
  if (!(error instanceof Fault)) return error;
  const path = error.path.length > 12 ? [...error.path.slice(0, 8), '…'].join('.') : error.path.join('.');
  return new MemoirError(error.code, `${what}: ${path === '' ? 'it' : path} ${error.says}`, { ...fields, path });
}
