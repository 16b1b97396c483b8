import { offsetOf } from './importer.js';
import { statusOf } from './name-status.js';
import {
  commitAt,
  differences,
  extensions,
  filesByAuthor,
  filesByExtension,
  historyOf,
  mostChanged,
  summary,
  topAuthors,
} from './questions.js';
import { showPath } from './quoted-path.js';
import type { CommitRow, Db, FileRow } from './tables.js';
import { commitLine, count, plain, print } from './terminal.js';
import type { TimeMachine } from './time-machine.js';

const LINES_MAX = 5;

/** Prints what the store knows: each question with how it was asked. */
export function tour({ store, source }: TimeMachine): void {
  const db = store.now();
  const show = (path: string): string => showPath(path, source.format.quotePath);
  const now = summary(db);
  const half = store.read(commitAt(Math.ceil(now.commits / 2)))!;
  const then = store.asOf(offsetOf(store, half.id)!);
  const changed = ({ path, changes }: FileRow): string => `${String(changes).padStart(6)} × ${show(path)}`;

  section(`${source.name}: what there is`, 'summary(store.now())', [
    `${count(now.commits, 'commit')}, ${count(now.authors, 'author')}, ${count(now.files, 'file')}`,
    `last: ${commitLine(now.latest!)}`,
  ]);
  section('The tree after any commit', 'tree(store.asOf(offset)), where --tree prints it whole', [
    ...moments(db).map((commit) => {
      using past = store.asOf(offsetOf(store, commit.id)!);
      return `${count(past.files.size, 'file').padStart(13)} after ${commitLine(commit)}`;
    }),
  ]);
  section('Files by extension', "extensions(db), by db.files.scan('byExtension', { prefix: ['ts'] })", [
    ...listed(extensions(db), ({ extension, files }) => {
      const example = filesByExtension(extension)(db)[0]!;
      return `${String(files).padStart(6)} ${extension || '(none)'}, as in ${show(example.path)}`;
    }),
  ]);
  section('Files by who changed them last', "filesByAuthor(author)(db), by db.files.scan('byAuthor', …)", [
    ...listed(topAuthors(LINES_MAX)(db), ({ id, commits }) => {
      const files = filesByAuthor(id)(db).length;
      return `${String(files).padStart(6)} ${plain(id)}, in ${count(commits, 'commit')}`;
    }),
  ]);
  section('Most changed paths', 'mostChanged(5)(store.now())', mostChanged(LINES_MAX)(db).map(changed));
  section('Most changed paths, half the history ago', `mostChanged(5)(store.asOf(${then.offset}))`, [
    ...mostChanged(LINES_MAX)(then).map(changed),
  ]);
  const [file] = mostChanged(1)(db);
  if (file !== undefined)
    section(`The history of ${show(file.path)}`, "store.history('files', path), whole by --history", [
      ...listed(historyOf(store, file.path).toReversed(), (event) => `${statusOf(event)} ${commitLine(event.commit)}`),
    ]);
  section('What changed in the second half', `store.diff(${then.offset}, ${store.head}), whole by --diff`, [
    ...listed(differences(store, then.offset, store.head), (one) => `${statusOf(one)} ${show(one.path)}`),
  ]);
  then.close();
}

/** The first commit, one in the middle and the last, where they differ. */
function moments(db: Db): readonly CommitRow[] {
  const last = db.commits.size;
  return [...new Set([1, Math.ceil(last / 2), last])].map((place) => commitAt(place)(db)!);
}

function section(title: string, asked: string, lines: readonly string[]): void {
  print(`${title}\n  ${asked}\n${lines.map((line) => `    ${line}\n`).join('')}\n`);
}

function listed<A>(items: readonly A[], line: (item: A) => string): string[] {
  const shown = items.slice(0, LINES_MAX).map(line);
  return items.length > LINES_MAX
    ? [...shown, `   … and ${count(items.length - LINES_MAX, 'more').replace(/s$/, '')}`]
    : shown;
}
