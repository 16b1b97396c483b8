/**
 * Strategy: the program as its users run it, and the machine inside it, on a repository of odd cases, on this very
 * repository, and on the recorded history of a checkout without git; git itself says what is right.
 *
 * Invariants: the files table as of each commit's offset is `git ls-tree -r` of that commit, to the byte, however the
 * store came there; the same for dates, differences and histories of files, each with what git prints for it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';

import { beforeAll, describe, expect, it } from 'vitest';

import { openRepository } from '../../examples/git-time-machine/git-repository.js';
import { gitSource } from '../../examples/git-time-machine/history-source.js';
import { offsetOf } from '../../examples/git-time-machine/importer.js';
import { formatTree } from '../../examples/git-time-machine/ls-tree.js';
import { formatNameStatus } from '../../examples/git-time-machine/name-status.js';
import { differences, historyOf, tree } from '../../examples/git-time-machine/questions.js';
import { loadRecordedHistory } from '../../examples/git-time-machine/recorded-history.js';
import { TimeMachine } from '../../examples/git-time-machine/time-machine.js';
import { verifyTrees } from '../../examples/git-time-machine/verify.js';
import { bigRepository } from '../support/git-big-repository.js';
import { FastImport, git, initRepository } from '../support/git-fast-import.js';
import { fixtureRepository } from '../support/git-fixture.js';
import { temporaryFolder } from '../support/git-folders.js';
import { expectSameBytes } from '../support/git-tree-fold.js';
import { root } from '../support/repository.js';

const folder = temporaryFolder();

beforeAll(async () => {
  await fixtureRepository(folder('odd'));
});

interface Outcome {
  readonly out: Buffer;
  readonly said: string;
  readonly code: number | null;
}

/** Runs a program to its end. */
async function run(command: string, args: readonly string[], cwd = root): Promise<Outcome> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, said, code] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  return { out, said, code };
}

/** `npm start -s -- …`, as a user types it. */
const start = (...args: readonly string[]): Promise<Outcome> => run('npm', ['start', '-s', '--', ...args]);
/** The same without npm, in half the time. */
const main = ['--import', 'tsx', join(root, 'examples/git-time-machine/main.ts')];
const runMain = (...args: readonly string[]): Promise<Outcome> => run('node', [...main, ...args]);

const NAME_STATUS = ['diff-tree', '-r', '--no-renames', '--ignore-submodules=none', '--name-status'];

const lines = (output: Buffer): string[] => output.toString().split('\n').filter(Boolean);
const ids = (path: string, ...args: readonly string[]): string[] => lines(git(path, 'rev-list', ...args));

async function machineAt(path: string): Promise<TimeMachine> {
  const machine = new TimeMachine(gitSource(await openRepository(path)));
  await machine.catchUp();
  return machine;
}

function expectTreeOf({ store, source }: TimeMachine, path: string, id: string): void {
  using view = store.asOf(offsetOf(store, id)!);
  expectSameBytes(formatTree(tree(view), source.format), git(path, 'ls-tree', '-r', id), id);
}

describe('the files table as of the offset of each commit', () => {
  it('is the tree of that commit, in a history of odd cases', async () => {
    const machine = await machineAt(folder('odd'));
    const line = ids(folder('odd'), '--first-parent', '--reverse', 'main');
    for (const id of line) expectTreeOf(machine, folder('odd'), id);
    expect(line.map((id) => offsetOf(machine.store, id))).toEqual(line.map((_, i) => i + 1));
    machine.store.check();
  });

  it('is the tree of that commit, in this repository', async (context) => {
    try {
      git(root, 'rev-parse', '--verify', 'HEAD');
    } catch {
      context.skip('there is no history of git here');
    }
    const line = ids(root, '--first-parent', 'HEAD');
    const machine = await machineAt(root);
    for (const id of line) expectTreeOf(machine, root, id);
  });

  it('is the tree of that commit, however HEAD came there', async () => {
    await fixtureRepository(folder('moved.git'), '--bare');
    const path = folder('moved.git');
    const point = (to: string): Buffer => git(path, 'update-ref', 'HEAD', to);
    const [old, side] = [ids(path, '-1', 'main')[0]!, ids(path, '-1', 'side')[0]!];
    const machine = await machineAt(path);
    const seen = new Set<string>();
    for (const to of [side, `${old}~3`, old, 'refs/heads/other', `${old}~14`, `${side}~1`, old]) {
      point(to);
      await machine.catchUp();
      for (const id of ids(path, '--first-parent', 'HEAD')) seen.add(id);
      for (const id of seen) expectTreeOf(machine, path, id);
      const { commits } = machine.store.now();
      expect([...commits.scan('byPlace', { reverse: true })].map(({ id }) => id)).toEqual(
        ids(path, '--first-parent', 'HEAD'),
      );
    }
    machine.store.check();
  });

  it('is read once for each commit, and follows a branch that shares nothing', async () => {
    initRepository(folder('orphans'));
    const repository = new FastImport(folder('orphans'));
    const commit = { parents: [], authored: '1700000000 +0000', message: 'x\n' };
    await repository.commit({ ...commit, edits: [{ put: 'a', content: 'a' }] });
    await repository.commit({ ...commit, branch: 'refs/heads/orphan', edits: [{ put: 'a/b', content: 'b' }] });
    await repository.close();
    const machine = await machineAt(folder('orphans'));
    expect([await machine.offsetAt('orphan'), await machine.offsetAt('main')]).toEqual([3, 1]);
    expect(await machine.offsetAt('orphan')).toBe(3);
    for (const branch of ['main', 'orphan'])
      expectTreeOf(machine, folder('orphans'), ids(folder('orphans'), branch)[0]!);
  });
});

describe('a question', () => {
  it('of a date is answered by the commit that git names, though dates go back and lie in the future', async () => {
    const path = folder('odd');
    const machine = await machineAt(path);
    const committed = lines(git(path, 'log', '--format=%ct', 'main')).map(Number);
    for (const seconds of new Set(committed.flatMap((time) => [time - 1, time, time + 1]))) {
      const date = new Date(seconds * 1000).toISOString();
      const [named] = ids(path, '-1', '--first-parent', `--before=${date}`, 'HEAD');
      const offset = await machine.offsetAt(date).catch(() => undefined);
      expect(offset, date).toBe(named && offsetOf(machine.store, named));
    }
  });

  it('of a point that there is not is refused before anything is read', async () => {
    initRepository(folder('unborn'));
    const machine = new TimeMachine(gitSource(await openRepository(folder('odd'))));
    await expect(machine.offsetAt('2024-01-01')).rejects.toThrow(/it would need its time and zone/);
    for (const point of ['', '--output=stray', '-x', 'main..side', '^main', 'HEAD:README.md', 'a\0b'])
      await expect(machine.offsetAt(point), point).rejects.toMatchObject({ code: 'UnknownRevision' });
    expect(machine.store.head).toBe(0);
    await expect(machine.offsetAt('1999-01-01T00:00:00Z')).rejects.toThrow(/no commit .* had been made by/);
    await expect(machineAt(folder('unborn'))).rejects.toMatchObject({ code: 'NoCommits' });
  });

  it('of a commit is answered where HEAD names none', async () => {
    await fixtureRepository(folder('headless.git'), '--bare');
    git(folder('headless.git'), 'symbolic-ref', 'HEAD', 'refs/heads/nothing');
    const machine = new TimeMachine(gitSource(await openRepository(folder('headless.git'))));
    expect(await machine.offsetAt('main')).toBe(15);
    await expect(machine.offsetAt('2024-01-02T00:00:00Z')).rejects.toMatchObject({ code: 'NoCommits' });
  });

  it('of what differs is answered as by git, for any two commits', async () => {
    const path = folder('odd');
    const machine = await machineAt(path);
    await machine.offsetAt('other');
    const all = [...ids(path, '--first-parent', 'main'), ...ids(path, '-1', 'other')];
    for (const [i, from] of all.entries())
      for (const to of [all[0]!, all.at(-1)!, all[(i + 5) % all.length]!]) {
        const found = differences(machine.store, offsetOf(machine.store, from)!, offsetOf(machine.store, to)!);
        const theirs = git(path, ...NAME_STATUS, from, to);
        expectSameBytes(formatNameStatus(found, true), theirs, `${from} ${to}`);
      }
  });

  it('of a file is answered by the commits that git names, and each file knows how many they are', async () => {
    const path = folder('odd');
    const machine = await machineAt(path);
    for (const file of machine.store.now().files.scan()) {
      const found = historyOf(machine.store, file.path).map(({ commit }) => commit.id);
      expect(found, file.path).toHaveLength(file.changes);
      // a path that is no UTF-8 cannot be given to git by Node
      if (/[\uf780-\uf7ff]/.test(file.path)) continue;
      const log = git(
        path,
        'log',
        '--first-parent',
        '--format=%H',
        '--end-of-options',
        'main',
        '--',
        `:(literal)${file.path}`,
      );
      expect(found.toReversed(), file.path).toEqual(lines(log));
    }
  });

  it('of whether all is right is answered, wherever one stands', async () => {
    mkdirSync(folder('odd/odd'), { recursive: true });
    for (const path of [folder('odd'), folder('odd/odd')]) {
      const machine = await machineAt(path);
      expect(await verifyTrees(machine, machine.source.repository!, 100)).toEqual({ verified: 15, wrong: [] });
    }
    const machine = await machineAt(folder('odd'));
    const latest = ids(folder('odd'), '-1', 'main')[0]!;
    machine.store.transact((tx) => tx.files.delete('README.md'));
    expect(await verifyTrees(machine, machine.source.repository!, 15)).toEqual({ verified: 15, wrong: [] });
    const elsewhere = { ...machine.source.repository!, quotePath: false };
    const { wrong } = await verifyTrees(machine, elsewhere, 15);
    expect(wrong).toContain(latest);
  });
});

describe('npm start', () => {
  it('prints the tree of a commit as git does, and nothing else', async () => {
    const path = folder('odd');
    mkdirSync(`${path}/odd`, { recursive: true });
    const points = [
      [join(path, '.git'), 'side'],
      [`${path}/odd`, ':/Link'],
    ] as const;
    const outcomes = await Promise.all(points.map(([at, point]) => start(at, '--tree', point)));
    for (const [i, { out, code }] of outcomes.entries()) {
      const [at, point] = points[i]!;
      expectSameBytes(out, git(at, 'ls-tree', '-r', point), point);
      expect(out.length).toBeGreaterThan(0);
      expect(code).toBe(0);
    }
  });

  it('prints the tree at a date', async () => {
    const date = '2024-01-01T17:30:00+01:00';
    const [id] = ids(folder('odd'), '-1', '--first-parent', `--before=${date}`, 'HEAD');
    const { out, code } = await start(folder('odd'), `--tree=${date}`);
    expectSameBytes(out, git(folder('odd'), 'ls-tree', '-r', id!), date);
    expect(code).toBe(0);
  });

  it('tells what the store knows, and ends', async () => {
    const { out, said, code } = await start(folder('odd'));
    expect(out.toString()).toContain('15 commits by');
    expect(out.toString()).toContain("store.history('files', path)");
    expect(said).toMatch(/^Read 15 commits in [\d.]+ s\.\n$/);
    expect(code).toBe(0);
  });

  it('answers the other questions', async () => {
    const path = folder('odd');
    const [diff, history, verify] = await Promise.all([
      runMain(path, '--diff', 'main~5', 'side'),
      runMain(path, '--history', '"odd/caf\\351 in latin-1"'),
      runMain(path, '--verify', '3'),
    ]);
    expectSameBytes(diff.out, git(path, ...NAME_STATUS, 'main~5', 'side'), 'main~5 side');
    expect(lines(history.out)).toEqual([expect.stringMatching(/^A [0-9a-f]{10} .*: Add paths of every odd kind/)]);
    expect(verify.out.toString()).toBe('3 commits verified: every tree is what git lists\n');
    expect([diff, history, verify].map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it('says what it cannot do, on standard error alone', async () => {
    const failures: [args: string[], code: number, said: RegExp][] = [
      [[folder('odd'), '--tree', 'nowhere'], 1, /"nowhere" names no commit/],
      [[folder('missing'), '--tree', 'HEAD'], 1, /is no folder that can be opened/],
      [[folder('odd'), '--bogus'], 2, /Unknown option '--bogus'/],
    ];
    const outcomes = await Promise.all(failures.map(([args]) => runMain(...args)));
    for (const [i, [args, code, said]] of failures.entries())
      expect(outcomes[i], args.join(' ')).toEqual({ out: Buffer.of(), said: expect.stringMatching(said), code });
  });

  it('ends quietly where its reader does', async () => {
    const machine = 'node --import tsx examples/git-time-machine/main.ts';
    const shell = `${machine} "$1" --tree HEAD | head -c 1; echo " $PIPESTATUS"`;
    await bigRepository(folder('wide'), { commits: 1, changes: 5000 });
    const pipe = await run('bash', ['-c', shell, 'bash', folder('wide')]);
    expect(pipe.out.toString()).toBe('1 0\n');
    expect(pipe.said).toMatch(/^Read 1 commit in [\d.]+ s\.\n$/);
  });
});

describe('npm start without git', () => {
  const tarball = folder.bind(undefined, 'tarball');
  const startThere = (...args: readonly string[]): Promise<Outcome> =>
    run('npm', ['start', '-s', '--', ...args], tarball());

  beforeAll(() => {
    for (const part of ['package.json', 'tsconfig.json', 'src', 'examples/git-time-machine'])
      cpSync(join(root, part), join(tarball(), part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(tarball(), 'node_modules'));
  });

  it('tells of the recorded history, and says so', async () => {
    const { out, said, code } = await startThere();
    expect(out.toString()).toContain('15 commits by');
    expect(said).toContain('the recorded one that ships with the example');
    expect(code).toBe(0);
  });

  it('prints trees as git does for what was recorded, and has no git to verify them by', async () => {
    const { id } = loadRecordedHistory()[9]!;
    const [printed, refused] = await Promise.all([startThere('--tree', id.slice(0, 7)), startThere('--verify', '3')]);
    expectSameBytes(printed.out, git(folder('odd'), 'ls-tree', '-r', id), id);
    expect(refused).toEqual({ out: Buffer.of(), said: expect.stringContaining('there is no git'), code: 1 });
  });
});

describe('following', () => {
  it('tells of a new commit, of a rewritten history, and ends when interrupted', async () => {
    const path = folder('followed');
    initRepository(path);
    const commit = (name: string): void => {
      writeFileSync(join(path, name), `${name}\n`);
      git(path, 'add', '--', name);
      git(path, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '-qm', `Add ${name}`);
    };
    commit('first');
    commit('second');
    const child = spawn('node', [...main, path, '--watch'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      const output = new Transcript(child);
      await output.shows('Following HEAD');
      commit('third');
      await output.shows('Ada: Add third (1 file)\n  now 3 commits, 3 files\n');
      git(path, 'reset', '-q', '--hard', 'HEAD~2');
      await output.shows(
        'HEAD stands on another line of history: 2 commits gone, 0 commits back\n  now 1 commit, 1 file\n',
      );
      commit('\x1b[31mred');
      await output.shows('Ada: Add \ufffd[31mred (1 file)\n');
    } finally {
      child.kill('SIGINT');
    }
    expect(await ended).toBe(0);
  });
});

/** What a program has printed and said so far, and a way to wait for more. */
class Transcript {
  #text = '';
  #news: () => void = () => undefined;

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text += chunk;
        this.#news();
      });
  }

  async shows(wanted: string, withinMs = 20_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!this.#text.includes(wanted)) {
      const left = deadline - Date.now();
      if (left <= 0) expect(this.#text).toContain(wanted);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#news = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
