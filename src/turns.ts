/** Work done one after the other, in the order in which it was asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** How much of it is not over. */
  get size(): number {
    return this.#waiting;
  }

  /** Does work when all that was asked for before is over, whether that came to anything or not. */
  async take<A>(work: () => Promise<A>): Promise<A> {
    this.#waiting++;
    const done = this.#last.then(work).finally(() => this.#waiting--);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all that was asked for until now is over. */
  async over(): Promise<void> {
    await this.#last;
  }
}
