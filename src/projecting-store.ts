import { checkOptions, invalidDefinition, MemoirError, show } from './errors.js';
import { schemaToday } from './codecs/evolution.js';
import type { AnyBatch, AnyChange } from './log/batch.js';
import type { Keep } from './log/keep.js';
import { MemoryLog } from './log/memory-log.js';
import { compacted, inFuture } from './log/position.js';
import { Engine } from './projections/engine.js';
import { projectionOf, type ProjectionDefinition } from './projections/projection.js';
import { checkSources, inOrder, sameTables } from './projections/projection-plan.js';
import { hashRows } from './projections/rows-hash.js';
import { Loaded } from './projections/snapshot-load.js';
import { SnapshotImage } from './projections/verified-snapshot.js';
import { ignore, isThenable } from './thenable.js';
import { platform } from './platform.js';
import {
  ledgerOf,
  ProjectedStore,
  type Begun,
  type FollowPlan,
  type Hold,
  type ProjectedStart,
} from './projected-store.js';
import { StoreCore } from './store-core.js';
import { checkKeep, limitOf, type StoreSettings } from './store-options.js';
import { assemble, type StoreParts } from './store-parts.js';
import type { ProjectOptions } from './txn/readable-store.js';
import type { RebuildOptions } from './txn/rebuilding.js';
import { KeptHash } from './txn/kept-hash.js';
import { Ledger } from './txn/ledger.js';
import { givenUp, ProjectionBuild, type ProjectionBuildPlan } from './txn/projection-build.js';
import { definitionsBeside, definitionsFor, ProjectedState, SourceWanted } from './txn/projected-state.js';
import { replaced, swapIn } from './txn/projection-swap.js';
import type { OpenTransaction } from './txn/transaction.js';
import { refuseStale } from './txn/stale-projections.js';
import { parkedIn, versionSequence } from './txn/sequence-names.js';
import { DirectSink, type Sink } from './txn/sink.js';

/** How long building holds others up at a time, in milliseconds, unless it is said. */
const SLICE_MS = 8;

/**
 * About so many bytes of batches may come while building holds on to a state of the store. With 16 times as many,
 * writers were a third slower: what left indexes had to be filed, which else is dropped before anybody looks.
 */
const ROUND_BYTES = 2 * 2 ** 20;

type Pace = Pick<ProjectionBuildPlan, 'sliceMs' | 'signal' | 'wait' | 'forbearance'>;

/** Says whether a projection that was built anew is to take its place. */
type Accept = (changes: readonly AnyChange[]) => unknown;

/** A store whose log projections can be folded from: in step with it, or at their own pace. */
export abstract class ProjectingStore extends StoreCore {
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    super(parts);
    this.#parts = parts;
  }

  /** Makes a batch, and resolves when it is as safe as the store's transactions are. */
  protected abstract commit(make: (id: string | undefined) => AnyBatch): AnyBatch | Promise<AnyBatch>;

  /** Batches that are not in memory any more, from the first on, where they are somewhere. */
  protected older(_to: number): AsyncIterable<AnyBatch> | undefined {
    return undefined;
  }

  async project(given: unknown, options: ProjectOptions = {}): Promise<ProjectedStore> {
    checkOptions('project', options, ['snapshot', 'batches', 'keep', 'hold', 'retry', 'parkedMax']);
    const { streams, settings, engine, log } = this.#parts;
    streams.guard();
    const definition = projectionOf('projection', given);
    checkSources('projection', definition, engine.definitions, new Set(settings.events.keys()));
    const plan = followPlanOf(options, settings.onError);
    const { snapshot, keep = settings.keep } = options;
    checkKeep(keep);
    const { epoch } = log;
    const begin: ProjectedStart['begin'] = (one, signal) => this.#begun(one, plan, signal);
    const begun =
      snapshot === undefined ? await this.#begun(definition, plan) : await this.#resumed(definition, snapshot);
    try {
      // From here on it is told what becomes of the store, and until here it was not.
      streams.guard();
      if (log.epoch !== epoch) throw givenUp(definition.name);
      return new ProjectedStore({ source: this.#parts, ...this.#beside(begun, keep), begun, plan, begin });
    } catch (error) {
      begun.hold.release();
      throw error;
    }
  }

  async rebuild(given: unknown, options: RebuildOptions = {}): Promise<unknown> {
    checkOptions('rebuild', options, ['sliceMs', 'signal', 'accept']);
    const { sliceMs = SLICE_MS, signal, accept } = options;
    if (accept !== undefined && typeof accept !== 'function')
      throw new MemoirError('OptionInvalid', `accept is ${show(accept)}: give a function of the changes`);
    if (typeof sliceMs !== 'number' || !(sliceMs > 0))
      throw new MemoirError('OptionInvalid', `sliceMs is ${show(sliceMs)}: give milliseconds, more than 0`);
    this.#parts.streams.guard();
    const { projector } = this.#parts;
    const { name } = projectionOf('projection', given);
    const present = projector?.definitions.find((one) => one.name === name);
    if (present === undefined)
      throw new MemoirError('OptionInvalid', `the store has no projection ${show(name)}: open it with that`, {
        projection: name,
      });
    return this.#rebuild(sameTables(present, given), { sliceMs, signal }, accept as Accept | undefined);
  }

  /** Builds those projections whose tables are not what their folds would have made, one after the other. */
  async buildStale(): Promise<void> {
    for (const definition of this.#suspended()) await this.#rebuild(definition, { sliceMs: SLICE_MS });
  }

  /** The same at once, for a store that has no more than rows. @throws `ProjectionStale` */
  protected buildStaleNow(): void {
    const { engine } = this.#parts;
    for (const definition of this.#suspended()) {
      if (definition.from === 'log') refuseStale([definition], this.#sequences);
      const build = this.#building(this.#emptyState(definition, definitionsFor(definition, engine)), {
        sliceMs: SLICE_MS,
      });
      build.readNow();
      this.#swap(build.state, undefined);
    }
  }

  get #sequences(): ReadonlyMap<string, number> {
    return this.#parts.ledgers.at(-1)!.sequences;
  }

  /** Those whose tables are not what their folds would have made; they fold nothing until they are built. */
  #suspended(): readonly ProjectionDefinition[] {
    const { projector, log } = this.#parts;
    const stale = projector === undefined || log.head === 0 ? [] : projector.stale(this.#sequences);
    for (const { name } of stale) projector!.suspend(name);
    return stale;
  }

  #emptyState(definition: ProjectionDefinition, definitions: Engine['definitions']): ProjectedState {
    const { settings } = this.#parts;
    return new ProjectedState({ engine: new Engine(definitions, settings.filterRows), definition, settings });
  }

  async #rebuild(next: ProjectionDefinition, pace: Pace, accept?: Accept): Promise<unknown> {
    const { projector, settings, engine } = this.#parts;
    checkSources('projection', next, engine.definitions, new Set(settings.events.keys()));
    // What the swap would refuse in the end is told at once.
    inOrder(replaced(projector!.definitions, next));
    try {
      return await this.#rebuildWith(next, pace, false, accept);
    } catch (error) {
      if (!(error instanceof SourceWanted)) throw error;
      return this.#rebuildWith(next, pace, true, accept);
    }
  }

  /** @param copies whether folds can read the sources, which takes a copy of them; `SourceWanted` says that they do */
  async #rebuildWith(next: ProjectionDefinition, pace: Pace, copies: boolean, accept?: Accept): Promise<unknown> {
    const { horizon, sink, engine } = this.#parts;
    const build = this.#building(this.#emptyState(next, definitionsFor(next, engine, copies)), pace);
    // What is built from must not go before it has been.
    const release = horizon.pinCursor(`the rebuild of ${next.name}`, () => build.head + 1);
    try {
      await build.begin();
      await build.catchUp();
      const from = this.#sequences.get(versionSequence(next.name));
      const batch = await this.commit((id) => {
        build.finish(sink.waiting);
        return this.#swap(build.state, id, accept);
      });
      const changes = changesOf(next, batch.changes);
      return { projection: next.name, from, to: next.version, offset: batch.offset, changes };
    } finally {
      release();
    }
  }

  /** The state of a projection as its folds make it of what there is. */
  async #begun(definition: ProjectionDefinition, plan: FollowPlan, signal?: AbortSignal): Promise<Begun> {
    const empty = this.#emptyState(definition, definitionsBeside(definition, this.#parts.engine));
    const wait = (ms: number): Promise<void> => platform.wait(ms, signal);
    const build = this.#building(empty, { sliceMs: SLICE_MS, signal, wait, forbearance: plan });
    const hold = this.#hold(definition, () => build.head);
    signal?.addEventListener('abort', hold.release);
    try {
      await build.begin();
      // What has been read is of no one state before what came meanwhile is folded.
      if (definition.from === 'rows') await build.settle();
      const { state, head, at, parked } = build;
      const rows = await hashRows(state.engine, this.#parts.settings.stateHash, platform);
      return { state, rows, head, at, parked, hold };
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  /** Keeps the batches that a projection has yet to fold, wherever it stands by and by. */
  #hold({ name }: ProjectionDefinition, head: () => number): Hold {
    const { horizon } = this.#parts;
    const hold: Hold = { head, release: horizon.pinCursor(`the projection ${name}`, () => hold.head() + 1) };
    return hold;
  }

  #building(empty: ProjectedState, pace: Pace): ProjectionBuild {
    const { engine, log, views, streams, horizon, settings, transactor } = this.#parts;
    return new ProjectionBuild(empty, {
      ...{ log, views, tables: engine.tables, turns: platform, ...pace },
      guard: () => streams.guard(),
      alone: (work) => transactor.alone(work),
      older: () => this.older(log.head),
      bytesSince: (offset) => horizon.timeline.bytesBetween(offset, log.head),
      roundBytes: Math.min(ROUND_BYTES, settings.pinnedBytesMax / 8),
    });
  }

  /** Puts what was built in the place of what there is, in one batch that can be refused until it is made. */
  #swap(state: ProjectedState, id: string | undefined, accept?: Accept): AnyBatch {
    const { projector, transactor, sink, log } = this.#parts;
    const { definition } = state;
    const { name, version } = definition;
    // Of what is there now: another projection may have been built anew since this was begun.
    const ordered = inOrder(replaced(projector!.definitions, definition));
    const restore = projector!.replace(ordered, sink.head + 1, log.head);
    const swap = (tx: OpenTransaction): readonly AnyChange[] => {
      const changes = swapIn(tx, state, projector!);
      if (accept !== undefined) refuseUnaccepted(name, accept(changesOf(definition, changes)));
      return changes;
    };
    try {
      const batch = transactor.append(swap, { id, meta: { projection: name, version } });
      projector!.resume(name);
      return batch;
    } catch (error) {
      restore();
      throw tooMuch(error, name);
    }
  }

  /** Goes on with the state that a snapshot of the projection has. */
  async #resumed(definition: ProjectionDefinition, snapshot: unknown): Promise<Begun> {
    const { engine, settings, log } = this.#parts;
    if (!(snapshot instanceof SnapshotImage))
      throw new MemoirError('OptionInvalid', `snapshot is ${show(snapshot)}: give what readSnapshot(bytes) gave`);
    if (snapshot.lineage !== log.lineage)
      throw new MemoirError('LineageChanged', 'the snapshot is of a projection of another log', {
        lineage: log.lineage,
      });
    const { offset } = snapshot;
    if (offset + 1 < log.floor) throw compacted(log, offset + 1);
    if (offset > log.head) throw inFuture(log, offset);
    const { development, filterRows, migrate, stateHash } = settings;
    const definitions = definitionsBeside(definition, engine);
    const today = schemaToday({ definitions, events: new Map(), migrate });
    const plan = { today, development, stateHash, sliceMs: 8, turns: platform };
    const hold = this.#hold(definition, () => offset);
    try {
      const loaded = await Loaded.inSlices(snapshot, new Engine(definitions, filterRows), plan);
      refuseStale([definition], loaded.sequences);
      const state = new ProjectedState({ engine: loaded.engine, definition, settings });
      const parked = parkedIn(loaded.sequences).map((at) => ({ offset: at, error: parkedBefore(definition, at) }));
      return { state, rows: loaded.rows, head: loaded.head, at: loaded.at, parked, hold };
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  /** The parts of a store for the state of a projection. */
  #beside(begun: Begun, keep: Keep): { readonly parts: StoreParts; readonly sink: Sink } {
    const { state, head, at } = begun;
    const { engine, definition } = state;
    const { log: source } = this.#parts;
    const settings: StoreSettings = {
      ...this.#parts.settings,
      ...{ keep, idWindow: 0, definitions: engine.definitions, events: new Map(), projections: [definition] },
    };
    const log = new MemoryLog(source.lineage, { head, lastAt: at });
    const ledger = new Ledger(0, settings.stateHash ? new KeptHash() : undefined);
    ledger.reset({ head, ...ledgerOf(begun) });
    let sink: Sink | undefined;
    const parts = assemble({
      ...{ settings, engine, log, ledger },
      sinkOf: (feed, horizon) => (sink = new DirectSink(log, feed, horizon)),
    });
    return { parts, sink: sink! };
  }
}

/** Those of the tables of a projection. */
function changesOf({ tables }: ProjectionDefinition, changes: readonly AnyChange[]): readonly AnyChange[] {
  return changes.filter(({ table }) => tables.has(table));
}

/** The error for a swap that the log does not take: it cannot be split as a transaction can. */
function tooMuch(error: unknown, projection: string): unknown {
  if (!(error instanceof MemoirError) || error.code !== 'BatchTooLarge') return error;
  const { limit, actual } = error;
  return new MemoirError(
    'BatchTooLarge',
    `the rows of ${projection} that differ take ${actual} bytes in one batch, and the log takes ${limit}: have the ` +
      'projection follow by store.project, which writes no batch, or split it into several',
    { projection, cause: error, ...(limit !== undefined && { limit }), ...(actual !== undefined && { actual }) },
  );
}

function refuseUnaccepted(projection: string, answer: unknown): void {
  if (answer === true) return;
  if (isThenable(answer)) ignore(answer);
  if (answer !== false)
    throw new MemoirError('OptionInvalid', `accept returned ${show(answer)}: let it say true or false, at once`, {
      projection,
    });
  throw new MemoirError('WaitAborted', `the rebuild of ${projection} was not accepted: nothing has changed`, {
    projection,
  });
}

/** What to say of a batch that a projection went on without before it went on from a snapshot. */
function parkedBefore({ name }: ProjectionDefinition, offset: number): MemoirError {
  return new MemoirError(
    'ProjectionFailed',
    `${name} could not fold batch ${offset}, and went on without it before the snapshot was taken: to fold it, have ` +
      'the projection follow without the snapshot, with mended folds',
    { projection: name, offset },
  );
}

/** The longest that a timer waits, in milliseconds. */
const WAIT_MAX = 2 ** 31 - 1;

function waitOf(name: string, given: unknown, usual: number): number {
  const ms = limitOf(name, given, usual);
  if (ms > WAIT_MAX) throw invalidDefinition(name, `is ${ms}: give ${WAIT_MAX} milliseconds at the most`);
  return ms;
}

function followPlanOf(
  { batches, retry = {}, parkedMax, hold = false }: ProjectOptions,
  onError: FollowPlan['onError'],
): FollowPlan {
  if (typeof retry !== 'object' || (retry as unknown) === null)
    throw new MemoirError('OptionInvalid', `retry is ${show(retry)}: use { times, firstMs }`);
  checkOptions('retry', retry, ['times', 'firstMs']);
  return {
    batches: Math.max(1, limitOf('batches', batches, 256)),
    times: limitOf('retry.times', retry.times, 3),
    firstMs: waitOf('retry.firstMs', retry.firstMs, 100),
    parkedMax: limitOf('parkedMax', parkedMax, 1000),
    hold,
    onError,
  };
}
