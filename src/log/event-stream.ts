import { checkOptions, MemoirError, show } from '../errors.js';
import type { TypeOf } from '../codecs/codec.js';
import type { Events, NoEvents } from '../codecs/event-types.js';
import type { AnyBatch, AnyEvent, Meta } from './batch.js';
import type { MemoryLog } from './memory-log.js';
import { lineageChanged } from './position.js';

/** An event of a stream, with the batch that it came in. */
export type StreamEvent<E extends Events> = {
  readonly [N in keyof E & string]: StreamedEvent<N, TypeOf<E[N]>>;
}[keyof E & string];

interface StreamedEvent<N, D> {
  /** The batch that it came in: its offset, when it was made, its id and meta. */
  readonly offset: number;
  readonly at: number;
  readonly id: string | undefined;
  readonly meta: Meta;
  /** The name of its type. */
  readonly type: N;
  readonly data: D;
  /** Its place in the stream: 1, 2, 3 … */
  readonly position: number;
}

/** Which events of a stream to read. */
export interface StreamRange {
  /** The first position wanted, inclusive; 1 unless told. */
  readonly from?: number;
  /** The last position wanted, inclusive; the head unless told. */
  readonly to?: number;
  /** Newest first. */
  readonly reverse?: boolean;
  /** How many at the most. */
  readonly limit?: number;
}

/** The events that were emitted with one name of a stream, as they were when it was asked for. */
export interface EventStream<E extends Events = NoEvents> {
  readonly name: string;
  /** The last position; 0 when the stream has no events. */
  readonly head: number;
  /** The oldest position that can be read; `head + 1` when there is none. It rises as batches are given back. */
  readonly floor: number;
  /**
   * The events, in the order of their positions. They are read as the iterable is read, each iteration anew, and take
   * time in what is read.
   *
   * @throws `OffsetCompacted` when what is wanted is not there any more, `LineageChanged` when the store was restored
   *   to other content meanwhile, `RangeInvalid`
   */
  read(range?: StreamRange): Iterable<StreamEvent<E>>;
}

/** A stream's event as code that knows no event types sees it. */
export type AnyStreamEvent = StreamedEvent<string, AnyEvent['data']>;

/** What a stream is read from. */
export interface StreamSource {
  readonly log: MemoryLog;
  readonly name: string;
  readonly head: number;
  /** The events that the log does not have yet, in their order; the newest of all. */
  readonly tail: readonly AnyStreamEvent[];
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
  readonly limit: number;
}

/** A stream as it is read from the log. */
export class LoggedStream {
  readonly name: string;
  readonly head: number;
  readonly #log: MemoryLog;
  readonly #tail: readonly AnyStreamEvent[];
  readonly #lineage: string;

  constructor({ log, name, head, tail }: StreamSource) {
    this.name = name;
    this.head = head;
    this.#log = log;
    this.#tail = tail;
    this.#lineage = log.lineage;
  }

  get floor(): number {
    // With the whole log there nothing is gone.
    if (this.#log.floor === 1) return 1;
    const first = this.#log.streams.from(this.name, 1)?.position ?? this.#tail[0]?.position;
    return Math.min(first ?? Infinity, this.head + 1);
  }

  read(range: StreamRange = {}): Iterable<AnyStreamEvent> {
    const span = this.#spanOf(range);
    if (span.limit > 0) this.#refuseGone(this.#furthest(span));
    return { [Symbol.iterator]: () => this.#pass(span) };
  }

  #spanOf(range: StreamRange): Span {
    checkOptions('a stream', range, ['from', 'to', 'reverse', 'limit']);
    const { from = 1, to = this.head, reverse = false, limit = Infinity } = range;
    for (const [name, given] of Object.entries({ from, to, limit })) {
      if (typeof given === 'number' && given >= 0 && (Number.isSafeInteger(given) || given === Infinity)) continue;
      throw new MemoirError('RangeInvalid', `${name} is ${show(given)}: give a whole number from 0`);
    }
    if (typeof reverse !== 'boolean')
      throw new MemoirError('RangeInvalid', `reverse is ${show(reverse)}: give true or false`);
    return { from: Math.max(1, from), to: Math.min(to, this.head), reverse, limit };
  }

  /** The oldest position that a pass may come to, as far as that is known beforehand. */
  #furthest({ from, to, reverse, limit }: Span): number {
    if (from > to) return Infinity;
    return reverse ? Math.max(from, to - limit + 1) : from;
  }

  #refuseGone(position: number): void {
    const { head, floor, name } = this;
    if (this.#log.lineage !== this.#lineage) throw lineageChanged(this.#log, this.#lineage);
    if (position >= floor || position > head) return;
    throw new MemoirError(
      'OffsetCompacted',
      `the event at position ${position} of ${show(name)} is gone: the oldest that can be read is at ${floor}. ` +
        'Keep more (`keep`), or begin from there',
      { stream: name, requested: position, floor, head },
    );
  }

  *#pass({ from, to, reverse, limit }: Span): Generator<AnyStreamEvent, void, undefined> {
    // To take a batch up again that was sealed costs all of it: it is done once for events that stand together.
    let batch: AnyBatch | undefined;
    let given = 0;
    for (let next = reverse ? to : from; given < limit && next >= from && next <= to; given++) {
      this.#refuseGone(next);
      const place = this.#place(next, reverse);
      if (place === undefined || place.position < from || place.position > to) return;
      next = reverse ? place.position - 1 : place.position + 1;
      if ('event' in place) yield place.event;
      else {
        if (batch?.offset !== place.offset) batch = this.#log.at(place.offset);
        yield streamEvent(batch, batch.events[place.at]!);
      }
    }
  }

  /** Where the nearest event is, from a position on. */
  #place(position: number, reverse: boolean) {
    const first = this.#tail[0]?.position ?? this.head + 1;
    if (position < first) {
      const { streams } = this.#log;
      const logged = reverse ? streams.upTo(this.name, position) : streams.from(this.name, position);
      if (reverse || (logged !== undefined && logged.position < first)) return logged;
    }
    const event = this.#tail[Math.max(0, position - first)];
    return event === undefined ? undefined : { position: event.position, event };
  }
}

/** An event of a stream, with what it needs of its batch. */
export function streamEvent(batch: Pick<AnyBatch, 'offset' | 'at' | 'id' | 'meta'>, event: AnyEvent): AnyStreamEvent {
  const { offset, at, id, meta } = batch;
  const { type, data, position } = event;
  return { offset, at, id, meta, type, data, position: position! };
}
