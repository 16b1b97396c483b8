import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import type { Source } from './source.js';

/** The root of the repository, absolute, without a slash at its end. */
export const root = join(import.meta.dirname, '../..');

const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', 'package-lock.json', 'results']);
const TEXT = /\.(ts|mts|mjs|js|json|md|txt|yml|html|css|sh)$|(^|\/)(LICENSE|run|\.gitignore)$/;

/** The text files below a folder of the repository whose path `accepts`, in order; none if the folder is not there. */
export function filesIn(folder: string, accepts: (path: string) => boolean = () => true): Source[] {
  const found: Source[] = [];
  const visit = (at: string) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const full = join(at, entry.name);
      const path = relative(root, full).replaceAll('\\', '/');
      if (NOT_OURS.has(entry.name)) continue;
      if (entry.isDirectory()) visit(full);
      else if (TEXT.test(path) && accepts(path)) found.push({ path, text: readFileSync(full, 'utf8') });
    }
  };
  const start = join(root, folder);
  if (existsSync(start)) visit(start);
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The sources of what package.json exports, that is, of the public entries. */
export function entryFiles(): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')],
  );
}
