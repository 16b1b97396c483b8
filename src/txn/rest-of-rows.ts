import { compareKeys, type Key } from '../codecs/key.js';
import type { AnyBatch, AnyChange } from '../log/batch.js';
import type { Log } from '../log/log.js';
import type { TableState } from '../projections/table-state.js';
import type { PinnedView } from '../projections/view.js';
import type { ProjectedState } from './projected-state.js';
import type { Rest } from './rest.js';

type Tables = ReadonlyMap<string, TableState>;

/**
 * Rows yet to be read, and batches that have come meanwhile. What has been read goes on from batch to batch, so that it
 * is always what some state had of these rows, and no view need be held until all is read.
 */
export class RestOfRows implements Rest {
  readonly #state: ProjectedState;
  readonly #log: Log;
  readonly #sources: readonly string[];
  /** How many sources have been read, and the key up to which the next one has. */
  #read = 0;
  #last: Key | undefined;
  /** What is yet to be folded, oldest first: kept here, since the log soon has it as bytes alone. */
  #come: AnyBatch[] = [];
  head: number;
  at: number;

  constructor(state: ProjectedState, log: Log) {
    this.#state = state;
    this.#log = log;
    this.#sources = [...state.definition.sources.keys()];
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
    const { sources } = this.#state.definition;
    for (const batch of this.#log.read(this.head + 1, head))
      if (batch.changes.some(({ table }) => sources.has(table))) this.#come.push(batch);
    [this.head, this.at] = [head, lastAt];
  }

  /** Brings what has been read to where the log was when it was looked at last. */
  *work(): Generator<undefined> {
    const batches = this.#come;
    this.#come = [];
    for (const batch of batches) {
      const changes = batch.changes.filter((change) => this.#hasRead(change));
      if (changes.length === batch.changes.length) this.#state.build(batch);
      else if (changes.length > 0) this.#state.build(withChanges(batch, changes));
      yield undefined;
    }
  }

  /** Reads on, of a view of the state that what has been read is in; stops at the end, or when `isEnough`. */
  *read(view: PinnedView, tables: Tables, at: number, isEnough: () => boolean): Generator<undefined> {
    for (; !this.isRead; this.#read++, this.#last = undefined) {
      const name = this.#sources[this.#read]!;
      const range = this.#last === undefined ? {} : { gt: this.#last };
      for (const last of this.#state.buildRows(tables.get(name)!, view.reader(name).scan(range), view.offset, at)) {
        this.#last = last;
        yield undefined;
        if (isEnough()) return;
      }
    }
  }

  #hasRead({ table, key }: AnyChange): boolean {
    const place = this.#sources.indexOf(table);
    if (place !== this.#read) return place < this.#read;
    return this.#last !== undefined && compareKeys((Array.isArray(key) ? key : [key]) as Key, this.#last) <= 0;
  }
}

/** Written out: to spread a batch takes longer than most folds (Node 20). */
function withChanges({ offset, at, id, meta, events }: AnyBatch, changes: readonly AnyChange[]): AnyBatch {
  return { offset, at, id, meta, changes, events };
}
