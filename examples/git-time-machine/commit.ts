/** The four modes a file can have in a git tree: plain, executable, symbolic link and submodule. */
export type FileMode = '100644' | '100755' | '120000' | '160000';

/** Lines that a change added and deleted, as `git log --numstat` counts them. */
export interface LineCount {
  readonly added: number;
  readonly deleted: number;
}

/** What a commit did to one path, seen from its first parent. A rename is a delete and a put. */
export interface Change {
  /** `put`: the path now holds this. `delete`: the path is gone, and this is what it held. */
  readonly kind: 'put' | 'delete';
  /** The path as a string that gives back its bytes: see git-path.ts. */
  readonly path: string;
  readonly mode: FileMode;
  /** The id of the content; for a submodule the commit that it stands at. */
  readonly blob: string;
  /** Absent for binary files, and where lines were not asked for. */
  readonly lines?: LineCount;
}

export interface Author {
  readonly name: string;
  readonly email: string;
}

/** A commit of the first-parent history. Bytes in its texts that are no UTF-8 read as U+FFFD. */
export interface Commit {
  readonly id: string;
  /** Empty for a root, and for the oldest commit of a shallow clone; the first is the one that changes count from. */
  readonly parents: readonly string[];
  readonly author: Author;
  /** Seconds since 1970. Dates are what their author's clock said: they can go back, or lie in the future. */
  readonly authoredAt: number;
  /** Seconds since 1970; the one that git looks commits up by. */
  readonly committedAt: number;
  /** The first paragraph of the message, on one line. */
  readonly subject: string;
  /** At most one for each path, in no order to rely on; none in an empty commit. */
  readonly changes: readonly Change[];
}
