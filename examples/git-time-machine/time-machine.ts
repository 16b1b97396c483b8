import { GitError } from './git.js';
import type { HistorySource } from './history-source.js';
import { importCommit, offsetOf, returnTo } from './importer.js';
import { parseInstant } from './instant.js';
import { commitBy } from './questions.js';
import { createHistory, type History } from './tables.js';

export interface TimeMachineOptions {
  /** Whether to count lines, which takes git about as long as all the rest; see `CommitRange`. */
  readonly lines?: boolean | undefined;
  /** Told after each commit how many have been read, and of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const DATE = /^\d{4}-\d{2}-\d{2}/;

/** A store, and the history that it follows. */
export class TimeMachine {
  readonly store: History = createHistory();
  readonly source: HistorySource;
  readonly #options: TimeMachineOptions;
  /** The commit that the store stands at. */
  #present: string | undefined;

  constructor(source: HistorySource, options: TimeMachineOptions = {}) {
    this.source = source;
    this.#options = options;
  }

  /** Brings the store to where HEAD is. @throws `GitError` */
  async catchUp(): Promise<void> {
    await this.#goTo(await this.source.resolve('HEAD'));
  }

  /**
   * The offset of what a date or a revision names: of a date, the commit that HEAD's history had come to by then, by
   * committers' dates. A commit that is not in HEAD's history is read as if HEAD had been moved there.
   *
   * @throws `GitError`
   */
  async offsetAt(point: string): Promise<number> {
    const seconds = parseInstant(point);
    if (seconds !== undefined) return this.#offsetBy(await this.source.dateOf(point, seconds), point);
    const id = await this.#resolve(point);
    try {
      await this.catchUp();
    } catch (error) {
      // HEAD can stand on a branch without commits while others have some
      if (!(error instanceof GitError && error.code === 'NoCommits')) throw error;
    }
    if (offsetOf(this.store, id) === undefined) await this.#goTo(id);
    return offsetOf(this.store, id)!;
  }

  async #resolve(revision: string): Promise<string> {
    try {
      return await this.source.resolve(revision);
    } catch (error) {
      if (!(error instanceof GitError && error.code === 'UnknownRevision' && DATE.test(revision))) throw error;
      const hint = 'as a date it would need its time and zone, as in 2024-06-15T12:00:00Z';
      throw new GitError('UnknownRevision', `${error.message}; ${hint}`, { cause: error });
    }
  }

  async #offsetBy(seconds: number, date: string): Promise<number> {
    await this.catchUp();
    const commit = this.store.read(commitBy(seconds));
    if (commit !== undefined) return offsetOf(this.store, commit.id)!;
    throw new GitError(
      'UnknownRevision',
      `no commit of ${this.source.name} had been made by ${date}: pass a later date`,
    );
  }

  /** Every commit is read once, after its first parent; commits that are known are returned to. */
  async #goTo(id: string): Promise<void> {
    if (id === this.#present) return;
    let total = 0;
    let base: string | undefined;
    for await (const ancestor of this.source.line(id)) {
      if (offsetOf(this.store, ancestor) !== undefined) {
        base = ancestor;
        break;
      }
      total++;
    }
    if (base !== this.#present) returnTo(this.store, base === undefined ? 0 : offsetOf(this.store, base)!, id);
    this.#present = base;
    let done = 0;
    for await (const commit of this.source.read({ from: base, to: id, lines: this.#options.lines })) {
      importCommit(this.store, commit);
      this.#present = commit.id;
      this.#options.onProgress?.(++done, total);
    }
  }
}
