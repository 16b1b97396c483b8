/** Something that is to happen. */
interface Due {
  readonly at: number;
  readonly number: number;
  readonly act: () => void | Promise<void>;
}

/** Time that passes only from one thing that is to happen to the next; what is due together happens as planned. */
export class Timeline {
  /** A heap: each is due no later than the two below it. */
  readonly #due: Due[] = [];
  #planned = 0;
  #happened = 0;
  #now = 0;

  /** In milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** How much has happened. */
  get happened(): number {
    return this.#happened;
  }

  after(ms: number, act: () => void | Promise<void>): void {
    const heap = this.#due;
    const one: Due = { at: this.#now + ms, number: this.#planned++, act };
    let place = heap.push(one) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(one, heap[above]!)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = one;
  }

  /** Lets the next thing happen, if it is due by then; otherwise it is then, and nothing has happened. */
  async step(until: number): Promise<boolean> {
    const next = this.#due[0];
    if (next === undefined || next.at > until) {
      this.#now = Math.max(this.#now, until);
      return false;
    }
    this.#takeFirst();
    this.#now = next.at;
    this.#happened++;
    await next.act();
    return true;
  }

  #takeFirst(): void {
    const heap = this.#due;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.number < other.number);
}
