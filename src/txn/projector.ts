import { MemoirError, show } from '../errors.js';
import type { AnyBatch, AnyChange, AnyEvent } from '../log/batch.js';
import type { AnyFold, ProjectionDefinition } from '../projections/projection.js';
import type { FoldedBatch } from '../projections/projection-types.js';
import type { TableReads } from '../projections/table-reader.js';
import { isThenable } from '../thenable.js';
import { changeOf } from './change-of.js';
import { seededRandom } from './random.js';
import { versionSequence } from './sequence-names.js';
import type { TableWrites } from './table-writer.js';
import type { OpenTransaction } from './transaction.js';

/** What a fold holds: its sources to read, its own tables to write, and what is the same whenever it is run. */
class FoldFace {
  readonly #tx: OpenTransaction;
  readonly #projection: string;
  #random: (() => number) | undefined;

  constructor(tx: OpenTransaction, projection: string) {
    this.#tx = tx;
    this.#projection = projection;
  }

  get at(): number {
    return this.#tx.at;
  }

  random(): number {
    this.#tx.guard();
    const { offset, at, id } = this.#tx;
    this.#random ??= seededRandom(`${offset}:${at}:${id ?? ''}:${this.#projection}`);
    return this.#random();
  }

  /** The faces that the folds of a projection are given. */
  static of({ tables, sources }: ProjectionDefinition): typeof FoldFace {
    class ProjectionFold extends FoldFace {}
    for (const name of tables.keys()) {
      Object.defineProperty(ProjectionFold.prototype, name, {
        get(this: FoldFace): TableWrites {
          return this.#tx.writer(name);
        },
      });
    }
    for (const name of sources.keys()) {
      Object.defineProperty(ProjectionFold.prototype, name, {
        get(this: FoldFace): TableReads {
          return this.#tx.reader(name);
        },
      });
    }
    return ProjectionFold;
  }
}

/** A projection, ready to be run. */
interface Runnable {
  readonly definition: ProjectionDefinition;
  readonly Face: typeof FoldFace;
}

/** Folds what each transaction did into the tables of projections. */
export class Projector {
  #all: readonly Runnable[];
  /** Those that are not run, since their tables are not what their folds made. */
  readonly #suspended = new Set<string>();

  /** @param projections each after those whose tables it reads */
  constructor(projections: readonly ProjectionDefinition[]) {
    this.#all = projections.map(runnable);
  }

  get definitions(): readonly ProjectionDefinition[] {
    return this.#all.map(({ definition }) => definition);
  }

  /** Puts others in the place of all; returns how to put these back. */
  replace(projections: readonly ProjectionDefinition[]): () => void {
    const before = this.#all;
    this.#all = projections.map(runnable);
    return () => {
      this.#all = before;
    };
  }

  suspend(name: string): void {
    this.#suspended.add(name);
  }

  resume(name: string): void {
    this.#suspended.delete(name);
  }

  /**
   * Folds the changes that a transaction has made so far, and events; returns these changes and those that came of
   * them. @throws `ProjectionFailed`
   */
  fold(tx: OpenTransaction, own: readonly AnyChange[], events: readonly AnyEvent[]): readonly AnyChange[] {
    const { engine } = tx;
    let changes = own;
    for (const one of this.#all) {
      if (this.#suspended.has(one.definition.name)) continue;
      const { place } = engine;
      foldOne(one, tx, changes, events);
      if (engine.place > place) changes = changes.concat(engine.changes(changeOf, place));
    }
    return changes;
  }

  /** Says with the transaction which versions its state has, where the state before does not say so. */
  record(tx: OpenTransaction): void {
    for (const { definition } of this.#all) {
      const { name, version } = definition;
      if (!this.#suspended.has(name)) tx.record(versionSequence(name), version);
    }
  }

  /** Those that a state has as other versions made them, or not at all. */
  stale(sequences: ReadonlyMap<string, number>): readonly ProjectionDefinition[] {
    return this.definitions.filter(({ name, version }) => sequences.get(versionSequence(name)) !== version);
  }
}

function runnable(definition: ProjectionDefinition): Runnable {
  return { definition, Face: FoldFace.of(definition) };
}

function foldOne(
  { definition, Face }: Runnable,
  tx: OpenTransaction,
  changes: readonly AnyChange[],
  events: readonly AnyEvent[],
): void {
  let face: FoldFace | undefined;
  const { offset, at, id, meta } = tx;
  const batch = { offset, at, id, meta };
  for (const change of changes) {
    const fold = definition.changes.get(change.table);
    if (fold === undefined) continue;
    face ??= new Face(tx, definition.name);
    run(definition, fold, face, change, batch);
  }
  for (const event of events) {
    const fold = definition.events.get(event.type);
    if (fold === undefined) continue;
    face ??= new Face(tx, definition.name);
    run(definition, fold, face, event, batch);
  }
}

function run(
  { name }: ProjectionDefinition,
  fold: AnyFold,
  face: FoldFace,
  what: AnyChange | AnyEvent,
  batch: FoldedBatch,
): void {
  try {
    const returned = fold(face as never, what as never, batch);
    if (isThenable(returned)) throw asyncFold(name, returned);
  } catch (cause) {
    throw failed(name, what, batch, cause);
  }
}

/** What a fold threw, with the projection and the batch that it was folding. */
function failed(
  projection: string,
  what: AnyChange | AnyEvent,
  { offset }: Pick<AnyBatch, 'offset'>,
  cause: unknown,
): MemoirError {
  const isChange = 'table' in what;
  const said = isChange ? `the ${what.kind} of ${what.table} ${show(what.key)}` : `the event ${what.type}`;
  const because = cause instanceof Error ? cause.message : show(cause);
  return new MemoirError('ProjectionFailed', `${projection} cannot fold ${said} in batch ${offset}: ${because}`, {
    projection,
    offset,
    ...(isChange ? { table: what.table } : { event: what.type }),
    cause,
  });
}

function asyncFold(projection: string, returned: PromiseLike<unknown>): MemoirError {
  // What it does later fails at `tx`; nobody waits for that, so it must not count as unhandled.
  returned.then(
    () => undefined,
    () => undefined,
  );
  return new MemoirError('ImpureFold', `a fold of ${projection} returned a promise: a fold runs to its end at once`, {
    projection,
  });
}
