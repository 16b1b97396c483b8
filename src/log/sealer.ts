import type { Listener } from './feed.js';
import type { MemoryLog } from './memory-log.js';
import type { Seal } from './sealed-segment.js';

/** What a sealer works with. */
export interface SealerParts {
  readonly log: MemoryLog;
  /** How batches are laid down now. */
  readonly seal: () => Seal;
  /** Milliseconds from whenever, never going back. */
  readonly elapsed: () => number;
  /** Lets everything else run that waits for its turn. */
  readonly pause: () => Promise<void>;
}

/** How long it works at a time, in milliseconds. */
const SLICE_MS = 2;

/** Has old batches sealed when nobody else has anything to do: off the path of writes, in short slices. */
export class Sealer implements Listener {
  readonly #parts: SealerParts;
  #busy = false;

  constructor(parts: SealerParts) {
    this.#parts = parts;
  }

  deliver(): void {
    if (this.#busy || !this.#parts.log.hasUnsealed) return;
    this.#busy = true;
    void this.#work();
  }

  reset(): void {
    // The log has forgotten what it was sealing.
  }

  end(): void {
    // What is not sealed stays as it is: nothing comes any more that would need the room.
  }

  async #work(): Promise<void> {
    const { log, seal, elapsed, pause } = this.#parts;
    while (log.hasUnsealed) {
      await pause();
      const by = seal();
      const end = elapsed() + SLICE_MS;
      while (log.seal(by) && elapsed() < end);
    }
    this.#busy = false;
  }
}
