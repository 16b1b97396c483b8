import type { Import, Parsed } from '../source.js';

/** The layers of `src/`, lowest first: a file imports its own level or lower, types included. */
const LEVELS: readonly (readonly string[])[] = [
  [
    'src/errors.ts',
    'src/assert.ts',
    'src/keep-shape.ts',
    'src/thenable.ts',
    'src/turns.ts',
    'src/purity.ts',
    'src/stack-room.ts',
  ],
  ['src/codecs/'],
  ['src/log/', 'src/log-file.ts'],
  ['src/projections/', 'src/folds.ts'],
  ['src/txn/'],
  [
    'src/store.ts',
    'src/store-core.ts',
    'src/memory-parts.ts',
    'src/open-replica.ts',
    'src/store-parts.ts',
    'src/projected-store.ts',
    'src/projecting-store.ts',
    'src/open-store.ts',
    'src/logged-store.ts',
    'src/read-snapshot.ts',
    'src/recover.ts',
    'src/restore.ts',
    'src/following-store.ts',
    'src/compatibility.ts',
    'src/store-options.ts',
    'src/platform.ts',
  ],
  ['src/index.ts', 'src/avro.ts'],
  ['src/fp.ts', 'src/fsm.ts', 'src/fsm/', 'src/testing.ts', 'src/testing/', 'src/http/', 'src/inspector/', 'src/cli/'],
];
const OUTER = LEVELS.length - 1;

/** What the core (all below the outer level) may import from outside. Everything else is passed in. */
const CORE_PACKAGES = ['fp-ts', 'io-ts', 'rxjs'];

/** What the core may take from fp-ts: its combinators cost a microsecond each, the data type is free. */
const CORE_FP = ['either'];

/** Folders that stand beside the core on a level of it, where a host's modules may be imported. */
const HOSTED: readonly string[] = ['src/codecs/avro/', 'src/log/file/'];

/** The public entries that pass on what stands in those folders. */
const HOSTED_ENTRIES: readonly string[] = ['src/avro.ts', 'src/log-file.ts'];

/** The level of a file of `src/`, or −1 where the table of layers does not name it. */
export function levelOf(path: string): number {
  return LEVELS.findIndex((entries) => entries.some((entry) => path === entry || isIn(path, entry)));
}

/** True for a file that may import a host's modules though it stands on a level of the core. */
export function isHosted(path: string): boolean {
  return HOSTED.some((folder) => isIn(path, folder));
}

function isIn(path: string, folder: string): boolean {
  return folder.endsWith('/') && path.startsWith(folder);
}

/** The file of the repository that a relative specifier names, or undefined for a package. */
function target(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const parts = from.split('/').slice(0, -1);
  for (const step of specifier.split('/')) {
    if (step === '..') parts.pop();
    else if (step !== '.') parts.push(step);
  }
  return parts.join('/').replace(/\.js$/, '.ts');
}

/** Files of `src/` that no layer holds, and imports that go up, or past the public entry. */
export function layerProblems(files: readonly Parsed[]): string[] {
  return files.flatMap((file) => {
    const level = levelOf(file.path);
    if (level < 0) return [`${file.path} is in no layer`];
    return file.imports.flatMap((found) => layerProblem(file.path, level, found) ?? []);
  });
}

function layerProblem(path: string, level: number, found: Import): string | undefined {
  const to = target(path, found.specifier);
  if (to === undefined) return undefined;
  const said = `${path}:${found.line} imports ${found.specifier}`;
  const there = levelOf(to);
  if (isHosted(to) && !isHosted(path) && !HOSTED_ENTRIES.includes(path))
    return `${said}, which the core does not import: it is passed in`;
  if (there > level) return `${said}, which is level ${there}; this file is level ${level}`;
  if (level < OUTER || there === OUTER || to === 'src/index.ts') return undefined;
  return `${said}; level ${OUTER} imports the public entry (src/index.ts) alone`;
}

/** Packages and host modules that the core must not import, and bare paths that only bundlers accept. */
export function packageProblems(files: readonly Parsed[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((found) => {
      const { specifier } = found;
      if (specifier.startsWith('.')) return specifier.endsWith('.js') ? [] : [`${at(file, found)} without its .js`];
      if (/^(fp-ts|io-ts|rxjs)\//.test(specifier)) return [`${at(file, found)}, which is not the package's root`];
      if (specifier === 'avsc' && !found.typeOnly && found.names.some((name) => name !== 'default'))
        return [`${at(file, found)} by name or as *, which fails in Node: import its default`];
      if (levelOf(file.path) === OUTER || isHosted(file.path)) return [];
      if (!CORE_PACKAGES.includes(specifier))
        return [`${at(file, found)}; the core may import ${CORE_PACKAGES.join(', ')}`];
      const dear = specifier === 'fp-ts' ? found.names.filter((name) => !CORE_FP.includes(name)) : [];
      return dear.map((name) => `${at(file, found)} for ${name}; the core may take ${CORE_FP.join(', ')} from it`);
    }),
  );
}

function at(file: Parsed, found: Import): string {
  return `${file.path}:${found.line} imports ${found.specifier}`;
}

/** Every cycle of imports, type imports included, each named once. */
export function cycleProblems(files: readonly Parsed[]): string[] {
  const edges = new Map(
    files.map((file) => [file.path, file.imports.flatMap((found) => target(file.path, found.specifier) ?? [])]),
  );
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) problems.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return problems;
}
