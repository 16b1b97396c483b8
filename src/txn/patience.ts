import { MemoirError } from '../errors.js';
import type { Tables } from '../codecs/table-types.js';
import type { AnyBatch, Change } from '../log/batch.js';
import type { ProjectedState } from './projected-state.js';
import type { Parked } from './readable-store.js';

/** What becomes of that which cannot be folded. */
export interface Forbearance {
  /** How often it is tried again, and how long is waited first. */
  readonly times: number;
  readonly firstMs: number;
  /** Without so much a projection goes on, and no more. */
  readonly parkedMax: number;
  readonly onError: (error: MemoirError) => void;
}

/** Folds a batch; where that takes more than one try, gives how long to wait before each other one, in ms. */
export type Build = (batch: AnyBatch) => Iterable<number> | undefined;

/** Folds for a projection that begins: what cannot be folded is tried again, and gone on without then. */
export class Patience {
  readonly #state: ProjectedState;
  readonly #how: Forbearance;
  #parked: readonly Parked[] = [];

  constructor(state: ProjectedState, how: Forbearance) {
    this.#state = state;
    this.#how = how;
  }

  /** What it went without. */
  get parked(): readonly Parked[] {
    return this.#parked;
  }

  /** Folds a batch, or goes on without all of it; from rows, which tell of no batches, without single changes. */
  readonly build: Build = (batch) => {
    const error = failureOf(() => this.#state.build(batch));
    return error && this.#again(batch, error);
  };

  *#again(batch: AnyBatch, first: MemoirError): Generator<number> {
    const { offset } = batch;
    if (this.#state.definition.from === 'log') return yield* this.#orPark(batch, first, { offset });
    for (const change of batch.changes) {
      const one = withChanges(batch, [change]);
      const error = failureOf(() => this.#state.build(one));
      if (error !== undefined) yield* this.#orPark(one, error, { offset, change: change as Change<Tables> });
    }
  }

  *#orPark(batch: AnyBatch, first: MemoirError, what: Omit<Parked, 'error'>): Generator<number> {
    const error = yield* again(this.#how, first, () => this.#state.build(batch));
    if (error === undefined) return;
    this.#parked = withParked(this.#parked, { ...what, error }, this.#how);
    this.#state.skip(batch);
    this.#how.onError(error);
  }
}

/** The error that folds end with; what else is thrown goes on. */
export function failureOf(fold: () => void): MemoirError | undefined {
  try {
    fold();
    return undefined;
  } catch (error) {
    if (!(error instanceof MemoirError)) throw error;
    if (error.code !== 'ProjectionFailed' && error.code !== 'ImpureFold') throw error;
    return error;
  }
}

/** No wait grows longer than this, in milliseconds. */
const LONGEST_MS = 60_000;

/** Tries again as often as it may, after longer and longer waits, which it gives; returns the last error, if any. */
export function* again(
  { times, firstMs }: Forbearance,
  first: MemoirError,
  fold: () => void,
): Generator<number, MemoirError | undefined> {
  let error: MemoirError | undefined = first;
  // What is impure would be so again.
  for (let tries = 0; tries < times && error?.code === 'ProjectionFailed'; tries++) {
    yield Math.min(firstMs * 2 ** tries, Math.max(firstMs, LONGEST_MS));
    error = failureOf(fold);
  }
  return error;
}

/** With one more. @throws `ProjectionFailed` where that is too much */
export function withParked(parked: readonly Parked[], one: Parked, { parkedMax }: Forbearance): readonly Parked[] {
  if (parked.length < parkedMax) return [...parked, one];
  const { error } = one;
  const { projection } = error;
  throw new MemoirError(
    'ProjectionFailed',
    `${projection} follows no more: it would have to go on without more than parkedMax, which is ${parkedMax}. Mend ` +
      `its folds. ${error.message}`,
    { cause: error, limit: parkedMax, ...(projection !== undefined && { projection }), offset: one.offset },
  );
}

/** Written out: to spread a batch takes longer than most folds (Node 20). */
export function withChanges({ offset, at, id, meta, events }: AnyBatch, changes: AnyBatch['changes']): AnyBatch {
  return { offset, at, id, meta, changes, events };
}
