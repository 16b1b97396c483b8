import type { Buffer } from 'node:buffer';

import { expect } from 'vitest';

import type { Change, Commit } from '../../examples/git-time-machine/commit.js';
import { readCommits } from '../../examples/git-time-machine/git-log.js';
import { openRepository } from '../../examples/git-time-machine/git-repository.js';
import { formatTree } from '../../examples/git-time-machine/ls-tree.js';
import { git } from './git-fast-import.js';

/** The files of a tree by path, as the example's table of files will hold them. */
export type Tree = Map<string, Change>;

/** Applies changes as a table would, refusing a second change of one path and the removal of what is not there. */
export function applyChanges(tree: Tree, changes: readonly Change[]): void {
  expect(new Set(changes.map(({ path }) => path)).size).toBe(changes.length);
  for (const change of changes)
    if (change.kind === 'put') tree.set(change.path, change);
    else if (!tree.delete(change.path)) throw new Error(`${change.path} was removed, but was not there`);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads a history and holds the tree after each commit, or each of some, against `git ls-tree -r`, byte for byte. */
export async function expectTreesOf(
  path: string,
  { only = () => true }: { readonly only?: (place: number) => boolean } = {},
): Promise<Commit[]> {
  const repository = await openRepository(path);
  const commits = await collect(readCommits(repository));
  const tree: Tree = new Map();
  for (const [place, commit] of commits.entries()) {
    applyChanges(tree, commit.changes);
    if (!only(place)) continue;
    const ours = formatTree(tree.values(), repository);
    expectSameBytes(ours, git(path, 'ls-tree', '-r', commit.id), commit.id);
  }
  return commits;
}

/** Compares as text only where bytes differ: a comparison of long buffers by vitest takes minutes. */
export function expectSameBytes(ours: Buffer, theirs: Buffer, what: string): void {
  if (!ours.equals(theirs)) expect(ours.toString('latin1'), what).toBe(theirs.toString('latin1'));
}
