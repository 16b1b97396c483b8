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
 * @param enough says that they have done as much as they may meanwhile
 */
export function sharedTurns(
  { elapsed, pause }: Turns,
  happened: () => number,
  times: number,
  enough: () => boolean = () => false,
): Turns {
  let begun = elapsed();
  const shared = async (): Promise<void> => {
    const now = elapsed();
    const until = now + times * (now - begun);
    let seen: number;
    do {
      seen = happened();
      await pause();
    } while (happened() !== seen && elapsed() < until && !enough());
    begun = elapsed();
  };
  return { elapsed, pause: shared };
}

/** The clock is looked at once in so many steps at the most. */
const STEPS_PER_LOOK = 8;

/** Where steps between two looks took so much of a slice, each is followed by a look. */
const LOOK_SHARE = 1 / 16;

/** A slice ends when so much of its time is gone: its last steps, and what V8 compiles and marks, may take the rest. */
const SHARE = 0.4;

/** A stretch of work, after which everything else has its turn. */
export class Slice {
  readonly #sliceMs: number;
  readonly #turns: Turns;
  #end: number;
  #looked: number;
  /** How many steps there are from one look to the next, and how many are left. */
  #stride = 1;
  #left = 1;

  constructor(sliceMs: number, turns: Turns) {
    this.#sliceMs = sliceMs;
    this.#turns = turns;
    this.#looked = turns.elapsed();
    this.#end = this.#looked + SHARE * sliceMs;
  }

  /** Asked after each step, whether it is time to pause. A long one, of a large row, says so: that is looked at. */
  isOver(isLong = false): boolean {
    if (--this.#left > 0 && !isLong) return false;
    const now = this.#turns.elapsed();
    const isSlow = now - this.#looked > LOOK_SHARE * this.#sliceMs;
    this.#stride = isSlow ? 1 : Math.min(STEPS_PER_LOOK, 2 * this.#stride);
    this.#left = this.#stride;
    this.#looked = now;
    return now >= this.#end;
  }

  /** Lets the others have their turn, and begins the next one. */
  async pause(): Promise<void> {
    await this.#turns.pause();
    this.#looked = this.#turns.elapsed();
    this.#end = this.#looked + SHARE * this.#sliceMs;
  }
}

/**
 * Takes work step by step and gives what it gives, pausing before a slice has lasted so many milliseconds. A step that
 * gives nothing is a place to pause and no more; one that gives something has done more than others, as a rule.
 */
export async function* inSlices<A>(
  work: Iterable<A | undefined>,
  sliceMs: number,
  turns: Turns,
): AsyncGenerator<A, void, undefined> {
  const slice = new Slice(sliceMs, turns);
  for (const given of work) {
    if (given !== undefined) yield given;
    if (slice.isOver(given !== undefined)) await slice.pause();
  }
}
