import { runGit } from './git.js';
import type { GitRepository } from './git-repository.js';
import { offsetOf } from './importer.js';
import { formatTree } from './ls-tree.js';
import { commitAt, tree } from './questions.js';
import type { TimeMachine } from './time-machine.js';

export interface Verification {
  readonly verified: number;
  /** The ids of commits whose trees are not what git lists. */
  readonly wrong: readonly string[];
}

/** Holds the trees of some commits of the history, chosen by chance, against what `git ls-tree -r` prints. */
export async function verifyTrees(
  { store }: TimeMachine,
  repository: GitRepository,
  count: number,
): Promise<Verification> {
  const places = sample(store.now().commits.size, count);
  const wrong: string[] = [];
  for (const place of places) {
    const { id } = store.read(commitAt(place))!;
    using view = store.asOf(offsetOf(store, id)!);
    const ours = formatTree(tree(view), repository);
    if (!ours.equals(await runGit(repository.path, ['ls-tree', '-r', '--end-of-options', id]))) wrong.push(id);
  }
  return { verified: places.length, wrong };
}

/** Some of the numbers from 1 to `size`, none twice. */
function sample(size: number, count: number): number[] {
  const all = Array.from({ length: size }, (_, i) => i + 1);
  const wanted = Math.min(size, count);
  for (let i = 0; i < wanted; i++) {
    const other = i + Math.floor(Math.random() * (size - i));
    [all[i], all[other]] = [all[other]!, all[i]!];
  }
  return all.slice(0, wanted);
}
