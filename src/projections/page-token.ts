import { MemoirError, show } from '../errors.js';
import { fromBase64Url, toBase64Url } from '../codecs/base64url.js';
import type { Row } from '../codecs/index-plan.js';
import { decodeKey, encodeKey } from '../codecs/key-bytes.js';
import type { Key } from '../codecs/key.js';
import { compareEdges, type Edge, type Interval } from '../codecs/range.js';
import type { PageToken } from './read-view.js';
import type { ScanPlan } from './scan.js';
import type { Vantage } from './vantage.js';

/** The token after a page whose last key is this. */
export function tokenOf(last: Key, { lineage, offset }: Vantage): PageToken {
  return { lineage, offset, key: toBase64Url(encodeKey(last)) };
}

/**
 * The part of a scan's stretch that lies beyond a token: never more than the stretch, whatever the token says.
 * @throws `LineageChanged`, `TokenInvalid`
 */
export function beyondToken(after: PageToken, { interval, reverse }: ScanPlan, from: Vantage): Interval {
  const parts = keyOfToken(after, from);
  const edge: Edge = { parts, side: reverse ? -1 : 1, cut: false };
  const { low, high } = interval;
  if (reverse) return { low, high: compareEdges(edge, high) < 0 ? edge : high };
  return { low: compareEdges(edge, low) > 0 ? edge : low, high };
}

/** True when a row with several entries was on an earlier page: its first entry in the stretch is not beyond. */
export function isBeforeToken(row: Row, { index, interval, reverse }: ScanPlan, beyond: Interval): boolean {
  if (!index.plan.multi) return false;
  const inside = index.keysOf(row).filter((key) => lies(key, interval));
  const first = reverse ? inside.at(-1) : inside[0];
  return first !== undefined && !lies(first, beyond);
}

function lies(parts: Key, { low, high }: Interval): boolean {
  const key: Edge = { parts, side: 0, cut: false };
  return compareEdges(low, key) < 0 && compareEdges(key, high) < 0;
}

function keyOfToken(after: unknown, from: Vantage): Key {
  const token = (typeof after === 'object' && after !== null ? after : {}) as Partial<PageToken>;
  const { lineage, offset, key } = token;
  if (typeof lineage !== 'string' || typeof offset !== 'number' || typeof key !== 'string') {
    throw new MemoirError('TokenInvalid', `${show(after)} is no page token: give the \`next\` of the page before`);
  }
  if (lineage !== from.lineage) {
    throw new MemoirError(
      'LineageChanged',
      `the page token is of the log ${show(lineage)}, and this is ${from.lineage}: begin anew`,
      { lineage: from.lineage, requested: lineage },
    );
  }
  if (offset !== from.offset) {
    throw new MemoirError(
      'TokenInvalid',
      `the page token is of offset ${offset}, and this view of ${from.offset}: read on from store.asOf(token)`,
      { offset: from.offset, requested: offset },
    );
  }
  return decodeKey(fromBase64Url(key));
}
