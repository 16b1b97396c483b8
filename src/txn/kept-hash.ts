import { toHex } from '../codecs/hex.js';
import { ofTable, StateHash } from '../codecs/state-hash.js';
import type { AnyBatch } from '../log/batch.js';
import type { Log } from '../log/log.js';

const WORDS = 4;
const ROOM_MIN = 64;

/**
 * The state hash, kept as the state changes: that of the head, and of each offset before it that can still be read. A
 * change costs two hashes of a row, an id one when it comes and one when it is forgotten, an offset 16 bytes.
 */
export class KeptHash {
  /** Whose offsets are asked for; of the past of a log that is not there yet nothing is. */
  log: Pick<Log, 'floor'> | undefined;
  #sum = new StateHash();
  /** Four words of each offset, from `#base` on. */
  #words = new Uint32Array(WORDS * ROOM_MIN);
  #base = 0;
  #head = 0;

  constructor() {
    this.#note();
  }

  /** Begins anew with the rows of a state; what else the state has is added before `settle`. */
  reset(rows: StateHash): void {
    this.#sum = rows;
  }

  /** Ends what was begun anew: it is the state after a batch. */
  settle(offset: number): void {
    this.#base = this.#head = offset;
    this.#note();
  }

  /** Takes in that a value is state, and another one is not any more. */
  replace(of: string, before: unknown, after: unknown): void {
    if (before !== undefined) this.#sum.remove(of, before);
    if (after !== undefined) this.#sum.add(of, after);
  }

  /** Takes in the rows that a batch changed, and that the state is now the one after it. */
  note({ offset, changes }: AnyBatch): void {
    for (const { table, before, after } of changes) this.replace(ofTable(table), before, after);
    this.#head = offset;
    const floor = Math.min((this.log?.floor ?? Infinity) - 1, offset);
    if ((offset - this.#base + 1) * WORDS > this.#words.length) this.#makeRoom(Math.max(floor, this.#base));
    this.#note();
  }

  /** The hash of the state after a batch, in hexadecimal; undefined when it is not known. */
  at(offset: number): string | undefined {
    if (offset < this.#base || offset > this.#head) return undefined;
    const first = WORDS * (offset - this.#base);
    return toHex(StateHash.bytesOf(this.#words.subarray(first, first + WORDS)));
  }

  #note(): void {
    this.#sum.copyTo(this.#words, WORDS * (this.#head - this.#base));
  }

  /** Forgets what is before a floor; what is left fills half of the room at the most. */
  #makeRoom(floor: number): void {
    const kept = this.#words.subarray(WORDS * (floor - this.#base), WORDS * (this.#head - this.#base));
    this.#words = new Uint32Array(Math.max(WORDS * ROOM_MIN, 2 * kept.length));
    this.#words.set(kept);
    this.#base = floor;
  }
}
