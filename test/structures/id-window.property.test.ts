/** The window and a list of all batches: an id is known while its batch is among the last so many. */
import type { AnyBatch } from '../../src/log/batch.js';
import { IdWindow } from '../../src/txn/id-window.js';
import { drive, same, type Chance, type Trial } from '../support/structures.js';

class WindowTrial implements Trial {
  readonly #random: Chance;
  #size = 5;
  #window = new IdWindow(this.#size);
  /** By offset from 1 on. */
  #batches: AnyBatch[] = [];
  #ids = 0.7;
  #names = 100;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const id = `id ${this.#random.below(this.#names)}`;
    if (this.#random.is(0.5)) this.#agree(id);
    else this.#append(this.#random.is(this.#ids) ? id : undefined);
  }

  check(): void {
    for (let i = 0; i < this.#names; i++) this.#agree(`id ${i}`);
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 500 + random.below(2_000);
    this.#ids = random.pick([0.02, 0.5, 1]);
    this.#names = random.pick([3, 100, 1_000]);
    if (!random.is(0.3)) return;
    this.#size = random.pick([0, 1, 2, 50, 400]);
    this.#window = new IdWindow(this.#size);
    this.#batches = [];
  }

  /** An id that is known is not added once more: its batch is the answer. */
  #append(id: string | undefined): void {
    if (id !== undefined && this.#agree(id) !== undefined) return;
    const offset = this.#batches.length + 1;
    const batch: AnyBatch = { offset, at: offset, id, meta: {}, changes: [], events: [] };
    this.#batches.push(batch);
    if (id !== undefined) this.#window.add(id, batch);
    this.#window.slide(offset);
    if (id !== undefined) this.#agree(id);
  }

  #agree(id: string): AnyBatch | undefined {
    const last = this.#size === 0 ? [] : this.#batches.slice(-this.#size);
    const batch = last.find((one) => one.id === id);
    same(this.#window.get(id), batch, `get(${id})`);
    return batch;
  }
}

drive('IdWindow', (random) => new WindowTrial(random));
