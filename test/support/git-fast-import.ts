import { Buffer } from 'node:buffer';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** A path, a text or a name: bytes, where UTF-8 would not do. */
export type Bytes = string | Buffer;

export type FileEdit =
  | { readonly put: Bytes; readonly mode?: '100644' | '100755' | '120000'; readonly content: Bytes }
  | { readonly submodule: Bytes; readonly commit: string }
  | { readonly rename: Bytes; readonly to: Bytes }
  | { readonly remove: Bytes };

export interface CommitScript {
  /** By default `refs/heads/main`. */
  readonly branch?: string;
  /** Marks from earlier commits; the first is the parent that first-parent history follows. None makes a root. */
  readonly parents: readonly number[];
  readonly author?: Bytes;
  /** As git has dates: seconds since 1970 and a zone, e.g. `1700000000 +0200`. */
  readonly authored: string;
  /** By default the same. */
  readonly committed?: string;
  /** What the message and names are encoded in, where that is not UTF-8. */
  readonly encoding?: string;
  readonly message: Bytes;
  readonly edits: readonly FileEdit[];
}

/** What no test may take from the machine it runs on: configuration, identity, the repository of a hook. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
}

/** Runs git in a folder and gives the bytes it printed. */
export function git(folder: string, ...args: readonly string[]): Buffer {
  return execFileSync('git', ['-C', folder, ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 30,
  });
}

export function initRepository(folder: string, ...options: readonly string[]): void {
  git('.', 'init', '--quiet', '--initial-branch=main', ...options, '--', folder);
}

/** Writes commits into a repository through `git fast-import`: thousands in a second, without a work tree. */
export class FastImport {
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #ended: Promise<unknown[]>;
  #marks = 0;

  constructor(folder: string) {
    this.#child = spawn('git', ['-C', folder, 'fast-import', '--quiet', '--force', '--date-format=raw-permissive'], {
      env: cleanEnvironment(),
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    this.#input = this.#child.stdin!;
    this.#ended = once(this.#child, 'close');
  }

  /** Gives the mark that later commits name this one by. */
  async commit(script: CommitScript): Promise<number> {
    const mark = ++this.#marks;
    const author = bytes(script.author ?? 'Ada Lovelace <ada@example.com>');
    const parts: Bytes[] = [`commit ${script.branch ?? 'refs/heads/main'}\nmark :${mark}\nauthor `, author];
    parts.push(` ${script.authored}\ncommitter Build Bot <bot@example.com> ${script.committed ?? script.authored}\n`);
    if (script.encoding !== undefined) parts.push(`encoding ${script.encoding}\n`);
    parts.push(...data(script.message));
    // without `from`, fast-import would go on from where the branch stands
    const [parent, ...merged] = script.parents;
    if (parent === undefined) parts.unshift(`reset ${script.branch ?? 'refs/heads/main'}\n`);
    else parts.push(`from :${parent}\n`, ...merged.map((other) => `merge :${other}\n`));
    for (const edit of script.edits) parts.push(...command(edit));
    await this.write(Buffer.concat([...parts.map(bytes), Buffer.from('\n')]));
    return mark;
  }

  async write(script: Bytes): Promise<void> {
    if (!this.#input.write(script)) await once(this.#input, 'drain');
  }

  async close(): Promise<void> {
    this.#input.end();
    const [code] = await this.#ended;
    if (code !== 0) throw new Error(`git fast-import failed with ${String(code)}`);
  }
}

function command(edit: FileEdit): Bytes[] {
  if ('put' in edit) return [`M ${edit.mode ?? '100644'} inline ${quoted(edit.put)}\n`, ...data(edit.content)];
  if ('submodule' in edit) return [`M 160000 ${edit.commit} ${quoted(edit.submodule)}\n`];
  if ('rename' in edit) return [`R ${quoted(edit.rename)} ${quoted(edit.to)}\n`];
  return [`D ${quoted(edit.remove)}\n`];
}

function data(content: Bytes): Bytes[] {
  return [`data ${bytes(content).length}\n`, content, '\n'];
}

/** As octal escapes throughout, so that no quoting rule of git's own is needed to test git's quoting. */
function quoted(path: Bytes): string {
  return `"${Array.from(bytes(path), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;
}

function bytes(value: Bytes): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}
