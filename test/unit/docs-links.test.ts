import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { describe, expect, it } from 'vitest';

import { filesIn, root } from '../support/repository.js';

const documents = filesIn('.', (path) => /^(README|CONTRIBUTING|CHANGELOG)\.md$|^(docs|bench)\/.*\.md$/.test(path));
const code = ['src', 'test', 'examples', 'scripts', 'bench']
  .flatMap((folder) => filesIn(folder, (path) => !path.endsWith('.md')))
  .map(({ text }) => text)
  .join('\n');

/** A document without its blocks of code, which `test/docs.test.ts` checks. */
const proseOf = (text: string): string => text.replaceAll(/^(`{3,})[^\n]*\n[\s\S]*?^\1\s*$/gm, '');

/** The anchors that GitHub gives the headings of a document. */
const anchorsOf = (text: string): readonly string[] =>
  [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(documents.map((one) => [one.path, one.text] as const))('%s', (path, text) => {
  const prose = proseOf(text);

  it('links to what is there', () => {
    const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
      if (/^https?:/.test(target!)) return [];
      const [file = '', anchor] = target!.split('#');
      const to = file === '' ? path : normalize(join(dirname(path), file));
      const found = documents.find((one) => one.path === to);
      if (anchor === undefined) return existsSync(join(root, to)) ? [] : [target];
      return found !== undefined && anchorsOf(found.text).includes(anchor) ? [] : [target];
    });
    expect(broken).toEqual([]);
  });

  it('names files that are there', () => {
    // CONTRIBUTING.md also tells where folders belong that are still to come
    const planned = (name: string) => path === 'CONTRIBUTING.md' && name.endsWith('/');
    const named = [...prose.matchAll(/`((?:src|test|docs|examples|scripts|bench)\/[\w./-]*)`/g)].map(
      ([, name]) => name!,
    );
    expect(named.filter((name) => !planned(name) && !existsSync(join(root, name)))).toEqual([]);
  });

  it('names classes, types and codes that are there', () => {
    const named = [...prose.matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`/g)].map(([, name]) => name!);
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
  });
});
