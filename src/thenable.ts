/** True for a promise, and for what is awaited as one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const holder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return holder && typeof (value as { then?: unknown }).then === 'function';
}

/** Lets a promise that is refused fail later without that counting as unhandled: nobody waits for it. */
export function ignore(promise: PromiseLike<unknown>): void {
  promise.then(
    () => undefined,
    () => undefined,
  );
}
