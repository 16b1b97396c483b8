import type { AnyBatch, AnyChange } from '../log/batch.js';
import { NO_EVENTS } from '../log/batch-coder.js';
import type { Engine } from '../projections/engine.js';
import { applyChange } from '../projections/fold.js';
import type { ProjectionDefinition } from '../projections/projection.js';
import type { PinnedView } from '../projections/view.js';
import { changeOf } from './change-of.js';
import { Projector, type Trust } from './projector.js';
import { OpenTransaction } from './transaction.js';
import type { Limits } from './write-scope.js';

/** What the state of a projection is made with. */
export interface ProjectedParts {
  /** Its tables and its sources, empty or as they were at an offset. */
  readonly engine: Engine;
  readonly definition: ProjectionDefinition;
  readonly settings: Limits & Trust;
}

/** Told of the changes of a batch while it can be undone: whatever is thrown undoes it. */
type Take = (changes: readonly AnyChange[]) => void;

const NO_SEQUENCES: ReadonlyMap<string, number> = new Map();

/** So many rows are folded together where a projection is built from rows. */
const ROWS_TOGETHER = 32;

/** The state of one projection beside a store: its tables, and its own copy of the tables that it reads. */
export class ProjectedState {
  readonly engine: Engine;
  readonly definition: ProjectionDefinition;
  readonly #parts: ProjectedParts;
  readonly #projector: Projector;

  constructor(parts: ProjectedParts) {
    this.#parts = parts;
    this.engine = parts.engine;
    this.definition = parts.definition;
    this.#projector = new Projector([parts.definition], parts.settings);
  }

  /** Takes in what a batch changed in the sources, and folds it. @throws `ProjectionFailed`, and nothing has changed */
  fold(batch: AnyBatch, take: Take = () => {}): void {
    this.engine.begin();
    this.#apply(batch, (tx, own) => take(this.#projector.fold(tx, own, batch.events)));
  }

  /** The same while the projection is built: nobody has seen it, and no state but the last will be looked at. */
  build(batch: AnyBatch): void {
    const { engine } = this;
    engine.resume();
    this.#apply(batch, (tx, own) => this.#projector.fold(tx, own, batch.events));
    // What reads within the folds have seen.
    engine.trim(engine.version, Infinity);
  }

  /** Takes in what a batch changed in the sources, and folds nothing. */
  pass(batch: AnyBatch, take: Take): void {
    this.engine.begin();
    this.#apply(batch, (_, own) => take(own));
  }

  /** Takes the rows that a view has as inserted now, some at a time. */
  *seed(view: PinnedView, at: number): Generator<undefined> {
    const { offset } = view;
    for (const name of this.definition.sources.keys()) {
      const table = this.engine.tables.get(name)!;
      let changes: AnyChange[] = [];
      const flush = (): void => {
        this.build({ offset, at, id: undefined, meta: {}, changes, events: NO_EVENTS });
        changes = [];
      };
      for (const row of view.reader(name).scan()) {
        changes.push(changeOf(table, undefined, row));
        if (changes.length < ROWS_TOGETHER) continue;
        flush();
        yield undefined;
      }
      if (changes.length > 0) flush();
    }
  }

  #apply(batch: AnyBatch, work: (tx: OpenTransaction, own: readonly AnyChange[]) => void): void {
    const { engine, settings } = this.#parts;
    const { offset, at, id, meta, changes } = batch;
    const tx = new OpenTransaction({
      engine,
      limits: settings,
      sequences: NO_SEQUENCES,
      facts: undefined,
      development: settings.development,
      lineage: '',
      offset,
      at,
      id,
      meta,
    });
    try {
      const own = changes.filter(({ table }) => this.definition.sources.has(table));
      for (const change of own) applyChange(engine, offset, change);
      work(tx, own);
    } catch (error) {
      engine.rollback(0);
      throw error;
    } finally {
      tx.end();
      engine.settle();
    }
  }
}
