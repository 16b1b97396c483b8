import { EVERYTHING, type Edge, type Interval } from '../codecs/range.js';
import type { ScanIterator, ScanPlan } from './scan.js';
import type { TableIndex } from './table-index.js';

/** A stretch of an index that a query depends on. */
export interface Read {
  readonly index: TableIndex;
  readonly interval: Interval;
}

/**
 * What a query has read: keys found and gaps scanned. A pass that stopped early counts up to the last row it gave,
 * so that a change beyond it does not wake the query.
 */
export class ReadSet {
  readonly #reads: Read[] = [];
  readonly #passes: { readonly plan: ScanPlan; readonly pass: ScanIterator }[] = [];

  add(index: TableIndex, interval: Interval): void {
    this.#reads.push({ index, interval });
  }

  /** A whole index: any change to the table counts. */
  addAll(index: TableIndex): void {
    this.add(index, EVERYTHING);
  }

  addPass(plan: ScanPlan, pass: ScanIterator): void {
    this.#passes.push({ plan, pass });
  }

  /** Everything read so far. */
  reads(): readonly Read[] {
    const scanned = this.#passes.flatMap(({ plan, pass }) => {
      const interval = covered(plan, pass);
      return interval === undefined ? [] : [{ index: plan.index, interval }];
    });
    return [...this.#reads, ...scanned];
  }
}

function covered({ interval, reverse }: ScanPlan, pass: ScanIterator): Interval | undefined {
  if (pass.exhausted) return interval;
  const last = pass.lastKey;
  if (last === undefined) return undefined;
  const stop: Edge = { parts: last, side: reverse ? -1 : 1, cut: false };
  return reverse ? { low: stop, high: interval.high } : { low: interval.low, high: stop };
}
