import { MemoirError } from './errors.js';

/** V8 needs some 40 KB of stack to compile a function at its first call. */
const COMPILING: readonly unknown[] = Array.from({ length: 6144 });

/** So many changes may be the first that call some function. */
const COLD_CALLS = 5000;

let calls = 0;

/** The same as `needStack`, with room for functions that were never called before. It takes microseconds. */
export function needMuchStack(): void {
  Reflect.apply(nothing, undefined, COMPILING);
}

/**
 * Throws the error of a full stack unless some 8 KB of it are left: to be called before a change of several steps, so
 * that it cannot be left half done for want of stack. A call with a thousand arguments, though it is never made, has a
 * frame of that size, and engines look whether there is room for the frame of a function when that is called. That
 * takes nanoseconds.
 *
 * @param whatFor anything but undefined; not known beforehand, or the call would be taken out with its frame
 */
export function needStack(whatFor: object | undefined): void {
  if (calls < COLD_CALLS) {
    calls++;
    needMuchStack();
  }
  if (whatFor === undefined) {
    // prettier-ignore
    nothing(
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
      0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
    );
  }
}

function nothing(..._given: readonly number[]): void {
  // It is for its arguments.
}

/**
 * Tells whether an error, or one that caused it, is that of a full stack. How much stack there is differs between
 * machines, so what came of such an error does, too: whoever catches errors where that must not be lets it pass.
 *
 * @param error what was caught
 * @returns true for the engine's own error, for `StackFull`, and for errors with one of them as their `cause`
 *
 * @example
 * ```ts
 * import { isStackFull } from 'memoir';
 *
 * const deep = (n: number): number => 1 + deep(n);
 * try {
 *   deep(1);
 * } catch (error) {
 *   console.log(isStackFull(error), isStackFull(new RangeError('Invalid array length'))); // true false
 * }
 * ```
 */
export function isStackFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof MemoirError && at.code === 'StackFull') return true;
    if ((at instanceof RangeError || at.name === 'InternalError') && /call stack|recursion/.test(at.message))
      return true;
  }
  return false;
}

/** The error of a transaction in which a statement found the stack full. */
export function stackFull(cause: unknown): MemoirError {
  const says = 'the stack was full in a statement of this transaction, which can only be undone';
  const advice = 'Let the error of a full stack pass, and call less deep';
  return new MemoirError('StackFull', `${says}. ${advice}`, cause === undefined ? {} : { cause });
}
