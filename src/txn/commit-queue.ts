import { assert } from '../assert.js';
import { blame } from '../codecs/fault.js';
import { MemoirError } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import type { WrittenBatches } from '../log/batch-schema.js';
import type { ByteLog } from '../log/byte-log.js';
import type { Feed } from '../log/feed.js';
import type { MemoryLog } from '../log/memory-log.js';
import type { Horizon } from '../projections/horizon.js';
import type { Ledger } from './ledger.js';
import type { Sink } from './sink.js';

/** What a queue works with. */
export interface CommitParts {
  /** The log that makes batches last. */
  readonly outside: ByteLog;
  /** What readers read: it has what lasts. */
  readonly log: MemoryLog;
  readonly feed: Feed;
  readonly horizon: Horizon;
  /** What is remembered of the batches that last. */
  readonly ledger: Ledger;
  /** How batches are laid down now. */
  readonly written: () => WrittenBatches;
  /** How many bytes may wait for the log. */
  readonly pendingBytesMax: number;
}

/** A batch on its way to the log. */
interface Pending {
  readonly batch: AnyBatch;
  readonly version: number;
  /** Rough size of its rows. */
  readonly bytes: number;
  readonly body: Uint8Array;
  readonly written: WrittenBatches;
}

/** Someone who waits until all batches up to an offset have had their fate. */
interface Waiter {
  readonly offset: number;
  /** True when the batch at the offset is the caller's own. */
  readonly own: boolean;
  readonly resolve: () => void;
  readonly reject: (error: MemoirError) => void;
}

/** So many bytes go to the log in one group at the most, but for a single batch that is larger. */
const GROUP_BYTES = 1 << 22;

/**
 * Takes the batches of transactions to a log outside the process, in groups, in order. A batch can be seen when the log
 * has it; until then it is pending, and transactions build on it. When the log fails, what is pending is never seen,
 * and nothing is taken any more.
 */
export class CommitQueue implements Sink {
  readonly #parts: CommitParts;
  readonly #pending: Pending[] = [];
  readonly #waiters: Waiter[] = [];
  #pendingBytes = 0;
  /** The body of the batch whose transaction is about to settle. */
  #body: { readonly body: Uint8Array; readonly written: WrittenBatches } | undefined;
  /** Told of every group that lasts: how many batches, and their bytes. */
  onAppended: (batches: number, bytes: number) => void = () => {};
  #pumping = false;
  /** Work on the log that is to come or under way: after which offset, and how to begin it or give it up. */
  #between: { readonly after: number; begin: () => void; giveUp: (error: MemoirError) => void } | undefined;
  #failure: MemoirError | undefined;

  constructor(parts: CommitParts) {
    this.#parts = parts;
  }

  get head(): number {
    return this.#pending.at(-1)?.batch.offset ?? this.#parts.log.head;
  }

  get lastAt(): number {
    return this.#pending.at(-1)?.batch.at ?? this.#parts.log.lastAt;
  }

  get version(): number {
    const { log, horizon } = this.#parts;
    return this.#pending.at(-1)?.version ?? horizon.timeline.versionOf(log.head);
  }

  get waiting(): Iterable<AnyBatch> {
    return this.#pending.map(({ batch }) => batch);
  }

  /** Batches that wait for the log, and their bytes. */
  get pending(): { readonly batches: number; readonly bytes: number } {
    return { batches: this.#pending.length, bytes: this.#pendingBytes };
  }

  /** Refuses when the log has failed, or when more waits than may. */
  guard(): void {
    if (this.#failure !== undefined) throw refused(this.#failure);
    const { pendingBytesMax: limit } = this.#parts;
    const actual = this.#pendingBytes;
    if (actual <= limit) return;
    throw new MemoirError(
      'PendingFull',
      `${actual} bytes wait for the log, and pendingBytesMax is ${limit}: await earlier transactions first`,
      { limit, actual },
    );
  }

  take(batch: AnyBatch): void {
    const written = this.#parts.written();
    const { bodyBytesMax: limit } = this.#parts.outside.caps;
    let body: Uint8Array;
    try {
      body = written.writer.body(batch);
    } catch (error) {
      throw blame(error, 'the batch');
    }
    if (body.length > limit) {
      throw new MemoirError(
        'BatchTooLarge',
        `the batch has ${body.length} bytes, and the log takes ${limit}: split the transaction`,
        { limit, actual: body.length },
      );
    }
    this.#body = { body, written };
  }

  settle(batch: AnyBatch, version: number, bytes: number): void {
    const { body, written } = this.#body!;
    this.#pending.push({ batch, version, bytes, body, written });
    this.#pendingBytes += body.length;
    this.#start();
  }

  /**
   * Does work on the log itself, once that has all that is pending now. What is made meanwhile waits for the end of it.
   * One at a time. Where the fate of the work is not known, the queue takes nothing any more.
   *
   * @throws (rejects) `LogRefused`, `OutcomeUnknown`, `Aborted` when the log fails before; what the work throws
   */
  async between(work: () => Promise<void>): Promise<void> {
    assert(this.#between === undefined, 'work on the log is done one after the other');
    await new Promise<void>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(refused(this.#failure));
      this.#between = { after: this.head, begin: resolve, giveUp: reject };
      if (this.#isHeld()) resolve();
    });
    try {
      await work();
    } catch (error) {
      if (error instanceof MemoirError && error.code === 'OutcomeUnknown') this.#fail([], error);
      throw error;
    } finally {
      this.#between = undefined;
      this.#start();
    }
  }

  /** Gives up what waits for the log: the state that it builds on is no more. */
  abandon(): void {
    this.#pending.length = 0;
    this.#pendingBytes = 0;
    for (const { reject } of this.#waiters.splice(0)) {
      reject(
        new MemoirError(
          'Aborted',
          'another state was put in the place of the one that this transaction was made on, and it has not happened: ' +
            'look at what there is, and repeat it',
        ),
      );
    }
  }

  /**
   * Takes nothing any more, for the log says that it has failed. What is on its way to the log meets the fate that the
   * log tells of; what comes after it has not happened.
   */
  stop(failure: MemoirError): void {
    this.#failure ??= failure;
    if (!this.#pumping) this.#fail([], failure);
  }

  #start(): void {
    if (this.#pumping || this.#failure !== undefined || this.#pending.length === 0 || this.#isHeld()) return;
    this.#pumping = true;
    void this.#pump();
  }

  /** True when the log has all that work on it waits for. */
  #isHeld(): boolean {
    return this.#between !== undefined && this.#parts.log.head >= this.#between.after;
  }

  /**
   * Resolves once all that is pending now lasts; callers hear of it in the order in which they came.
   *
   * @param own whether the last of it is the caller's
   * @throws (rejects) `LogRefused`, `OutcomeUnknown` for the caller's own batch; `Aborted` for whoever came after it
   */
  async settled(own: boolean): Promise<void> {
    // Whoever need not wait takes the same way, or they would be over before those who came earlier and just have.
    await new Promise<void>((resolve, reject) => {
      // Until what is on its way has met its fate, nobody is told of one that came later.
      if (this.#failure !== undefined && !this.#pumping) reject(refused(this.#failure));
      else if (this.#pending.length === 0 && this.#waiters.length === 0) resolve();
      else this.#waiters.push({ offset: this.head, own, resolve, reject });
    });
  }

  async #pump(): Promise<void> {
    const { outside } = this.#parts;
    // What else is written in this turn goes with it.
    await Promise.resolve();
    while (this.#pending.length > 0 && !this.#isHeld() && this.#failure === undefined) {
      const group = this.#nextGroup();
      try {
        await outside.append(
          group.map(({ body }) => body),
          group[0]!.written.schema,
        );
      } catch (error) {
        this.#pumping = false;
        this.#fail(group, error);
        return;
      }
      this.#appended(group);
    }
    this.#pumping = false;
    if (this.#failure !== undefined) this.#fail([], this.#failure);
    else if (this.#isHeld()) this.#between!.begin();
  }

  /** The longest beginning that is of one schema and not too large. */
  #nextGroup(): readonly Pending[] {
    const [first] = this.#pending as [Pending];
    let bytes = 0;
    let count = 0;
    for (const { body, written } of this.#pending) {
      bytes += body.length;
      if (count > 0 && (written !== first.written || bytes > GROUP_BYTES)) break;
      count++;
    }
    return this.#pending.slice(0, count);
  }

  /** The group lasts: it can be seen, everyone is told, and who waited for it hears so. */
  #appended(group: readonly Pending[]): void {
    const { log, feed, horizon, ledger } = this.#parts;
    let size = 0;
    for (const { batch, version, bytes, body } of group) {
      log.append([batch], { expect: log.head });
      horizon.appended(version, bytes);
      ledger.note(batch);
      size += body.length;
    }
    this.#pending.splice(0, group.length);
    this.#pendingBytes -= size;
    feed.drain();
    horizon.advance();
    while (this.#waiters.length > 0 && this.#waiters[0]!.offset <= log.head) this.#waiters.shift()!.resolve();
    this.onAppended(group.length, size);
  }

  /** Of the group, each is told what is known of it; what came after has certainly not happened. */
  #fail(group: readonly Pending[], error: unknown): void {
    const failure = asFailure(error);
    this.#failure = failure;
    this.#between?.giveUp(aborted(failure));
    for (const { offset, own, reject } of this.#waiters.splice(0)) {
      const found = own ? group.find(({ batch }) => batch.offset === offset) : undefined;
      reject(found === undefined ? aborted(failure) : fateOf(found.batch, failure));
    }
  }
}

function asFailure(error: unknown): MemoirError {
  if (error instanceof MemoirError && (error.code === 'LogRefused' || error.code === 'OutcomeUnknown')) return error;
  return new MemoirError('OutcomeUnknown', 'the log failed in a way that it does not tell of', { cause: error });
}

function fateOf({ id, offset }: AnyBatch, failure: MemoirError): MemoirError {
  const fields = { offset, cause: failure, ...(id !== undefined && { id }) };
  return failure.code === 'LogRefused'
    ? new MemoirError('LogRefused', `the log did not take the batch: ${failure.message}`, fields)
    : new MemoirError(
        'OutcomeUnknown',
        `whether the log has the batch is not known: ${failure.message}. ` +
          'Open the store again and repeat it with its id',
        fields,
      );
}

function aborted(failure: MemoirError): MemoirError {
  return new MemoirError('Aborted', 'a transaction before this one failed, and this one has not happened', {
    cause: failure,
  });
}

function refused(failure: MemoirError): MemoirError {
  return new MemoirError('LogRefused', 'the log has failed: the store can be read, and written to when opened again', {
    cause: failure,
  });
}
