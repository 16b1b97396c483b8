import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { entryFiles, filesIn, root } from './support/repository.js';
import { parse, type Parsed } from './support/source.js';
import { documentationProblems, exportProblems, wordProblems } from './support/tidy/entries.js';
import { cycleProblems, layerProblems, packageProblems } from './support/tidy/layers.js';
import {
  drawerProblems,
  headingProblems,
  hostProblems,
  markProblems,
  privateProblems,
  sizeProblems,
  testNameProblems,
} from './support/tidy/tokens.js';

/** A parsed file that exists only here. */
const file = (path: string, text: string): Parsed => parse({ path, text });

describe('the repository', () => {
  const isTypeScript = (path: string) => path.endsWith('.ts');
  const all = filesIn('.');
  const src = filesIn('src', isTypeScript).map(parse);
  const tests = ['test', 'bench', 'examples'].flatMap((folder) => filesIn(folder, isTypeScript)).map(parse);
  const entries = entryFiles();
  const isEntry = (path: string) => entries.includes(path);
  const expectNone = (problems: readonly string[], instead: string) => expect(problems, instead).toEqual([]);

  it('imports within a layer or downwards', () => {
    expectNone(layerProblems(src), 'Move what is needed to a lower level, or pass it in from src/store.ts.');
  });

  it('imports only what runs everywhere', () => {
    expectNone(
      packageProblems(src),
      "Import from a package's root, and files with their .js; what the core may not import is passed in as a value.",
    );
  });

  it('has no cycle of imports', () => {
    expectNone(cycleProblems(src), 'Move what both files need into a third one, below them; types count, too.');
  });

  it('keeps files and lines short', () => {
    const code = [...src, ...tests, ...filesIn('scripts')];
    expectNone(sizeProblems(code), 'Give a part of the file with a name of its own a file of its own; wrap the line.');
  });

  it('has no drawers', () => {
    const paths = all.map((one) => one.path);
    expectNone(drawerProblems(paths), 'Put a function beside the noun it is about, and name the file for that.');
  });

  it('exports names, from where they are declared or from an entry', () => {
    expectNone(
      exportProblems(src, entries),
      'Export by name, and import from the file that declares it; only entries in package.json pass names on.',
    );
  });

  it('is finished, and typed', () => {
    expectNone(
      markProblems([...src, ...tests]),
      'Do it now or open an issue for it; take unknown instead of any, and narrow it.',
    );
  });

  it('names the host in the places for it alone', () => {
    expectNone(hostProblems(src), 'Take a Clock, a Random, a Reclaimer or the like as an argument.');
  });

  it('calls things what the design calls them', () => {
    const problems = src.filter((one) => isEntry(one.path)).flatMap(wordProblems);
    expectNone(problems, 'See "Words" in CONTRIBUTING.md: batch, offset, row, change, view.');
  });

  it('documents what it exports', () => {
    const problems = src.filter((one) => isEntry(one.path)).flatMap((entry) => documentationProblems(entry, src));
    expectNone(problems, 'Write a TSDoc comment: one sentence, and for functions and classes an @example that runs.');
  });

  it('has one first heading in each document', () => {
    const documents = all.filter((one) => one.path.endsWith('.md'));
    expectNone(headingProblems(documents), 'A document has one title, `# …`; its sections begin with `##`.');
  });

  it('names tests for what is', () => {
    expectNone(testNameProblems(tests), 'Say it as a sentence in the present: "returns the row", not "should return".');
  });

  it('tells nothing about the machines it was made on', () => {
    expectNone(privateProblems(all), 'Name files from the root of the repository, and tools by what the reader has.');
  });

  it('lists every entry of package.json in the paths that sources are tested by', () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: { paths: Record<string, string[]> };
    };
    const mapped = Object.values(compilerOptions.paths).map(([path]) => path!.replace('./', ''));
    expect(mapped.toSorted(), 'Add the entry to paths in tsconfig.json').toEqual(entries.toSorted());
  });

  it('repeats the bans for all in each layer that bans more', () => {
    type Rule = [string, { paths: unknown[]; patterns: unknown[] }];
    type Rules = { readonly rules: { readonly 'no-restricted-imports'?: Rule } };
    const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as Rules & { overrides: Rules[] };
    const [, base] = config.rules['no-restricted-imports']!;
    for (const { rules } of config.overrides) {
      const own = rules['no-restricted-imports']?.[1];
      if (own === undefined) continue;
      const instead = 'An override of oxlint replaces the rule: copy the general bans into it.';
      expect(own.paths, instead).toEqual(expect.arrayContaining(base.paths));
      expect(own.patterns, instead).toEqual(expect.arrayContaining(base.patterns));
    }
  });
});

describe('the checks', () => {
  it('see an import that goes up, whatever its form', () => {
    const forms = [
      "import { a } from '../txn/a.js';",
      "import type { A } from '../txn/a.js';",
      "export { a } from '../txn/a.js';",
      "export const a = import('../txn/a.js');",
      "export type A = import('../txn/a.js').A;",
    ];
    for (const form of forms)
      expect(layerProblems([file('src/log/b.ts', form)])).toEqual([
        'src/log/b.ts:1 imports ../txn/a.js, which is level 4; this file is level 2',
      ]);
  });

  it('let a file import its own level and lower', () => {
    const text = "import '../errors.js'; import '../codecs/key.js'; import './log.js'; import { of } from 'rxjs';";
    expect(layerProblems([file('src/log/b.ts', text)])).toEqual([]);
  });

  it('keep the outer level at the public entry', () => {
    const text = "import '../index.js'; import './command.js'; import '../fp.js';\nimport '../store.js';";
    expect(layerProblems([file('src/fsm/fsm.ts', text)])).toEqual([
      'src/fsm/fsm.ts:2 imports ../store.js; level 7 imports the public entry (src/index.ts) alone',
    ]);
  });

  it('keep the core from what stands on a host', () => {
    const text = "import { avro } from './avro/avro-codec.js';";
    expect(layerProblems([file('src/codecs/a.ts', text)])).toEqual([
      'src/codecs/a.ts:1 imports ./avro/avro-codec.js, which the core does not import: it is passed in',
    ]);
    expect(layerProblems([file('src/avro.ts', "export { avro } from './codecs/avro/avro-codec.js';")])).toEqual([]);
    expect(packageProblems([file('src/codecs/avro/a.ts', "import avsc from 'avsc';")])).toEqual([]);
  });

  it('see a file that no layer holds', () => {
    expect(layerProblems([file('src/extra/a.ts', 'export const a = 1;')])).toEqual(['src/extra/a.ts is in no layer']);
  });

  it('see packages that the core must not import, and specifiers that only bundlers accept', () => {
    const text = [
      "import { readFileSync } from 'node:fs';",
      "import type { Type } from 'avsc';",
      "import * as E from 'fp-ts/Either';",
      "import { option } from 'fp-ts';",
      "import { a } from './a';",
      "import { either } from 'fp-ts'; import * as t from 'io-ts';",
    ].join('\n');
    expect(packageProblems([file('src/codecs/b.ts', text)]).map((line) => line.split(' ')[0])).toEqual([
      'src/codecs/b.ts:1',
      'src/codecs/b.ts:2',
      'src/codecs/b.ts:3',
      'src/codecs/b.ts:4',
      'src/codecs/b.ts:5',
    ]);
    expect(packageProblems([file('src/fsm/a.ts', "import { Type } from 'avsc';")])).toHaveLength(1);
    expect(packageProblems([file('src/fsm/a.ts', "import avsc from 'avsc';")])).toEqual([]);
  });

  it('see a cycle that only a type closes', () => {
    const a = file('src/log/a.ts', "import { b } from './b.js';");
    const b = file('src/log/b.ts', "import type { A } from './a.js';");
    expect(cycleProblems([a, b])).toEqual(['src/log/a.ts → src/log/b.ts → src/log/a.ts']);
    expect(cycleProblems([a])).toEqual([]);
  });

  it('see long files and long lines', () => {
    expect(sizeProblems([{ path: 'a.ts', text: 'x\n'.repeat(400) }])).toEqual([]);
    expect(sizeProblems([{ path: 'a.ts', text: 'x\n'.repeat(401) }])).toEqual(['a.ts has 401 lines; 400 is the limit']);
    expect(sizeProblems([{ path: 'a.ts', text: 'x'.repeat(121) }])).toEqual([
      'a.ts:1 has 121 columns; 120 is the limit',
    ]);
  });

  it('see drawers', () => {
    expect(drawerProblems(['src/utils/a.ts', 'src/helper.ts', 'test/misc/a.ts', 'src/common.ts'])).toHaveLength(4);
    expect(drawerProblems(['src/shared-prefix.ts', 'src/log/a.ts'])).toEqual([]);
  });

  it('see marks of unfinished work, and any in each of its forms', () => {
    const text = ['// TODO: later', 'let a: any;', 'f(a as any);', 'g(<any>a);', 'let b: any[];'].join('\n');
    expect(markProblems([file('src/a.ts', text)])).toHaveLength(5);
    expect(markProblems([file('src/a.ts', "// any row will do\nconst s = 'as any';")])).toEqual([]);
  });

  it('see the host', () => {
    const uses = [
      'Date.now();',
      "Date['now']();",
      'new Date();',
      'Math.random();',
      'globalThis.Date.now();',
      'setTimeout(f, 1);',
      'globalThis.setTimeout(f, 1);',
      'console.log(1);',
      'crypto.randomUUID();',
      'const now = performance.now;',
      'new WeakRef(x);',
    ];
    for (const use of uses) expect(hostProblems([file('src/log/a.ts', use)]), use).toHaveLength(1);
    expect(hostProblems([file('src/platform.ts', uses.join('\n'))])).toEqual([]);
  });

  it('take a date made of a number, a property and a comment for what they are', () => {
    const text = "new Date(5); // Date.now()\nclock.now(); ({ console: 1 }).console; const s = 'setTimeout';";
    expect(hostProblems([file('src/log/a.ts', text)])).toEqual([]);
  });

  it('see stars, defaults and barrels', () => {
    const problems = (path: string, text: string) => exportProblems([file(path, text)], ['src/index.ts']);
    expect(problems('src/index.ts', "export * from './store.js';")).toHaveLength(1);
    expect(problems('src/index.ts', "export * as store from './store.js';")).toHaveLength(1);
    expect(problems('src/store.ts', 'export default 1;')).toHaveLength(1);
    expect(problems('src/log/index.ts', "export { a } from './a.js';")).toHaveLength(1);
    expect(problems('src/index.ts', "export { a } from './a.js';")).toEqual([]);
  });

  it('see words that the design does not use', () => {
    const names = (...list: string[]) =>
      wordProblems(file('src/index.ts', `export { ${list.join(', ')} } from './a.js';`));
    expect(names('Revision', 'CommitInfo', 'currentVersion', 'rowRecord', 'DocumentStore', 'keyUtils')).toHaveLength(6);
    expect(names('schemaVersion', 'FoldVersion', 'recorder', 'conversion', 'MemoirError')).toEqual([]);
  });

  it('see exports without a sentence or an example', () => {
    const entry = file('src/index.ts', "export { a, B, c, D } from './a.js';");
    const a = `
      /** Adds one.
       * @example x */
      export function a() {}
      /** no sentence */
      export interface B {}
      /** Has no example. */
      export function c() {}
      export type D = 1;
    `;
    expect(documentationProblems(entry, [entry, file('src/a.ts', a)])).toEqual([
      'src/a.ts:6 exports B without a sentence that says what it is',
      'src/a.ts:8 exports c without an @example',
      'src/a.ts:9 exports D without a sentence that says what it is',
    ]);
    expect(documentationProblems(entry, [entry])).toHaveLength(4);
  });

  it('see a second title, but not in a block of code', () => {
    expect(headingProblems([{ path: 'a.md', text: '# A\n\n```sh\n# not a title\n```\n\n## B\n' }])).toEqual([]);
    expect(headingProblems([{ path: 'a.md', text: '# A\n\n# B\n' }])).toHaveLength(1);
    expect(headingProblems([{ path: 'a.md', text: 'A\n' }])).toHaveLength(1);
  });

  it('see a test that says what ought to be', () => {
    const text = "it('should work', () => {}); it.each([1])('%i should be', f); it('works', f);";
    expect(testNameProblems([file('test/a.test.ts', text)])).toHaveLength(2);
  });

  it('see a private place', () => {
    expect(privateProblems([{ path: 'a.md', text: `see\n${['/wo', 'rk/main'].join('')}` }])).toHaveLength(1);
  });
});
