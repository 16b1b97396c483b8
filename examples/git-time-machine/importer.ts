import { posix } from 'node:path';

import type { Author, Change, Commit } from './commit.js';
import type { CommitRow, History, Tx } from './tables.js';

/** Adds a commit to the history as one transaction, named for it; an empty commit is still a row of `commits`. */
export function importCommit(store: History, commit: Commit): void {
  const { id, parents, authoredAt, committedAt, subject, changes } = commit;
  const author = authorId(commit.author);
  store.transact(
    (tx) => {
      countCommit(tx, author, commit.author);
      const place = tx.commits.size + 1;
      const row = tx.commits.insert({ id, place, parents, author, authoredAt, committedAt, subject });
      for (const change of changes) applyChange(store, tx, row, change);
    },
    { id, meta: { actor: author, correlation: id } },
  );
}

/** The batch that a commit was imported as, or undefined where it was not. */
export function offsetOf(store: History, id: string): number | undefined {
  // the row may have come and gone since, where HEAD stands on another line of history; its first change is the import
  return store.history('commits', id)[0]?.offset;
}

/**
 * Takes the store back, or over, to a state that it has been in, as one transaction: what lies between is a net
 * difference that the log knows.
 *
 * @param offset the state wanted
 * @param id the commit that git stands at; kept with the batch
 */
export function returnTo(store: History, offset: number, id: string): void {
  const changes = store.diff(store.head, offset);
  store.transact(
    (tx) => {
      // what goes makes room first: places in history are unique
      for (const { table, key, after } of changes) if (after === undefined) tx[table].delete(key);
      for (const change of changes) {
        if (change.kind === 'delete') continue;
        if (change.table === 'commits') tx.commits.put(change.after);
        else if (change.table === 'authors') tx.authors.put(change.after);
        else tx.files.put(change.after);
      }
    },
    { meta: { actor: 'git', correlation: id, reason: 'HEAD stands on another line of history' } },
  );
}

function authorId({ name, email }: Author): string {
  return `${name} <${email}>`;
}

function countCommit(tx: Tx, id: string, { name, email }: Author): void {
  const known = tx.authors.get(id);
  if (known === undefined) tx.authors.insert({ id, name, email, commits: 1 });
  else tx.authors.update(id, { commits: known.commits + 1 });
}

function applyChange(store: History, tx: Tx, { id, author }: CommitRow, change: Change): void {
  const { path, mode, blob, lines } = change;
  if (change.kind === 'delete') {
    tx.files.delete(path);
    return;
  }
  const before = tx.files.get(path);
  tx.files.put({
    // the strings of the row before, where it has them: equal ones that git printed anew would double the memory
    path: before?.path ?? path,
    mode,
    blob,
    extension: before?.extension ?? extensionOf(path),
    added: lines?.added ?? null,
    deleted: lines?.deleted ?? null,
    changes: 1 + (before?.changes ?? earlierChanges(store, tx, path)),
    commit: id,
    author,
  });
}

/** How often a path that is not there was changed while it was: the store's history knows. */
function earlierChanges(store: History, tx: Tx, path: string): number {
  return store.history('files', path).filter((change) => change.id !== undefined && tx.commits.has(change.id)).length;
}

/** What stands after the last dot of a name, unless the name begins there: `ts`, and nothing for `.gitignore`. */
function extensionOf(path: string): string {
  return posix.extname(path).slice(1);
}
