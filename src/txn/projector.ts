import { MemoirError, show } from '../errors.js';
import { equalPlain } from '../codecs/equality.js';
import { tupleOf, type AnyBatch, type AnyChange, type AnyEvent } from '../log/batch.js';
import type { AnyFold, ProjectionDefinition } from '../projections/projection.js';
import type { FoldedBatch } from '../projections/projection-types.js';
import type { TableReads } from '../projections/table-reader.js';
import { purely } from '../purity.js';
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
  static of({ tables, sources }: ProjectionDefinition, onRead: () => void): typeof FoldFace {
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
          onRead();
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
  /** As errors name it. */
  readonly what: string;
}

/** How far folds are trusted to be pure. */
export interface Trust {
  /** Runs folds where impure globals are refused. */
  readonly development: boolean;
  /** Every so many batches, folds are run twice and must come to the same; never for 0. */
  readonly twiceEvery: number;
}

/** Projections that were put in the place of others by a batch, which the log may not have yet. */
interface Swap {
  readonly offset: number;
  readonly before: readonly Runnable[];
}

/** Folds what each transaction did into the tables of projections. */
export class Projector {
  readonly #trust: Trust;
  readonly #onRead: () => void;
  #all: readonly Runnable[];
  /** Those that are not run, since their tables are not what their folds made. */
  readonly #suspended = new Set<string>();
  /** In the order of their batches. */
  #swaps: readonly Swap[] = [];

  /**
   * @param projections each after those whose tables it reads
   * @param onRead is told whenever a fold is about to read a source
   */
  constructor(projections: readonly ProjectionDefinition[], trust: Trust, onRead: () => void = () => {}) {
    this.#trust = trust;
    this.#onRead = onRead;
    this.#all = projections.map((one) => runnable(one, onRead));
  }

  get definitions(): readonly ProjectionDefinition[] {
    return this.#all.map(({ definition }) => definition);
  }

  /**
   * Puts others in the place of all, by the batch at an offset; returns how to put these back when it is not made.
   *
   * @param head the last batch that the log has: what was swapped up to there stays
   */
  replace(projections: readonly ProjectionDefinition[], offset: number, head: number): () => void {
    const before = this.#all;
    const swaps = this.#swaps.filter((swap) => swap.offset > head);
    this.#swaps = [...swaps, { offset, before }];
    this.#all = projections.map((one) => runnable(one, this.#onRead));
    return () => {
      [this.#all, this.#swaps] = [before, swaps];
    };
  }

  /** The projections as of the state after a batch: not those that a later one puts in their place. */
  definitionsAt(head: number): readonly ProjectionDefinition[] {
    return this.#allAt(head).map(({ definition }) => definition);
  }

  /** Goes back to these when later batches have been given up. */
  goBack(head: number): void {
    [this.#all, this.#swaps] = [this.#allAt(head), []];
  }

  #allAt(head: number): readonly Runnable[] {
    return this.#swaps.find(({ offset }) => offset > head)?.before ?? this.#all;
  }

  suspend(name: string): void {
    this.#suspended.add(name);
  }

  resume(name: string): void {
    this.#suspended.delete(name);
  }

  /**
   * Folds the changes that a transaction has made so far, and events; returns these changes and those that came of
   * them. @throws `ProjectionFailed`, `ImpureFold`
   */
  fold(tx: OpenTransaction, own: readonly AnyChange[], events: readonly AnyEvent[]): readonly AnyChange[] {
    const { engine, offset } = tx;
    const { twiceEvery } = this.#trust;
    const { place } = engine;
    const { bytes, changes: count } = tx;
    const changes = this.#fold(tx, own, events);
    if (twiceEvery === 0 || offset % twiceEvery !== 0) return changes;
    engine.rollback(place);
    [tx.bytes, tx.changes] = [bytes, count];
    const again = this.#fold(tx, own, events);
    if (!equalPlain(changes, again)) throw twofold(offset, changes, again);
    return again;
  }

  #fold(tx: OpenTransaction, own: readonly AnyChange[], events: readonly AnyEvent[]): readonly AnyChange[] {
    const { engine } = tx;
    let changes = own;
    for (const one of this.#all) {
      if (this.#suspended.has(one.definition.name)) continue;
      const { place } = engine;
      if (this.#trust.development) foldGuarded(one, tx, changes, events);
      else foldOne(one, tx, changes, events);
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

function runnable(definition: ProjectionDefinition, onRead: () => void): Runnable {
  return { definition, Face: FoldFace.of(definition, onRead), what: `a fold of ${definition.name}` };
}

function foldGuarded(
  one: Runnable,
  tx: OpenTransaction,
  changes: readonly AnyChange[],
  events: readonly AnyEvent[],
): void {
  try {
    purely(one.what, () => foldOne(one, tx, changes, events));
  } catch (cause) {
    if (!isImpure(cause) || cause.projection !== undefined) throw cause;
    throw impure(`${cause.message}, in batch ${tx.offset}`, one.definition.name, tx.offset);
  }
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
    if (isThenable(returned)) throw asyncFold(name, returned, batch);
  } catch (cause) {
    throw isImpure(cause) ? cause : failed(name, what, batch, cause);
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
    ...(isChange ? { table: what.table, key: tupleOf(what.key) } : { event: what.type }),
    cause,
  });
}

function asyncFold(
  projection: string,
  returned: PromiseLike<unknown>,
  { offset }: Pick<AnyBatch, 'offset'>,
): MemoirError {
  // What it does later fails at `tx`; nobody waits for that, so it must not count as unhandled.
  returned.then(
    () => undefined,
    () => undefined,
  );
  const says = `a fold of ${projection} returned a promise: a fold runs to its end at once; in batch ${offset}`;
  return impure(says, projection, offset);
}

function isImpure(error: unknown): error is MemoirError {
  return error instanceof MemoirError && error.code === 'ImpureFold';
}

function impure(says: string, projection: string, offset: number): MemoirError {
  return new MemoirError('ImpureFold', says, { projection, offset });
}

/** What to say where folds were run twice and did not come to the same. */
function twofold(offset: number, first: readonly AnyChange[], second: readonly AnyChange[]): MemoirError {
  const at = first.findIndex((change, i) => !equalPlain(change, second[i]));
  const one = first[at] ?? second[first.length]!;
  const said = `folded twice, batch ${offset} does not come to the same: see ${one.table} ${show(one.key)}`;
  const advice = 'A fold keeps nothing to itself, and goes through nothing that has no order';
  return new MemoirError('ImpureFold', `${said}. ${advice}`, { table: one.table, offset });
}
