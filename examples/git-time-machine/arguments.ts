import { parseArgs } from 'node:util';

export const USAGE = `Reads the history of a git repository into memoir, one commit per transaction, and answers
from there.

  npm start -- [PATH] [option]

PATH is a repository: a work tree, a folder in one, or a bare repository. Left out, it is the one that the example
stands in; where that has no history of git, a small recorded one takes its place.

  (no option)          tell what the store knows; on a terminal, follow new commits then
  --watch              the same, and follow new commits wherever the output goes, until Ctrl-C
  --tree POINT         print what \`git -C PATH ls-tree -r\` prints for the commit, byte for byte
  --diff POINT POINT   print what \`git diff-tree -r --no-renames --ignore-submodules=none --name-status\` prints for
                       the two commits; POINT..POINT will do
  --history FILE       print the commits that changed a file, newest first; FILE is relative to PATH
  --verify N           hold the trees of N commits, chosen by chance, against those of git, and report
  --help               print this

A POINT is a commit as git names it (HEAD~3, main, v1.0, an id), or a date with time and zone in ISO 8601, as in
2024-06-15T12:00:00+02:00: the commit that \`git rev-list -1 --first-parent --before=DATE\` names.

Use npm start -s where standard output should hold the answer alone. Exits with 2 where the arguments make no sense,
with 1 where git or the store has no answer, or where --verify finds a difference.
`;

/** What the arguments ask for. Without a path, the repository that the example stands in is meant. */
export type Request = { readonly path: string | undefined } & (
  | { readonly kind: 'help' }
  | { readonly kind: 'tour'; readonly watch: boolean }
  | { readonly kind: 'tree'; readonly point: string }
  | { readonly kind: 'diff'; readonly from: string; readonly to: string }
  | { readonly kind: 'history'; readonly file: string }
  | { readonly kind: 'verify'; readonly count: number }
);

/** Arguments that make no sense; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the arguments of the command line. @throws `UsageError` */
export function parseRequest(args: readonly string[]): Request {
  const { tokens } = tokensOf(args);
  const options = new Map<string, { readonly value: string | undefined; readonly index: number }>();
  const positionals = new Map<number, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.set(token.index, token.value);
    if (token.kind !== 'option') continue;
    if (options.has(token.name)) throw new UsageError(`${token.rawName} is there twice`);
    options.set(token.name, { value: token.value, index: token.index + (token.inlineValue === false ? 1 : 0) });
  }
  const [one, another] = [...options.keys()];
  if (one !== undefined && another !== undefined) throw new UsageError(`--${one} and --${another} do not go together`);
  const { value = '', index = 0 } = options.get(one ?? '') ?? {};
  const points = one === 'diff' ? pointsOf(value, positionals, index + 1) : undefined;
  const [path, ...more] = positionals.values();
  if (path === '') throw new UsageError('PATH is empty');
  if (more.length > 0) throw new UsageError('one PATH is enough');
  switch (one) {
    case 'help':
      return { kind: 'help', path };
    case 'tree':
      return { kind: 'tree', path, point: value };
    case 'history':
      return { kind: 'history', path, file: value };
    case 'verify':
      return { kind: 'verify', path, count: countOf(value) };
    case 'diff':
      return { kind: 'diff', path, ...points! };
    default:
      return { kind: 'tour', path, watch: one === 'watch' };
  }
}

function tokensOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        watch: { type: 'boolean' },
        tree: { type: 'string' },
        diff: { type: 'string' },
        history: { type: 'string' },
        verify: { type: 'string' },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The two points of `A B` or `A..B`; the B of the first is what stands next, and no PATH. */
function pointsOf(value: string, positionals: Map<number, string>, next: number) {
  if (value.includes('...')) throw new UsageError('--diff A...B is not known here: give A..B, or A B');
  const dots = value.indexOf('..');
  // as in git, what is left out is HEAD
  if (dots !== -1) return { from: value.slice(0, dots) || 'HEAD', to: value.slice(dots + 2) || 'HEAD' };
  const to = positionals.get(next);
  if (to === undefined) throw new UsageError('--diff takes two commits or dates: A B, or A..B');
  positionals.delete(next);
  return { from: value, to };
}

function countOf(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`--verify takes how many commits to look at, from 1, not ${JSON.stringify(value)}`);
}
