import { FastImport, type FileEdit, initRepository } from './git-fast-import.js';

export interface BigRepositoryOptions {
  readonly commits: number;
  /** How many changes `git log --first-parent` shows in all. */
  readonly changes: number;
  /** By default 20, of about 40 bytes. */
  readonly linesPerFile?: number;
  readonly seed?: number;
}

const FILES_MAX = 8000;
const MERGE_EVERY = 25;
const EXTENSIONS = ['ts', 'ts', 'ts', 'md', 'json', 'css', 'test.ts', 'png'];

/** Writes a bare repository with a long history: every commit adds, changes and deletes, and some are merges. */
export async function bigRepository(folder: string, options: BigRepositoryOptions): Promise<void> {
  const { commits, changes, linesPerFile = 20, seed = 1 } = options;
  initRepository(folder, '--bare');
  const repository = new FastImport(folder);
  const random = generator(seed);
  const paths: string[] = [];
  let parent: number | undefined;
  for (let i = 0; i < commits; i++) {
    const count = Math.floor(((i + 1) * changes) / commits) - Math.floor((i * changes) / commits);
    const edits = editFiles(paths, count, i, linesPerFile, random);
    const author = `Author ${random(40)} <author${random(40)}@example.com>`;
    const common = { author, authored: `${1_500_000_000 + i * 600} +0000`, edits };
    const parents: number[] = parent === undefined ? [] : [parent];
    if (parent !== undefined && i % MERGE_EVERY === 0)
      parents.push(await repository.commit({ ...common, parents, branch: 'refs/heads/side', message: `Side ${i}\n` }));
    parent = await repository.commit({ ...common, parents, message: `Commit ${i}\n\nWith a body.\n` });
  }
  await repository.close();
}

/**
 * Makes up `count` changes, each of another path, and keeps the list of paths in step with them. What a commit touches
 * lies close together, as it does in real life: files of one folder stand side by side in the list.
 */
function editFiles(paths: string[], count: number, i: number, lines: number, random: Random): FileEdit[] {
  const edits: FileEdit[] = [];
  const touched = new Set<string>();
  const folder = `packages/p${random(30)}/module-${random(12)}`;
  const near = random(Math.max(1, paths.length));
  for (let n = 0; edits.length < count; n++) {
    const choice = random(100);
    const at = (near + n) % Math.max(1, paths.length);
    const old = paths[at];
    if (old === undefined || (choice < 25 && paths.length < FILES_MAX)) {
      const path = `${folder}/file-${i * 1000 + n}.${EXTENSIONS[random(EXTENSIONS.length)]}`;
      paths.push(path);
      touched.add(path);
      edits.push({ put: path, content: content(path, i, lines) });
    } else if (!touched.has(old)) {
      touched.add(old);
      if (choice >= 95) {
        paths[at] = paths[paths.length - 1]!;
        paths.pop();
        edits.push({ remove: old });
      } else edits.push({ put: old, content: content(old, i, lines) });
    }
  }
  return edits;
}

function content(path: string, i: number, lines: number): string {
  let text = '';
  for (let line = 0; line < lines; line++)
    text += `${path.slice(-16)} ${line === i % lines ? `changed by ${i}` : line}\n`;
  return text;
}

/** A whole number below a limit. */
type Random = (limit: number) => number;

/** Mulberry32: small, and the same everywhere. */
function generator(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
