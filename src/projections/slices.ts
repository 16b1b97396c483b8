/** What work in slices needs of the platform. */
export interface Turns {
  /** Milliseconds from whenever, never going back. */
  readonly elapsed: () => number;
  /** Lets everything else run that waits for its turn. */
  readonly pause: () => Promise<void>;
}

/**
 * Turns that leave others so many times what a slice took, for as long as they use it: until nothing happens in a turn.
 *
 * @param happened counts what others do
 */
export function sharedTurns({ elapsed, pause }: Turns, happened: () => number, times: number): Turns {
  let begun = elapsed();
  const shared = async (): Promise<void> => {
    const now = elapsed();
    const until = now + times * (now - begun);
    let seen: number;
    do {
      seen = happened();
      await pause();
    } while (happened() !== seen && elapsed() < until);
    begun = elapsed();
  };
  return { elapsed, pause: shared };
}

/** The clock is looked at once in so many steps. */
const STEPS_PER_LOOK = 8;

/** A slice ends when so much of its time is gone: its last steps, and what V8 compiles and marks, may take the rest. */
const SHARE = 0.4;

/** A stretch of work, after which everything else has its turn. */
export class Slice {
  readonly #sliceMs: number;
  readonly #turns: Turns;
  #end: number;
  #steps = 0;

  constructor(sliceMs: number, turns: Turns) {
    this.#sliceMs = sliceMs;
    this.#turns = turns;
    this.#end = turns.elapsed() + SHARE * sliceMs;
  }

  /** Asked after each step, whether it is time to pause. */
  isOver(): boolean {
    return ++this.#steps % STEPS_PER_LOOK === 0 && this.#turns.elapsed() >= this.#end;
  }

  /** Lets the others have their turn, and begins the next one. */
  async pause(): Promise<void> {
    await this.#turns.pause();
    this.#end = this.#turns.elapsed() + SHARE * this.#sliceMs;
  }
}

/**
 * Takes work step by step and gives what it gives, pausing before a slice has lasted so many milliseconds. A step that
 * gives nothing is a place to pause and no more.
 */
export async function* inSlices<A>(
  work: Iterable<A | undefined>,
  sliceMs: number,
  turns: Turns,
): AsyncGenerator<A, void, undefined> {
  const slice = new Slice(sliceMs, turns);
  for (const given of work) {
    if (given !== undefined) yield given;
    if (slice.isOver()) await slice.pause();
  }
}
