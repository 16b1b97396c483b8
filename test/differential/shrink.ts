import { isDeepStrictEqual } from 'node:util';

import type { History, Step } from './history.js';

/** Leaves out steps and statements one by one for as long as the history goes on failing. */
export async function shrink(failing: History, fails: (made: History) => Promise<boolean>): Promise<History> {
  let least = failing;
  for (let smaller = true; smaller;) {
    smaller = false;
    for (const candidate of shorter(least)) {
      if (!(await fails(candidate))) continue;
      least = candidate;
      smaller = true;
      break;
    }
  }
  return least;
}

/** The history without one of its steps, or without one of its statements; the longest stretches first. */
function* shorter({ keep, steps }: History): Generator<History> {
  for (const rest of without(steps)) yield { keep, steps: rest };
  for (const [at, step] of steps.entries()) {
    if (step.do !== 'transact') continue;
    for (const statements of without(step.statements)) {
      yield { keep, steps: steps.with(at, { ...step, statements } satisfies Step) };
    }
  }
}

function* without<A>(list: readonly A[]): Generator<A[]> {
  for (let length = list.length; length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < list.length; at += length) yield list.toSpliced(at, length);
  }
}

/** The first place where two answers differ, and what stands there in each; rows are shown whole. */
export function firstDifference(ours: unknown, theirs: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(ours, theirs)) return undefined;
  if (isTree(ours) && isTree(theirs)) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const found = firstDifference(ours[key], theirs[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
  }
  return `at ${path.slice(1)}:\n  memoir   ${JSON.stringify(ours)}\n  go-memdb ${JSON.stringify(theirs)}`;
}

/** A list, or what a transaction gave. */
function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return Array.isArray(value) || (typeof value === 'object' && value !== null && 'answers' in value);
}
