import { beforeAll, describe, expect, it } from 'vitest';

import { offsetOf } from '../../examples/git-time-machine/importer.js';
import { formatTree } from '../../examples/git-time-machine/ls-tree.js';
import { statusOf } from '../../examples/git-time-machine/name-status.js';
import {
  commitAt,
  commitBy,
  differences,
  extensions,
  filesByAuthor,
  filesByExtension,
  historyOf,
  mostChanged,
  summary,
  topAuthors,
  tree,
} from '../../examples/git-time-machine/questions.js';
import { parseQuoted, showPath } from '../../examples/git-time-machine/quoted-path.js';
import { loadRecordedHistory, recordedSource } from '../../examples/git-time-machine/recorded-history.js';
import type { FileRow } from '../../examples/git-time-machine/tables.js';
import { TimeMachine } from '../../examples/git-time-machine/time-machine.js';

const ADA = 'Ada Lovelace <ada@example.com>';
const GRACE = 'Grace Hopper <grace@example.com>';
const commits = loadRecordedHistory();
const machine = new TimeMachine(recordedSource(commits));
const { store } = machine;
const paths = (files: readonly FileRow[]): string[] => files.map(({ path }) => path);

beforeAll(async () => machine.catchUp());

describe('the store', () => {
  it('has one batch for each commit, with who made it and why, even where nothing changed', () => {
    expect(store.head).toBe(commits.length);
    for (const [i, { id, author }] of commits.entries()) {
      const actor = `${author.name} <${author.email}>`;
      expect(store.batch(i + 1)).toMatchObject({ id, meta: { actor, correlation: id } });
      expect(offsetOf(store, id)).toBe(i + 1);
    }
    expect(offsetOf(store, 'nothing')).toBeUndefined();
    const empty = store.batch(commits.findIndex(({ changes }) => changes.length === 0) + 1);
    expect(empty.changes.map(({ table }) => table)).toEqual(['authors', 'commits']);
    store.check();
  });
});

describe('a question of one moment', () => {
  it('tells what there is, then as now', () => {
    expect(store.read(summary)).toMatchObject({ commits: 15, authors: 4, files: 48, latest: { place: 15 } });
    expect(summary(store.asOf(2))).toMatchObject({ commits: 2, authors: 1, files: 0, latest: { place: 2 } });
    expect(summary(store.asOf(0))).toEqual({ commits: 0, authors: 0, files: 0, latest: undefined });
  });

  it('gives the tree in the order of paths, each with what changed it last', () => {
    const files = [...tree(store.asOf(3))];
    expect(paths(files)).toEqual(['README.md', 'bin/run', 'image.png', 'src/main.ts']);
    expect(files[1]).toMatchObject({ mode: '100755', extension: '', added: 1, deleted: 0, commit: commits[2]!.id });
    expect(files[2]).toMatchObject({ extension: 'png', added: null, deleted: null });
  });

  it('finds a commit by its place, and by when it was committed', () => {
    expect(store.read(commitAt(3))).toMatchObject({ id: commits[2]!.id });
    expect(store.read(commitAt(16))).toBeUndefined();
    const late = commits.findIndex(({ subject }) => subject === 'Go back in time');
    // its clock goes back a year: so far it is the newest
    expect(store.read(commitBy(commits[late]!.committedAt))?.place).toBe(late + 1);
    expect(store.read(commitBy(commits[late]!.committedAt - 1))).toBeUndefined();
    expect(commitBy(commits[3]!.committedAt)(store.asOf(5))?.place).toBe(4);
  });

  it('tells extensions and their files', () => {
    const counts = store.read(extensions);
    expect(counts.slice(0, 2).map(({ extension }) => extension)).toContain('');
    expect(counts.reduce((sum, { files }) => sum + files, 0)).toBe(48);
    for (const { extension, files } of counts) expect(store.read(filesByExtension(extension))).toHaveLength(files);
    expect(paths(store.read(filesByExtension('ts')))).toEqual(['lib/index.ts', 'lib/main.ts']);
    expect(paths(filesByExtension('ts')(store.asOf(3)))).toEqual(['src/main.ts']);
  });

  it('tells authors and their files', () => {
    expect(store.read(topAuthors(1))).toMatchObject([{ id: ADA, name: 'Ada Lovelace', commits: 12 }]);
    expect(store.read(filesByAuthor(GRACE)).every(({ commit }) => commit === commits[3]!.id)).toBe(true);
    expect(filesByAuthor(GRACE)(store.asOf(3))).toEqual([]);
  });

  it('tells the paths that changed most, counting what they went through before they were gone', () => {
    const [first] = store.read(mostChanged(1));
    expect(first).toMatchObject({ path: 'README.md', changes: 5 });
    expect(mostChanged(1)(store.asOf(3))).toMatchObject([{ path: 'README.md', changes: 3 }]);
  });
});

describe('a question of a stretch of time', () => {
  it('tells the history of one file', () => {
    expect(historyOf(store, 'README.md').map((event) => [statusOf(event), event.commit.place])).toEqual([
      ['A', 1],
      ['D', 2],
      ['A', 3],
      ['M', 7],
      ['M', 13],
    ]);
    expect(historyOf(store, 'nothing')).toEqual([]);
  });

  it('tells what differs, either way round, and leaves out what was changed back', () => {
    const found = differences(store, 5, 6).map((one) => [statusOf(one), one.path]);
    expect(found).toEqual(
      expect.arrayContaining([
        ['D', 'src/main.ts'],
        ['A', 'lib/main.ts'],
        ['A', 'lib/index.ts'],
      ]),
    );
    expect(differences(store, 6, 5).map((one) => [statusOf(one), one.path])).toContainEqual(['D', 'lib/main.ts']);
    expect(differences(store, 6, 7).map((one) => [statusOf(one), one.path])).toEqual([
      ['M', 'README.md'],
      ['M', 'bin/run'],
    ]);
    expect(differences(store, 10, 11).map(statusOf)).toContain('T');
    expect(differences(store, 9, 9)).toEqual([]);
  });
});

describe('live', () => {
  it('answers the same question anew as commits come', async () => {
    const growing = [...commits.slice(0, 3)];
    const followed = new TimeMachine(recordedSource(growing));
    const answers: unknown[] = [];
    followed.store.live(summary).subscribe(({ commits: count, files }) => answers.push([count, files]));
    await followed.catchUp();
    growing.push(...commits.slice(3, 5));
    await followed.catchUp();
    expect(answers).toEqual([
      [0, 0],
      [1, 2],
      [2, 0],
      [3, 4],
      [4, 34],
      [5, 41],
    ]);
  });
});

describe('the recorded history', () => {
  it('knows its commits by HEAD, and by ids and their beginnings', async () => {
    const { id } = commits[4]!;
    for (const point of [id, id.slice(0, 4), id.slice(0, 12).toUpperCase()])
      expect(await machine.offsetAt(point)).toBe(5);
    expect(await machine.offsetAt('HEAD')).toBe(15);
    for (const point of [id.slice(0, 3), 'ffffffff', 'main', '', `${id}0`])
      await expect(machine.offsetAt(point), point).rejects.toMatchObject({ code: 'UnknownRevision' });
    const twins = recordedSource([commits[0]!, { ...commits[1]!, id: `${commits[0]!.id.slice(0, 39)}_` }]);
    expect(() => twins.resolve(commits[0]!.id.slice(0, 8))).toThrow(/begins the ids of 2 commits/);
  });
});

describe('a path', () => {
  it('reads back as it is shown in quotes', () => {
    for (const { path } of store.now().files.scan()) {
      for (const quotePath of [true, false]) {
        const [, shown] = formatTree([{ path, mode: '100644', blob: '' }], { quotePath })
          .toString()
          .slice(0, -1)
          .split(/\t(.*)/s);
        expect(showPath(path, quotePath)).toBe(shown);
        if (quotePath && shown !== path) expect(parseQuoted(shown!)).toBe(path);
      }
    }
    for (const text of ['plain', '"', '"open', '"bad \\q"', '"\\9"']) expect(parseQuoted(text)).toBeUndefined();
  });
});
