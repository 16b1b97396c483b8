import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { blocksIn, claimsIn, type DocBlock, exampleBlocks, instrumented, isRun } from './support/doc-blocks.js';
import { filesIn, root } from './support/repository.js';
import { parse } from './support/source.js';

/** What a block printed: all of it, and by claim. */
interface Report {
  readonly lines: readonly string[];
  readonly claims: Readonly<Record<number, readonly string[]>>;
  readonly error?: string;
}

const documents = [...filesIn('.', (path) => path === 'README.md'), ...filesIn('docs', (path) => path.endsWith('.md'))];
const sources = filesIn('src', (path) => path.endsWith('.ts')).map(parse);
const blocks = [...documents.flatMap((one) => blocksIn(one)), ...sources.flatMap(exampleBlocks)];
const live = blocks.filter((block) => block.ignored === undefined);
const run = live.filter(isRun);

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
};

describe.skipIf(blocks.length === 0)('the code in the documentation', () => {
  let folder: string;
  let reports: ReadonlyMap<DocBlock, Report>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'memoir-docs-'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
    const paths = Object.fromEntries(
      Object.entries(compilerOptions.paths).map(([name, to]) => [name, to.map((path) => join(root, path))]),
    );
    const options = {
      paths,
      noUnusedLocals: false,
      noUnusedParameters: false,
      typeRoots: [join(root, 'node_modules/@types')],
    };
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions: options, include: ['block-*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    // on the lines that it has in the document, so that errors name them
    for (const [i, block] of live.entries())
      writeFileSync(join(folder, `block-${i}.ts`), `${'\n'.repeat(block.line - 1)}${block.code}\nexport {};\n`);
    for (const [i, block] of run.entries()) writeFileSync(join(folder, `run-${i}.ts`), instrumented(block, i));
    reports = runAll(folder);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('compiles, each block by itself', { timeout: 60_000 }, () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
      cwd: folder,
    });
    const problems = stdout.replaceAll(
      /^block-(\d+)\.ts\((\d+),(\d+)\)/gm,
      (_, i: string, line: string, column: string) => {
        return `${live[Number(i)]!.name.replace(/:\d+$/, '')}:${line}:${column}`;
      },
    );
    expect(problems, 'Mend the example, or mark the block "ts ignore" and say why.').toBe('');
  });

  it('imports as a user does', () => {
    const known = [
      ...Object.keys(manifest.exports).map((name) => name.replace('.', 'memoir')),
      ...Object.keys(manifest.peerDependencies),
    ];
    const problems = live.flatMap((block) =>
      parse({ path: `${block.name}.ts`, text: block.code }).imports.flatMap(({ specifier }) =>
        known.includes(specifier) || specifier.startsWith('node:') ? [] : [`${block.name} imports ${specifier}`],
      ),
    );
    expect(problems, `An example imports ${known.join(', ')} or node: modules.`).toEqual([]);
  });

  it('says why, where it is not checked', () => {
    const silent = blocks.filter((block) => block.ignored === '').map((block) => block.name);
    expect(silent, 'Write the reason into the fence: ```ts ignore it needs a cluster of three').toEqual([]);
  });

  it.each(run)('prints what it says: $name', (block) => {
    const { error, lines, claims } = reports.get(block)!;
    expect(error, 'The block threw.').toBeUndefined();
    const printed = claimsIn(block).map((_, i) => claims[i]?.join(', then ') ?? 'nothing');
    expect(printed).toEqual(claimsIn(block).map(({ expected }) => expected));
    if (block.output !== undefined) expect(lines.join('\n')).toBe(block.output);
  });
});

/** Runs the blocks in one process of plain Node with tsx, which resolves modules as Node does. */
function runAll(folder: string): ReadonlyMap<DocBlock, Report> {
  if (run.length === 0) return new Map();
  const results = join(folder, 'results.json');
  const files = run.map((_, i) => join(folder, `run-${i}.ts`));
  const runner = join(root, 'test/support/run-blocks.mjs');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', runner, results, ...files], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'), NO_COLOR: '1', NODE_OPTIONS: '' },
    timeout: 50_000,
  });
  if (status !== 0) throw new Error(`the blocks did not run to their end: ${stderr}`);
  const reports = JSON.parse(readFileSync(results, 'utf8')) as Report[];
  return new Map(run.map((block, i) => [block, reports[i]!]));
}

describe('the reader of documentation', () => {
  const fence = '```';
  const block = (code: string) => blocksIn({ path: 'a.md', text: `${fence}ts\n${code}\n${fence}\n` })[0]!;

  it('finds blocks of TypeScript, with their lines, their output and their excuses', () => {
    const text = [
      '# A',
      `${fence}ts`,
      'const a = 1;',
      fence,
      'It prints:',
      `${fence}text`,
      '1',
      fence,
      `${fence}ts ignore needs a cluster`,
      'b();',
      fence,
      `${fence}ts ignore`,
      'c();',
      fence,
      `${fence}sh`,
      'npm test',
      fence,
    ].join('\n');
    expect(blocksIn({ path: 'a.md', text })).toEqual([
      { name: 'a.md:3', line: 3, code: 'const a = 1;\n', output: '1' },
      { name: 'a.md:10', line: 10, code: 'b();\n', ignored: 'needs a cluster' },
      { name: 'a.md:13', line: 13, code: 'c();\n', ignored: '' },
    ]);
  });

  it('finds the examples of a comment, with their lines in the file', () => {
    const text = [
      'const a = 1;',
      '/**',
      ' * Adds.',
      ' *',
      ' * @example',
      ` * ${fence}ts`,
      ' * add(1);',
      ` * ${fence}`,
      ' */',
    ].join('\n');
    expect(exampleBlocks(parse({ path: 'src/a.ts', text }))).toEqual([
      { name: 'src/a.ts:7', line: 7, code: 'add(1);\n' },
    ]);
  });

  it('takes a text block for output only where it follows', () => {
    const text = `${fence}ts\na();\n${fence}\n\n## Next\n\n${fence}text\nx\n${fence}\n`;
    expect(blocksIn({ path: 'a.md', text })[0]!.output).toBeUndefined();
  });

  it('finds what a line claims to print, also at the end of a longer statement', () => {
    const code = [
      'console.log(a); // 1',
      "console.log('// no'); ",
      'each((x) => console.log(x)); // 1, then 2',
      'console.log(\n  b,\n); // 3',
      '// console.log(c); // 4',
      'console.log(d, /* 5 */ 6);',
    ].join('\n');
    expect(claimsIn(block(code)).map(({ expected }) => expected)).toEqual(['1', '1, then 2', '3']);
    expect(isRun(block('console.log(1);'))).toBe(false);
    expect(isRun(block('console.log(1); // 1'))).toBe(true);
  });

  it('makes each claim report its own prints', () => {
    const [first, second] = instrumented(block('console.log(1); // 1\nconsole.log(2); // 2'), 7).split('\n');
    expect(first).toBe('const docs = globalThis.docs[7], console = docs.console; docs.claim(0)(1); // 1');
    expect(second).toBe('docs.claim(1)(2); // 2');
  });
});
