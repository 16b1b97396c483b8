import { toBase64Url } from '../codecs/base64url.js';
import { equalPlain } from '../codecs/equality.js';
import { encodeKey } from '../codecs/key-bytes.js';
import type { Key } from '../codecs/key.js';
import { kindOf, type AnyChange } from '../log/batch.js';
import type { Log } from '../log/log.js';

/**
 * The net changes of the batches after one offset up to another: one a row, in the order of each row's last write,
 * those that cancel out left out. From a later offset to an earlier one they run backwards.
 */
export function diff(log: Log, from: number, to: number): readonly AnyChange[] {
  const net = new Map<string, AnyChange>();
  for (const { changes } of log.read(Math.min(from, to) + 1, Math.max(from, to))) {
    for (const change of changes) {
      const { table, key, after } = change;
      const name = `${table} ${toBase64Url(encodeKey((Array.isArray(key) ? key : [key]) as Key))}`;
      const before = net.has(name) ? net.get(name)!.before : change.before;
      net.delete(name);
      net.set(name, { table, key, kind: kindOf(before, after), before, after });
    }
  }
  const forward = [...net.values()].filter(({ before, after }) => !equalPlain(before, after));
  return from <= to ? forward : forward.reverse().map(inverted);
}

/** A change the other way round: what takes it back. */
export function inverted({ table, key, before, after }: AnyChange): AnyChange {
  return { table, key, kind: kindOf(after, before), before: after, after: before };
}
