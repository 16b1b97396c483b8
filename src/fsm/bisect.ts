import type { Tables } from '../index.js';
import type { Commands, Fsm } from './contract.js';

/** Where two replicas parted. */
export interface Divergence {
  /** The first entry after which their states differ. */
  readonly index: number;
  /** The offset of its batch. */
  readonly offset: number;
}

/** A replica as far as it is compared. */
type Replica = Pick<Fsm<Tables, Commands<Tables>>, 'indexOf' | 'appliedIndex'> & {
  readonly store: { readonly head: number; readonly floor: number };
  stateHash(index?: number): string;
};

/**
 * Finds the entry at which two replicas of one log parted, by their state hashes: in as many comparisons as the
 * logarithm of the batches that both still have.
 *
 * @param a one replica, made with `stateHash`, as it is unless told
 * @param b another one of the same commands and log
 * @returns the first entry after which the two differ, though they agreed before it; undefined when they agree at the
 *   newest entry that both have. Where they differ at the oldest one already, it is that one.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 * import { bisect, commandOn, createFsm } from 'memoir/fsm';
 *
 * const tables = { rows: table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' }) };
 * const command = commandOn(tables);
 * let clock = 0;
 * const make = () =>
 *   createFsm({
 *     tables,
 *     // A fault: what is written depends on something outside.
 *     commands: { put: command(t.strict({ id: t.string }), (tx, { id }) => void tx.rows.put({ id, n: clock })) },
 *   });
 * const [a, b] = [make(), make()];
 * for (const index of [1, 2, 3]) {
 *   const entry = { index, term: 1, data: a.encode('put', { id: `r${index}` }, { at: 0 }) };
 *   a.apply(entry);
 *   if (index === 2) clock++;
 *   b.apply(entry);
 * }
 * console.log(bisect(a, b)); // { index: 2, offset: 2 }
 * ```
 */
export function bisect(a: Replica, b: Replica): Divergence | undefined {
  const oldest = Math.max(a.store.floor, b.store.floor) - 1;
  const newest = Math.min(a.store.head, b.store.head);
  const differAt = (offset: number): boolean =>
    a.indexOf(offset) !== b.indexOf(offset) || a.stateHash(a.indexOf(offset)) !== b.stateHash(b.indexOf(offset));
  if (newest < oldest || !differAt(newest)) return undefined;
  let [low, high] = [oldest, newest];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (differAt(middle)) high = middle;
    else low = middle + 1;
  }
  return { index: a.indexOf(high), offset: high };
}
