import type { AnyBatch } from '../log/batch.js';
import { IdWindow } from './id-window.js';

/** All that a ledger has, at a moment. */
export interface LedgerState {
  readonly sequences: ReadonlyMap<string, number>;
  /** The last position of each event stream. */
  readonly streams: ReadonlyMap<string, number>;
  /** The batches whose ids are remembered, in the order of their offsets. */
  readonly remembered: Iterable<AnyBatch>;
}

/** A ledger's state with the head that it is of: another's may remember more than this one would. */
export interface LedgerStart extends LedgerState {
  readonly head: number;
}

/** The state that transactions have besides rows: the ids of the last batches, and where sequences stand. */
export class Ledger {
  readonly #idWindow: number;
  #ids: IdWindow;
  #sequences = new Map<string, number>();
  #streams = new Map<string, number>();
  /** True when someone holds the map of sequences, or that of streams, as it is. */
  #captured = false;
  #streamsCaptured = false;

  /** @param idWindow for how many batches ids are remembered */
  constructor(idWindow: number) {
    this.#idWindow = idWindow;
    this.#ids = new IdWindow(idWindow);
  }

  /** Forgets everything, and takes over what another one had. */
  reset({ head, sequences, streams, remembered }: LedgerStart): void {
    this.#ids = new IdWindow(this.#idWindow, remembered);
    this.#ids.slide(head);
    this.#sequences = new Map(sequences);
    this.#captured = false;
    this.#streams = new Map(streams);
    this.#streamsCaptured = false;
  }

  /** The last value of each sequence. */
  get sequences(): ReadonlyMap<string, number> {
    return this.#sequences;
  }

  /** The last position of each event stream. */
  get streams(): ReadonlyMap<string, number> {
    return this.#streams;
  }

  /** The batch that had an id, while it is remembered. */
  find(id: string): AnyBatch | undefined {
    return this.#ids.get(id);
  }

  /** Takes in a batch that was appended. */
  note(batch: AnyBatch): void {
    const { id, offset, sequences, events } = batch;
    if (sequences !== undefined) {
      if (this.#captured) this.#sequences = new Map(this.#sequences);
      this.#captured = false;
      for (const [name, last] of Object.entries(sequences)) this.#sequences.set(name, last);
    }
    if (events.length > 0) this.#noteEvents(events);
    if (id !== undefined) this.#ids.add(id, batch);
    this.#ids.slide(offset);
  }

  #noteEvents(events: AnyBatch['events']): void {
    for (const { stream, position } of events) if (stream !== undefined) this.moveStream(stream, position!);
  }

  /** Takes in that a stream has an event at a position. */
  moveStream(stream: string, position: number): void {
    if (position <= (this.#streams.get(stream) ?? 0)) return;
    if (this.#streamsCaptured) this.#streams = new Map(this.#streams);
    this.#streamsCaptured = false;
    this.#streams.set(stream, position);
  }

  /** All of it as it is now, at once, to be read at any time later. */
  capture(): LedgerState {
    this.#captured = true;
    this.#streamsCaptured = true;
    return { sequences: this.#sequences, streams: this.#streams, remembered: this.#ids.capture() };
  }
}
