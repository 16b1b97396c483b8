/**
 * Which engine version each offset stands for, and how many bytes of batches lie between offsets. Begins at a base
 * offset, which moves up as history is given back.
 */
export class Timeline {
  #base = 0;
  /** By offset from the base on. */
  #versions: number[] = [];
  /** Bytes of all batches up to each offset. */
  #bytes: number[] = [];
  #start = 0;

  constructor(version: number, base = 0) {
    this.reset(version, base);
  }

  /** Forgets everything, and begins at an offset that stands for a version. */
  reset(version: number, base: number): void {
    this.#base = base;
    this.#versions = [version];
    this.#bytes = [0];
    this.#start = 0;
  }

  /** The oldest offset known. */
  get base(): number {
    return this.#base;
  }

  get head(): number {
    return this.#base + this.#versions.length - 1 - this.#start;
  }

  push(version: number, bytes: number): void {
    this.#bytes.push(this.#bytes.at(-1)! + bytes);
    this.#versions.push(version);
  }

  versionOf(offset: number): number {
    return this.#versions[this.#start + offset - this.#base]!;
  }

  /** Bytes of the batches after one offset, up to another. */
  bytesBetween(after: number, upTo: number): number {
    return this.#bytes[this.#start + upTo - this.#base]! - this.#bytes[this.#start + after - this.#base]!;
  }

  /** The first offset whose version is at least this one: the batch that wrote at it. */
  offsetOf(version: number): number {
    let low = this.#start;
    let high = this.#versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#versions[middle]! < version) low = middle + 1;
      else high = middle;
    }
    return this.#base + low - this.#start;
  }

  /** Forgets the offsets before a new base. */
  trim(base: number): void {
    this.#start += Math.max(0, base - this.#base);
    this.#base = Math.max(base, this.#base);
    if (this.#start < 4096 || this.#start * 2 < this.#versions.length) return;
    this.#versions = this.#versions.slice(this.#start);
    this.#bytes = this.#bytes.slice(this.#start);
    this.#start = 0;
  }
}
