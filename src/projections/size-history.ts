import { VersionChain } from './version-chain.js';

/** How many rows a table has, and had. */
export class SizeHistory {
  /** As the running transaction has it. */
  now = 0;
  /** What the last batch left, since when, and what was before. */
  #settled = 0;
  #since = 0;
  readonly #before = new VersionChain(-1, 0);

  /** What a version saw; Infinity sees the running transaction. */
  at(version: number): number {
    if (version === Infinity) return this.now;
    return version >= this.#since ? this.#settled : (this.#before.at(version) ?? 0);
  }

  /** Ends the running transaction at a version. */
  settle(version: number): void {
    if (this.now === this.#settled) return;
    this.#before.push(this.#since, this.#settled);
    this.#settled = this.now;
    this.#since = version;
  }

  /** Forgets what only versions before a floor saw. */
  trim(floor: number): void {
    this.#before.trim(floor, this.#since);
  }
}
