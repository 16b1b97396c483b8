/**
 * A command's own no: it is told to whoever proposed the command, and nothing that the command wrote has happened.
 *
 * @example
 * ```ts
 * import { Rejection } from 'memoir/fsm';
 *
 * const no = new Rejection('TaskDone', 'the task is done already', { task: 't1' });
 * console.log(no.code, no.data); // TaskDone { task: 't1' }
 * ```
 */
export class Rejection extends Error {
  override readonly name = 'Rejection';

  /**
   * @param code what callers can switch over
   * @param message what people read
   * @param data plain data for whoever proposed it; no part of the batch
   */
  constructor(
    readonly code: string,
    message: string,
    readonly data?: unknown,
  ) {
    // It is an answer: where it was thrown is of no use to whoever gets it, and to find that out takes longer than the
    // command.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}
