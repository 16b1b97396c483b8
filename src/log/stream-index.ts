import type { AnyBatch } from './batch.js';

/** Where an event lies in the log. */
export interface EventPlace {
  /** Its position in its stream. */
  readonly position: number;
  /** The offset of its batch. */
  readonly offset: number;
  /** Its place among the events of the batch, from 0. */
  readonly at: number;
}

/** So many places that are gone wait at the least before their room is given back. */
const SLACK = 1024;

/**
 * Where the events of each stream lie in the log: three numbers an event, kept as long as its batch. What is asked of a
 * stream takes time in what is given, and a logarithm of the stream.
 */
export class StreamIndex {
  readonly #byName = new Map<string, Places>();
  /** The streams of all events, in the order of the log, for what goes when the floor rises. */
  #order: string[] = [];
  #offsets: number[] = [];
  #start = 0;

  /** How many events it knows of. */
  get size(): number {
    return this.#offsets.length - this.#start;
  }

  /** Takes in the events of the next batch. */
  note({ offset, events }: AnyBatch): void {
    for (let at = 0; at < events.length; at++) {
      const { stream, position } = events[at]!;
      if (stream === undefined) continue;
      let places = this.#byName.get(stream);
      if (places === undefined) this.#byName.set(stream, (places = new Places()));
      places.push(position!, offset, at);
      this.#order.push(stream);
      this.#offsets.push(offset);
    }
  }

  /** Forgets the events of the batches before an offset. */
  trim(floor: number): void {
    while (this.#start < this.#offsets.length && this.#offsets[this.#start]! < floor) {
      const name = this.#order[this.#start++]!;
      const places = this.#byName.get(name)!;
      places.shift();
      if (places.size === 0) this.#byName.delete(name);
    }
    if (this.#start < SLACK || this.#start * 2 < this.#offsets.length) return;
    this.#order = this.#order.slice(this.#start);
    this.#offsets = this.#offsets.slice(this.#start);
    this.#start = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.#byName.clear();
    this.#order = [];
    this.#offsets = [];
    this.#start = 0;
  }

  /** The first event of a stream at a position or after it, or undefined. */
  from(stream: string, position: number): EventPlace | undefined {
    const places = this.#byName.get(stream);
    return places?.at(places.rank(position));
  }

  /** The last event of a stream at a position or before it, or undefined. */
  upTo(stream: string, position: number): EventPlace | undefined {
    const places = this.#byName.get(stream);
    return places?.at(places.rank(position + 1) - 1);
  }
}

/** The places of one stream, by position. */
class Places {
  #positions: number[] = [];
  #offsets: number[] = [];
  #ats: number[] = [];
  #start = 0;

  get size(): number {
    return this.#positions.length - this.#start;
  }

  push(position: number, offset: number, at: number): void {
    this.#positions.push(position);
    this.#offsets.push(offset);
    this.#ats.push(at);
  }

  /** Forgets the first. */
  shift(): void {
    this.#start++;
    if (this.#start < SLACK || this.#start * 2 < this.#positions.length) return;
    this.#positions = this.#positions.slice(this.#start);
    this.#offsets = this.#offsets.slice(this.#start);
    this.#ats = this.#ats.slice(this.#start);
    this.#start = 0;
  }

  /** Where the first is that is at a position or after it; positions have gaps where a type is gone. */
  rank(position: number): number {
    const positions = this.#positions;
    let low = this.#start;
    let high = positions.length;
    // Without gaps it is right here.
    const guess = low + position - (positions[low] ?? 0);
    if (guess >= low && positions[guess] === position) return guess;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (positions[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(rank: number): EventPlace | undefined {
    if (rank < this.#start || rank >= this.#positions.length) return undefined;
    return { position: this.#positions[rank]!, offset: this.#offsets[rank]!, at: this.#ats[rank]! };
  }
}
