import type { Row } from '../codecs/index-plan.js';
import type { AnyBatch, AnyChange } from '../log/batch.js';
import { NO_EVENTS } from '../log/batch-coder.js';
import type { Engine } from '../projections/engine.js';
import { applyChange } from '../projections/fold.js';
import type { ProjectionDefinition } from '../projections/projection.js';
import type { TableState } from '../projections/table-state.js';
import { changeOf } from './change-of.js';
import { Projector, type Trust } from './projector.js';
import { OpenTransaction } from './transaction.js';
import type { Limits } from './write-scope.js';

/** What the state of a projection is made with. */
export interface ProjectedParts {
  /** Its tables and its sources, empty or as they were at an offset; or its tables alone. */
  readonly engine: Engine;
  readonly definition: ProjectionDefinition;
  readonly settings: Limits & Trust;
}

/** Told of the changes of a batch while it can be undone: whatever is thrown undoes it. */
type Take = (changes: readonly AnyChange[]) => void;

const NO_SEQUENCES: ReadonlyMap<string, number> = new Map();

/** So many rows are folded together where a projection is built from rows. */
const ROWS_TOGETHER = 32;

/** A fold reads a source of which the state has no copy: build it anew with one. */
export class SourceWanted extends Error {}

/**
 * The state of one projection beside a store: its tables, and its own copy of the tables that it reads. Many folds read
 * none: then it can be built without copies, in half the time.
 */
export class ProjectedState {
  readonly engine: Engine;
  readonly definition: ProjectionDefinition;
  readonly #parts: ProjectedParts;
  readonly #projector: Projector;
  readonly #copies: boolean;
  #isWanting = false;

  constructor(parts: ProjectedParts) {
    this.#parts = parts;
    const { engine, definition, settings } = parts;
    this.engine = engine;
    this.definition = definition;
    this.#copies = [...definition.sources.keys()].every((name) => engine.tables.has(name));
    this.#projector = new Projector([definition], settings, () => this.#read());
  }

  /** Takes in what a batch changed in the sources, and folds it. @throws `ProjectionFailed`, and nothing has changed */
  fold(batch: AnyBatch, take: Take = () => {}): void {
    this.engine.begin();
    this.#transact(batch, (tx) => take(this.#projector.fold(tx, this.#takeIn(batch), batch.events)));
  }

  /** Takes in what a batch changed in the sources, and folds nothing. */
  pass(batch: AnyBatch, take: Take): void {
    this.engine.begin();
    this.#transact(batch, () => take(this.#takeIn(batch)));
  }

  /**
   * As `fold`, while the projection is built: nobody has seen it, and no state but the last will be looked at.
   * @throws `SourceWanted`
   */
  build(batch: AnyBatch): void {
    const { engine } = this;
    engine.resume();
    try {
      this.#transact(batch, (tx) => this.#projector.fold(tx, this.#takeIn(batch), batch.events));
    } catch (error) {
      if (!this.#isWanting) throw error;
    }
    // Said once more, since a fold may have caught it.
    if (this.#isWanting) throw new SourceWanted();
    // What reads within the folds have seen.
    engine.trim(engine.version, Infinity);
  }

  /** As `pass`, while the projection is built. */
  skip(batch: AnyBatch): void {
    this.engine.resume();
    this.#transact(batch, () => this.#takeIn(batch));
  }

  /** Puts what a batch changed in the sources into them; returns these changes. */
  #takeIn({ offset, changes }: AnyBatch): readonly AnyChange[] {
    const own = changes.filter(({ table }) => this.definition.sources.has(table));
    if (this.#copies) for (const change of own) applyChange(this.engine, offset, change);
    return own;
  }

  #read(): void {
    if (this.#copies) return;
    this.#isWanting = true;
    throw new SourceWanted();
  }

  #transact({ offset, at, id, meta }: AnyBatch, work: (tx: OpenTransaction) => void): void {
    const { engine, settings } = this.#parts;
    // No spread: that of several objects in one literal took longer than a fold (measured on Node 20).
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
      work(tx);
    } catch (error) {
      engine.rollback(0);
      throw error;
    } finally {
      tx.end();
      engine.settle();
    }
  }
}

/** The definitions of a projection's tables, and of its sources where it reads them, with the store's own indexes. */
export function definitionsFor(
  { tables, sources }: ProjectionDefinition,
  engine: Engine,
  withSources = true,
): Engine['definitions'] {
  const present = engine.definitions;
  const names = [...(withSources ? sources.keys() : []), ...tables.keys()];
  return new Map(names.map((name) => [name, present.get(name) ?? tables.get(name)!]));
}

/** The same for a projection that is none of the store's: its tables may be called as others are that the store has. */
export function definitionsBeside(
  { tables, sources }: ProjectionDefinition,
  { definitions }: Engine,
): Engine['definitions'] {
  return new Map([...[...sources.keys()].map((name) => [name, definitions.get(name)!] as const), ...tables]);
}

/** Rows of a source as inserted now, some at a time. */
export function* insertsOf(
  source: TableState,
  all: Iterable<Row>,
  { offset, at }: Pick<AnyBatch, 'offset' | 'at'>,
): Generator<AnyBatch> {
  for (const rows of together(all)) {
    const changes = rows.map((row) => changeOf(source, undefined, row));
    yield { offset, at, id: undefined, meta: {}, changes, events: NO_EVENTS };
  }
}

function* together<A>(all: Iterable<A>): Generator<readonly A[]> {
  let some: A[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length < ROWS_TOGETHER) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
