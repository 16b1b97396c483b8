import { MemoirError } from './errors.js';

/**
 * States an invariant of memoir's own. On in production too, so it must cost O(1);
 * a failure is a defect of memoir, never of its caller.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition)
    throw new MemoirError('Defect', `memoir broke an invariant of its own: ${message}. Please report it.`);
}
