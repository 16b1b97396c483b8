/**
 * The index and a list of places a stream: batches bring events, of streams or of none, whose positions may have gaps;
 * the floor rises behind them, far enough for room to be given back; now and then everything is forgotten.
 */
import type { AnyBatch, AnyEvent } from '../../src/log/batch.js';
import { StreamIndex, type EventPlace } from '../../src/log/stream-index.js';
import { drive, same, type Chance, type Trial } from '../support/structures.js';

/** Beyond so many events the floor rises faster. */
const EVENTS_MAX = 8_000;
const STREAMS = ['', '__proto__', 'constructor', ...Array.from({ length: 37 }, (_, i) => `stream ${i}`)];

class StreamsTrial implements Trial {
  readonly #random: Chance;
  readonly #index = new StreamIndex();
  /** By stream, in the order of the log. */
  readonly #twin = new Map<string, EventPlace[]>();
  /** By stream, its last position. */
  readonly #last = new Map<string, number>();
  #head = 0;
  #floor = 1;
  #streams = STREAMS;
  #gaps = 0;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.5) this.#agree(random.pick(STREAMS));
    else if (dice < 0.98) this.#note();
    else this.#trim();
  }

  check(): void {
    for (const stream of [...STREAMS, 'no stream']) {
      for (let i = 0; i < 20; i++) this.#agree(stream);
    }
    same(this.#index.size, this.#size(), 'size');
  }

  /** Few streams are long ones. */
  #turn(): void {
    const random = this.#random;
    this.#left = 500 + random.below(5_000);
    this.#streams = STREAMS.slice(0, random.pick([1, 3, STREAMS.length]));
    this.#gaps = random.pick([0, 0, 0.01, 0.5]);
    if (!random.is(0.1)) return;
    this.#index.clear();
    this.#twin.clear();
    this.#last.clear();
    same(this.#index.size, 0, 'the size once all is forgotten');
  }

  #note(): void {
    const offset = ++this.#head;
    const events = Array.from({ length: this.#random.below(4) }, (_, at) => this.#event(offset, at));
    const batch: AnyBatch = { offset, at: offset, id: undefined, meta: {}, changes: [], events };
    this.#index.note(batch);
  }

  #event(offset: number, at: number): AnyEvent {
    const random = this.#random;
    const plain = { type: 'Happened', data: {} };
    if (random.is(0.1)) return { ...plain, stream: undefined, position: undefined };
    const stream = random.pick(this.#streams);
    const position = (this.#last.get(stream) ?? 0) + 1 + (random.is(this.#gaps) ? random.below(5) : 0);
    this.#last.set(stream, position);
    const places = this.#twin.get(stream) ?? [];
    this.#twin.set(stream, places);
    places.push({ position, offset, at });
    return { ...plain, stream, position };
  }

  #trim(): void {
    const random = this.#random;
    const far = this.#size() > EVENTS_MAX || random.is(0.02);
    this.#floor = Math.min(this.#floor + random.below(far ? 5_000 : 50), this.#head + 1);
    this.#index.trim(this.#floor);
    for (const [stream, places] of this.#twin) {
      const kept = places.filter(({ offset }) => offset >= this.#floor);
      this.#twin.set(stream, kept);
    }
    same(this.#index.size, this.#size(), 'size');
  }

  #size(): number {
    return [...this.#twin.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What is asked for lies near an event, or before or behind them all. */
  #agree(stream: string): void {
    const random = this.#random;
    const places = this.#twin.get(stream) ?? [];
    const near = places.length > 0 && random.is(0.8) ? random.pick(places).position : this.#last.get(stream);
    const position = random.is(0.05) ? random.pick([0, 1, Infinity]) : (near ?? 0) + random.below(5) - 2;
    const after = places.find((place) => place.position >= position);
    const before = places.findLast((place) => place.position <= position);
    const asked = `(${stream}, ${position})`;
    same(nameOf(this.#index.from(stream, position)), nameOf(after), `from${asked}`);
    same(nameOf(this.#index.upTo(stream, position)), nameOf(before), `upTo${asked}`);
  }
}

const nameOf = (place: EventPlace | undefined) => place && `${place.position} ${place.offset} ${place.at}`;

drive('StreamIndex', (random) => new StreamsTrial(random));
