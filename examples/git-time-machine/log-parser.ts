import type { Buffer } from 'node:buffer';

import { ChangeParser } from './change-parser.js';
import type { Commit } from './commit.js';
import { GitError } from './git.js';
import { NulFields } from './nul-fields.js';

/**
 * The fields that open a commit, each ended by a zero byte, which none of them can hold: id, parents, the author's
 * name and email, both dates, subject. The byte 1 before them tells a new commit from one more change.
 */
export const LOG_FORMAT = '%x01%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%s';
const HEADER_FIELDS = 7;
const HEADER_MARK = 0x01;
const LINE_FEED = 0x0a;
/** The last second that a Date can hold. */
const SECONDS_MAX = 8_640_000_000_000;

/** Reads commits from the output of `git log -z --raw --format=LOG_FORMAT`, however it is cut into chunks. */
export class LogParser {
  readonly #fields = new NulFields();
  readonly #changes = new ChangeParser();
  /** The fields of the commit that is being read. */
  #header: string[] = [];

  /** The commits that this chunk completes: a commit is complete where the next begins. */
  push(chunk: Buffer): Commit[] {
    const commits: Commit[] = [];
    for (const field of this.#fields.push(chunk)) this.#take(field, commits);
    return commits;
  }

  /** The last commit. Call it once git has ended well: otherwise nobody knows whether the commit is whole. */
  end(): Commit[] {
    const torn = this.#fields.unfinished || (this.#header.length > 0 && this.#header.length < HEADER_FIELDS);
    if (torn) throw new GitError('GitFailed', 'the output of git log ends in the middle of a commit');
    return this.#complete();
  }

  #take(field: Buffer, commits: Commit[]): void {
    if (this.#header.length > 0 && this.#header.length < HEADER_FIELDS) {
      this.#header.push(field.toString('utf8'));
      return;
    }
    if (field[0] === HEADER_MARK && !this.#changes.midway) {
      commits.push(...this.#complete());
      this.#header = [field.toString('latin1', 1)];
      return;
    }
    // a line feed, or nothing, parts the changes from their commit
    const change = field[0] === LINE_FEED && !this.#changes.midway ? field.subarray(1) : field;
    if (change.length === 0 || this.#changes.take(change)) return;
    throw new GitError(
      'GitFailed',
      `git log printed a field unknown here: ${JSON.stringify(field.toString('latin1'))}`,
    );
  }

  #complete(): Commit[] {
    const changes = this.#changes.finish();
    if (this.#header.length === 0) return [];
    const [id, parents, name, email, authoredAt, committedAt, subject] = this.#header;
    this.#header = [];
    return [
      {
        id: id!,
        parents: parents === '' ? [] : parents!.split(' '),
        author: { name: name!, email: email! },
        authoredAt: toSeconds(authoredAt!),
        committedAt: toSeconds(committedAt!),
        subject: subject!,
        changes,
      },
    ];
  }
}

/** A date that git cannot read counts as the beginning of 1970, as git itself has it. */
function toSeconds(text: string): number {
  return /^\d+$/.test(text) ? Math.min(Number(text), SECONDS_MAX) : 0;
}
