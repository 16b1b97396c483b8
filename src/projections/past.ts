import { kindOf, type AnyChange, type ChangeKind, type Meta } from '../log/batch.js';
import type { Key } from '../codecs/key.js';
import type { Row } from '../codecs/index-plan.js';
import { encodeKey } from '../codecs/key-bytes.js';
import { equalPlain } from '../codecs/plain-data.js';
import { toBase64Url } from '../codecs/base64url.js';
import type { Log } from '../log/log.js';
import type { TableState } from './table-state.js';
import type { Timeline } from './timeline.js';

/** A change of a row with its batch, types apart. */
export interface AnyRowChange {
  readonly offset: number;
  readonly at: number;
  readonly id: string | undefined;
  readonly meta: Meta;
  readonly kind: ChangeKind;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

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

function inverted({ table, key, before, after }: AnyChange): AnyChange {
  return { table, key, kind: kindOf(after, before), before: after, after: before };
}

/** Every version of a row that some readable batch made, oldest first. */
export function versionsOf(table: TableState, key: Key, log: Log, timeline: Timeline): readonly AnyRowChange[] {
  const slot = table.slotOf(key);
  if (slot < 0) return [];
  // A transaction may write a row at several versions; the last one is what its batch made of it.
  const byOffset = new Map<number, Row | undefined>();
  let before: Row | undefined;
  for (const [version, row] of table.versionsOf(slot)) {
    const offset = timeline.offsetOf(version);
    if (offset < log.floor) before = row;
    else byOffset.set(offset, row);
  }
  const versions: AnyRowChange[] = [];
  for (const [offset, after] of byOffset) {
    if (equalPlain(before, after)) continue;
    const { at, id, meta } = log.at(offset);
    versions.push({ offset, at, id, meta, kind: kindOf(before, after), before, after });
    before = after;
  }
  return versions;
}
