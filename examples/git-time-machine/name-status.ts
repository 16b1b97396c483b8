import { Buffer } from 'node:buffer';

import type { FileMode } from './commit.js';
import { quoteBinary, toBinary } from './quoted-path.js';
import type { FileDifference } from './questions.js';

/** The bytes that `git diff-tree -r --no-renames --ignore-submodules=none --name-status` prints for these. */
export function formatNameStatus(differences: readonly FileDifference[], quotePath: boolean): Buffer {
  const lines = differences.map((one) => ({ binary: toBinary(one.path), status: statusOf(one) }));
  lines.sort((a, b) => (a.binary < b.binary ? -1 : 1));
  return Buffer.from(
    lines.map(({ binary, status }) => `${status}\t${quoteBinary(binary, quotePath)}\n`).join(''),
    'latin1',
  );
}

/** Added, deleted, modified, or turned into a thing of another type, such as a link. */
export function statusOf({ before, after }: Omit<FileDifference, 'path'>): 'A' | 'D' | 'M' | 'T' {
  if (before === undefined) return 'A';
  if (after === undefined) return 'D';
  return typeOf(before.mode) === typeOf(after.mode) ? 'M' : 'T';
}

function typeOf(mode: FileMode): string {
  return mode.slice(0, 3);
}
