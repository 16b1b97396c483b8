import { show, type MemoirError } from '../errors.js';
import { compareParts, errorAt, toKey, type Key, type KeyPart, type Place } from './key.js';

/**
 * A cut in the order of an index: just before (`side` −1) or just after (`side` 1) every key that begins with
 * `parts`; with `cut`, the last part is a string of which only the beginning is given. A whole key itself is an
 * edge of side 0.
 */
export interface Edge {
  readonly parts: Key;
  readonly side: -1 | 0 | 1;
  readonly cut: boolean;
}

/** A stretch of an index, and how to read it. */
export interface Interval {
  readonly low: Edge;
  readonly high: Edge;
}

/** The whole of any index. */
export const EVERYTHING: Interval = {
  low: { parts: [], side: -1, cut: false },
  high: { parts: [], side: 1, cut: false },
};

/** A range as untyped code sees it. */
export interface AnyRange {
  readonly prefix?: readonly unknown[];
  readonly startsWith?: readonly unknown[];
  readonly gt?: readonly unknown[];
  readonly gte?: readonly unknown[];
  readonly lt?: readonly unknown[];
  readonly lte?: readonly unknown[];
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly filter?: unknown;
}

/** The order of edges along an index. */
export function compareEdges(a: Edge, b: Edge): number {
  const shared = Math.min(a.parts.length, b.parts.length);
  for (let i = 0; i < shared; i++) {
    const x = a.parts[i]!;
    const y = b.parts[i]!;
    const aCut = a.cut && i === a.parts.length - 1;
    const bCut = b.cut && i === b.parts.length - 1;
    if (aCut && beginsWith(y, x) && !(bCut && x === y)) return a.side;
    if (bCut && beginsWith(x, y) && !(aCut && x === y)) return -b.side;
    const order = compareParts(x, y);
    if (order !== 0) return order;
    if (aCut !== bCut) return aCut ? a.side : -b.side;
  }
  if (a.parts.length < b.parts.length) return a.side;
  if (a.parts.length > b.parts.length) return -b.side;
  return Math.sign(a.side - b.side);
}

/** True when `part` is a string that begins with the string `start`. */
export function beginsWith(part: KeyPart, start: KeyPart): boolean {
  return typeof part === 'string' && typeof start === 'string' && part.startsWith(start);
}

/** The stretch of keys that begin with these parts. */
export function intervalOf(parts: Key): Interval {
  return { low: { parts, side: -1, cut: false }, high: { parts, side: 1, cut: false } };
}

const OPTIONS = new Set(['prefix', 'startsWith', 'gt', 'gte', 'lt', 'lte', 'reverse', 'limit', 'filter']);

/**
 * The stretch that a range names.
 *
 * @param range as a caller gave it
 * @param width how many parts a key of the index has; 0 for any number
 * @param fold what the index does with parts before it stores them
 * @param place the index, for errors
 * @throws `RangeInvalid`, `KeyInvalid`
 */
export function toInterval(range: AnyRange, width: number, fold: (part: KeyPart) => KeyPart, place: Place): Interval {
  checkOptions(range, place);
  let { low, high } = EVERYTHING;
  const parts = (name: 'prefix' | 'startsWith' | 'gt' | 'gte' | 'lt' | 'lte'): Key | undefined => {
    const given = range[name];
    if (given === undefined) return undefined;
    if (!Array.isArray(given)) throw invalid(place, `${name} is ${show(given)}: give a list of key parts`);
    if (width > 0 && given.length > width)
      throw invalid(place, `${name} has ${given.length} parts, and keys have ${width}`);
    return toKey(given, place).map(fold);
  };
  const narrow = (lowest: Edge | undefined, highest: Edge | undefined): void => {
    if (lowest !== undefined && compareEdges(lowest, low) > 0) low = lowest;
    if (highest !== undefined && compareEdges(highest, high) < 0) high = highest;
  };
  const edge = (name: 'gt' | 'gte' | 'lt' | 'lte', side: -1 | 1): Edge | undefined => {
    const bound = parts(name);
    return bound === undefined ? undefined : { parts: bound, side, cut: false };
  };
  const prefix = parts('prefix');
  if (prefix !== undefined) narrow(intervalOf(prefix).low, intervalOf(prefix).high);
  const start = parts('startsWith');
  if (start !== undefined) {
    if (typeof start.at(-1) !== 'string') throw invalid(place, 'startsWith must end with the beginning of a string');
    narrow({ parts: start, side: -1, cut: true }, { parts: start, side: 1, cut: true });
  }
  narrow(edge('gt', 1), edge('lt', -1));
  narrow(edge('gte', -1), edge('lte', 1));
  return { low, high };
}

function checkOptions(range: AnyRange, place: Place): void {
  if (typeof range !== 'object' || (range as unknown) === null || Array.isArray(range)) {
    throw invalid(place, `a range is an object such as { prefix: ['a'], limit: 10 }, not ${show(range)}`);
  }
  for (const name of Object.keys(range)) {
    if (!OPTIONS.has(name)) throw invalid(place, `${show(name)} is no option: use ${[...OPTIONS].join(', ')}`);
  }
  if (range.gt !== undefined && range.gte !== undefined) throw invalid(place, 'give gt or gte, not both');
  if (range.lt !== undefined && range.lte !== undefined) throw invalid(place, 'give lt or lte, not both');
  const { limit, reverse, filter } = range;
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 0) && limit !== Infinity) {
    throw invalid(place, `limit is ${show(limit)}: give a whole number of rows`);
  }
  if (reverse !== undefined && typeof reverse !== 'boolean')
    throw invalid(place, `reverse is ${show(reverse)}: give true or false`);
  if (filter !== undefined && typeof filter !== 'function')
    throw invalid(place, `filter is ${show(filter)}: give a function of a row`);
}

function invalid(place: Place, message: string): MemoirError {
  return errorAt('RangeInvalid', place, message);
}
