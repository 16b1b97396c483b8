import { MemoirError } from '../index.js';
import { Rejection } from './rejection.js';

/** Why a command came to nothing: the same on every node. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly data?: unknown;
}

/** A code goes into the batch: it is to be a name, and not whatever a command has at hand. */
const CODE_MAX = 255;

/** What is told of that which a command threw: always something, for no command may be without an answer. */
export function refusalOf(error: unknown): Refusal {
  try {
    const message = messageOf(error);
    if (error instanceof Rejection && isCode(error.code)) return { code: error.code, message, data: error.data };
    if (error instanceof MemoirError) return { code: error.code, message };
    return { code: 'CommandFailed', message };
  } catch {
    return { code: 'CommandFailed', message: 'the command threw something that cannot be shown' };
  }
}

function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error);
}

function isCode(code: unknown): boolean {
  return typeof code === 'string' && code.length <= CODE_MAX && code.isWellFormed();
}
