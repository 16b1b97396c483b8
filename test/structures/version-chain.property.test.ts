/**
 * The chain and a list of versions with their values, which grow, are taken back and are dropped from the oldest on;
 * long enough for dropped places to be given back.
 */
import { VersionChain } from '../../src/projections/version-chain.js';
import { drive, same, sameList, type Chance, type Trial } from '../support/structures.js';

type Value = number | undefined;

class ChainTrial implements Trial {
  readonly #random: Chance;
  #version = 0;
  #twin: [version: number, value: Value][] = [[0, 0]];
  #chain = new VersionChain<number>(0, 0);
  #pushes = 0.5;
  #left = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.3) this.#read();
    else if (random.is(this.#pushes)) this.#push();
    else if (random.is(0.1)) this.#trim();
    else this.#drop();
    same(this.#chain.length, this.#twin.length, 'length');
  }

  check(): void {
    const entries = [...this.#chain.entries()];
    sameList(entries.flat(), this.#twin.flat(), 'entries');
    for (let version = this.#version + 1; version > this.#version - 200; version--) this.#agree(version);
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 20 + random.below(1_000);
    this.#pushes = random.pick([0.3, 0.5, 0.5, 0.7, 0.95]);
    if (!random.is(0.2)) return;
    this.check();
    this.#version++;
    this.#twin = [[this.#version, undefined]];
    this.#chain = new VersionChain<number>(this.#version, undefined);
  }

  #push(): void {
    this.#version += 1 + this.#random.below(3);
    const value = this.#random.is(0.2) ? undefined : this.#version;
    this.#twin.push([this.#version, value]);
    this.#chain.push(this.#version, value);
  }

  #drop(): void {
    if (this.#twin.length === 0) return;
    if (this.#random.is(0.4)) {
      this.#twin.pop();
      this.#chain.pop();
    } else {
      this.#twin.shift();
      this.#chain.shift();
    }
  }

  /** A value goes once that after it was written by the floor; after the newest comes the present one. */
  #trim(): void {
    const since = this.#version + 1 + this.#random.below(3);
    const near = this.#twin[this.#random.below(Math.min(8, this.#twin.length))]?.[0] ?? since;
    const floor = this.#random.is(0.1) ? since - this.#random.below(2) : near + this.#random.below(3) - 1;
    this.#twin = this.#twin.filter((_, i) => (this.#twin[i + 1]?.[0] ?? since) > floor);
    this.#chain.trim(floor, since);
    this.#version = since;
  }

  #read(): void {
    const some = this.#twin.length > 0 && this.#random.is(0.8);
    const version = some ? this.#random.pick(this.#twin)[0] : this.#random.below(this.#version + 2);
    this.#agree(version + this.#random.below(3) - 1);
  }

  #agree(version: number): void {
    same(this.#chain.at(version), this.#twin.findLast(([written]) => written <= version)?.[1], `at(${version})`);
  }
}

drive('VersionChain', (random) => new ChainTrial(random));
