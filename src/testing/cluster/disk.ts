import type { Random } from './random.js';
import type { Timeline } from './timeline.js';

/** An entry of the log that nodes agree on; without data it is a leader's own, which no machine is given. */
export interface LogEntry {
  readonly index: number;
  readonly term: number;
  /** Which proposal it is of; 0 for a leader's own. */
  readonly proposal: number;
  readonly data: Uint8Array | undefined;
}

/** A snapshot of a machine, and the newest entry that it has. */
export interface Saved {
  readonly index: number;
  readonly term: number;
  readonly bytes: Uint8Array;
}

/** What a node must not forget. */
export interface Durable {
  readonly term: number;
  /** Whom it voted for in this term. */
  readonly vote: string | undefined;
  /** The entries after those that the snapshot stands for, or a few more. */
  readonly log: readonly LogEntry[];
  readonly snapshot: Saved | undefined;
}

const EMPTY: Durable = { term: 0, vote: undefined, log: [], snapshot: undefined };

/** So long it takes at the most until what was written would outlast a crash, in milliseconds. */
const SYNC_MS = 5;

/** Keeps the state of a node: what was not synced before a crash may be gone. */
export class Disk {
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** The state as it is for good, and those after it that were written and not synced, oldest first. */
  #written: Durable[] = [EMPTY];
  /** How many crashes there were: what was to be synced before one is not told of after it. */
  #crashes = 0;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  get state(): Durable {
    return this.#written.at(-1)!;
  }

  write(change: Partial<Durable>): void {
    this.#written.push({ ...this.state, ...change });
  }

  /** Acts once everything that has been written so far would outlast a crash. */
  synced(act: () => void | Promise<void>): void {
    const { state } = this;
    const crashes = this.#crashes;
    this.#timeline.after(this.#random.next() * SYNC_MS, async () => {
      if (crashes !== this.#crashes) return;
      const place = this.#written.indexOf(state);
      // A later sync may have been quicker.
      if (place > 0) this.#written.splice(0, place);
      await act();
    });
  }

  /** What is found after a crash: the state that was synced, or any later one that was written. */
  crash(): void {
    this.#crashes++;
    this.#written = [this.#random.pick(this.#written)];
  }
}
