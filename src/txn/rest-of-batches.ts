import type { AnyBatch } from '../log/batch.js';
import type { Log } from '../log/log.js';
import type { Build } from './patience.js';
import type { Rest, Step } from './rest.js';

/** Each batch that follows, as folds of the log need it. */
export class RestOfBatches implements Rest {
  readonly #build: Build;
  readonly #log: Log;
  head = 0;
  at = -Infinity;

  constructor(build: Build, log: Log) {
    this.#build = build;
    this.#log = log;
  }

  get left(): number {
    return this.#log.head - this.head;
  }

  note(): void {
    // The log keeps what has come.
  }

  *take(batch: AnyBatch): Generator<Step> {
    const waits = this.#build(batch);
    if (waits !== undefined) yield* waits;
    this.head = batch.offset;
    this.at = batch.at;
    yield undefined;
  }

  *work(): Generator<Step> {
    const to = this.#log.head;
    while (this.head < to) yield* this.take(this.#log.at(this.head + 1));
  }
}
