import type { Row } from '../codecs/index-plan.js';
import type { AnyBatch, AnyChange } from '../log/batch.js';
import type { Engine } from './engine.js';
import { IntervalTree } from './interval-tree.js';
import type { Read } from './read-set.js';
import type { TableIndex } from './table-index.js';

/** What a query has read, and which changes touch it: whose old keys or new ones fall into what it found or scanned. */
export class Touch {
  readonly #engine: Engine;
  readonly #trees = new Map<TableIndex, IntervalTree<true>>();

  constructor(engine: Engine, reads: readonly Read[]) {
    this.#engine = engine;
    for (const { index, interval } of reads) {
      let tree = this.#trees.get(index);
      if (tree === undefined) this.#trees.set(index, (tree = new IntervalTree()));
      tree.add(interval, true);
    }
  }

  /** The first change of a batch that touches what was read, or undefined. */
  first({ changes }: AnyBatch): AnyChange | undefined {
    return changes.find(({ table, before, after }) => {
      const { indexes } = this.#engine.tables.get(table)!;
      return [before, after].some((row) => row !== undefined && indexes.some((index) => this.#falls(index, row)));
    });
  }

  #falls(index: TableIndex, row: Row): boolean {
    const tree = this.#trees.get(index);
    let falls = false;
    const found = (): unknown => (falls = true);
    if (tree !== undefined) for (const parts of index.keysOf(row)) tree.at({ parts, side: 0, cut: false }, found);
    return falls;
  }
}
