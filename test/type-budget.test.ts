import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'node_modules/.cache/memoir-type-budget');

/** Type instantiations that 40 tables with 4 indexes each, written to and read, may take. Measured 131,000. */
const INSTANTIATIONS_MAX = 140_000;

/** A program with so many tables, each with four indexes, that uses every one of them. */
function program(tables: number): string {
  const names = Array.from({ length: tables }, (_, i) => `table${i}`);
  const define = (name: string): string => `
const ${name} = table(
  t.strict({
    id: t.string, ${name}Queue: t.string, priority: t.Int, tags: t.array(t.string),
    status: t.keyof({ open: null, done: null }),
  }),
  { primaryKey: 'id', indexes: {
    byQueue: ['${name}Queue', 'priority'],
    byTag: { each: 'tags' },
    byStatus: { on: ['status'], unique: true },
    open: { on: ['priority'], where: (row) => row.status === 'open' },
  } },
);`;
  const use = (name: string): string => `
store.transact((tx) => tx.${name}.insert({ id: 'a', ${name}Queue: 'q', priority: 1, status: 'open', tags: [] }));
export const ${name}Row = store.now().${name}.find('byStatus', 'open');
export const ${name}Rows = [...store.now().${name}.scan('byQueue', { prefix: ['q'], limit: 1 })];`;
  return `import * as t from 'io-ts';
import { createStore, table } from 'memoir';
${names.map(define).join('')}
const store = createStore({ tables: { ${names.join(', ')} } });
${names.map(use).join('')}
store.changes({ tables: ['table1'] }).subscribe((batch) => batch.changes[0]?.after?.table1Queue);
`;
}

/** How many type instantiations a program takes. */
function instantiations(source: string): number {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'program.ts'), source);
  const config = { extends: join(root, 'tsconfig.json'), include: [], files: [join(folder, 'program.ts')] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const report = execFileSync(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'], { encoding: 'utf8' });
  rmSync(folder, { recursive: true, force: true });
  return Number(/Instantiations:\s+(\d+)/.exec(report)?.[1]);
}

it('40 tables with 4 indexes each stay within the budget of type instantiations', { timeout: 60_000 }, () => {
  const count = instantiations(program(40));
  console.log(`${count} type instantiations for 40 tables with 4 indexes each; ${INSTANTIATIONS_MAX} are allowed`);
  expect(count).toBeGreaterThan(1_000);
  expect(count).toBeLessThan(INSTANTIATIONS_MAX);
});
