import { MemoirError, show } from '../errors.js';
import type { Keep } from '../log/keep.js';
import type { Log } from '../log/log.js';
import type { Engine } from './engine.js';
import { Timeline } from './timeline.js';
import type { Lease } from './view.js';

/** Someone who keeps history from being given back. */
export interface Holder {
  readonly kind: 'view' | 'cursor';
  readonly label: string;
  /** The offset at which it stands. */
  readonly offset: number;
  /** When it began to hold, in milliseconds since 1970. */
  readonly since: number;
  /** Bytes of batches that only it and its like keep; 0 while retention keeps them anyway. */
  readonly bytes: number;
}

/** Someone who keeps history from being given back, and for how long already. */
export interface PinStats extends Holder {
  readonly ageMs: number;
}

/**
 * So many batches and row versions are given back at the most when a transaction ends: who lets go of much, a view held
 * for long, makes no write wait.
 */
const SLICE = 4096;

/** Checkpoints lie as far apart at the least, in batches, unless a store is told how far. */
const CHECKPOINT_EVERY = 10_000;

/** How much of what is retained stays at hand as rows. What is older is made of batches, when it is asked for. */
export interface HistoryOptions {
  /** How many of the last batches; as many as `keep` retains unless told. */
  readonly batches?: number;
  /**
   * After how many batches below those the state is laid down as bytes; unless told, as many as it has rows, and 10,000
   * at least, so that the bytes are no more than those of the batches.
   */
  readonly checkpointEvery?: number;
}

/** The same, filled in but for what follows from the state. */
export interface HistorySettings extends HistoryOptions {
  readonly batches: number;
}

/** What says how far back history goes. */
export interface HorizonOptions {
  readonly keep: Keep;
  readonly history: HistorySettings;
  readonly pinnedBytesMax: number;
  readonly clock: () => number;
}

interface Pin {
  readonly kind: 'view' | 'cursor';
  readonly label: string;
  readonly since: number;
  readonly offset: number;
}

/**
 * How far back history goes. Retention says which batches may go, and the window of history which row versions; open
 * views pin row versions, and followers that hold pin batches. What is pinned beyond retention has a limit, past which
 * writes are refused.
 */
export class Horizon {
  readonly timeline: Timeline;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #keep: Keep;
  readonly #pinnedBytesMax: number;
  readonly #clock: () => number;
  /** For how many of the last batches row versions stay, and how far checkpoints lie apart below. */
  readonly #history: HistorySettings;
  /** The offset from which on the engine was folded: that of the snapshot, in a store that was recovered. */
  #begun = 0;
  /** The oldest offset whose row versions the engine has. */
  #known: number;
  /** Where the next checkpoint is to be; row versions stay until it is laid down. */
  #due = 0;
  readonly #views = new Set<Pin>();
  readonly #cursors = new Set<Pin>();
  /** The view that reaches furthest back; found anew when that one is released. */
  #oldestView: Pin | undefined;
  /** The oldest batch that retention itself keeps. */
  #wanted: number;
  /** Called when there is more to give back than a slice, or when somebody has let go. */
  onBehind: () => void = () => undefined;

  constructor(engine: Engine, log: Log, options: HorizonOptions) {
    this.#engine = engine;
    this.#log = log;
    this.#keep = options.keep;
    this.#history = options.history;
    this.#pinnedBytesMax = options.pinnedBytesMax;
    this.#clock = options.clock;
    this.timeline = new Timeline(engine.version, log.head);
    this.#wanted = log.floor;
    this.#known = log.head;
    this.#due = this.#dueAfter(log.head);
  }

  /** The oldest offset whose state can be had. */
  get floor(): number {
    return this.#log.floor - 1;
  }

  /** The oldest offset whose state the engine has; what is older has to be made of batches. */
  get known(): number {
    return this.#known;
  }

  /** True when the engine was folded from the log's very beginning, and the log still has all of it. */
  get isWhole(): boolean {
    return this.#begun === 0 && this.#log.floor === 1;
  }

  /** The offset at which a checkpoint is due: row versions at it and after wait for that. */
  get due(): number | undefined {
    return this.#due <= this.#log.head - this.#history.batches ? this.#due : undefined;
  }

  /** How many batches are to lie between checkpoints, as things are. */
  get checkpointEvery(): number {
    return this.#history.checkpointEvery ?? Math.max(CHECKPOINT_EVERY, this.#engine.rows);
  }

  /** Notes that the checkpoint that was due is laid down, or cannot be. */
  laidDown(): void {
    this.#due = this.#dueAfter(this.#due);
  }

  /** Says that the engine has no state before an offset, though the log has batches. */
  beginAt(offset: number): void {
    this.#begun = offset;
    this.#known = Math.max(this.#known, offset);
    this.#due = this.#dueAfter(offset);
  }

  /** Begins anew, when the engine and the log have: views of what was there before hold on to that by themselves. */
  reset(): void {
    this.timeline.reset(this.#engine.version, this.#log.head);
    this.#views.clear();
    this.#oldestView = undefined;
    this.#begun = this.#log.head;
    this.#known = this.#log.head;
    this.#due = this.#dueAfter(this.#known);
    this.#wanted = this.#log.floor;
  }

  /** Keeps the state at an offset, while the lease lasts. */
  pinView(offset: number, label: string): Lease {
    const pin: Pin = { kind: 'view', label, since: this.#clock(), offset };
    this.#views.add(pin);
    if (this.#oldestView === undefined || offset < this.#oldestView.offset) this.#oldestView = pin;
    const { tables } = this.#engine;
    return { version: this.timeline.versionOf(offset), offset, tables, release: () => this.#releaseView(pin) };
  }

  /** Keeps the batches from a follower's place on, which moves; returns how to let go. */
  pinCursor(label: string, place: () => number): () => void {
    const pin: Pin = {
      kind: 'cursor',
      label,
      since: this.#clock(),
      get offset(): number {
        return place() - 1;
      },
    };
    this.#cursors.add(pin);
    return () => {
      this.#cursors.delete(pin);
      if (this.isBehind) this.onBehind();
    };
  }

  /** Notes a batch that was appended. */
  appended(version: number, bytes: number): void {
    this.timeline.push(version, bytes);
  }

  /** Gives back what retention drops and nobody holds. Call when everyone has been told of every batch. */
  advance(): void {
    this.#wanted = Math.max(this.#wanted, this.#retained());
    this.#giveBack();
    if (this.isBehind) this.onBehind();
  }

  /** True when there are batches or row versions that nobody needs: more than are given back at a time. */
  get isBehind(): boolean {
    if (this.#log.floor < this.#floorToBe || this.#known < this.#knowable) return true;
    return this.#engine.canTrim(this.timeline.versionOf(this.#known));
  }

  /** Notes that the batches before an offset may go, when next something is given back. */
  want(before: number): void {
    this.#wanted = Math.max(this.#wanted, Math.min(before, this.#log.head + 1));
  }

  /** Refuses to go on when more is pinned than may be. */
  guard(): void {
    const pinned = this.pinnedBytes;
    if (pinned <= this.#pinnedBytesMax) return;
    const { kind, label, offset } = this.#oldestPin()!;
    throw new MemoirError(
      'HistoryFull',
      `${pinned} bytes of history are pinned, and pinnedBytesMax is ${this.#pinnedBytesMax}: ` +
        `the ${kind} ${show(label)} ` +
        `has stood at offset ${offset}. Close it (store.holders() lists all), or raise the limit`,
      { holder: label, offset, limit: this.#pinnedBytesMax, actual: pinned },
    );
  }

  /** Bytes of the batches that can be read, by the rough count of rows. */
  get logBytes(): number {
    return this.timeline.bytesBetween(this.#log.floor - 1, this.#log.head);
  }

  /** Bytes of batches that are kept for views and followers alone. */
  get pinnedBytes(): number {
    const below = this.#wanted - 1;
    const from = Math.max(this.timeline.base, Math.min(this.#oldestPin()?.offset ?? below, below));
    return this.timeline.bytesBetween(from, below);
  }

  /** Who holds history, and for how long. */
  pins(): readonly PinStats[] {
    const now = this.#clock();
    return this.holders().map((holder) => ({ ...holder, ageMs: Math.max(0, now - holder.since) }));
  }

  /** Who holds history, oldest first. */
  holders(): readonly Holder[] {
    const below = this.#wanted - 1;
    return [...this.#views, ...this.#cursors]
      .map(({ kind, label, offset, since }) => {
        const bytes = offset < below ? this.timeline.bytesBetween(Math.max(offset, this.timeline.base), below) : 0;
        return { kind, label, offset, since, bytes };
      })
      .sort((a, b) => a.offset - b.offset);
  }

  #releaseView(pin: Pin): void {
    this.#views.delete(pin);
    if (pin !== this.#oldestView) return;
    this.#oldestView = oldestOf(this.#views);
    if (this.isBehind) this.onBehind();
  }

  /** The oldest batch that retention keeps. */
  #retained(): number {
    if (this.#keep === 'all') return this.#log.floor;
    const { batches, ageMs, bytes } = this.#keep;
    const { head } = this.#log;
    let floor = batches === undefined ? this.#wanted : head + 1 - batches;
    if (bytes !== undefined) {
      const kept = (from: number): number => this.timeline.bytesBetween(from - 1, head);
      for (floor = Math.max(floor, this.#wanted); floor <= head && kept(floor) > bytes;) floor++;
    }
    if (ageMs !== undefined) {
      // By the log's own time, which advances with it and never goes back.
      const oldest = this.#log.lastAt - ageMs;
      for (floor = Math.max(floor, this.#wanted); floor <= head && this.#log.at(floor).at < oldest;) floor++;
    }
    return floor;
  }

  #giveBack(): void {
    const log = this.#log;
    const floor = Math.min(this.#floorToBe, log.floor + SLICE);
    if (floor > log.floor) log.truncateBefore(floor);
    const oldest = log.floor - 1;
    // A checkpoint of what retention has dropped is of no use.
    while (this.#due < oldest) this.#due = this.#dueAfter(this.#due);
    this.#known = Math.max(this.#known, Math.min(this.#knowable, this.#known + SLICE));
    const base = Math.min(oldest, this.#known);
    if (base > this.timeline.base) this.timeline.trim(base);
    this.#engine.trim(this.timeline.versionOf(this.#known), SLICE);
  }

  /** The oldest batch that somebody needs. */
  get #floorToBe(): number {
    return Math.min(this.#wanted, (oldestOf(this.#cursors)?.offset ?? Infinity) + 1);
  }

  /** The oldest offset whose row versions somebody needs. */
  get #knowable(): number {
    const edge = Math.max(this.#log.floor - 1, this.#log.head - this.#history.batches);
    return Math.min(edge, this.#due, this.#oldestView?.offset ?? Infinity);
  }

  /** Where the checkpoint after an offset is to be; nowhere, if all that is retained stays at hand. */
  #dueAfter(offset: number): number {
    return this.#history.batches === Infinity ? Infinity : offset + this.checkpointEvery;
  }

  #oldestPin(): Pin | undefined {
    const cursor = oldestOf(this.#cursors);
    const view = this.#oldestView;
    return view === undefined || (cursor !== undefined && cursor.offset < view.offset) ? cursor : view;
  }
}

function oldestOf(pins: ReadonlySet<Pin>): Pin | undefined {
  let oldest: Pin | undefined;
  for (const pin of pins) if (oldest === undefined || pin.offset < oldest.offset) oldest = pin;
  return oldest;
}
