import { Buffer } from 'node:buffer';

import { type CommitScript, FastImport, type FileEdit, initRepository } from './git-fast-import.js';

/** 2024-01-01, noon in Berlin: the history goes on from there, an hour for each commit. */
const BEGINNING = 1_704_106_800;
const at = (hours: number): string => `${BEGINNING + hours * 3600} +0100`;

const SUBMODULE = '5eaf00d5eaf00d5eaf00d5eaf00d5eaf00d5eaf0';
const NEXT_SUBMODULE = 'deadbee5deadbee5deadbee5deadbee5deadbee5';

const file = (put: string | Buffer, content = `${String(put)}\n`): FileEdit => ({ put, content });

/** Paths that a program which splits, trims, decodes or quotes carelessly gets wrong. */
const ODD_PATHS: readonly (string | Buffer)[] = [
  'odd/with space',
  'odd/ leading and trailing ',
  'odd/tab\tbed',
  'odd/line\nfeed',
  'odd/carriage\rreturn',
  'odd/"quoted"',
  "odd/apostrophe's",
  'odd/back\\slash',
  'odd/bell\x07-\b-\v-\f-\x1b-\x7f',
  'odd/*?[glob]',
  'odd/$(command) `substitution`; true',
  'odd/ünïcödé',
  'odd/u\u0308 decomposed',
  'odd/日本語/ファイル',
  'odd/🎉',
  'odd/\ufeffbyte order mark',
  'odd/\ufffd replacement character',
  'odd/private \uf7e9 and \uf780\uf7ff',
  'odd/prototype/__proto__',
  Buffer.from('odd/caf\xe9 in latin-1', 'latin1'),
  Buffer.from('odd/half \xe6\x97', 'latin1'),
  Buffer.from('odd/overlong \xc0\xaf surrogate \xed\xa0\x80 beyond \xf4\x90\x80\x80', 'latin1'),
  Buffer.from('odd/\xff\xfe', 'latin1'),
  ':100644 100644 aaaa bbbb M',
  '1\t2\tcounted',
  '-\t-\tbinary',
  '\x01marked',
  '-rf',
  '--end-of-options',
  '\n',
];

/** Where the order of bytes, of UTF-16 and of folders disagree. */
const ORDER = ['order/a-b', 'order/a.b', 'order/a0', 'order/a/b', 'order/A', 'order/\uffee', 'order/\u{1f600}'];

/**
 * The history as `FastImport` takes it: marks count from 1, and a commit without `parents` follows the one before it.
 * Side branches stand where they were merged from.
 */
const HISTORY: readonly (Omit<CommitScript, 'parents' | 'authored'> & Partial<CommitScript>)[] = [
  { message: 'Begin', edits: [file('README.md', '# A history\n'), file('notes/first.txt')] },
  { message: 'Remove everything\n', edits: [{ remove: 'README.md' }, { remove: 'notes' }] },
  {
    author: Buffer.from('\xff\xfe <>', 'latin1'),
    message: '',
    edits: [
      file('README.md', '# A small history\n'),
      file('src/main.ts', "console.log('hello');\n"),
      { put: 'bin/run', mode: '100755', content: '#!/bin/sh\n' },
      file('image.png', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
    ],
  },
  {
    message: 'Add paths of every odd kind\n\nThe body of a message is not its subject.\n',
    author: 'Grace Hopper <grace@example.com>',
    edits: ODD_PATHS.map((path) => file(path)),
  },
  {
    message: 'Add paths that are hard to put in order',
    edits: ORDER.map((path) => file(path)),
  },
  {
    message: 'Rename a file and a folder',
    edits: [
      { rename: 'src/main.ts', to: 'lib/main.ts' },
      { rename: 'odd/日本語', to: 'odd/にほんご' },
      file('lib/index.ts', "export * from './main.js';\n"),
    ],
  },
  {
    message: 'Change modes, and no contents',
    edits: [
      { put: 'README.md', mode: '100755', content: '# A small history\n' },
      { put: 'bin/run', mode: '100644', content: '#!/bin/sh\n' },
    ],
  },
  {
    message: 'Link',
    edits: [
      { put: 'link', mode: '120000', content: 'README.md' },
      { put: 'odd/🎉', mode: '120000', content: Buffer.from('caf\xe9', 'latin1') },
    ],
  },
  {
    message: 'Add submodules',
    edits: [
      file('.gitmodules', '[submodule "vendor/tree"]\n\tpath = vendor/tree\n\turl = ../tree\n\tignore = all\n'),
      { submodule: 'vendor/tree', commit: SUBMODULE },
      { submodule: 'order/a', commit: SUBMODULE },
    ],
  },
  { message: 'Change nothing at all', edits: [] },
  {
    message: 'Turn files into folders, links and submodules, and back',
    edits: [
      { submodule: 'vendor/tree', commit: NEXT_SUBMODULE },
      { remove: 'order/a' },
      file('order/a/b'),
      { remove: 'bin/run' },
      { submodule: 'bin/run', commit: SUBMODULE },
      { put: 'lib/index.ts', mode: '120000', content: 'main.ts' },
      { remove: 'link' },
      file('link/to/a/file'),
    ],
  },
  {
    branch: 'refs/heads/side',
    message: 'On the side, add and change',
    author: 'Grace Hopper <grace@example.com>',
    edits: [file('side/one'), file('side/two'), file('README.md', '# A small history, seen from the side\n')],
  },
  { branch: 'refs/heads/other', parents: [11], message: 'On another side, remove', edits: [{ remove: 'odd' }] },
  // the clock of this one goes back a year
  { parents: [11], authored: at(13), committed: at(13 - 8760), message: 'Go back in time', edits: [file('late')] },
  {
    parents: [14, 12, 13],
    message: 'Merge two branches, and change more than they did',
    edits: [
      file('README.md', '# A small history, seen from the side\n'),
      file('side/one'),
      file('side/two', 'settled\n'),
      { remove: 'odd/にほんご/ファイル' },
      { remove: 'odd/line\nfeed' },
    ],
  },
  // and the clock of this one is ahead
  { committed: '4070908800 -1130', message: 'Come from the future', edits: [file('future', 'flying cars\n')] },
  {
    author: Buffer.from('Andr\xe9 Weil <andr\xe9@example.com>', 'latin1'),
    encoding: 'ISO-8859-1',
    message: Buffer.from('Un caf\xe9, s\x27il vous pla\xeet\non two lines\n', 'latin1'),
    edits: [file('café', 'noir\n')],
  },
];

/** Writes the history of odd cases into a new repository. The ids of its commits are the same everywhere. */
export async function fixtureRepository(folder: string, ...options: readonly string[]): Promise<void> {
  initRepository(folder, ...options);
  const idLength = options.includes('--object-format=sha256') ? 64 : 40;
  const repository = new FastImport(folder);
  for (const [i, script] of HISTORY.entries()) {
    const edits = script.edits.map((edit) =>
      'submodule' in edit ? { ...edit, commit: edit.commit.padEnd(idLength, '0') } : edit,
    );
    await repository.commit({ parents: i === 0 ? [] : [i], authored: at(i), ...script, edits });
  }
  await repository.close();
}
