import { equalPlain } from '../codecs/equality.js';
import type { Row } from '../codecs/index-plan.js';
import type { Key } from '../codecs/key.js';
import { kindOf, type ChangeKind, type Meta } from '../log/batch.js';
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

/** Every change of a row that some readable batch made, oldest first. */
export function historyOf(table: TableState, key: Key, log: Log, timeline: Timeline): readonly AnyRowChange[] {
  const slot = table.slotOf(key);
  if (slot < 0) return [];
  // A transaction may write a row at several versions; the last one is what its batch made of it.
  const byOffset = new Map<number, Row | undefined>();
  let before: Row | undefined;
  const newest = timeline.versionOf(log.head);
  for (const [version, row] of table.versionsOf(slot)) {
    // What a transaction under way has written is nobody's yet.
    if (version > newest) break;
    const offset = timeline.offsetOf(version);
    if (offset < log.floor) before = row;
    else byOffset.set(offset, row);
  }
  const changes: AnyRowChange[] = [];
  for (const [offset, after] of byOffset) {
    if (equalPlain(before, after)) continue;
    const { at, id, meta } = log.at(offset);
    changes.push({ offset, at, id, meta, kind: kindOf(before, after), before, after });
    before = after;
  }
  return changes;
}
