import type { Log } from '../log/log.js';
import type { Engine } from './engine.js';
import { fold, unfold } from './fold.js';
import type { TableIndex } from './table-index.js';

/** Who made the way there does not look back: row versions are let go once in so many batches. */
const BATCHES_PER_TRIM = 1024;

/**
 * States that the store's own engine no longer has, in an engine of their own: all between the offset where it begins
 * and the one to which it has been walked, batch by batch, forwards or backwards. Row versions tell them apart, as they
 * do at the head; here a later version may be an earlier offset.
 *
 * Callers hold to this: the log has the batches on the way.
 */
export class PastSpan {
  readonly engine: Engine;
  /** The indexes of the store that its tables have, each as one of their own. */
  readonly era: readonly TableIndex[];
  #begin: number;
  readonly #forwards: boolean;
  /** By how far from the beginning. */
  readonly #versions: number[];

  /**
   * @param engine has the state at `begin`
   * @param to the offset that is wanted, which says which way it walks
   */
  constructor(engine: Engine, era: readonly TableIndex[], begin: number, to: number) {
    this.engine = engine;
    this.era = era;
    this.#begin = begin;
    this.#forwards = to >= begin;
    this.#versions = [engine.version];
  }

  /** The oldest and the newest offset whose states it has. */
  get oldest(): number {
    return this.#forwards ? this.#begin : this.#end;
  }

  get newest(): number {
    return this.#forwards ? this.#end : this.#begin;
  }

  has(offset: number): boolean {
    return offset >= this.oldest && offset <= this.newest;
  }

  /** True when an offset lies ahead, and the span, walked there, has no more than so many batches. */
  canReach(offset: number, batchesMax: number): boolean {
    const length = this.#forwards ? offset - this.#begin : this.#begin - offset;
    return length >= 0 && length <= batchesMax;
  }

  /** The version that an offset stands for, where it has that. */
  versionOf(offset: number): number {
    return this.#versions[Math.abs(offset - this.#begin)]!;
  }

  /** Goes on to an offset that lies ahead. What throws on the way leaves it where it was before that batch. */
  walkTo(offset: number, log: Log): void {
    while (!this.has(offset)) {
      this.#step(log);
      this.#versions.push(this.engine.version);
    }
  }

  /** Begins anew at an offset that lies ahead, without the states before. */
  beginAt(offset: number, log: Log): void {
    for (let steps = 1; this.#begin !== offset; steps++) {
      this.#step(log);
      this.#begin += this.#forwards ? 1 : -1;
      if (steps % BATCHES_PER_TRIM === 0) this.engine.trim(this.engine.version, Infinity);
    }
    this.engine.trim(this.engine.version, Infinity);
    this.#versions[0] = this.engine.version;
  }

  get #end(): number {
    const steps = this.#versions.length - 1;
    return this.#forwards ? this.#begin + steps : this.#begin - steps;
  }

  #step(log: Log): void {
    const { engine } = this;
    try {
      if (this.#forwards) fold(engine, log.at(this.#end + 1));
      else unfold(engine, log.at(this.#end));
    } catch (error) {
      engine.rollback(0);
      engine.settle();
      throw error;
    }
  }
}
