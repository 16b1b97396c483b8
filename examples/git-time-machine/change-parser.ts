import type { Buffer } from 'node:buffer';

import type { Change, FileMode, LineCount } from './commit.js';
import { bytesToPath } from './git-path.js';
import { GitError } from './git.js';

const COLON = 0x3a;
const TAB = 0x09;
const MODES = new Map<string, FileMode>([
  ['100644', '100644'],
  ['100755', '100755'],
  ['120000', '120000'],
  ['160000', '160000'],
]);

interface Draft {
  readonly kind: Change['kind'];
  readonly mode: FileMode;
  readonly blob: string;
}

/**
 * Gathers changes from the fields of `--raw -z`, two for each: `:100644 100755 <id> <id> M` and the path; and of
 * `--numstat -z`, one for each, after those of its commit: `<added> TAB <deleted> TAB <path>`.
 */
export class ChangeParser {
  #changes: Change[] = [];
  #draft: Draft | undefined;
  #places: Map<string, number> | undefined;

  /** True where the next field is a path, whatever it begins with. */
  get midway(): boolean {
    return this.#draft !== undefined;
  }

  /** Takes a field that belongs to a change; says false to any other. */
  take(field: Buffer): boolean {
    if (this.#draft !== undefined) {
      const { kind, mode, blob } = this.#draft;
      this.#changes.push({ kind, path: bytesToPath(field), mode, blob });
      this.#draft = undefined;
      return true;
    }
    if (field[0] === COLON) {
      this.#draft = parseRaw(field);
      return true;
    }
    return this.#takeLines(field);
  }

  /** Gives up what was gathered and begins anew. */
  finish(): readonly Change[] {
    if (this.#draft !== undefined)
      throw new GitError('GitFailed', 'the output of git ends before the path of a change');
    const changes = this.#changes;
    this.#changes = [];
    this.#places = undefined;
    return changes;
  }

  #takeLines(field: Buffer): boolean {
    const first = field.indexOf(TAB);
    const second = first === -1 ? -1 : field.indexOf(TAB, first + 1);
    if (second === -1) return false;
    const counted = /^(?:(\d+)\t(\d+)|-\t-)$/.exec(field.toString('latin1', 0, second));
    if (counted === null) return false;
    const [, added, deleted] = counted;
    if (added === undefined || deleted === undefined) return true; // binary
    this.#count(bytesToPath(field.subarray(second + 1)), { added: Number(added), deleted: Number(deleted) });
    return true;
  }

  #count(path: string, lines: LineCount): void {
    this.#places ??= new Map(this.#changes.map((change, place) => [change.path, place]));
    const place = this.#places.get(path);
    if (place === undefined) throw new GitError('GitFailed', `git counted lines of ${path}, which did not change`);
    this.#changes[place] = { ...this.#changes[place]!, lines };
  }
}

/** Ids are as long as the repository's hash makes them: 40 digits, or 64. */
function parseRaw(field: Buffer): Draft {
  const digits = (field.length - 18) / 2;
  const kind = field[field.length - 1] === 0x44 /* D */ ? 'delete' : 'put';
  const modeAt = kind === 'put' ? 8 : 1;
  const idAt = kind === 'put' ? 16 + digits : 15;
  const mode = MODES.get(field.toString('latin1', modeAt, modeAt + 6));
  const blob = field.toString('latin1', idAt, idAt + digits);
  if (mode === undefined || !/^[0-9a-f]{40,64}$/.test(blob))
    throw new GitError('GitFailed', `git described a change in a way unknown here: ${field.toString('latin1')}`);
  return { kind, mode, blob };
}
