import type { StateHash } from '../codecs/state-hash.js';
import type { AnyBatch } from '../log/batch.js';
import type { BatchKeeper } from './batch-keeper.js';
import { IdWindow } from './id-window.js';
import type { KeptHash } from './kept-hash.js';

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
  /** The hash of the rows, where one is kept. */
  readonly rows?: StateHash | undefined;
}

/** The state that transactions have besides rows: the ids of the last batches, and where sequences stand. */
export class Ledger {
  readonly #idWindow: number;
  /** The hash of the state, where one is kept. */
  readonly hash: KeptHash | undefined;
  /** What lasts is remembered there, where this one is of all batches, and here only those that do not yet. */
  readonly #lasting: Ledger | undefined;
  #ids = new IdWindow();
  /** The newest batch. */
  #head = 0;
  #sequences = new Map<string, number>();
  readonly #forgotten: ((batch: AnyBatch) => void) | undefined;
  /** True when someone holds the map of sequences as it is. */
  #streams = new Map<string, number>();
  /** True when someone holds the map of sequences, or that of streams, as it is. */
  #captured = false;
  #streamsCaptured = false;

  /**
   * @param idWindow for how many batches ids are remembered
   * @param lasting what remembers the batches that last, where this one is of those on their way as well
   */
  constructor(idWindow: number, hash?: KeptHash, lasting?: Ledger) {
    this.#idWindow = idWindow;
    this.hash = hash;
    this.#lasting = lasting;
    if (hash !== undefined) this.#forgotten = (batch) => hash.replace('id', idOf(batch), undefined);
  }

  /** From now on the log has the batches whose ids are remembered. */
  join(log: BatchKeeper): void {
    if (this.hash !== undefined) this.hash.log = log;
    this.#ids.join(log);
  }

  /** Forgets everything, and takes over what another one had. */
  reset({ head, sequences, streams, remembered, rows }: LedgerStart): void {
    this.#ids = new IdWindow(this.#lasting === undefined ? remembered : [], this.#ids.keeper);
    this.#ids.slide(head - this.#idWindow);
    this.#head = head;
    this.#sequences = new Map(sequences);
    this.#captured = false;
    this.#streams = new Map(streams);
    this.#streamsCaptured = false;
    if (this.hash === undefined || rows === undefined) return;
    this.hash.reset(rows);
    for (const sequence of sequences) this.hash.replace('sequence', undefined, sequence);
    for (const stream of streams) this.hash.replace('stream', undefined, stream);
    for (const batch of this.#ids.capture()) this.hash.replace('id', undefined, idOf(batch));
    this.hash.settle(head);
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
    const found = this.#ids.get(id) ?? this.#lasting?.find(id);
    return found !== undefined && found.offset > this.#head - this.#idWindow ? found : undefined;
  }

  /** The newest batch whose id is remembered. */
  get last(): AnyBatch | undefined {
    return this.#ids.last;
  }

  /** Takes in a batch that was appended. `head` is the newest one that will be, where that is known. */
  note(batch: AnyBatch, head = batch.offset): void {
    const { id, offset, sequences, events } = batch;
    if (sequences !== undefined) {
      if (this.#captured) this.#sequences = new Map(this.#sequences);
      this.#captured = false;
      for (const [name, last] of Object.entries(sequences)) this.#move(name, last);
    }
    if (events.length > 0) this.#noteEvents(events);
    if (id !== undefined && offset > head - this.#idWindow) {
      this.#ids.add(id, batch);
      this.hash?.replace('id', undefined, idOf(batch));
    }
    this.#head = offset;
    const floor = offset - this.#idWindow;
    this.#ids.slide(this.#lasting === undefined ? floor : Math.max(floor, this.#lasting.#head), this.#forgotten);
    this.hash?.note(batch);
  }

  #move(name: string, last: number): void {
    const before = this.#sequences.get(name);
    this.hash?.replace('sequence', before === undefined ? undefined : [name, before], [name, last]);
    this.#sequences.set(name, last);
  }

  #noteEvents(events: AnyBatch['events']): void {
    for (const { stream, position } of events) if (stream !== undefined) this.moveStream(stream, position!);
  }

  /** Takes in that a stream has an event at a position. */
  moveStream(stream: string, position: number): void {
    if (position <= (this.#streams.get(stream) ?? 0)) return;
    if (this.#streamsCaptured) this.#streams = new Map(this.#streams);
    this.#streamsCaptured = false;
    const before = this.#streams.get(stream);
    this.hash?.replace('stream', before === undefined ? undefined : [stream, before], [stream, position]);
    this.#streams.set(stream, position);
  }

  /** All of it as it is now, at once, to be read at any time later. */
  capture(): LedgerState {
    this.#captured = true;
    this.#streamsCaptured = true;
    return { sequences: this.#sequences, streams: this.#streams, remembered: this.#ids.capture() };
  }
}

/** What an id is to a state hash. */
function idOf({ id, offset }: AnyBatch): unknown {
  return [id, offset];
}
