/**
 * The window and a list of all batches: an id is known while its batch is among the last so many, be they loose or in a
 * log, whatever that has truncated or sealed; and what was captured stays.
 */
import { json } from '../../src/codecs/json-codec.js';
import type { AnyBatch } from '../../src/log/batch.js';
import { writtenBatches } from '../../src/log/batch-schema.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { IdWindow } from '../../src/txn/id-window.js';
import { drive, same, sameList, type Chance, type Trial } from '../support/structures.js';

class WindowTrial implements Trial {
  readonly #random: Chance;
  #size = 5;
  #window = new IdWindow();
  /** The log that has the batches; undefined while the window has them itself. */
  #log: MemoryLog | undefined;
  #captured: { readonly batches: Iterable<AnyBatch>; readonly offsets: readonly number[] } | undefined;
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
    if (this.#log !== undefined && this.#random.is(0.01)) this.#dropSome(this.#log);
    if (this.#random.is(0.001)) this.#capture();
    if (this.#random.is(0.5)) this.#agree(id);
    else this.#append(this.#random.is(this.#ids) ? id : undefined);
  }

  check(): void {
    if (this.#captured !== undefined) {
      sameList(
        [...this.#captured.batches].map(({ offset }) => offset),
        this.#captured.offsets,
        'captured',
      );
    }
    for (let i = 0; i < this.#names; i++) this.#agree(`id ${i}`);
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 500 + random.below(2_000);
    this.#ids = random.pick([0.02, 0.5, 1]);
    this.#names = random.pick([3, 100, 1_000]);
    if (!random.is(0.1)) return;
    this.#size = random.pick([0, 1, 2, 50, 400, 20_000]);
    this.#window = new IdWindow();
    this.#batches = [];
    this.#log = undefined;
    this.#captured = undefined;
    if (random.is(0.8)) this.#window.join((this.#log = new MemoryLog('a')));
  }

  /** Retention drops batches, and some of what is old becomes bytes. */
  #dropSome(log: MemoryLog): void {
    if (this.#random.is(0.5)) log.truncateBefore(log.floor + this.#random.below(log.head - log.floor + 2));
    for (let i = this.#random.below(3000); i > 0; i--) log.seal(SEAL);
  }

  /** All that is remembered now, and what it should be. */
  #capture(): void {
    this.check();
    const offsets = this.#remembered().flatMap(({ id, offset }) => (id === undefined ? [] : [offset]));
    this.#captured = { batches: this.#window.capture(), offsets };
    same(this.#window.last?.offset, offsets.at(-1), 'last');
  }

  #remembered(): readonly AnyBatch[] {
    return this.#size === 0 ? [] : this.#batches.slice(-this.#size);
  }

  /** An id that is known is not added once more: its batch is the answer. */
  #append(id: string | undefined): void {
    if (id !== undefined && this.#agree(id) !== undefined) return;
    const offset = this.#batches.length + 1;
    const batch: AnyBatch = { offset, at: offset, id, meta: {}, changes: [], events: [] };
    this.#batches.push(batch);
    this.#log?.append([batch], { expect: offset - 1 });
    if (id !== undefined && this.#size > 0) this.#window.add(id, batch);
    this.#window.slide(offset - this.#size);
    if (id !== undefined) this.#agree(id);
  }

  #agree(id: string): AnyBatch | undefined {
    const batch = this.#remembered().find((one) => one.id === id);
    same(this.#window.get(id)?.offset, batch?.offset, `get(${id})`);
    return batch;
  }
}

const { writer, reader } = writtenBatches(json, { tables: [], events: undefined });
const SEAL = { body: (batch: AnyBatch) => writer.body(batch), reader, frozen: false };

drive('IdWindow', (random) => new WindowTrial(random));
