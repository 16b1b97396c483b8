import { existsSync, mkdirSync, writeFileSync } from 'node:fs';

import { beforeAll, describe, expect, it, vi } from 'vitest';

import { readCommits } from '../../examples/git-time-machine/git-log.js';
import { openRepository, resolveCommit } from '../../examples/git-time-machine/git-repository.js';
import { parseInstant } from '../../examples/git-time-machine/instant.js';
import { formatTree } from '../../examples/git-time-machine/ls-tree.js';
import { git, initRepository } from '../support/git-fast-import.js';
import { fixtureRepository } from '../support/git-fixture.js';
import { temporaryFolder } from '../support/git-folders.js';
import { applyChanges, collect, expectSameBytes, type Tree } from '../support/git-tree-fold.js';

const folder = temporaryFolder();

beforeAll(async () => {
  await fixtureRepository(folder('odd'));
});

describe('openRepository', () => {
  it('finds the repository from a folder in it, and lists what git lists there', async () => {
    // `order/a` is a submodule for two commits, `bin/run` a file and then a submodule
    const below = [
      'odd',
      'odd/日本語',
      'odd/\ttab\n',
      'order',
      'order/a',
      'order/a/b',
      'bin/run',
      'vendor/tree',
      'nowhere',
    ];
    for (const name of below) mkdirSync(`${folder('odd')}/${name}`, { recursive: true });
    for (const name of ['', '.git', ...below]) {
      const path = `${folder('odd')}/${name}`;
      const repository = await openRepository(path);
      const tree: Tree = new Map();
      for await (const commit of readCommits(repository)) {
        applyChanges(tree, commit.changes);
        expectSameBytes(formatTree(tree.values(), repository), git(path, 'ls-tree', '-r', commit.id), name);
      }
    }
    expect(await openRepository(`${folder('odd')}/odd/\ttab\n`)).toMatchObject({ prefix: 'odd/\ttab\n/' });
  });

  it('says what is wrong with a path', async () => {
    mkdirSync(folder('empty'));
    vi.stubEnv('GIT_CEILING_DIRECTORIES', folder('.')); // the folder for temporary files may be in a repository
    writeFileSync(folder('file'), '');
    await expect(openRepository(folder('empty'))).rejects.toMatchObject({
      code: 'NotARepository',
      message: expect.stringContaining('is in no git repository'),
    });
    for (const path of [folder('missing'), folder('file'), folder('nul\0'), '--upload-pack=x'])
      await expect(openRepository(path), path).rejects.toMatchObject({ code: 'PathInvalid' });
  });

  it('says so where git is missing', async () => {
    const path = process.env['PATH'];
    vi.stubEnv('PATH', folder('empty'));
    await expect(openRepository(folder('odd'))).rejects.toMatchObject({ code: 'GitMissing' });
    vi.stubEnv('PATH', path);
  });
});

describe('resolveCommit', () => {
  it('knows what git knows', async () => {
    const repository = await openRepository(folder('odd'));
    const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    git(folder('odd'), ...identity, 'tag', '--annotate', '-m', 'A tag', 'v1', 'HEAD~3');
    const ids = git(folder('odd'), 'rev-list', '--first-parent', 'HEAD').toString().trim().split('\n');
    expect(await resolveCommit(repository, 'HEAD')).toBe(ids[0]);
    expect(await resolveCommit(repository, 'v1')).toBe(ids[3]);
    expect(await resolveCommit(repository, ids[5]!.slice(0, 10))).toBe(ids[5]);
    expect(await resolveCommit(repository, ':/Come from')).toBe(ids[1]);
  });

  it('refuses what names no commit, and takes no option for one', async () => {
    const repository = await openRepository(folder('odd'));
    const blob = git(folder('odd'), 'rev-parse', 'HEAD:README.md').toString().trim();
    const stray = folder('stray');
    const refused = ['nowhere', '', '--all', '-n1', `--output=${stray}`, '--', 'main..side', '^main', 'a\0b'];
    for (const revision of [...refused, blob, 'f'.repeat(40)])
      await expect(resolveCommit(repository, revision), revision).rejects.toMatchObject({ code: 'UnknownRevision' });
    expect(existsSync(stray)).toBe(false);
  });

  it('says so where there are no commits yet', async () => {
    initRepository(folder('unborn'));
    const repository = await openRepository(folder('unborn'));
    await expect(collect(readCommits(repository))).rejects.toMatchObject({ code: 'NoCommits' });
    await expect(resolveCommit(repository, 'main')).rejects.toMatchObject({ code: 'UnknownRevision' });
  });
});

describe('a date', () => {
  it.each([
    '2024-01-01T00:00:00Z',
    '2024-06-15t12:34Z',
    '2024-06-15T12:34:56.789+05:30',
    '2024-06-15 12:34:56 -0800',
    '2024-02-30T24:00:60+01',
    '1970-01-01T00:00:00Z',
    '2099-12-31T23:59:59Z',
  ])('is the same second with and without git: %s', (date) => {
    const limit = git(folder('odd'), 'rev-parse', `--until=${date}`).toString();
    expect(`--min-age=${parseInstant(date)}\n`).toBe(limit);
  });
});
