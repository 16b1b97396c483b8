import * as t from 'io-ts';
import { createStore, type RowOf, type Store, table, type Transaction, type View } from 'memoir';

/** A commit of the history that HEAD's first parents make. */
const CommitRow = t.readonly(
  t.strict({
    id: t.string,
    /** Its place in the history: 1, 2, 3 … */
    place: t.Int,
    parents: t.readonlyArray(t.string),
    author: t.string,
    /** Seconds since 1970. */
    authoredAt: t.Int,
    committedAt: t.Int,
    subject: t.string,
  }),
);

/** Someone who wrote commits. */
const AuthorRow = t.readonly(t.strict({ id: t.string, name: t.string, email: t.string, commits: t.Int }));

/** A file as it is after the commit that the store stands at. */
const FileRow = t.readonly(
  t.strict({
    path: t.string,
    mode: t.keyof({ '100644': null, '100755': null, '120000': null, '160000': null }),
    blob: t.string,
    extension: t.string,
    /** Lines that the last change added and deleted; null where nobody counted them, as in binary files. */
    added: t.union([t.Int, t.null]),
    deleted: t.union([t.Int, t.null]),
    /** How many commits have changed the path, the last one included. */
    changes: t.Int,
    /** Which commit changed it last, and who made that. */
    commit: t.string,
    author: t.string,
  }),
);

export const tables = {
  commits: table(CommitRow, { primaryKey: 'id', indexes: { byPlace: { on: ['place'], unique: true } } }),
  authors: table(AuthorRow, { primaryKey: 'id', indexes: { byCommits: ['commits'] } }),
  files: table(FileRow, {
    primaryKey: 'path',
    indexes: { byExtension: ['extension'], byAuthor: ['author'], byChanges: ['changes'] },
  }),
};

export type CommitRow = RowOf<typeof tables.commits>;
export type AuthorRow = RowOf<typeof tables.authors>;
export type FileRow = RowOf<typeof tables.files>;
export type History = Store<typeof tables>;
export type Db = View<typeof tables>;
export type Tx = Transaction<typeof tables>;

/** Makes an empty store for a history: one batch will stand for each commit, and all of them are kept. */
export function createHistory(): History {
  // what git allows is not ours to refuse: a subject can be longer than any row should be
  return createStore({ tables, keep: 'all', mode: 'production', rowBytesMax: Infinity, batchBytesMax: Infinity });
}
