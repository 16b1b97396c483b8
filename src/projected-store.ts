import type { MemoirError } from './errors.js';
import type { StateHash } from './codecs/state-hash.js';
import type { AnyBatch, AnyChange } from './log/batch.js';
import { NO_EVENTS } from './log/batch-coder.js';
import type { Listener } from './log/feed.js';
import { compacted, inFuture, offsetOf } from './log/position.js';
import { hashRows } from './projections/rows-hash.js';
import { copyRows } from './projections/snapshot-load.js';
import { Engine } from './projections/engine.js';
import { sameTables } from './projections/projection-plan.js';
import type { ProjectionDefinition } from './projections/projection.js';
import { platform } from './platform.js';
import { adopt } from './restore.js';
import { StoreCore } from './store-core.js';
import type { StoreParts } from './store-parts.js';
import type { Parked } from './txn/readable-store.js';
import type { LedgerStart } from './txn/ledger.js';
import { again, failureOf, withParked, type Forbearance } from './txn/patience.js';
import { ProjectedState } from './txn/projected-state.js';
import { roughBytes } from './txn/recovery.js';
import { parkedSequences, versionSequence } from './txn/sequence-names.js';
import type { Sink } from './txn/sink.js';

/** How a projection follows a store, checked. */
export interface FollowPlan extends Forbearance {
  readonly batches: number;
  readonly hold: boolean;
}

/** What a projection that follows a store is made of. */
export interface ProjectedStart {
  /** The store that it follows. */
  readonly source: StoreParts;
  readonly parts: StoreParts;
  readonly sink: Sink;
  readonly begun: Begun;
  readonly plan: FollowPlan;
  /** Gives a state to begin anew with, and holds nothing any more once that is given up. */
  readonly begin: (definition: ProjectionDefinition, signal: AbortSignal) => Promise<Begun>;
}

/** What a projection has come to. */
interface Reached {
  readonly state: ProjectedState;
  /** The hash of its rows, where one is kept. */
  readonly rows: StateHash | undefined;
  readonly head: number;
  readonly at: number;
  /** What its state goes without. */
  readonly parked: readonly Parked[];
}

/** A state of a projection to begin with, and what keeps the batches after it. */
export interface Begun extends Reached {
  readonly hold: Hold;
}

/** Keeps the batches of the source that a projection has yet to fold. */
export interface Hold {
  /** The last one that is not needed any more. */
  head: () => number;
  readonly release: () => void;
}

/** A projection that follows a store at its own pace, with an engine and a log of its own. */
export class ProjectedStore extends StoreCore implements Listener {
  readonly #parts: StoreParts;
  readonly #start: ProjectedStart;
  #state: ProjectedState;
  /** What is to be folded from now on, where the state begins anew, too. */
  #definition: ProjectionDefinition;
  #parked: readonly Parked[];
  #hold: Hold;
  #failure: MemoirError | undefined;
  readonly #closing = new AbortController();
  /** Set while the source has begun anew, and this has not. */
  #isOutdated = false;
  /** Wakes whoever waits for batches. */
  #wake: () => void = () => {};
  /** What is under way: folding, or going back. */
  #turn: Promise<void> = Promise.resolve();
  readonly #leave: (() => void)[];

  constructor(start: ProjectedStart) {
    super(start.parts);
    this.#start = start;
    this.#parts = start.parts;
    const { source, begun } = start;
    this.#state = begun.state;
    this.#definition = begun.state.definition;
    this.#parked = begun.parked;
    this.#hold = this.#heldBy(begun);
    const { name } = this.#definition;
    this.#leave = [source.feed.add(this), source.subscribers.add('project', name, () => this.head)];
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
    if (this.#isOver()) return;
    this.#closing.abort();
    for (const leave of this.#leave) leave();
    this.#hold.release();
    this.#wake();
    this.#parts.streams.close();
    this.#parts.log.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async replay(offset: number, next?: unknown): Promise<void> {
    this.#parts.streams.guard();
    const definition = next === undefined ? this.#definition : sameTables(this.#definition, next);
    try {
      await this.#inTurn(() => this.#goBack(offset, definition));
    } finally {
      this.#wake();
    }
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
        else await this.#news();
        await platform.pause();
      }
    } catch (error) {
      if (this.#isOver()) return;
      this.#failure = error as MemoirError;
      this.#parts.settings.onError(error);
      this.close();
    }
  }

  /** It has folded all there was: from here on retention waits for it no more, unless it is to. */
  async #news(): Promise<void> {
    if (!this.#start.plan.hold) this.#hold.release();
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Asked anew after each wait, since it changes meanwhile. */
  #isOver(): boolean {
    return this.#closing.signal.aborted;
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
    const fold = (): void => this.#apply(batch, (take) => this.#state.fold(batch, take));
    const first = failureOf(fold);
    if (first === undefined) return;
    const tries = again(this.#start.plan, first, fold);
    let next = tries.next();
    for (; next.done !== true; next = tries.next()) {
      await platform.wait(next.value, this.#closing.signal);
      if (this.#isOver() || this.#isOutdated) return;
    }
    if (next.value !== undefined) this.#park(batch, next.value);
  }

  /** Goes on without a batch, and says so. */
  #park(batch: AnyBatch, error: MemoirError): void {
    const { offset } = batch;
    const { plan } = this.#start;
    this.#parked = withParked(this.#parked, { offset, error }, plan);
    this.#apply(batch, (take) => this.#state.pass(batch, take), parkedSequences([offset]));
    plan.onError(error);
  }

  #apply({ offset, at, id, meta }: AnyBatch, work: Work, sequences?: AnyBatch['sequences']): void {
    const { transactor, engine, ledger } = this.#parts;
    const { sink, source } = this.#start;
    let made: AnyBatch | undefined;
    const folding = (): void =>
      work((changes) => {
        const plain = { offset, at, id, meta, changes, events: NO_EVENTS };
        made = sequences === undefined ? plain : { ...plain, sequences };
        sink.take(made);
      });
    // A fold has no business with the source, either.
    source.transactor.alone(() => transactor.alone(folding));
    ledger.note(made!);
    sink.settle(made!, engine.version, roughBytes(made!));
  }

  /** Batches are gone that it was to fold. */
  async #overtaken(): Promise<void> {
    const { log } = this.#start.source;
    if (this.#definition.from === 'log') throw compacted(log, this.head + 1);
    await this.#beginAnew();
  }

  /** Where the source begins anew once more meanwhile, that is for the next turn, with the same folds. */
  async #beginAnew(definition = this.#definition): Promise<void> {
    const before = { isOutdated: this.#isOutdated, definition: this.#definition };
    [this.#isOutdated, this.#definition] = [false, definition];
    let begun: Begun;
    try {
      begun = await this.#start.begin(definition, this.#closing.signal);
    } catch (error) {
      if (this.#hasMoved()) return;
      this.#parts.streams.guard();
      // Whoever asked is told; where what it has was of no use before, it still is.
      this.#isOutdated = before.isOutdated;
      if (!before.isOutdated) this.#definition = before.definition;
      throw error;
    }
    if (this.#isOver() || this.#hasMoved()) return begun.hold.release();
    // First of all: whoever is told that it begins anew may close it.
    this.#hold.release();
    this.#hold = this.#heldBy(begun);
    this.#take(begun);
  }

  /** Asked anew after each wait, as whether it is over. */
  #hasMoved(): boolean {
    return this.#isOutdated;
  }

  #heldBy({ hold }: Begun): Hold {
    hold.head = () => this.head;
    return hold;
  }

  /** Puts the state after the batch before an offset in the place of what there is. */
  async #goBack(point: number, definition: ProjectionDefinition): Promise<void> {
    const { log: own, engine, past, horizon, settings, streams } = this.#parts;
    const { log } = this.#start.source;
    streams.guard();
    if (this.#isOutdated) return this.#beginAnew(definition);
    const offset = offsetOf(log, point);
    if (offset > log.head) throw inFuture(log, offset);
    const isGone = offset < Math.max(log.floor, own.floor);
    if (isGone && this.#parked.some((one) => one.offset === offset)) return this.#beginAnew(definition);
    if (offset < log.floor) throw compacted(log, offset);
    if (offset < own.floor) throw compacted(own, offset - 1);
    const before = Math.min(offset - 1, this.head);
    const { tables } = engine;
    const lease =
      before >= horizon.known ? { tables, version: horizon.timeline.versionOf(before) } : past.lease(before);
    const made = new Engine(engine.definitions, settings.filterRows, engine.version);
    copyRows(lease.tables, lease.version, made);
    const at = own.timeOf(before);
    const rows = await hashRows(made, settings.stateHash, platform);
    // Where the source began anew meanwhile, this is for the next turn, with these folds.
    this.#definition = definition;
    streams.guard();
    if (this.#hasMoved()) return;
    const parked = this.#parked.filter((one) => one.offset <= before);
    this.#take({ state: this.#stateOn(made, definition), rows, head: before, at, parked });
  }

  #stateOn(engine: Engine, definition: ProjectionDefinition): ProjectedState {
    const { settings } = this.#parts;
    return new ProjectedState({ engine, definition, settings });
  }

  #take(reached: Reached): void {
    const { engine, definition } = reached.state;
    // The tables come to be in the engine that the store has had from the beginning.
    this.#state = this.#stateOn(this.#parts.engine, definition);
    this.#parked = reached.parked;
    const { head, at } = reached;
    adopt(this.#parts, { engine, head, at, ...ledgerOf(reached) }, this.#start.source.log.lineage);
  }
}

/** Told of the changes of a batch while it can be undone. */
type Work = (take: (changes: readonly AnyChange[]) => void) => void;

/** What the ledger of a projection's store begins with. */
export function ledgerOf({ state, rows, parked }: Reached): Omit<LedgerStart, 'head'> {
  const { name, version } = state.definition;
  const all = { [versionSequence(name)]: version, ...parkedSequences(parked.map(({ offset }) => offset)) };
  return { sequences: new Map(Object.entries(all)), streams: new Map(), remembered: [], rows };
}
