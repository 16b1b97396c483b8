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

/** The first place where two answers differ, and what stands there in each. */
export function firstDifference(ours: unknown, theirs: unknown, path = ''): string | undefined {
  if (typeof ours === 'object' && typeof theirs === 'object' && ours !== null && theirs !== null) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const found = firstDifference(
        (ours as Record<string, unknown>)[key],
        (theirs as Record<string, unknown>)[key],
        `${path}.${key}`,
      );
      if (found !== undefined) return found;
    }
    return Array.isArray(ours) === Array.isArray(theirs) ? undefined : `at ${path}: a list and no list`;
  }
  if (Object.is(ours, theirs)) return undefined;
  return `at ${path}:\n  memoir   ${JSON.stringify(ours)}\n  go-memdb ${JSON.stringify(theirs)}`;
}
