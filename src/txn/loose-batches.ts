import type { AnyBatch } from '../log/batch.js';
import type { BatchKeeper } from './batch-keeper.js';

/** Batches whose ids are remembered and that no log has yet, as objects. */
export class LooseBatches implements BatchKeeper {
  readonly floor = Infinity;
  /** In the order of their offsets; those before the start are gone. */
  #batches: AnyBatch[] = [];
  #start = 0;

  recall(offset: number): AnyBatch | undefined {
    const batch = this.#batches[this.#placeOf(offset)];
    return batch?.offset === offset ? batch : undefined;
  }

  withId(offset: number): AnyBatch | undefined {
    return this.recall(offset);
  }

  remember(batch: AnyBatch): void {
    this.#batches.push(batch);
  }

  keepIdsFrom(from: number): void {
    while (this.#start < this.#batches.length && this.#batches[this.#start]!.offset < from) this.#start++;
    if (2 * this.#start <= this.#batches.length) return;
    this.#batches = this.#batches.slice(this.#start);
    this.#start = 0;
  }

  remembered(from: number, to: number): readonly AnyBatch[] {
    return this.#batches.slice(this.#placeOf(from), this.#placeOf(to + 1));
  }

  /** The place of the first batch that is not older than an offset. */
  #placeOf(offset: number): number {
    let low = this.#start;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
