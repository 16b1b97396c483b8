import type { ReadableStore, Tables } from '../index.js';

const READS = [
  ...['now', 'asOf', 'read', 'batch', 'batchOf', 'lastBatch', 'diff', 'history', 'snapshotThenFollow', 'stream'],
  ...[
    'changes',
    'follow',
    'consume',
    'live',
    'waitFor',
    'holders',
    'stats',
    'snapshot',
    'stateHash',
    'check',
    'project',
  ],
] as const;

/** The reading side of a store, with nothing behind it that writes: what entries did not do must not be there. */
export function readOnly(store: ReadableStore<Tables>): ReadableStore<Tables> {
  const methods = store as unknown as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;
  const reads = Object.fromEntries(READS.map((name) => [name, methods[name]!.bind(store)]));
  return Object.defineProperties(reads, {
    lineage: { get: () => store.lineage, enumerable: true },
    head: { get: () => store.head, enumerable: true },
    floor: { get: () => store.floor, enumerable: true },
  }) as unknown as ReadableStore<Tables>;
}
