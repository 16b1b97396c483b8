/**
 * The values that came before a present one, each with the version at which it was written; for a row, undefined is
 * its absence. Ordered, so that a version is searched for, not walked to.
 */
export class VersionChain<A> {
  // Lists made with their first element have room for that one alone, and most rows have one version in the past.
  readonly #versions: number[];
  readonly #values: (A | undefined)[];
  #start = 0;

  /** A chain of one. */
  constructor(version: number, value: A | undefined) {
    this.#versions = [version];
    this.#values = [value];
  }

  get length(): number {
    return this.#versions.length - this.#start;
  }

  push(version: number, value: A | undefined): void {
    this.#versions.push(version);
    this.#values.push(value);
  }

  /** Takes the newest back, when a write is undone. */
  pop(): void {
    this.#versions.pop();
    this.#values.pop();
  }

  /** Drops the oldest, which no reader can see any more. */
  shift(): void {
    this.#values[this.#start] = undefined;
    this.#start++;
    if (this.#start < 32 || this.#start * 2 < this.#versions.length) return;
    this.#versions.splice(0, this.#start);
    this.#values.splice(0, this.#start);
    this.#start = 0;
  }

  /** Drops what only versions before `floor` saw; `since` is when the present value was written. */
  trim(floor: number, since: number): void {
    while (this.length > 0 && (this.length > 1 ? this.#versions[this.#start + 1]! : since) <= floor) this.shift();
  }

  /** The value as a version saw it. */
  at(version: number): A | undefined {
    let low = this.#start;
    let high = this.#versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#versions[middle]! <= version) low = middle + 1;
      else high = middle;
    }
    return low === this.#start ? undefined : this.#values[low - 1];
  }

  /** Every version with its value, oldest first. */
  *entries(): Generator<readonly [version: number, value: A | undefined]> {
    for (let i = this.#start; i < this.#versions.length; i++) yield [this.#versions[i]!, this.#values[i]];
  }
}
