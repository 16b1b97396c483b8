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
  type Question,
  summary,
  topAuthors,
} from './questions.js';
import { showPath } from './quoted-path.js';
import { commitLine, count, plain, print } from './terminal.js';
import type { TimeMachine } from './time-machine.js';

const LINES_MAX = 5;

type Show = (path: string) => string;

/** Prints what the store knows, each question with how it was asked. */
export function tour({ store, source }: TimeMachine): void {
  const show: Show = (path) => showPath(path, source.format.quotePath);
  const db = store.now();
  const { commits } = summary(db);
  const half = offsetOf(store, commitAt(Math.ceil(commits / 2))(db)!.id)!;
  using past = store.asOf(half);

  section(source.name, 'summary(store.now())', describe(db));
  section('The same, after the first commit, half of all, and all', 'summary(store.asOf(offset))', [
    ...moments(commits).map((place) => {
      using then = store.asOf(offsetOf(store, commitAt(place)(db)!.id)!);
      return describe(then).join('; ');
    }),
  ]);
  section('Files by extension', "db.files.scan('byExtension', { prefix: [extension] })", byExtension(show)(db));
  section('Files by who changed them last', "db.files.scan('byAuthor', { prefix: [author] })", byAuthor(db));
  section('Most changed paths', 'mostChanged(5)(store.now())', changes(show)(db));
  section('Most changed paths, half of all commits ago', `mostChanged(5)(store.asOf(${half}))`, changes(show)(past));

  const [file] = mostChanged(1)(db);
  if (file !== undefined) {
    const events = historyOf(store, file.path).toReversed();
    section(`The history of ${show(file.path)}`, "store.history('files', path)", [
      ...listed(events, (event) => `${statusOf(event)} ${commitLine(event.commit)}`),
    ]);
  }
  const changed = differences(store, half, store.head);
  section('What has changed in half of all commits', `store.diff(${half}, ${store.head})`, [
    ...listed(changed, (one) => `${statusOf(one)} ${show(one.path)}`),
  ]);
}

const describe: Question<readonly string[]> = (db) => {
  const { commits, authors, files, latest } = summary(db);
  return [
    `${count(commits, 'commit')} by ${count(authors, 'author')}, ${count(files, 'file')}`,
    ...(latest === undefined ? [] : [`last ${commitLine(latest)}`]),
  ];
};

const byExtension =
  (show: Show): Question<readonly string[]> =>
  (db) =>
    listed(extensions(db), ({ extension, files }) => {
      const [example] = filesByExtension(extension)(db);
      return `${column(files)} ${extension || '(none)'}, as in ${show(example!.path)}`;
    });

const byAuthor: Question<readonly string[]> = (db) =>
  topAuthors(LINES_MAX)(db).map(({ id, commits }) => {
    const files = filesByAuthor(id)(db).length;
    return `${column(files)} ${plain(id)}, with ${count(commits, 'commit')}`;
  });

const changes =
  (show: Show): Question<readonly string[]> =>
  (db) =>
    mostChanged(LINES_MAX)(db).map((file) => `${column(file.changes)} × ${show(file.path)}`);

/** The places of the first commit, one in the middle and the last, where they differ. */
function moments(commits: number): readonly number[] {
  return [...new Set([1, Math.ceil(commits / 2), commits])];
}

function section(title: string, asked: string, lines: readonly string[]): void {
  print(`${title}\n  ${asked}\n${lines.map((line) => `    ${line}\n`).join('')}\n`);
}

function listed<A>(items: readonly A[], line: (item: A) => string): string[] {
  const shown = items.slice(0, LINES_MAX).map(line);
  const more = items.length - LINES_MAX;
  return more > 0 ? [...shown, `and ${more.toLocaleString('en')} more`] : shown;
}

function column(number: number): string {
  return number.toLocaleString('en').padStart(6);
}
