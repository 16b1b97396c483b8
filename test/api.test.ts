import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { entryFiles, root } from './support/repository.js';
import { parse } from './support/source.js';

/** The exports of an entry, one a line, sorted: `value createStore`, `type Batch`. */
function exportsOf(path: string): string[] {
  const { exports } = parse({ path, text: readFileSync(join(root, path), 'utf8') });
  return exports.map(({ kind, name }) => `${kind} ${name}`).toSorted();
}

describe('the public API', () => {
  const entries = entryFiles().filter((path) => existsSync(join(root, path)));

  it('is what test/api.snapshot.txt says', async () => {
    const now = entries
      .map(
        (path) =>
          `${path}\n${exportsOf(path)
            .map((line) => `  ${line}\n`)
            .join('')}`,
      )
      .join('\n');
    const instead = 'If the change is meant: `npm run api:update`, and say so in CHANGELOG.md.';
    await expect(now, instead).toMatchFileSnapshot('api.snapshot.txt');
  });

  it.each(entries)('exports from %s at run time the very values it names', async (path) => {
    const module = (await import(join(root, path))) as Record<string, unknown>;
    const values = exportsOf(path).flatMap((line) => (line.startsWith('value ') ? [line.slice('value '.length)] : []));
    expect(Object.keys(module).toSorted()).toEqual(values);
  });
});
