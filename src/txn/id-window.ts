import type { AnyBatch } from '../log/batch.js';

/** The ids of the last so many batches, each with its batch, whatever retention has dropped of the log. */
export class IdWindow {
  readonly #size: number;
  /** In the order of their offsets. */
  readonly #batches = new Map<string, AnyBatch>();

  constructor(size: number) {
    this.#size = size;
  }

  get(id: string): AnyBatch | undefined {
    return this.#batches.get(id);
  }

  add(id: string, batch: AnyBatch): void {
    this.#batches.set(id, batch);
  }

  /** Forgets ids of batches that are no longer among the last. */
  slide(head: number): void {
    if (this.#batches.size === 0) return;
    for (const [id, { offset }] of this.#batches) {
      if (offset > head - this.#size) return;
      this.#batches.delete(id);
    }
  }
}
