import { ByteWriter } from './byte-writer.js';
import { writeCanonical } from './canonical.js';
import { hash128Into } from './hash128.js';

const labels = new Map<string, string>();

/** What the rows of a table are of; a text put together anew for each row would be flattened anew for each. */
export function ofTable(name: string): string {
  let label = labels.get(name);
  if (label === undefined) {
    label = `table ${name}`;
    labels.set(name, label);
  }
  return label;
}

/**
 * What two replicas compare: the sum, modulo 2^128, of the hashes of all rows and of whatever else is state. A sum
 * knows no order, and what is removed is taken off again, so that it can be kept as the state changes.
 */
export class StateHash {
  /** Little-endian words. */
  readonly #sum = new Uint32Array(4);
  readonly #hash = new Uint32Array(4);
  readonly #bytes = new ByteWriter();

  /** Takes in a row of a table, or whatever else, told apart by what it is of. */
  add(of: string, value: unknown): void {
    this.#shift(of, value, 1);
  }

  /** Takes off what was taken in. */
  remove(of: string, value: unknown): void {
    this.#shift(of, value, -1);
  }

  /** Takes in all that another one has. */
  join(other: StateHash): void {
    this.#hash.set(other.#sum);
    this.#shiftBy(1);
  }

  /** The sum: 16 bytes, little-endian. */
  digest(): Uint8Array {
    return StateHash.bytesOf(this.#sum);
  }

  /** Writes the sum to a place of a list of words; `bytesOf` makes bytes of them. */
  copyTo(words: Uint32Array, at: number): void {
    words.set(this.#sum, at);
  }

  /** The four words of a sum as bytes. */
  static bytesOf(words: Uint32Array): Uint8Array {
    const bytes = new Uint8Array(16);
    for (const [i, word] of words.entries()) {
      for (let j = 0; j < 4; j++) bytes[4 * i + j] = (word >>> (8 * j)) & 0xff;
    }
    return bytes;
  }

  #shift(of: string, value: unknown, sign: 1 | -1): void {
    const to = this.#bytes;
    to.at = 0;
    to.string(of);
    writeCanonical(value, to);
    hash128Into(to.bytes, to.at, this.#hash);
    this.#shiftBy(sign);
  }

  #shiftBy(sign: 1 | -1): void {
    let carry = 0;
    for (let i = 0; i < 4; i++) {
      const sum = this.#sum[i]! + sign * this.#hash[i]! + carry;
      // A typed array keeps the lower 32 bits.
      this.#sum[i] = sum;
      carry = Math.floor(sum / 0x1_0000_0000);
    }
  }
}
