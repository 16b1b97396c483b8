/** The timeline and lists of all versions and sizes since the beginning, of which nothing is forgotten. */
import { Timeline } from '../../src/projections/timeline.js';
import { drive, same, type Chance, type Trial } from '../support/structures.js';

class TimelineTrial implements Trial {
  readonly #random: Chance;
  #timeline = new Timeline(3);
  /** By offset from 0 on. */
  #versions = [3];
  #bytes = [0];
  #base = 0;
  #pushes = 0.5;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const random = this.#random;
    if (random.is(this.#pushes)) this.#push();
    else if (random.is(0.02)) this.#trim();
    else this.#read();
    same(this.#timeline.base, this.#base, 'base');
    same(this.#timeline.head, this.#versions.length - 1, 'head');
  }

  check(): void {
    for (let offset = this.#base; offset < this.#versions.length; offset++) {
      same(this.#timeline.versionOf(offset), this.#versions[offset], `versionOf(${offset})`);
      this.#measure(this.#base, offset);
    }
  }

  #turn(): void {
    this.#left = 1_000 + this.#random.below(9_000);
    this.#pushes = this.#random.pick([0.2, 0.7, 0.95]);
    if (!this.#random.is(0.1)) return;
    this.check();
    const first = this.#random.below(9);
    this.#timeline = new Timeline(first);
    this.#versions = [first];
    this.#bytes = [0];
    this.#base = 0;
  }

  #push(): void {
    const version = this.#versions.at(-1)! + 1 + this.#random.below(3);
    const bytes = this.#random.below(1_000);
    this.#versions.push(version);
    this.#bytes.push(bytes);
    this.#timeline.push(version, bytes);
  }

  /** To a base far or near, or to one that is gone already. */
  #trim(): void {
    const span = this.#versions.length - this.#base;
    const step = this.#random.below(this.#random.is(0.4) ? span : Math.min(span, 20));
    const base = this.#base + (this.#random.is(0.1) ? -this.#random.below(this.#base + 1) : step);
    this.#base = Math.max(base, this.#base);
    this.#timeline.trim(base);
  }

  #read(): void {
    const after = this.#offset(this.#base);
    same(this.#timeline.versionOf(after), this.#versions[after], `versionOf(${after})`);
    const upTo = Math.min(this.#versions.length - 1, after + this.#random.below(50));
    this.#measure(after, upTo);
    if (this.#random.is(0.9)) return;
    const version = this.#versions[this.#offset(this.#base)]! + this.#random.below(5) - 2;
    let expected = this.#base;
    while (expected < this.#versions.length && this.#versions[expected]! < version) expected++;
    same(this.#timeline.offsetOf(version), expected, `offsetOf(${version})`);
  }

  #measure(after: number, upTo: number): void {
    if (upTo - after > 50) return;
    const expected = this.#bytes.slice(after + 1, upTo + 1).reduce((sum, bytes) => sum + bytes, 0);
    same(this.#timeline.bytesBetween(after, upTo), expected, `bytesBetween(${after}, ${upTo})`);
  }

  #offset(from: number): number {
    return from + this.#random.below(this.#versions.length - from);
  }
}

drive('Timeline', (random) => new TimelineTrial(random));
