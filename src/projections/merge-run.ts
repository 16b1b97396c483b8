import { Arena, LEAF } from './arena.js';
import { Entries } from './entries.js';

/** How full leaves are made when all of them are written anew: what comes later then seldom has to split them. */
const LEAF_FILLED = LEAF - LEAF / 4;

/** Where an entry is among others: in which leaf of the directory, and which in its order. */
export interface Position {
  leaf: number;
  at: number;
}

/** Entries that a run can be merged with. */
interface Others {
  readonly size: number;
  /** Moves a position before all entries (a side below 0) or after them. */
  toEnd(side: number, position: Position): void;
  next(position: Position): void;
  ended(position: Position): boolean;
  entriesOf(leaf: number): Entries;
  placeIn(leaf: number, at: number): number;
}

/** The order of entries, as whoever keeps them in leaves knows it. */
export interface Sequence {
  /** True when an entry comes before another. */
  isBefore(a: Entries, aAt: number, b: Entries, bAt: number): boolean;
}

/** Some entries, and their places in order: the first so many of `order`. */
interface Run {
  readonly entries: Entries;
  readonly order: Int32Array;
  readonly length: number;
}

/** Leaves by their numbers, which are in order. */
interface Filled {
  readonly arena: Arena;
  readonly firsts: Entries;
  readonly count: Int32Array;
}

/** Merges a run of entries with others, into leaves that are all equally full. */
export function mergeRun(old: Others, run: Run, sequence: Sequence): Filled {
  const size = old.size + run.length;
  const leaves = Math.ceil(size / LEAF_FILLED);
  const filled = { arena: new Arena(leaves), firsts: new Entries(leaves), count: new Int32Array(leaves) };
  const position: Position = { leaf: 0, at: 0 };
  old.toEnd(-1, position);
  let next = 0;
  for (let leaf = 0; leaf < leaves; leaf++) {
    const entries = filled.arena.pieceOf(leaf);
    const start = filled.arena.startOf(leaf);
    const end = start + Math.floor((size * (leaf + 1)) / leaves) - Math.floor((size * leaf) / leaves);
    // Leaf by leaf: each is a call, which V8 compiles while the run goes on.
    if (old.size === 0) next = fill(entries, start, end, run, next);
    else next = fillFromBoth(entries, start, end, old, position, run, next, sequence);
    filled.count[leaf] = end - start;
    filled.firsts.copy(entries, start, leaf);
  }
  return filled;
}

/** Fills a stretch with what comes next of a run; returns the place after it. */
function fill(into: Entries, start: number, end: number, { entries, order }: Run, from: number): number {
  let next = from;
  for (let at = start; at < end; at++) into.copy(entries, order[next++]!, at);
  return next;
}

/** Fills a stretch with what comes next of others, from a position on, and of a run; returns the place in it. */
function fillFromBoth(
  into: Entries,
  start: number,
  end: number,
  old: Others,
  position: Position,
  { entries, order, length }: Run,
  from: number,
  sequence: Sequence,
): number {
  let next = from;
  for (let at = start; at < end; at++) {
    const theirs = old.ended(position) ? undefined : old.entriesOf(position.leaf);
    const place = theirs === undefined ? -1 : old.placeIn(position.leaf, position.at);
    if (theirs === undefined || (next < length && !sequence.isBefore(theirs, place, entries, order[next]!))) {
      into.copy(entries, order[next++]!, at);
    } else {
      into.copy(theirs, place, at);
      old.next(position);
    }
  }
  return next;
}
