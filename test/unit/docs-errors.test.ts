import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { root } from '../support/repository.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The codes of the union, in its order; the comments between them are the groups. */
const union = /export type ErrorCode =([\s\S]*?);/.exec(read('src/errors.ts'))![1]!;
const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code!);
const sections = read('docs/errors.md').split(/^### /m).slice(1);

describe('docs/errors.md', () => {
  it('lists every code of the union, in its order, and no other', () => {
    expect(codes.length).toBeGreaterThan(20);
    expect(sections.map((section) => /^`(\w+)`/.exec(section)?.[1])).toEqual(codes);
  });

  it('groups them as the union does', () => {
    const groups = (text: string, mark: RegExp) => [...text.matchAll(mark)].map(([, name]) => name!.toLowerCase());
    expect(groups(read('docs/errors.md'), /^## (.+)$/gm)).toEqual(groups(union, /\/\/ (.+)$/gm));
  });

  it.each(sections.map((section) => [section.split('\n')[0]!, section] as const))(
    'says of %s when it comes and what to do',
    (_, section) => {
      expect(section).toMatch(/^\*\*When\*\* \S[\s\S]*?\.$/m);
      expect(section).toMatch(/^\*\*Do\*\* \S[\s\S]*?\.$/m);
    },
  );
});
