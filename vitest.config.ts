import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

const root = import.meta.dirname;

/** How many times the usual number of runs each property gets: `MEMOIR_RUNS=1000` is ten times 100. */
const effort = Math.max(1, Number(process.env['MEMOIR_RUNS'] ?? 100) / 100);

/** The tests in a folder that reach no `node:` module, not even through what they import: they run anywhere. */
function portable(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => file.endsWith('.test.ts') && !reachesNode(join(root, file), new Set()));
}

function reachesNode(file: string, seen: Set<string>): boolean {
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  const specifiers = [...readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1]!);
  return specifiers.some(
    (name) =>
      name.startsWith('node:') ||
      (name.startsWith('.') && reachesNode(join(dirname(file), name).replace(/\.js$/, '.ts'), seen)),
  );
}

type Options = NonNullable<Exclude<TestProjectConfiguration, string | Function | Promise<unknown>>['test']>;

const project = (name: string, options: Options): TestProjectConfiguration => ({
  extends: true,
  test: { name, include: [], benchmark: { include: [] }, ...options },
});

export default defineConfig({
  resolve: {
    alias: [
      { find: /^memoir$/, replacement: join(root, 'src/index.ts') },
      { find: /^memoir\/avro$/, replacement: join(root, 'src/avro.ts') },
      { find: /^memoir\/fp$/, replacement: join(root, 'src/fp.ts') },
      { find: /^memoir\/folds$/, replacement: join(root, 'src/folds.ts') },
      { find: /^memoir\/fsm$/, replacement: join(root, 'src/fsm.ts') },
      { find: /^memoir\/log\/file$/, replacement: join(root, 'src/log-file.ts') },
      { find: /^memoir\/testing$/, replacement: join(root, 'src/testing.ts') },
    ],
  },
  // found while a browser is already running tests, a dependency would reload the page
  optimizeDeps: { include: ['fast-check', 'fp-ts', 'io-ts', 'rxjs'] },
  test: {
    maxWorkers: 2,
    projects: [
      project('unit', {
        include: ['test/*.test.ts', 'test/unit/**/*.test.ts'],
        setupFiles: ['test/support/check-stores.ts'],
        testTimeout: 10_000,
      }),
      project('property', {
        include: ['test/property/**/*.test.ts'],
        setupFiles: ['test/support/runs.ts', 'test/support/check-stores.ts'],
        testTimeout: 60_000 * effort,
      }),
      project('types', {
        typecheck: { enabled: true, only: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
      }),
      project('csp', {
        include: [...portable('test/unit'), ...portable('test/property')],
        setupFiles: ['test/support/no-code-generation.ts', 'test/support/runs.ts', 'test/support/check-stores.ts'],
        pool: 'forks', // worker threads refuse V8's flags
        execArgv: ['--disallow-code-generation-from-strings'],
        testTimeout: 60_000 * effort,
      }),
      project('browser', {
        include: [...portable('test/unit'), ...portable('test/property')],
        setupFiles: ['test/support/runs.ts', 'test/support/check-stores.ts'],
        testTimeout: 120_000,
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: playwright({
            launchOptions: {
              executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
              args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
            },
          }),
          instances: [{ browser: 'chromium' }],
        },
      }),
      project('integration', {
        include: ['test/integration/**/*.test.ts'],
        setupFiles: ['test/support/check-stores.ts'],
        testTimeout: 60_000,
      }),
      project('structures', {
        include: ['test/structures/**/*.test.ts'],
        setupFiles: ['test/support/check-stores.ts'],
        testTimeout: 120_000,
      }),
      project('differential', {
        include: ['test/differential/**/*.test.ts'],
        globalSetup: ['test/differential/build.ts'],
        setupFiles: ['test/support/runs.ts', 'test/support/check-stores.ts'],
        testTimeout: 120_000 * effort,
      }),
      project('bench', { benchmark: { include: ['bench/**/*.bench.ts'] } }),
    ],
  },
});
