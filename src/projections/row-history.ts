import { equalPlain } from '../codecs/equality.js';
import type { Row } from '../codecs/index-plan.js';
import { compareParts, type Key } from '../codecs/key.js';
import { kindOf, type AnyBatch, type ChangeKind, type Meta } from '../log/batch.js';
import type { Log } from '../log/log.js';
import type { Horizon } from './horizon.js';
import type { TableState } from './table-state.js';

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
export function historyOf(table: TableState, key: Key, log: Log, horizon: Horizon): readonly AnyRowChange[] {
  const known = Math.max(horizon.known, horizon.floor);
  return [...changesInLog(table, key, log, known), ...changesAtHand(table, key, log, horizon, known)];
}

/** By the batches up to an offset: each is read, whichever rows it changed. */
function* changesInLog(table: TableState, key: Key, log: Log, to: number): Generator<AnyRowChange> {
  for (const batch of log.read(log.floor, to)) {
    for (const change of batch.changes) {
      if (change.table !== table.name) continue;
      const other = table.toPrimaryKey(change.key);
      if (key.every((part, i) => compareParts(part, other[i]!) === 0))
        yield changeOf(batch, change.before, change.after);
    }
  }
}

/** By the row versions after an offset. */
function changesAtHand(table: TableState, key: Key, log: Log, { timeline }: Horizon, after: number): AnyRowChange[] {
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
    if (offset <= after) before = row;
    else byOffset.set(offset, row);
  }
  const changes: AnyRowChange[] = [];
  for (const [offset, row] of byOffset) {
    if (equalPlain(before, row)) continue;
    changes.push(changeOf(log.at(offset), before, row));
    before = row;
  }
  return changes;
}

function changeOf({ offset, at, id, meta }: AnyBatch, before: Row | undefined, after: Row | undefined): AnyRowChange {
  return { offset, at, id, meta, kind: kindOf(before, after), before, after };
}
