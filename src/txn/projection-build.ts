import { MemoirError } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import type { Log } from '../log/log.js';
import { compacted } from '../log/position.js';
import type { Abort } from '../log/streams.js';
import { inSlices, sharedTurns, Slice, type Turns } from '../projections/slices.js';
import type { TableState } from '../projections/table-state.js';
import type { Views } from '../projections/views.js';
import { Patience, type Build, type Forbearance } from './patience.js';
import type { ProjectedState } from './projected-state.js';
import type { Parked } from './readable-store.js';
import { NOTHING, type Rest, type Step } from './rest.js';
import { RestOfBatches } from './rest-of-batches.js';
import { RestOfRows } from './rest-of-rows.js';

/** So little may be left to be folded at once, when what was built beside takes its place. */
const LEFT_MAX = 64;

/**
 * How many times what a slice takes others have while rows are read: so much that they keep half of their pace with all
 * that follows, which is the catching up with what they wrote, and the swap.
 */
const SHARE_FIRST = 5;

/** The same while what they wrote is folded, until it is known how much of it they write anew meanwhile. */
const SHARE_LATER = 1.5;

/**
 * A round of catching up is to leave so much of what there was: others have as much time as that allows. With less they
 * have no more than half of it, with more the rebuild takes several times as long.
 */
const GAIN = 0.6;

/** A round of catching up that leaves more than this of what the one before left gets nowhere. */
const LEAST_GAIN = 0.75;

/** So many times longer slices are then: where they were doubled, three times as much came meanwhile and more. */
const GROWTH = 4;

/** What a projection is built from, and how. */
export interface ProjectionBuildPlan {
  readonly log: Log;
  readonly views: Views;
  readonly tables: ReadonlyMap<string, TableState>;
  /** Refuses a store that is closed. */
  readonly guard: () => void;
  /** Runs folds so that they cannot write to the store. */
  readonly alone: <A>(work: () => A) => A;
  /** Batches that are not in memory any more, from the first on, where they are somewhere. */
  readonly older: () => AsyncIterable<AnyBatch> | undefined;
  /** Bytes of the batches after an offset. */
  readonly bytesSince: (offset: number) => number;
  /** About so many of them may come while a view is held. */
  readonly roundBytes: number;
  readonly turns: Turns;
  readonly sliceMs: number;
  readonly signal?: Abort | undefined;
  /** Waits before something is tried again. */
  readonly wait?: (ms: number) => Promise<void>;
  /** What becomes of that which cannot be folded; unless told, building ends with the error. */
  readonly forbearance?: Forbearance | undefined;
}

/** Builds the state of a projection in slices, while what it is built from is written to. */
export class ProjectionBuild {
  readonly state: ProjectedState;
  readonly #plan: ProjectionBuildPlan;
  readonly #epoch: number;
  readonly #patience: Patience | undefined;
  readonly #fold: Build;
  #rest: Rest = NOTHING;

  constructor(state: ProjectedState, plan: ProjectionBuildPlan) {
    this.state = state;
    this.#plan = plan;
    this.#epoch = plan.log.epoch;
    const { forbearance } = plan;
    this.#patience = forbearance && new Patience(state, forbearance);
    this.#fold = this.#patience?.build ?? impatient(state);
  }

  /** The last batch that is not needed any more: those after it must not go. */
  get head(): number {
    return this.#rest.head;
  }

  /** When that was. */
  get at(): number {
    return this.#rest.at;
  }

  /** What could not be folded, and is not in the state. */
  get parked(): readonly Parked[] {
    return this.#patience?.parked ?? [];
  }

  /**
   * Folds what there is.
   * @throws `OffsetCompacted`, `WaitAborted`, `StoreClosed`, `ProjectionFailed`, and `SourceWanted` as all that folds
   */
  async begin(): Promise<void> {
    const { log, older } = this.#plan;
    if (this.state.definition.from === 'rows') return this.#fromRows();
    const rest = new RestOfBatches(this.#fold, log);
    this.#rest = rest;
    if (log.floor === 1) return;
    const batches = older();
    if (batches === undefined) throw compacted(log, 1);
    const { sliceMs } = this.#plan;
    const slice = new Slice(sliceMs, this.#shared(SHARE_LATER));
    for await (const batch of batches) {
      this.check();
      await this.#through(rest.take(batch));
      // Of a group that the log gives at once, the next one comes in the same turn.
      if (slice.isOver()) await slice.pause();
    }
  }

  /** In rounds, each from a view of its own: what a view holds on to for long can make the store refuse writes. */
  async #fromRows(): Promise<void> {
    const { log, views, tables, bytesSince, roundBytes } = this.#plan;
    const rest = new RestOfRows(this.#fold, log, [...this.state.definition.sources.keys()]);
    this.#rest = rest;
    while (!rest.isRead) {
      await this.catchUp();
      const view = views.pinned(`the projection ${this.state.definition.name}`);
      const at = log.lastAt;
      const isLong = (): boolean => bytesSince(view.offset) > roundBytes;
      try {
        rest.note();
        await this.#through(rest.work());
        await this.#inSlices(rest.read(view, tables, at, isLong), this.#shared(SHARE_FIRST, isLong));
      } finally {
        view.close();
      }
    }
  }

  /** From the rows that a view has, at once. */
  readNow(): void {
    const { log, views, tables, alone } = this.#plan;
    const rest = new RestOfRows(this.#fold, log, [...this.state.definition.sources.keys()]);
    const view = views.pinned(`the projection ${this.state.definition.name}`);
    alone(() => {
      for (const _ of rest.read(view, tables, log.lastAt, () => false));
    });
    view.close();
  }

  /** Folds what has come meanwhile, until little is left. */
  async catchUp(): Promise<void> {
    const { turns, sliceMs } = this.#plan;
    let [slice, share] = [sliceMs, SHARE_LATER];
    for (let before = Infinity, left: number; (left = this.#rest.left) > LEFT_MAX; before = left) {
      // Others have their share as long as that gets somewhere; where they outrun even slices with one turn between,
      // slices grow, or it would never end. What is left shrinks by a quarter each round, or soon fits into one slice.
      if (left > LEAST_GAIN * before) slice *= GROWTH;
      // What one turn between leads to does not tell how much more than an equal share would do.
      if (before < Infinity) share = Math.min((share * GAIN * before) / left, share < 1 ? 1 : SHARE_FIRST);
      await this.#inSlices(this.#rest.work(), share < 1 ? turns : this.#shared(share), slice);
    }
  }

  /** Folds what is left, for a state that is that after one batch. */
  async settle(): Promise<void> {
    do {
      await this.catchUp();
      this.#rest.note();
      await this.#through(this.#rest.work());
    } while (this.#rest.left > 0);
  }

  /** Folds what is left at once, and batches that are on their way to the log. */
  finish(waiting: Iterable<AnyBatch> = []): void {
    this.check();
    this.#rest.note();
    this.#plan.alone(() => {
      for (const _ of this.#rest.work());
      for (const batch of waiting) if (batch.offset > this.head) this.state.build(batch);
    });
  }

  /** @throws `WaitAborted` when it was given up, or the log is not what it was; `StoreClosed` */
  check(): void {
    const { log, signal, guard } = this.#plan;
    guard();
    if (signal?.aborted === true || log.epoch !== this.#epoch) throw givenUp(this.state.definition.name);
  }

  #shared(times: number, enough?: () => boolean): Turns {
    const { turns, log } = this.#plan;
    return sharedTurns(turns, () => log.head, times, enough);
  }

  async #inSlices(work: Iterable<Step>, turns: Turns, sliceMs = this.#plan.sliceMs): Promise<void> {
    const pause = async (): Promise<void> => {
      await turns.pause();
      this.check();
      this.#rest.note();
    };
    this.check();
    const steps = stepsOf(work, this.#plan.alone);
    for await (const ms of inSlices(steps, sliceMs, { elapsed: turns.elapsed, pause })) await this.#wait(ms);
    this.#rest.note();
  }

  /** Takes all steps at once, but for waits. */
  async #through(work: Iterable<Step>): Promise<void> {
    for (const ms of stepsOf(work, this.#plan.alone)) if (ms !== undefined) await this.#wait(ms);
  }

  async #wait(ms: number): Promise<void> {
    await this.#plan.wait?.(ms);
    this.check();
    this.#rest.note();
  }
}

/** Folds for a projection that is built or not: what cannot be folded ends that. */
function impatient(state: ProjectedState): Build {
  return (batch) => {
    state.build(batch);
    return undefined;
  };
}

/** The error for a projection that was not built to its end. */
export function givenUp(projection: string): MemoirError {
  return new MemoirError(
    'WaitAborted',
    `the building of ${projection} was given up, by its signal or because the store was restored: nothing has changed`,
    { projection },
  );
}

/** Work, each step of which is done alone. */
function* stepsOf(work: Iterable<Step>, alone: ProjectionBuildPlan['alone']): Generator<Step> {
  const steps = work[Symbol.iterator]();
  const next = (): IteratorResult<Step> => steps.next();
  for (let step = alone(next); step.done !== true; step = alone(next)) yield step.value;
}
