import { MemoirError, show } from '../errors.js';
import type { Log } from './log.js';

/** A place in a particular log. A bare offset means the present lineage, within the process. */
export interface Position {
  readonly lineage: string;
  readonly offset: number;
}

/** The offset of a bare offset or a position; another lineage is refused. */
export function offsetOf(log: Log, point: number | Position): number {
  const offset: unknown = typeof point === 'object' ? (point as Position | null)?.offset : point;
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) {
    throw new MemoirError(
      'OffsetInvalid',
      `${show(point)} is no offset: give a whole number from 0, or { lineage, offset }`,
    );
  }
  if (typeof point === 'object' && point.lineage !== log.lineage) throw lineageChanged(log, point.lineage);
  return offset;
}

/** The error for a place in another log. */
export function lineageChanged(log: Log, requested: string): MemoirError {
  const { lineage, head } = log;
  const why =
    requested === lineage
      ? `the log ${show(lineage)} has gone back to batch ${head}: what followed is no more`
      : `the position is of the log ${show(requested)}, and this is ${show(lineage)}`;
  return new MemoirError('LineageChanged', `${why}: read the present state and begin anew`, { lineage, requested });
}

/** The first offset to read, checked: at least the floor, at most the one after the head. */
export function startOf(log: Log, from: number | Position): number {
  const offset = Math.max(1, offsetOf(log, from));
  if (offset < log.floor) throw compacted(log, offset);
  if (offset > log.head + 1) throw inFuture(log, offset);
  return offset;
}

/** The error for what retention has dropped. */
export function compacted(log: Pick<Log, 'floor' | 'head'>, requested: number, floor = log.floor): MemoirError {
  const what =
    requested === 0 ? 'there is no batch 0, which stands for the state before all' : `offset ${requested} is gone`;
  return new MemoirError(
    'OffsetCompacted',
    `${what}: the oldest readable batch is ${floor}. Keep more (\`keep\`), or begin from there`,
    { requested, floor, head: log.head },
  );
}

/** The error for what has not happened yet. */
export function inFuture(log: Pick<Log, 'floor' | 'head'>, requested: number): MemoirError {
  return new MemoirError('OffsetInFuture', `offset ${requested} is not there yet: the newest batch is ${log.head}`, {
    requested,
    floor: log.floor,
    head: log.head,
  });
}
