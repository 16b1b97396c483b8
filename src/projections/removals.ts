/** From so many dropped ones on, their room is given back once it is half of the lists. */
const DROPPED_MIN = 1024;

/**
 * Entries that an index has removed, in the order in which they died, for as long as nobody has asked for the past.
 * What was born and died at one version is here too, for undoing alone: nobody sees it.
 */
export class Removals<S> {
  #sources: (S | undefined)[] = [];
  #slots: number[] = [];
  #born: number[] = [];
  #died: number[] = [];
  #since: number[] = [];
  /** Those before it were dropped. */
  #start = 0;
  #seen = 0;

  /** Those that some version sees. */
  get seen(): number {
    return this.#seen;
  }

  /** Those there are, seen or not. */
  get length(): number {
    return this.#sources.length - this.#start;
  }

  /** When the oldest died; Infinity when there is none. */
  get firstDied(): number {
    return this.length === 0 ? Infinity : this.#died[this.#start]!;
  }

  push(source: S, slot: number, born: number, died: number, since: number): void {
    this.#sources.push(source);
    this.#slots.push(slot);
    this.#born.push(born);
    this.#died.push(died);
    this.#since.push(since);
    if (born < died) this.#seen++;
  }

  /** Takes the newest back and returns when it was born. */
  pop(): number {
    const born = this.#born.pop()!;
    if (born < this.#died.pop()!) this.#seen--;
    this.#sources.pop();
    this.#slots.pop();
    this.#since.pop();
    return born;
  }

  /** Drops those that no version from a floor on sees. */
  drop(floor: number): void {
    for (; this.firstDied <= floor; this.#start++) {
      if (this.#born[this.#start]! < this.#died[this.#start]!) this.#seen--;
      this.#sources[this.#start] = undefined;
    }
    if (this.#start >= DROPPED_MIN && this.#start >= this.length) this.#shorten();
  }

  /** Hands over each that some version sees, oldest first, with its number from the oldest on; none is left. */
  drain(take: (source: S, slot: number, born: number, died: number, since: number, number: number) => void): void {
    for (let i = this.#start; i < this.#sources.length; i++) {
      const source = this.#sources[i]!;
      take(source, this.#slots[i]!, this.#born[i]!, this.#died[i]!, this.#since[i]!, i - this.#start);
    }
    this.#start = this.#sources.length;
    this.#seen = 0;
    this.#shorten();
  }

  #shorten(): void {
    this.#sources = this.#sources.slice(this.#start);
    this.#slots = this.#slots.slice(this.#start);
    this.#born = this.#born.slice(this.#start);
    this.#died = this.#died.slice(this.#start);
    this.#since = this.#since.slice(this.#start);
    this.#start = 0;
  }
}
