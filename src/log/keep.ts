import { show } from '../errors.js';

/** How much history a store keeps: everything, or the most that all of these allow. */
export type Keep = 'all' | { readonly batches?: number; readonly ageMs?: number; readonly bytes?: number };

/** What is wrong with one, and where; undefined when nothing is. */
export function keepFault(keep: unknown): { readonly path: string; readonly says: string } | undefined {
  if (keep === 'all') return undefined;
  if (typeof keep !== 'object' || keep === null)
    return { path: 'keep', says: `is ${show(keep)}: use 'all' or { batches, ageMs, bytes }` };
  const entries = Object.entries(keep) as readonly [string, unknown][];
  if (entries.length === 0) return { path: 'keep', says: "is empty: use 'all' to keep everything" };
  for (const [name, value] of entries) {
    const path = `keep.${name}`;
    if (!['batches', 'ageMs', 'bytes'].includes(name)) return { path, says: 'is no option: use batches, ageMs, bytes' };
    const isCount = Number.isSafeInteger(value) || value === Infinity;
    if (!isCount || (value as number) < 0) return { path, says: `is ${show(value)}: give a whole number from 0` };
  }
  return undefined;
}
