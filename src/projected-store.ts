import { MemoirError } from './errors.js';
import type { AnyBatch, AnyChange } from './log/batch.js';
import { NO_EVENTS } from './log/batch-coder.js';
import type { Listener } from './log/feed.js';
import { compacted } from './log/position.js';
import { copyRows } from './projections/snapshot-load.js';
import { Engine } from './projections/engine.js';
import { isSameTable } from './projections/projection-plan.js';
import { projectionOf, type ProjectionDefinition } from './projections/projection.js';
import { platform } from './platform.js';
import { adopt } from './restore.js';
import { StoreCore } from './store-core.js';
import type { StoreParts } from './store-parts.js';
import type { Parked } from './txn/readable-store.js';
import { ProjectedState } from './txn/projected-state.js';
import { roughBytes } from './txn/recovery.js';
import { versionSequence } from './txn/sequence-names.js';
import type { Sink } from './txn/sink.js';

/** How a projection follows a store, checked. */
export interface FollowPlan {
  readonly batches: number;
  readonly times: number;
  readonly firstMs: number;
}

/** What a projection that follows a store is made of. */
export interface ProjectedStart {
  /** The store that it follows. */
  readonly source: StoreParts;
  readonly parts: StoreParts;
  readonly sink: Sink;
  readonly state: ProjectedState;
  readonly plan: FollowPlan;
  /** Gives the state that the projection begins with, and its offset. */
  readonly begin: (definition: ProjectionDefinition) => Promise<Begun>;
  /** Lets go of the source. */
  readonly release: () => void;
}

/** A state of a projection to begin with. */
export interface Begun {
  readonly state: ProjectedState;
  readonly head: number;
  readonly at: number;
}

/** A projection that follows a store at its own pace, with an engine and a log of its own. */
export class ProjectedStore extends StoreCore implements Listener {
  readonly #parts: StoreParts;
  readonly #start: ProjectedStart;
  #state: ProjectedState;
  #parked: readonly Parked[] = [];
  #failure: MemoirError | undefined;
  #isClosed = false;
  /** Set while the source has begun anew, and this has not. */
  #isOutdated = false;
  /** Wakes whoever waits for batches. */
  #wake: () => void = () => {};
  /** What is under way: folding, or going back. */
  #turn: Promise<void> = Promise.resolve();
  readonly #leave: (() => void)[];
  /** Told of each batch that was folded. */
  onFolded: (offset: number) => void = () => {};

  constructor(start: ProjectedStart) {
    super(start.parts);
    this.#start = start;
    this.#parts = start.parts;
    this.#state = start.state;
    const { source } = start;
    this.#leave = [
      source.feed.add(this),
      source.subscribers.add('project', start.state.definition.name, () => this.head),
      start.release,
    ];
    void this.#follow();
  }

  get lag(): number {
    return Math.max(0, this.#start.source.log.head - this.head);
  }

  get parked(): readonly Parked[] {
    return this.#parked;
  }

  get failure(): MemoirError | undefined {
    return this.#failure;
  }

  deliver(): void {
    this.#wake();
  }

  reset(): void {
    this.#isOutdated = true;
    this.#wake();
  }

  end(): void {
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const leave of this.#leave) leave();
    this.#wake();
    this.#parts.streams.close();
    this.#parts.log.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async replay(offset: number, next?: unknown): Promise<void> {
    const definition = next === undefined ? this.#state.definition : sameTables(this.#state.definition, next);
    await this.#inTurn(() => this.#goBack(offset, definition));
    this.#wake();
  }

  /** Does work when what is under way is over, so that nothing is folded meanwhile. */
  async #inTurn<A>(work: () => A | Promise<A>): Promise<A> {
    const done = this.#turn.then(work);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#isOver()) {
        if (this.#isOutdated) await this.#inTurn(() => this.#beginAnew());
        else if (this.lag > 0) await this.#inTurn(() => this.#foldSome());
        else await new Promise<void>((resolve) => (this.#wake = resolve));
        await platform.pause();
      }
    } catch (error) {
      if (this.#isOver()) return;
      this.#failure = error as MemoirError;
      this.#parts.settings.onError(error);
      this.close();
    }
  }

  /** Asked anew after each wait, since it changes meanwhile. */
  #isOver(): boolean {
    return this.#isClosed;
  }

  async #foldSome(): Promise<void> {
    const { log } = this.#start.source;
    for (let left = this.#start.plan.batches; left > 0 && this.lag > 0 && !this.#isOutdated; left--) {
      if (this.head + 1 < log.floor) return this.#overtaken();
      await this.#foldNext(log.at(this.head + 1));
      if (this.#isOver()) return;
    }
  }

  /** Tries to fold a batch as often as it may, and goes on without it then. */
  async #foldNext(batch: AnyBatch): Promise<void> {
    const { times, firstMs } = this.#start.plan;
    for (let tries = 0; ; tries++) {
      try {
        this.#apply(batch, (take) => this.#state.fold(batch, take));
        return;
      } catch (error) {
        if (!(error instanceof MemoirError) || error.code !== 'ProjectionFailed') throw error;
        if (tries >= times) {
          this.#apply(batch, (take) => this.#state.pass(batch, take));
          this.#parked = [...this.#parked, { offset: batch.offset, error }];
          this.#parts.settings.onError(error);
          return;
        }
      }
      await platform.wait(firstMs * 2 ** tries);
      if (this.#isOver() || this.#isOutdated) return;
    }
  }

  #apply({ offset, at, id, meta }: AnyBatch, work: (take: (changes: readonly AnyChange[]) => void) => void): void {
    const { transactor, engine, ledger } = this.#parts;
    const { sink } = this.#start;
    let made: AnyBatch | undefined;
    transactor.alone(() => {
      work((changes) => {
        made = { offset, at, id, meta, changes, events: NO_EVENTS };
        sink.take(made);
      });
    });
    ledger.note(made!);
    sink.settle(made!, engine.version, roughBytes(made!));
    this.onFolded(offset);
  }

  /** Batches are gone that it was to fold. */
  async #overtaken(): Promise<void> {
    const { log } = this.#start.source;
    if (this.#state.definition.from === 'log') throw compacted(log, this.head + 1);
    await this.#beginAnew();
  }

  async #beginAnew(): Promise<void> {
    this.#isOutdated = false;
    this.#take(await this.#start.begin(this.#state.definition));
  }

  /** Puts the state after the batch before an offset in the place of what there is. */
  #goBack(offset: number, definition: ProjectionDefinition): void {
    const { log: own, engine, past, horizon, settings } = this.#parts;
    const { log } = this.#start.source;
    if (offset < log.floor) throw compacted(log, offset);
    if (offset < own.floor) throw compacted(own, offset - 1);
    const before = Math.min(offset - 1, this.head);
    const { tables } = engine;
    const lease =
      before >= horizon.known ? { tables, version: horizon.timeline.versionOf(before) } : past.lease(before);
    const made = new Engine(engine.definitions, settings.filterRows, engine.version);
    copyRows(lease.tables, lease.version, made);
    const at = before >= own.floor ? own.at(before).at : log.floor <= before ? log.at(before).at : -Infinity;
    this.#take({ state: this.#stateOn(made, definition), head: before, at });
  }

  #stateOn(engine: Engine, definition: ProjectionDefinition): ProjectedState {
    const { settings } = this.#parts;
    return new ProjectedState({ engine, definition, settings });
  }

  #take({ state, head, at }: Begun): void {
    const { definition } = state;
    const sequences = new Map([[versionSequence(definition.name), definition.version]]);
    adopt(
      this.#parts,
      { engine: state.engine, head, at, rows: undefined, sequences, streams: new Map(), remembered: [] },
      this.#start.source.log.lineage,
    );
    // The tables are in the engine that the store has had from the beginning.
    this.#state = this.#stateOn(this.#parts.engine, definition);
    this.#parked = [];
  }
}

/** Refuses a projection that could not stand in the place of another: its tables are others. */
export function sameTables(present: ProjectionDefinition, given: unknown): ProjectionDefinition {
  const next = projectionOf('projection', given);
  const isSame =
    next.name === present.name &&
    next.tables.size === present.tables.size &&
    [...next.tables].every(([name, table]) => {
      const own = present.tables.get(name);
      return own !== undefined && isSameTable(own, table);
    });
  if (isSame) return next;
  throw new MemoirError(
    'DefinitionInvalid',
    `projection: ${next.name} does not have the tables of ${present.name} that it is to replace: give it the same ` +
      'ones, or make it another projection with tables of other names',
    { path: 'projection', projection: present.name },
  );
}
