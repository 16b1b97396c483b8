import type { AnyBatch } from '../log/batch.js';
import type { Log } from '../log/log.js';
import type { ProjectedState } from './projected-state.js';
import type { Rest } from './rest.js';

/** Each batch that follows, as folds of the log need it. */
export class RestOfBatches implements Rest {
  readonly #state: ProjectedState;
  readonly #log: Log;
  head = 0;
  at = -Infinity;

  constructor(state: ProjectedState, log: Log) {
    this.#state = state;
    this.#log = log;
  }

  get left(): number {
    return this.#log.head - this.head;
  }

  note(): void {
    // The log keeps what has come.
  }

  take(batch: AnyBatch): void {
    this.#state.build(batch);
    this.head = batch.offset;
    this.at = batch.at;
  }

  *work(): Generator<undefined> {
    const to = this.#log.head;
    while (this.head < to) {
      this.take(this.#log.at(this.head + 1));
      yield undefined;
    }
  }
}
