/**
 * The values that came before a present one, each with the version at which it was written; for a row, undefined is
 * its absence. Ordered, so that a version is searched for, not walked to. The newest stands by itself, since most rows
 * have but one version in the past.
 */
export class VersionChain<A> {
  #version: number;
  #value: A | undefined;
  #older: OlderValues<A> | undefined;
  #length = 1;

  /** A chain of one. */
  constructor(version: number, value: A | undefined) {
    this.#version = version;
    this.#value = value;
  }

  get length(): number {
    return this.#length;
  }

  push(version: number, value: A | undefined): void {
    if (this.#length > 0) {
      if (this.#older === undefined) this.#older = new OlderValues(this.#version, this.#value);
      else this.#older.push(this.#version, this.#value);
    }
    this.#version = version;
    this.#value = value;
    this.#length++;
  }

  /** Takes the newest back, when a write is undone. */
  pop(): void {
    this.#length--;
    this.#value = undefined;
    if (this.#length > 0) [this.#version, this.#value] = this.#older!.pop();
  }

  /** Drops the oldest, which no reader can see any more. */
  shift(): void {
    this.#length--;
    if (this.#length > 0) this.#older!.shift();
    else this.#value = undefined;
  }

  /** Drops what only versions before `floor` saw; `since` is when the present value was written. */
  trim(floor: number, since: number): void {
    while (this.#length > 0 && this.#secondVersion(since) <= floor) this.shift();
  }

  /** The value as a version saw it. */
  at(version: number): A | undefined {
    if (this.#length === 0) return undefined;
    return version >= this.#version ? this.#value : this.#older?.at(version);
  }

  /** Every version with its value, oldest first. */
  *entries(): Generator<readonly [version: number, value: A | undefined]> {
    if (this.#older !== undefined) yield* this.#older.entries();
    if (this.#length > 0) yield [this.#version, this.#value];
  }

  /** When the value after the oldest was written. */
  #secondVersion(since: number): number {
    if (this.#length === 1) return since;
    return this.#length === 2 ? this.#version : this.#older!.secondVersion;
  }
}

/** All but the newest. */
class OlderValues<A> {
  #versions: number[];
  #values: (A | undefined)[];
  #start = 0;

  constructor(version: number, value: A | undefined) {
    // Written out, since a list that grows has room for 17 from its first element on.
    this.#versions = [version];
    this.#values = [value];
  }

  get secondVersion(): number {
    return this.#versions[this.#start + 1]!;
  }

  push(version: number, value: A | undefined): void {
    this.#versions.push(version);
    this.#values.push(value);
  }

  pop(): readonly [version: number, value: A | undefined] {
    return [this.#versions.pop()!, this.#values.pop()];
  }

  shift(): void {
    this.#values[this.#start] = undefined;
    this.#start++;
    if (this.#start < 32 || this.#start * 2 < this.#versions.length) return;
    this.#versions = this.#versions.slice(this.#start);
    this.#values = this.#values.slice(this.#start);
    this.#start = 0;
  }

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

  *entries(): Generator<readonly [version: number, value: A | undefined]> {
    for (let i = this.#start; i < this.#versions.length; i++) yield [this.#versions[i]!, this.#values[i]];
  }
}
