// Installs the packed tarball in an empty folder and uses it as its users do: in plain Node, with no bundler in between
// that would forgive an import that Node refuses; by require(); and under the type checker, libraries' types included.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// valid as JavaScript and as TypeScript
const CONSUMER = `import { either } from 'fp-ts';
import * as t from 'io-ts';
import { createStore, table } from 'memoir';
import { avro } from 'memoir/avro';
import { tryTransact } from 'memoir/fp';
import { fileLog } from 'memoir/log/file';
import { specificationOf } from 'memoir/testing';

const Task = t.readonly(t.strict({ id: t.string, queue: t.string, priority: t.number }));
const tasks = table(Task, { primaryKey: 'id', indexes: { byQueue: ['queue', 'priority'] } });
const store = createStore({ tables: { tasks } });
const batch = store.transact((tx) => {
  tx.tasks.insert({ id: 't1', queue: 'default', priority: 2 });
  tx.tasks.insert({ id: 't2', queue: 'default', priority: 1 });
});
const ids = [...store.now().tasks.scan('byQueue', { prefix: ['default'] })].map((row) => row.id);
if (batch.offset !== 1) throw new Error(\`offset \${batch.offset} instead of 1\`);
if (ids.join() !== 't2,t1') throw new Error(\`rows \${ids.join()} instead of t2,t1\`);
const outcome = tryTransact(store, (tx) => either.right(tx.tasks.getOrThrow('t3')));
if (typeof fileLog({ dir: 'data' }).open !== 'function') throw new Error('no fileLog');
if (!either.isLeft(outcome) || outcome.left.code !== 'RowNotFound') throw new Error('no RowNotFound');
if (avro.name !== 'avro') throw new Error('no avro');
if (typeof specificationOf !== 'function') throw new Error('no specificationOf');
`;
const MISUSE = `
// @ts-expect-error there is no such index
export const misused = () => store.now().tasks.scan('byQueu');
`;
const REQUIRE = `const { createStore } = require('memoir');
const { tryTransact } = require('memoir/fp');
if (typeof createStore !== 'function') throw new Error('no createStore');
if (typeof tryTransact !== 'function') throw new Error('no tryTransact');
`;
const STRICT = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false };
const CHECKERS = {
  'on Node': {
    module: 'nodenext',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  },
  'in a bundle for browsers': {
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
    types: [],
  },
};

const folder = mkdtempSync(join(tmpdir(), 'memoir-smoke-'));
const write = (name, text) => writeFileSync(join(folder, name), text);
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
let failures = 0;
const check = (name, body) => {
  const begin = performance.now();
  try {
    body();
    console.log(`ok   ${name} (${(performance.now() - begin).toFixed()} ms)`);
  } catch (error) {
    failures++;
    const said = [error.stdout, error.stderr].filter(Boolean).join('\n') || String(error.stack);
    console.log(`FAIL ${name}\n${said.slice(0, 4000)}`);
  }
};

try {
  check('the package packs and installs', () => {
    const tarball = run('npm', ['pack', '--silent', '--pack-destination', folder], root).split('\n').at(-1);
    const peers = Object.keys(manifest.peerDependencies).map((name) => `${name}@${manifest.devDependencies[name]}`);
    write('package.json', '{"private":true,"type":"module"}');
    run('npm', ['install', '--silent', '--no-audit', '--no-fund', join(folder, tarball), ...peers]);
  });
  write('consumer.mjs', CONSUMER);
  write('consumer.ts', CONSUMER + MISUSE);
  write('require.cjs', REQUIRE);
  check('Node imports it', () => run(process.execPath, ['consumer.mjs']));
  check('Node requires it', () => run(process.execPath, ['require.cjs']));
  for (const [where, options] of Object.entries(CHECKERS)) {
    check(`its types check ${where}`, () => {
      const compilerOptions = { noEmit: true, target: 'es2022', ...STRICT, ...options };
      write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
      run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
