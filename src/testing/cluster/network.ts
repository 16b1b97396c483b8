import type { Random } from './random.js';
import type { Timeline } from './timeline.js';

/** What a network does to messages. */
export interface NetworkFaults {
  /** How many of a hundred messages are lost; 3 unless told. */
  readonly lost: number;
  /** How many of a hundred come twice; 2 unless told. */
  readonly repeated: number;
  /** How long a message takes at the most, in milliseconds, each its own time, so they overtake; 20 unless told. */
  readonly delayMs: number;
}

/** Carries messages between nodes, badly. */
export class Network<M> {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #faults: NetworkFaults;
  readonly #deliver: (to: string, message: M) => void | Promise<void>;
  /** On which side of a partition each node is. */
  #sides: ReadonlyMap<string, number> = new Map();

  constructor(
    timeline: Timeline,
    random: Random,
    faults: NetworkFaults,
    deliver: (to: string, message: M) => void | Promise<void>,
  ) {
    this.#timeline = timeline;
    this.#random = random;
    this.#faults = faults;
    this.#deliver = deliver;
  }

  /** Lets messages pass only between nodes that are named together; who is not named is alone. */
  partition(...sides: readonly (readonly string[])[]): void {
    this.#sides = new Map(sides.flatMap((side, i) => side.map((name) => [name, i + 1] as const)));
  }

  heal(): void {
    this.#sides = new Map();
  }

  send(from: string, to: string, message: M): void {
    const { lost, repeated, delayMs } = this.#faults;
    if (this.#random.isOneOf(lost)) return;
    const times = this.#random.isOneOf(repeated) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      this.#timeline.after(this.#random.between(1, delayMs + 1), async () => {
        // A message that is on its way when the network parts does not come.
        if (this.#isOpen(from, to)) await this.#deliver(to, message);
      });
    }
  }

  #isOpen(from: string, to: string): boolean {
    return this.#sides.size === 0 || (this.#sides.has(from) && this.#sides.get(from) === this.#sides.get(to));
  }
}
