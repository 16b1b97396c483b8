import {
  MemoirError,
  type Batch,
  type Events,
  type ReadableStore,
  type Store,
  type Tables,
  type VerifiedSnapshot,
} from '../index.js';
import type { Answer, Entry, FsmSnapshot, Watched, WaitOptions, WatchOptions } from './contract.js';
import { host } from './host.js';
import { metaOf, type Machine } from './machine.js';
import { readOnly } from './read-only.js';
import { watch } from './watch.js';

type View = ReturnType<ReadableStore<Tables>['now']>;

/** So many entries are told of together at the most: until then all of their past is kept. */
const GROUP_MAX = 1024;

/** A state machine, types apart: its entries go to a machine, its readers to the store. */
export class ReplicatedFsm {
  readonly store: ReadableStore<Tables>;
  readonly #store: Store<Tables>;
  readonly #machine: Machine;
  /** Who waits for an index. */
  readonly #waits = new Set<() => void>();
  /** The index that the state had before the oldest batch of the log. */
  #base = 0;
  #isRestoring = false;
  #isClosed = false;

  constructor(store: Store<Tables>, machine: Machine) {
    this.#store = store;
    this.#machine = machine;
    this.store = readOnly(store);
  }

  get appliedIndex(): number {
    return this.#machine.index;
  }

  encode(name: string, input: unknown, { at = host.now() }: { readonly at?: number } = {}): Uint8Array {
    return this.#machine.encode(name, input, at);
  }

  apply(entry: Entry): Answer<unknown> {
    this.#refuseMeanwhile('apply');
    try {
      return this.#machine.apply(entry);
    } finally {
      if (this.#waits.size > 0) this.#wake();
    }
  }

  applyBatch(entries: readonly Entry[]): readonly Answer<unknown>[] {
    this.#refuseMeanwhile('applyBatch');
    checkList(entries);
    const answers: Answer<unknown>[] = [];
    try {
      for (let from = 0; from < entries.length; from += GROUP_MAX) {
        this.#store.together(() => {
          const end = Math.min(from + GROUP_MAX, entries.length);
          for (let i = from; i < end; i++) answers.push(this.#machine.apply(entries[i]!));
        });
      }
    } finally {
      if (this.#waits.size > 0) this.#wake();
    }
    return answers;
  }

  snapshot(): FsmSnapshot {
    const { index, term } = this.#machine;
    const taken = this.#store.snapshot({ label: `the state at index ${index}` });
    return { index, term, persist: () => taken.chunks(), release: () => taken.close() };
  }

  async restore(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    this.#refuseMeanwhile('restore');
    this.#isRestoring = true;
    try {
      const bytes = source instanceof Uint8Array ? source : await whole(source);
      await this.#store.restore(bytes, { projections: 'build', lineage: lineageOf });
      this.#machine.resume();
      this.#base = this.#machine.index;
    } finally {
      this.#isRestoring = false;
      this.#wake();
    }
  }

  /** What is applied meanwhile would be lost, and what is restored by two at once be either. */
  #refuseMeanwhile(what: string): void {
    if (!this.#isRestoring) return;
    throw new MemoirError('OptionInvalid', `${what} while a snapshot is being restored: await that first`);
  }

  offsetOf(index: number): number {
    const { head, floor } = this.#store;
    checkIndex(index);
    if (index > this.appliedIndex) throw this.#ahead(index);
    let [low, high] = [floor - 1, head];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (metaOf(this.#store.batch(middle))!.index <= index) low = middle;
      else high = middle - 1;
    }
    if (low >= floor || index >= this.#before(floor)) return low;
    throw new MemoirError('OffsetCompacted', `index ${index} is gone: the oldest readable batch is ${floor}`, {
      requested: index,
      floor,
      head,
    });
  }

  indexOf(offset: number): number {
    const { head, floor } = this.#store;
    if (offset === head) return this.appliedIndex;
    return offset === floor - 1 ? this.#before(floor) : metaOf(this.#store.batch(offset))!.index;
  }

  async waitFor(index: number, { signal }: WaitOptions = {}): Promise<void> {
    checkIndex(index);
    while (this.appliedIndex < index) {
      if (this.#machine.halted !== undefined) throw this.#machine.halted;
      if (this.#isClosed) throw new MemoirError('StoreClosed', `the machine closed before index ${index}`);
      if (signal?.aborted === true) throw new MemoirError('WaitAborted', `the wait for index ${index} was aborted`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waits.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#waits.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
  }

  async watch<A>(query: (view: View) => A, { since, timeoutMs, signal }: WatchOptions): Promise<Watched<A>> {
    checkIndex(since);
    if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))
      throw new MemoirError('OptionInvalid', `timeoutMs is ${timeoutMs}: give milliseconds from 0`);
    const time = new AbortController();
    const stop = host.after(timeoutMs, () => time.abort());
    try {
      if (since > this.appliedIndex) await this.#reached(since, time.signal, signal);
      // At the caller's offset first, so that what has happened since counts as a change.
      const isKnown = since <= this.appliedIndex && since >= this.#before(this.#store.floor);
      const at = isKnown ? this.offsetOf(since) : undefined;
      const asked = { query, at, indexOf: (offset: number) => this.indexOf(offset) };
      return await watch(this.#store, asked, { time: time.signal, signal });
    } finally {
      stop();
    }
  }

  /** Waits for an index as long as there is time. @throws (rejects) as `waitFor` does */
  async #reached(index: number, time: AbortSignal, signal: AbortSignal | undefined): Promise<void> {
    const either = signal === undefined ? time : AbortSignal.any([time, signal]);
    await this.waitFor(index, { signal: either }).catch((error: unknown) => {
      if (!time.aborted || signal?.aborted === true) throw error;
    });
  }

  stateHash(index = this.appliedIndex): string {
    return this.#store.stateHash(this.offsetOf(index));
  }

  close(): void {
    this.#isClosed = true;
    this.#store.close();
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The index of the state before the oldest batch, as far as it is known: indexes below the first have no batch. */
  #before(floor: number): number {
    if (floor === 1) return 0;
    if (floor > this.#store.head) return this.appliedIndex;
    return Math.max(this.#base, metaOf(this.#store.batch(floor))!.index - 1);
  }

  #wake(): void {
    for (const wake of [...this.#waits]) wake();
  }

  #ahead(index: number): MemoirError {
    const applied = this.appliedIndex;
    return new MemoirError('OffsetInFuture', `index ${index} is not applied yet: the newest is ${applied}`, {
      requested: index,
      head: applied,
    });
  }
}

function checkIndex(index: number): void {
  if (Number.isSafeInteger(index) && index >= 0) return;
  throw new MemoirError('OffsetInvalid', `${index} is no index: give a whole number from 0`);
}

function checkList(entries: unknown): void {
  if (!Array.isArray(entries)) throw new MemoirError('OptionInvalid', 'applyBatch is given a list of entries');
}

/** The lineage of a machine's snapshot: what is restored goes on with that. @throws `FormatUnknown` for another's */
function lineageOf({ lineage, offset }: VerifiedSnapshot, last: Batch<Tables, Events> | undefined): string {
  if (offset === 0 || Number.isSafeInteger(metaOf(last)?.index)) return lineage;
  const says = `the snapshot is of no state machine: its newest batch, ${offset}, has no index that it remembers`;
  throw new MemoirError('FormatUnknown', `${says}. Restore what the snapshot() of a machine gave`, { offset });
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (typeof (source as Partial<typeof source> | undefined)?.[Symbol.asyncIterator] !== 'function')
    throw new MemoirError('OptionInvalid', 'a snapshot is restored of its bytes, or of an async iterable of them');
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
