import type { Horizon } from './horizon.js';

/** What history is given back with. */
export interface GivingBackParts {
  readonly horizon: Pick<Horizon, 'isBehind' | 'advance'>;
  /** Drops what was made of history that is gone. */
  readonly trim: () => void;
  /** Lets everything else run that waits for its turn; a process need not stay for what comes after. */
  readonly idle: () => Promise<void>;
}

/**
 * Gives back, a slice a turn, what nobody needs any more where no batch comes that would do it: a view that was held
 * for long closes, a follower that held ends, or more is let go than goes at a time.
 */
export class GivingBack {
  readonly #parts: GivingBackParts;
  #busy = false;

  constructor(parts: GivingBackParts) {
    this.#parts = parts;
  }

  /** Begins, unless that is under way. */
  begin(): void {
    if (this.#busy) return;
    this.#busy = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    const { horizon, trim, idle } = this.#parts;
    for (;;) {
      await idle();
      // Transactions give back, too, and may have left nothing to do.
      if (!horizon.isBehind) break;
      horizon.advance();
      trim();
    }
    this.#busy = false;
  }
}
