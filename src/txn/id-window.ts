import type { AnyBatch } from '../log/batch.js';

/**
 * The ids of the last so many batches, each with its batch, whatever retention has dropped of the log. As it is at a
 * moment it can be captured at once, however large.
 */
export class IdWindow {
  readonly #size: number;
  readonly #byId = new Map<string, AnyBatch>();
  /** The batches with an id, in the order of their offsets; those before the start are forgotten. Only grows. */
  #batches: AnyBatch[] = [];
  #start = 0;

  constructor(size: number, batches: Iterable<AnyBatch> = []) {
    this.#size = size;
    for (const batch of batches) this.add(batch.id!, batch);
  }

  get(id: string): AnyBatch | undefined {
    return this.#byId.get(id);
  }

  /** The batch whose id came last, while it is remembered. */
  get last(): AnyBatch | undefined {
    return this.#start < this.#batches.length ? this.#batches.at(-1) : undefined;
  }

  add(id: string, batch: AnyBatch): void {
    this.#byId.set(id, batch);
    this.#batches.push(batch);
  }

  /** Forgets ids of batches that are no longer among the last, and tells which. */
  slide(head: number, forgotten?: (batch: AnyBatch) => void): void {
    const batches = this.#batches;
    const floor = head - this.#size;
    while (this.#start < batches.length && batches[this.#start]!.offset <= floor) {
      this.#byId.delete(batches[this.#start]!.id!);
      forgotten?.(batches[this.#start]!);
      this.#start++;
    }
    if (this.#start < 1024 || this.#start * 2 < batches.length) return;
    // Whoever has captured the list keeps the old one.
    this.#batches = batches.slice(this.#start);
    this.#start = 0;
  }

  /** The batches it has now, to be read at any time later. */
  capture(): Iterable<AnyBatch> {
    const batches = this.#batches;
    const [from, to] = [this.#start, batches.length];
    return {
      *[Symbol.iterator]() {
        for (let i = from; i < to; i++) yield batches[i]!;
      },
    };
  }
}
