import type { SnapshotEvery, ByteLog } from './log/byte-log.js';
import { schemaToday } from './codecs/evolution.js';
import { MemoirError } from './errors.js';
import type { AnyBatch } from './log/batch.js';
import type { VerifiedSnapshot } from './projections/verified-snapshot.js';
import { platform } from './platform.js';
import { recoveryOf } from './recover.js';
import { adopt, Restoring } from './restore.js';
import { Turns } from './turns.js';
import { ProjectingStore } from './projecting-store.js';
import type { StoreParts } from './store-parts.js';
import type { RestoreOptions } from './txn/contract.js';
import type { CommitQueue } from './txn/commit-queue.js';
import { batchesIn } from './txn/recovery.js';
import { NO_OPTIONS, type AnyBody, type AnyTransactOptions } from './txn/transactor.js';

/** A store's parts, with those that take its batches to a log outside the process. */
export interface LoggedParts {
  readonly parts: StoreParts;
  readonly queue: CommitQueue;
  readonly outside: ByteLog;
}

/** So many snapshots are kept beside the log: should the newest be damaged, there is another. */
const SNAPSHOTS_KEPT = 2;

/** A store whose log is outside the process: a transaction is over when the log has it. */
export class LoggedStore extends ProjectingStore {
  readonly #parts: StoreParts;
  readonly #queue: CommitQueue;
  readonly #outside: ByteLog;
  readonly #every: SnapshotEvery;
  /** What was appended since the last snapshot was begun. */
  #since = { batches: 0, bytes: 0 };
  readonly #restores = new Turns();
  /** What is done with the shelf and the log: a snapshot is saved, or the log begins anew. */
  readonly #outsideTurns = new Turns();
  #closed: Promise<void> | undefined;

  constructor({ parts, queue, outside }: LoggedParts, every: SnapshotEvery) {
    super(parts);
    this.#parts = parts;
    this.#queue = queue;
    this.#outside = outside;
    this.#every = every;
    queue.onAppended = (batches, bytes) => this.#appended(batches, bytes);
    outside.onFailure((error) => {
      queue.stop(error);
      parts.settings.onError(error);
    });
  }

  protected override get blocks(): boolean {
    return true;
  }

  async transact(body: AnyBody, options: AnyTransactOptions = NO_OPTIONS): Promise<unknown> {
    const { streams, transactor } = this.#parts;
    let value: { readonly appended?: false; readonly repeated?: true } | undefined;
    let thrown: { readonly error: unknown } | undefined;
    try {
      streams.guard();
      this.#queue.guard();
      value = transactor.transact(body, named(options)) as typeof value;
    } catch (error) {
      thrown = { error };
    }
    // Whatever came of it is told after all that came before.
    await this.#queue.settled(value !== undefined && value.appended === undefined && value.repeated === undefined);
    if (streams.isFull) await streams.room();
    if (thrown !== undefined) throw thrown.error;
    return value;
  }

  protected async commit(make: (id: string) => AnyBatch): Promise<AnyBatch> {
    this.#queue.guard();
    const batch = make(platform.lineage());
    await this.#queue.settled(true);
    return batch;
  }

  protected override older(to: number): AsyncIterable<AnyBatch> | undefined {
    const outside = this.#outside;
    if (outside.floor > 1) return undefined;
    const { settings, engine, ledger } = this.#parts;
    const { events, migrate } = settings;
    const today = schemaToday({ definitions: engine.definitions, events, migrate });
    return batchesIn(recoveryOf(settings, outside, today, ledger), outside.read(1, to));
  }

  /** Makes a snapshot beside the log, and lets go of what it and retention make needless. */
  async saveSnapshot(): Promise<number> {
    this.#parts.streams.guard();
    return this.#outsideTurns.take(() => this.#save());
  }

  /** Lets the log begin anew with a snapshot, and puts its state in the place of what there is. */
  async restore(given: Uint8Array | VerifiedSnapshot, options: RestoreOptions = {}): Promise<void> {
    this.#queue.guard();
    return this.#restores.take(async () => {
      const restoring = await Restoring.of(this.#parts, given, options);
      await restoring.load();
      // A snapshot under way is of what the log has until then, and must not come to lie beside what it has next.
      await this.#outsideTurns.take(() => this.#queue.between(() => this.#begin(restoring)));
    });
  }

  async #begin(restoring: Restoring): Promise<void> {
    this.#parts.streams.guard();
    const { lineage, offset } = restoring;
    await restoring.whenLoaded((loaded) => {
      const snapshot = loaded.snapshot(this.#parts.layout(), lineage, platform);
      return this.#outside.begin({ lineage, offset, snapshot: snapshot.chunks() });
    });
    try {
      // The log has begun anew: whatever was added to the definitions meanwhile, the store is to follow it.
      await restoring.whenLoaded((loaded) => {
        this.#since = { batches: 0, bytes: 0 };
        this.#queue.abandon();
        adopt(this.#parts, loaded, lineage);
      });
    } catch (cause) {
      const message = 'the log has begun anew, and the store could not: open it again';
      throw new MemoirError('OutcomeUnknown', message, { cause });
    }
  }

  async #save(): Promise<number> {
    const { shelf } = this.#outside;
    this.#since = { batches: 0, bytes: 0 };
    const snapshot = this.snapshot({ label: 'the snapshot beside the log' });
    try {
      await shelf.save(snapshot.offset, snapshot.chunks());
    } finally {
      // A shelf that fails before it has begun to read leaves it open.
      snapshot.close();
    }
    await shelf.prune(snapshot.offset, SNAPSHOTS_KEPT);
    // With fewer there would be nothing to fall back on but the log itself.
    const oldest = (await shelf.list())[SNAPSHOTS_KEPT - 1] ?? 0;
    await this.#outside.compact(Math.min(this.#parts.log.floor, oldest + 1));
    return snapshot.offset;
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const { streams } = this.#parts;
    streams.stop();
    // Who waits for it hears how it ended.
    await this.#queue.settled(false).catch(() => undefined);
    streams.close();
    await this.#outsideTurns.over();
    try {
      await this.#outside.close();
    } finally {
      this.#parts.log.close();
    }
  }

  #appended(batches: number, bytes: number): void {
    const since = { batches: this.#since.batches + batches, bytes: this.#since.bytes + bytes };
    this.#since = since;
    const isDue = since.batches >= (this.#every.batches ?? Infinity) || since.bytes >= (this.#every.bytes ?? Infinity);
    if (!isDue || this.#outsideTurns.size > 0 || this.#closed !== undefined) return;
    this.saveSnapshot().catch((error: unknown) => this.#parts.settings.onError(error));
  }
}

/** Every batch in a log has an id, so that one whose fate is not known can be asked for again. */
function named(options: AnyTransactOptions): AnyTransactOptions {
  const isGiven = typeof options !== 'object' || (options as unknown) === null || options.id !== undefined;
  return isGiven ? options : { ...options, id: platform.lineage() };
}
