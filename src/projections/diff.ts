import { kindOf, type AnyChange } from '../log/batch.js';
import type { Log } from '../log/log.js';
import { NetChanges } from '../log/net-changes.js';

/**
 * The net changes of the batches after one offset up to another: one a row, in the order of each row's last write,
 * those that cancel out left out. From a later offset to an earlier one they run backwards.
 */
export function diff(log: Log, from: number, to: number): readonly AnyChange[] {
  const net = new NetChanges();
  for (const { changes } of log.read(Math.min(from, to) + 1, Math.max(from, to))) net.add(changes);
  const forward = net.list();
  return from <= to ? forward : forward.map(inverted).reverse();
}

/** A change the other way round: what takes it back. */
export function inverted({ table, key, before, after }: AnyChange): AnyChange {
  return { table, key, kind: kindOf(after, before), before: after, after: before };
}
