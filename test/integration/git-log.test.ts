/**
 * Strategy: repositories that hold every odd case that git knows, this very repository, and a long history that was
 * made up, read in every way in which git lets itself be configured.
 *
 * Invariants: applying the changes of each commit gives the tree of that commit, to the byte; nothing of the user's
 * configuration or environment changes what is read.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it, vi } from 'vitest';

import { logArguments, readCommits } from '../../examples/git-time-machine/git-log.js';
import { openRepository, readLine, resolveCommit } from '../../examples/git-time-machine/git-repository.js';
import { runGit, streamGit } from '../../examples/git-time-machine/git.js';
import { LogParser } from '../../examples/git-time-machine/log-parser.js';
import { bigRepository } from '../support/git-big-repository.js';
import { FastImport, git, initRepository } from '../support/git-fast-import.js';
import { fixtureRepository } from '../support/git-fixture.js';
import { temporaryFolder } from '../support/git-folders.js';
import { collect, expectTreesOf } from '../support/git-tree-fold.js';

const folder = temporaryFolder();

/** A configuration of git that would change all that could be changed. */
const HOSTILE = `
[core]
  abbrev = 4
  quotePath = false
  attributesFile = FOLDER/attributes
[color]
  ui = always
[diff]
  external = touch FOLDER/executed
  ignoreSubmodules = all
  noPrefix = true
  orderFile = FOLDER/no-such-file
  relative = true
  renames = copies
  submodule = log
[diff "shout"]
  textconv = touch FOLDER/executed
[format]
  pretty = oneline
[i18n]
  logOutputEncoding = UTF-16
[log]
  abbrevCommit = true
  date = relative
  decorate = full
  diffMerges = combined
  follow = true
  mailmap = true
  showRoot = false
  showSignature = true
[notes]
  displayRef = refs/notes/*
[alias]
  log = !false
`;

const ida = { authored: '1700000000 +0000', message: 'x\n' };

beforeAll(async () => {
  await fixtureRepository(folder('odd'));
});

describe('the tree after each commit', () => {
  it('is what git lists, in a history of odd cases', async () => {
    const commits = await expectTreesOf(folder('odd'));
    expect(commits).toHaveLength(15);
    expect(commits.filter((commit) => commit.changes.length === 0)).toHaveLength(1);
    expect(commits.some((commit) => commit.parents.length === 3)).toBe(true);
  });

  it('is what git lists in a bare repository, quoted as it is configured there', async () => {
    await fixtureRepository(folder('bare.git'), '--bare');
    git(folder('bare.git'), 'config', 'core.quotePath', 'off');
    await expectTreesOf(folder('bare.git'));
  });

  it('is what git lists in a repository with longer ids', async () => {
    await fixtureRepository(folder('sha256'), '--object-format=sha256');
    const commits = await expectTreesOf(folder('sha256'));
    expect(commits[0]?.id).toHaveLength(64);
  });

  it('is what git lists in a shallow clone, whose history begins in the middle', async () => {
    git('.', 'clone', '--quiet', '--no-checkout', '--depth=4', `file://${folder('odd')}`, folder('shallow'));
    const commits = await expectTreesOf(folder('shallow'));
    expect(commits.map((commit) => commit.parents.length)).toEqual([0, 3, 1, 1]);
  });

  it('is what git lists in this repository', async (context) => {
    try {
      git(import.meta.dirname, 'rev-parse', '--verify', 'HEAD');
    } catch {
      context.skip('there is no history of git here');
    }
    const top = git(import.meta.dirname, 'rev-parse', '--show-toplevel')
      .toString()
      .trimEnd();
    const commits = await expectTreesOf(top);
    expect(commits.at(-1)?.id).toBe(git(top, 'rev-parse', 'HEAD').toString().trim());
  });

  it('is what git lists in a long history with merges', async () => {
    await bigRepository(folder('big.git'), { commits: 1000, changes: 6500 });
    const commits = await expectTreesOf(folder('big.git'), { only: (place) => place % 50 === 49 });
    expect(commits).toHaveLength(1000);
    expect(commits.reduce((sum, { changes }) => sum + changes.length, 0)).toBe(6500);
    const line = await collect(readLine(await openRepository(folder('big.git')), 'HEAD'));
    expect(line.reverse()).toEqual(commits.map(({ id }) => id));
  });

  it('is what git lists where a tree has modes that git no longer writes', async () => {
    initRepository(folder('modes'));
    const blob = git(folder('modes'), 'hash-object', '-w', '/dev/null').toString().trim();
    writeFileSync(folder('tree'), Buffer.concat([Buffer.from('100664 a\0'), Buffer.from(blob, 'hex')]));
    const tree = git(folder('modes'), 'hash-object', '-w', '-t', 'tree', '--literally', folder('tree'));
    const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    const commit = git(folder('modes'), ...identity, 'commit-tree', '-m', 'Old', tree.toString().trim());
    git(folder('modes'), 'update-ref', 'HEAD', commit.toString().trim());
    const [only] = await expectTreesOf(folder('modes'));
    expect(only?.changes).toMatchObject([{ path: 'a', mode: '100644' }]);
  });
});

describe('readCommits', () => {
  it('reads the same from output cut anywhere', async () => {
    const repository = await openRepository(folder('odd'));
    const whole = await collect(readCommits(repository));
    const output = await runGit(folder('odd'), logArguments(undefined, await resolveCommit(repository, 'HEAD'), true));
    for (const length of [1, 2, 7, 1000]) {
      const parser = new LogParser();
      const commits = [];
      for (let at = 0; at < output.length; at += length) commits.push(...parser.push(output.subarray(at, at + length)));
      expect([...commits, ...parser.end()]).toEqual(whole);
    }
  });

  it('counts lines, but for binary files, or leaves them out', async () => {
    const repository = await openRepository(folder('odd'));
    const counted = await collect(readCommits(repository));
    const lines = counted.map(({ changes }) => changes.map((change) => [change.path, change.lines]));
    expect(lines[2]).toEqual([
      ['README.md', { added: 1, deleted: 0 }],
      ['bin/run', { added: 1, deleted: 0 }],
      ['image.png', undefined],
      ['src/main.ts', { added: 1, deleted: 0 }],
    ]);
    expect(lines[6]).toEqual([
      ['README.md', { added: 0, deleted: 0 }],
      ['bin/run', { added: 0, deleted: 0 }],
    ]);
    const bare = counted.map((commit) => ({
      ...commit,
      changes: commit.changes.map(({ kind, path, mode, blob }) => ({ kind, path, mode, blob })),
    }));
    expect(await collect(readCommits(repository, { lines: false }))).toEqual(bare);
  });

  it('reads texts in any encoding, and dates as they are', async () => {
    const commits = await collect(readCommits(await openRepository(folder('odd'))));
    expect(commits[14]).toMatchObject({
      author: { name: 'André Weil', email: 'andré@example.com' },
      subject: "Un café, s'il vous plaît on two lines",
    });
    expect(commits[2]).toMatchObject({ author: { name: '\ufffd\ufffd', email: '' }, subject: '' });
    expect(commits[11]!.committedAt).toBeLessThan(commits[0]!.committedAt);
    expect(commits[13]!.committedAt).toBe(4_070_908_800);
  });

  it('reads on from a commit, up to a commit', async () => {
    const repository = await openRepository(folder('odd'));
    const all = await collect(readCommits(repository));
    expect(await collect(readCommits(repository, { from: all[3]!.id, to: 'HEAD~2' }))).toEqual(all.slice(4, 13));
    expect(await collect(readCommits(repository, { from: 'main' }))).toEqual([]);
    const side = await collect(readCommits(repository, { to: 'side' }));
    expect(side.slice(0, -1)).toEqual(all.slice(0, 11));
  });

  it('says so where history was rewritten', async () => {
    const repository = await openRepository(folder('odd'));
    for (const [from, to] of [
      ['side', 'main'],
      ['main', 'side'],
      ['main', 'main~1'],
    ] as const) {
      await expect(collect(readCommits(repository, { from, to }))).rejects.toMatchObject({ code: 'HistoryDiverged' });
    }
  });

  it('finds a merge that took the other side for its first parent', async () => {
    initRepository(folder('foxtrot'));
    const repository = new FastImport(folder('foxtrot'));
    const root = await repository.commit({ ...ida, parents: [], edits: [{ put: 'a', content: 'a' }] });
    const old = await repository.commit({ ...ida, parents: [root], edits: [{ put: 'b', content: 'b' }] });
    const other = await repository.commit({ ...ida, parents: [root], edits: [{ put: 'c', content: 'c' }] });
    await repository.commit({ ...ida, parents: [other, old], edits: [{ put: 'b', content: 'b' }] });
    await repository.close();
    const commits = readCommits(await openRepository(folder('foxtrot')), { from: 'main^2' });
    await expect(collect(commits)).rejects.toMatchObject({ code: 'HistoryDiverged' });
    await expectTreesOf(folder('foxtrot'));
  });

  it('lets git go where the reader stops early', async () => {
    for await (const commit of readCommits(await openRepository(folder('odd')))) {
      expect(commit.parents).toEqual([]);
      break;
    }
    for await (const chunk of streamGit(folder('odd'), ['cat-file', '--batch-all-objects', '--batch'])) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it('asks a partial clone for no contents', async () => {
    git(folder('odd'), 'config', 'uploadpack.allowFilter', 'true');
    const url = `file://${folder('odd')}`;
    git('.', 'clone', '--quiet', '--bare', '--filter=blob:none', url, folder('partial'));
    expect(await openRepository(folder('odd'))).toMatchObject({ partial: false });
    expect(await openRepository(folder('partial'))).toMatchObject({ partial: true });
    git(folder('partial'), 'config', 'remote.origin.url', folder('gone'));
    const commits = await expectTreesOf(folder('partial'));
    expect(commits.flatMap(({ changes }) => changes).every(({ lines }) => lines === undefined)).toBe(true);
  });
});

describe('what is read', () => {
  it('does not depend on the configuration of the user', async () => {
    const path = join(folder('odd'), 'odd');
    mkdirSync(path, { recursive: true });
    const repository = await openRepository(path);
    const before = await collect(readCommits(repository));
    writeFileSync(folder('gitconfig'), HOSTILE.replaceAll('FOLDER', folder('.')));
    writeFileSync(folder('attributes'), '* diff=shout\n');
    vi.stubEnv('GIT_CONFIG_GLOBAL', folder('gitconfig'));
    try {
      expect(await collect(readCommits(repository))).toEqual(before);
      expect(await openRepository(path)).toEqual({ ...repository, quotePath: false });
      expect(existsSync(folder('executed'))).toBe(false);
    } finally {
      vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null');
    }
  });

  it('does not depend on signatures, nor on a wish to see them', async () => {
    initRepository(folder('signed'));
    git(folder('signed'), 'config', 'log.showSignature', 'true');
    const tree = git(folder('signed'), 'hash-object', '-w', '-t', 'tree', '/dev/null').toString().trim();
    const ada = 'Ada <ada@example.com> 1700000000 +0000';
    const signature = '-----BEGIN PGP SIGNATURE-----\n \n none\n -----END PGP SIGNATURE-----';
    writeFileSync(folder('commit'), `tree ${tree}\nauthor ${ada}\ncommitter ${ada}\ngpgsig ${signature}\n\nSigned\n`);
    const commit = git(folder('signed'), 'hash-object', '-w', '-t', 'commit', folder('commit')).toString().trim();
    git(folder('signed'), 'update-ref', 'HEAD', commit);
    const [only] = await expectTreesOf(folder('signed'));
    expect(only).toMatchObject({ id: commit, subject: 'Signed', changes: [] });
  });

  it('does not depend on variables that name another repository, as they are set in hooks', async () => {
    const path = join(folder('odd'), 'odd');
    git(path, 'config', 'core.quotePath', 'off');
    const repository = await openRepository(path);
    const before = await collect(readCommits(repository));
    initRepository(folder('elsewhere'));
    const misleading = {
      GIT_DIR: join(folder('elsewhere'), '.git'),
      GIT_COMMON_DIR: join(folder('elsewhere'), '.git'),
      GIT_WORK_TREE: folder('elsewhere'),
      GIT_OBJECT_DIRECTORY: folder('elsewhere'),
      GIT_INDEX_FILE: folder('elsewhere'),
      GIT_CONFIG: '/dev/null',
      LC_ALL: 'de_DE.UTF-8',
      LANGUAGE: 'de',
    };
    for (const [name, value] of Object.entries(misleading)) vi.stubEnv(name, value);
    try {
      expect(await openRepository(path)).toEqual({ ...repository, quotePath: false, prefix: 'odd/' });
      expect(await collect(readCommits(repository))).toEqual(before);
    } finally {
      for (const name of Object.keys(misleading)) vi.stubEnv(name, name === 'LC_ALL' ? 'C' : undefined);
    }
  });
});
