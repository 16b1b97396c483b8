import { Buffer } from 'node:buffer';

import type { FileMode } from './commit.js';
import { quoteBinary, toBinary } from './quoted-path.js';

export interface TreeEntry {
  readonly path: string;
  readonly mode: FileMode;
  readonly blob: string;
}

export interface TreeFormat {
  /** Whether bytes beyond ASCII are quoted: `core.quotePath`, which is on unless it is configured otherwise. */
  readonly quotePath: boolean;
  /** The folder that git runs in, with a slash at its end: only what lies below is listed, relative to it. */
  readonly prefix?: string;
}

/**
 * The bytes that `git ls-tree -r` prints for a tree with these files, in whatever order they come.
 *
 * Git sorts every folder's entries with a slash after the names of folders. In a list of files alone that is the
 * order of whole paths by byte: `a-b`, `a.b`, `a/b`, as a slash comes after both. Submodules sort as files do.
 */
export function formatTree(entries: Iterable<TreeEntry>, { quotePath, prefix = '' }: TreeFormat): Buffer {
  const lines: { readonly path: string; readonly line: string }[] = [];
  for (const { path, mode, blob } of entries) {
    const relative = relativePath(path, mode, prefix);
    if (relative === undefined) continue;
    const shown = quoteBinary(toBinary(relative), quotePath);
    lines.push({
      path: toBinary(path),
      line: `${mode} ${mode === '160000' ? 'commit' : 'blob'} ${blob}\t${shown}\n`,
    });
  }
  lines.sort((a, b) => (a.path < b.path ? -1 : 1));
  return Buffer.from(lines.map(({ line }) => line).join(''), 'latin1');
}

function relativePath(path: string, mode: FileMode, prefix: string): string | undefined {
  if (path.startsWith(prefix)) return path.slice(prefix.length);
  // seen from the folder of a submodule that is not checked out, the submodule is where one stands
  return mode === '160000' && `${path}/` === prefix ? './' : undefined;
}
