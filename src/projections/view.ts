import { MemoirError } from '../errors.js';
import type { Engine } from './engine.js';
import type { ReadSet } from './read-set.js';
import { TableReads } from './table-reader.js';
import { TableState } from './table-state.js';
import type { Vantage } from './vantage.js';

/** What a view keeps in memory while it is open. */
export interface Lease {
  readonly version: number;
  readonly offset: number;
  /** Where the version is found. */
  readonly tables: Engine['tables'];
  /** Lets go. */
  release(): void;
}

/** An open view: the state at a version, kept for as long as it is open. What users hold is its face. */
export class PinnedView implements Vantage {
  readonly version: number;
  readonly offset: number;
  readonly lineage: string;
  readonly reads: ReadSet | undefined;
  readonly #lease: Lease;
  readonly #engine: Engine;
  /** Those that have its version: a restore puts others in the engine, and states of old have their own. */
  readonly #tables: Engine['tables'];
  readonly #readers = new Map<string, TableReads>();
  #open = true;

  constructor(engine: Engine, lease: Lease, lineage: string, reads?: ReadSet) {
    this.#engine = engine;
    this.#tables = lease.tables;
    this.#lease = lease;
    this.version = lease.version;
    this.offset = lease.offset;
    this.lineage = lineage;
    this.reads = reads;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** What lets go of history, apart from the view itself, for whoever watches it being dropped. */
  get lease(): Lease {
    return this.#lease;
  }

  get filterRows(): number {
    return this.#engine.filterRows;
  }

  fix(): number {
    return this.version;
  }

  guard(): void {
    if (this.#open) return;
    throw new MemoirError(
      'ViewClosed',
      `the view of offset ${this.offset} is closed: open another with now() or asOf()`,
      {
        offset: this.offset,
      },
    );
  }

  /** The reader of a table. */
  reader(name: string): TableReads {
    let reader = this.#readers.get(name);
    if (reader === undefined) this.#readers.set(name, (reader = new TableReads(this.#tableOf(name), this)));
    return reader;
  }

  /** A table that was added later, where those are not the engine's, had no rows. */
  #tableOf(name: string): TableState {
    return this.#tables.get(name) ?? new TableState(name, this.#engine.tables.get(name)!.definition);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lease.release();
  }
}

/** What users hold of a view: its tables by name, on the prototype, so that making one costs nothing per table. */
export class ViewFace {
  readonly #view: PinnedView;

  constructor(view: PinnedView) {
    this.#view = view;
  }

  get offset(): number {
    return this.#view.offset;
  }

  get lineage(): string {
    return this.#view.lineage;
  }

  close(): void {
    this.#view.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The faces of a store's views. */
  static withTables(names: Iterable<string>): typeof ViewFace {
    class StoreView extends ViewFace {}
    for (const name of names) StoreView.addTable(name);
    return StoreView;
  }

  /** Gives every face of the class this is called on, those there are too, a table more. */
  static addTable(name: string): void {
    Object.defineProperty(this.prototype, name, {
      get(this: ViewFace): TableReads {
        return this.#view.reader(name);
      },
      enumerable: true,
    });
  }
}
