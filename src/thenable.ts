/** True for a promise, and for what is awaited as one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const holder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return holder && typeof (value as { then?: unknown }).then === 'function';
}
