import { assert } from '../assert.js';
import type { Row } from '../codecs/index-plan.js';
import { compareKeys, type Key } from '../codecs/key.js';
import type { TableIndex } from './table-index.js';

/** The versions of a row, oldest first, each with when it was written. */
export type RowVersions = Iterable<readonly [version: number, row: Row | undefined]>;

/** An entry of a key that begins to be seen at a version, or ends. */
interface Turn {
  readonly key: Key;
  readonly at: number;
  /** 1 where one begins that there is, or one ends that there should be; −1 the other way about. */
  readonly by: number;
}

/**
 * Verifies that an index has the entries that follow from the rows in so many slots, and no others, as every version
 * from `since` on sees them: the keys of each row version are computed anew, and lie in the head or on the history side
 * for just as long as the row was what it was. Throws where an entry is missing, or is there that should not be.
 */
export function checkEntries(
  index: TableIndex,
  slots: number,
  versionsOf: (slot: number) => RowVersions,
  since: number,
): void {
  const { name } = index.plan;
  const turns: Turn[][] = [];
  const note = (slot: number, key: Key, from: number, to: number, by: number): void => {
    if (to <= since) return;
    (turns[slot] ??= []).push({ key, at: Math.max(from, since), by }, { key, at: to, by: -by });
  };
  for (const [ref, born] of index.head.entries()) note(index.slotOf(ref), index.fullKey(ref), born, Infinity, 1);
  for (const { slot, key, born, died } of index.history.entries()) note(slot, key, born, died, 1);
  for (let slot = 0; slot < slots; slot++) {
    for (const [row, from, to] of livesOf(versionsOf(slot)))
      if (to > since) for (const key of index.keysOf(row)) note(slot, key, from, to, -1);
  }
  turns.forEach((all, slot) => {
    // Of what can be changed from outside the index keeps the keys: then it is told by how many entries there are.
    const isKept = (): boolean => Array.from(versionsOf(slot)).some(([, row]) => canChange(row));
    assert(
      isBalanced(all, compareKeys) || (isKept() && isBalanced(all, () => 0)),
      `the index ${name} has an entry for every key of every row, as long as the row has it, and no other`,
    );
  });
}

/** Each version of a row, with when it was written and overwritten. */
function* livesOf(versions: RowVersions): Generator<readonly [row: Row, from: number, to: number]> {
  let from = -Infinity;
  let before: Row | undefined;
  for (const [version, row] of versions) {
    if (before !== undefined) yield [before, from, version];
    [from, before] = [version, row];
  }
  if (before !== undefined) yield [before, from, Infinity];
}

/** True when as many entries of each key come and go at each version as should. */
function isBalanced(turns: Turn[], compare: (a: Key, b: Key) => number): boolean {
  turns.sort((a, b) => compare(a.key, b.key) || (a.at === b.at ? 0 : a.at - b.at));
  let sum = 0;
  for (const [i, { key, at, by }] of turns.entries()) {
    const before = turns[i - 1];
    const isSame = before !== undefined && before.at === at && compare(before.key, key) === 0;
    if (!isSame && sum !== 0) return false;
    sum += by;
  }
  return sum === 0;
}

/** True of what has a Date or bytes in it, which cannot be frozen. */
function canChange(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Date || ArrayBuffer.isView(value) || Object.values(value).some(canChange);
}
