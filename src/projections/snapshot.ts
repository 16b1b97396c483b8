import { MemoirError, show } from '../errors.js';
import { encodeSnapshot, type Captured } from './snapshot-encoder.js';
import type { SnapshotLayout } from '../log/snapshot-layout.js';
import { inSlices, type Turns } from './slices.js';

/** How a snapshot is encoded. */
export interface SnapshotOptions {
  /** How long a slice may take, in milliseconds, before everything else has its turn; 8 unless told. */
  readonly sliceMs?: number;
}

/**
 * The state at one offset, on its way to bytes. To make one costs nothing: it holds a view, and reads it as it is
 * encoded, in slices, while the store goes on. It is encoded once; then, or when it is closed, it lets go of the view.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 *
 * const store = createStore({ tables: { tasks: table(t.strict({ id: t.string }), { primaryKey: 'id' }) } });
 * store.transact((tx) => tx.tasks.insert({ id: 't1' }));
 * const snapshot = store.snapshot();
 * store.transact((tx) => tx.tasks.delete('t1'));
 * console.log(snapshot.offset, String.fromCharCode(...(await snapshot.toBytes()).subarray(0, 3))); // 1 Obj
 * ```
 */
export class Snapshot {
  readonly #layout: SnapshotLayout;
  readonly #state: Captured;
  readonly #turns: Turns;
  #used = false;

  constructor(layout: SnapshotLayout, state: Captured, turns: Turns) {
    this.#layout = layout;
    this.#state = state;
    this.#turns = turns;
  }

  /** The newest batch that it has. */
  get offset(): number {
    return this.#state.view.offset;
  }

  get lineage(): string {
    return this.#state.view.lineage;
  }

  /**
   * The bytes, piece by piece: an Avro object container file.
   *
   * @throws `ViewClosed` when it has been encoded or closed; `RowInvalid` for a row that the codec cannot hold
   */
  async *chunks(options: SnapshotOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const sliceMs = sliceOf(options);
    if (this.#used)
      throw new MemoirError('ViewClosed', 'the snapshot has been encoded or closed: make another with snapshot()');
    this.#used = true;
    try {
      yield* inSlices(encodeSnapshot(this.#layout, this.#state), sliceMs, this.#turns);
    } finally {
      this.close();
    }
  }

  /** All the bytes. @throws as `chunks` */
  async toBytes(options: SnapshotOptions = {}): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.chunks(options)) chunks.push(chunk);
    const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    for await (const _ of inSlices(copied(chunks, bytes), sliceOf(options), this.#turns));
    return bytes;
  }

  /** Lets go of what it holds; encoding under way ends with `ViewClosed`. */
  close(): void {
    this.#used = true;
    this.#state.view.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Lays pieces side by side, a step each: all at once would take as long as several slices. */
function* copied(pieces: readonly Uint8Array[], into: Uint8Array): Generator<undefined> {
  let at = 0;
  for (const piece of pieces) {
    into.set(piece, at);
    at += piece.length;
    yield undefined;
  }
}

/** How long a slice may take, checked. */
export function sliceOf({ sliceMs = 8 }: SnapshotOptions): number {
  if (typeof sliceMs === 'number' && sliceMs > 0) return sliceMs;
  throw new MemoirError('OptionInvalid', `sliceMs is ${show(sliceMs)}: give milliseconds, more than 0`);
}
