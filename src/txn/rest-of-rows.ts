import { compareKeys, type Key } from '../codecs/key.js';
import { tupleOf, type AnyBatch, type AnyChange } from '../log/batch.js';
import type { Log } from '../log/log.js';
import type { TableState } from '../projections/table-state.js';
import type { PinnedView } from '../projections/view.js';
import { withChanges, type Build } from './patience.js';
import { insertsOf } from './projected-state.js';
import type { Rest, Step } from './rest.js';

type Tables = ReadonlyMap<string, TableState>;

/**
 * Rows yet to be read, and batches that have come meanwhile. What has been read goes on from batch to batch, so that it
 * is always what some state had of these rows, and no view need be held until all is read.
 */
export class RestOfRows implements Rest {
  readonly #build: Build;
  readonly #log: Log;
  readonly #sources: readonly string[];
  /** How many sources have been read, and the key up to which the next one has. */
  #read = 0;
  #last: Key | undefined;
  /** What is yet to be folded, oldest first: kept here, since the log soon has it as bytes alone. */
  #come: AnyBatch[] = [];
  head: number;
  at: number;

  constructor(build: Build, log: Log, sources: readonly string[]) {
    this.#build = build;
    this.#log = log;
    this.#sources = sources;
    this.head = log.head;
    this.at = log.lastAt;
  }

  get isRead(): boolean {
    return this.#read === this.#sources.length;
  }

  get left(): number {
    this.note();
    return this.#come.length;
  }

  note(): void {
    const { head, lastAt } = this.#log;
    for (const batch of this.#log.read(this.head + 1, head))
      if (batch.changes.some(({ table }) => this.#sources.includes(table))) this.#come.push(batch);
    [this.head, this.at] = [head, lastAt];
  }

  /** Brings what has been read to where the log was when it was looked at last. */
  *work(): Generator<Step> {
    const batches = this.#come;
    this.#come = [];
    for (const batch of batches) {
      const changes = batch.changes.filter((change) => this.#hasRead(change));
      if (changes.length > 0) {
        const waits = this.#build(changes.length === batch.changes.length ? batch : withChanges(batch, changes));
        if (waits !== undefined) yield* waits;
      }
      yield undefined;
    }
  }

  /** Reads on, of a view of the state that what has been read is in; stops at the end, or when `isEnough`. */
  *read(view: PinnedView, tables: Tables, at: number, isEnough: () => boolean): Generator<Step> {
    for (; !this.isRead; this.#read++, this.#last = undefined) {
      const name = this.#sources[this.#read]!;
      const range = this.#last === undefined ? {} : { gt: this.#last };
      const rows = view.reader(name).scan(range);
      for (const batch of insertsOf(tables.get(name)!, rows, { offset: view.offset, at })) {
        const waits = this.#build(batch);
        if (waits !== undefined) yield* waits;
        this.#last = tupleOf(batch.changes.at(-1)!.key);
        yield undefined;
        if (isEnough()) return;
      }
    }
  }

  #hasRead(change: AnyChange): boolean {
    const place = this.#sources.indexOf(change.table);
    if (place !== this.#read) return place < this.#read;
    return this.#last !== undefined && compareKeys(tupleOf(change.key), this.#last) <= 0;
  }
}
