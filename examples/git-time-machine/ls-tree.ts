import { Buffer } from 'node:buffer';

import type { FileMode } from './commit.js';
import { pathToBytes } from './git-path.js';

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
    const shown = quote(toBinary(relative), quotePath);
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

/** The bytes of a path as a string with one character for each, so that strings compare as bytes do. */
function toBinary(path: string): string {
  return pathToBytes(path).toString('latin1');
}

// oxlint-disable-next-line no-control-regex -- control characters are what must be quoted
const ALWAYS = /["\\\x00-\x1f\x7f]/g;
// oxlint-disable-next-line no-control-regex -- as above
const BEYOND_ASCII = /["\\\x00-\x1f\x7f-\xff]/g;
const NAMED = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

/** As a string of C, where that differs; otherwise as it is. */
function quote(binary: string, quotePath: boolean): string {
  const quoted = binary.replace(
    quotePath ? BEYOND_ASCII : ALWAYS,
    (byte) => NAMED.get(byte) ?? `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return quoted === binary ? binary : `"${quoted}"`;
}
