import { ByteReader } from '../codecs/byte-reader.js';
import { freezePlain } from '../codecs/plain-data.js';
import { MemoirError } from '../errors.js';
import type { AnyBatch } from './batch.js';
import type { BatchReader } from './batch-coder.js';

/** How batches are sealed: laid down as bytes, and taken up again. */
export interface Seal {
  /** The bytes of a batch. */
  readonly body: (batch: AnyBatch) => Uint8Array;
  readonly reader: BatchReader;
  /** Whether batches that are taken up again are frozen. */
  readonly frozen: boolean;
}

/**
 * Batches that follow one another, as bytes: out of the collector's sight, and a fraction of the objects' size. A batch
 * is taken up again each time somebody asks for it. Where one is gone there is a gap.
 */
export class SealedSegment {
  readonly #bytes: Uint8Array;
  /** Where each batch begins, and where the last one ends. */
  readonly #starts: Uint32Array;
  readonly #seal: Seal;
  /** True where some batch has an id. */
  readonly hasIds: boolean;

  /** @param bodies of the batches, in their order; empty where one is gone */
  constructor(bodies: readonly Uint8Array[], hasIds: boolean, seal: Seal) {
    this.hasIds = hasIds;
    this.#starts = new Uint32Array(bodies.length + 1);
    for (const [i, { length }] of bodies.entries()) this.#starts[i + 1] = this.#starts[i]! + length;
    this.#bytes = new Uint8Array(this.#starts[bodies.length]!);
    for (const [i, body] of bodies.entries()) this.#bytes.set(body, this.#starts[i]);
    this.#seal = seal;
  }

  /** Bytes in memory. */
  get size(): number {
    return this.#bytes.byteLength + this.#starts.byteLength;
  }

  /** A batch; undefined where it is gone. */
  batch(place: number): AnyBatch | undefined {
    const { reader, frozen } = this.#seal;
    if (this.#starts[place] === this.#starts[place + 1]) return undefined;
    const batch = reader.read(this.#at(place));
    if (frozen) freezePlain(batch);
    return batch;
  }

  /** A batch if it has an id; others are passed over without being taken up. */
  withId(place: number): AnyBatch | undefined {
    if (!this.hasIds || this.#starts[place] === this.#starts[place + 1]) return undefined;
    const from = this.#at(place);
    from.long();
    from.long();
    return from.long() === 0 ? undefined : this.batch(place);
  }

  /** When a batch was made. */
  timeOf(place: number): number {
    const from = this.#at(place);
    from.long();
    return from.long();
  }

  #at(place: number): ByteReader {
    return new ByteReader(this.#bytes, this.#starts[place], this.#starts[place + 1]);
  }
}

/** The body of a batch that is gone. */
const GONE = new Uint8Array();

/** Lays batches down, one by one, until they are a segment. */
export class Sealing {
  readonly #batches: readonly (AnyBatch | undefined)[];
  readonly #count: number;
  readonly #seal: Seal;
  readonly #bodies: Uint8Array[] = [];
  #hasIds = false;

  /** @param count how many there are, those at the end included that are gone */
  constructor(batches: readonly (AnyBatch | undefined)[], count: number, seal: Seal) {
    this.#batches = batches;
    this.#count = count;
    this.#seal = seal;
  }

  /** Lays down the next one; gives the segment when that was the last, null when one of them cannot be. */
  step(): SealedSegment | null | undefined {
    const batch = this.#batches[this.#bodies.length];
    try {
      this.#bodies.push(batch === undefined ? GONE : this.#seal.body(batch));
      this.#hasIds ||= batch?.id !== undefined;
    } catch (error) {
      // A bigint, say, that is too large for the codec: what was not refused when it was written stays as it is.
      if (error instanceof MemoirError && error.code === 'Defect') throw error;
      return null;
    }
    return this.#bodies.length < this.#count ? undefined : new SealedSegment(this.#bodies, this.#hasIds, this.#seal);
  }
}
