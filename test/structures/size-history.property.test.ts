/**
 * The sizes of a table and a list of them by version: transactions change the size, end or are undone, and the floor
 * rises behind them.
 */
import { SizeHistory } from '../../src/projections/size-history.js';
import { drive, same, type Chance, type Trial } from '../support/structures.js';

class SizeTrial implements Trial {
  readonly #random: Chance;
  #sizes = new SizeHistory();
  /** By version, the size that it left. */
  #twin: number[] = [0];
  #now = 0;
  #floor = 0;
  #settles = 0.3;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.3) this.#agree(this.#floor + random.below(this.#twin.length + 2 - this.#floor));
    else if (dice < 0.32) this.#trim();
    else if (random.is(this.#settles)) this.#settle();
    else if (random.is(0.1)) this.#change(this.#twin.at(-1)!);
    else this.#change(Math.max(0, this.#now + random.below(7) - 3));
    same(this.#sizes.at(Infinity), this.#now, 'at(Infinity)');
  }

  check(): void {
    for (let version = this.#floor; version <= this.#twin.length; version++) this.#agree(version);
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 20 + random.below(2_000);
    this.#settles = random.pick([0.05, 0.3, 0.9]);
    if (!random.is(0.1)) return;
    this.check();
    this.#sizes = new SizeHistory();
    this.#twin = [0];
    this.#now = this.#floor = 0;
  }

  #change(size: number): void {
    this.#sizes.now = this.#now = size;
  }

  /** Some versions are of other tables, and leave the size as it was. */
  #settle(): void {
    for (let others = this.#random.below(3); others > 0; others--) this.#twin.push(this.#twin.at(-1)!);
    this.#sizes.settle(this.#twin.length);
    this.#twin.push(this.#now);
  }

  #trim(): void {
    const far = this.#random.is(0.1) ? this.#twin.length - this.#floor : 20;
    this.#floor = Math.min(this.#floor + this.#random.below(far + 1), this.#twin.length - 1);
    this.#sizes.trim(this.#floor);
    this.#agree(this.#floor);
  }

  #agree(version: number): void {
    same(this.#sizes.at(version), this.#twin[version] ?? this.#twin.at(-1), `at(${version})`);
  }
}

drive('SizeHistory', (random) => new SizeTrial(random));
