import { declarations, type Parsed } from '../source.js';

const BANNED_WORDS = ['Revision', 'Version', 'Commit', 'Record', 'Document', 'Util', 'Utils', 'Helper', 'Helpers'];

/** Schemas, folds (of projections) and packages have versions; nothing else does. */
const VERSIONED = /(schema|fold|projection|package)Version/i;

/** `export *` and default exports anywhere; passing on what others export, other than in an entry. */
export function exportProblems(files: readonly Parsed[], entries: readonly string[]): string[] {
  return files.flatMap((file) =>
    file.exports.flatMap((found) => {
      const at = `${file.path}:${found.line}`;
      if (found.name === '*' || found.local === '*') return [`${at} exports * from ${found.from}`];
      if (found.name === 'default') return [`${at} has a default export`];
      return found.from === undefined || entries.includes(file.path)
        ? []
        : [`${at} passes on ${found.name} from ${found.from}`];
    }),
  );
}

/** Names that an entry exports with a word that the design does not use. */
export function wordProblems(entry: Parsed): string[] {
  return entry.exports.flatMap(({ name, line }) => {
    const words = name.replace(VERSIONED, '').split(/(?=[A-Z][a-z])|_/);
    const banned = words.find((word) => BANNED_WORDS.some((other) => other.toLowerCase() === word.toLowerCase()));
    return banned === undefined ? [] : [`${entry.path}:${line} exports ${name}, with the word ${banned}`];
  });
}

/** What an entry exports without a sentence that says what it is, and functions and classes without an example. */
export function documentationProblems(entry: Parsed, files: readonly Parsed[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return entry.exports.flatMap(({ name, local, from }) => {
    const path = from === undefined ? entry.path : `src/${from.replace(/^\.\//, '').replace(/\.js$/, '.ts')}`;
    const file = byPath.get(path);
    if (file === undefined) return [`${name} comes from ${path}, which is not there`];
    const found = declarations(file).filter((one) => one.name === local);
    if (found.length === 0) return [`${name} is not declared in ${path}`];
    const documented = found.filter((one) => one.doc !== undefined);
    const { doc, line } = documented[0] ?? found[0]!;
    if (!/^\s*\S[^@]*[.:;!?]/.test(doc ?? ''))
      return [`${path}:${line} exports ${name} without a sentence that says what it is`];
    const needsExample = found.some((one) =>
      /^(TSDeclareFunction|FunctionDeclaration|ClassDeclaration)$/.test(one.type),
    );
    if (!needsExample || documented.some((one) => one.doc!.includes('@example'))) return [];
    return [`${path}:${line} exports ${name} without an @example`];
  });
}
