import { checkOptions, MemoirError, show } from './errors.js';
import type { Events, NoEvents } from './codecs/event-types.js';
import type { Tables } from './codecs/table-types.js';
import type { AnyBatch } from './log/batch.js';
import { memoryParts } from './memory-parts.js';
import type { Projection, TablesOf } from './projections/projection-types.js';
import { SnapshotImage, type VerifiedSnapshot } from './projections/verified-snapshot.js';
import { ProjectingStore } from './projecting-store.js';
import { adopt, Restoring } from './restore.js';
import { Turns } from './turns.js';
import { settingsOf } from './store-options.js';
import type { StoreParts } from './store-parts.js';
import { Applier } from './txn/applier.js';
import type { RestoreOptions } from './txn/contract.js';
import { received } from './txn/received.js';
import type { Replica, ReplicaOptions } from './txn/replica.js';

/**
 * Makes a replica: a store in memory whose batches are made elsewhere, by a store in this process or behind a network.
 * Whoever brings the batches decides how they travel; the replica applies each, holds it to the definitions, and is
 * read like any other store: views, live queries, streams, history, under the offsets of the log that it follows.
 *
 * @param options the tables and events of the store that is followed, those of its projections among them, and what
 *   differs from the defaults; `snapshot` to begin with, from `readSnapshot`
 * @returns the replica, empty, or as its snapshot is
 * @throws `DefinitionInvalid` naming the option and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, openReplica, readSnapshot, table } from 'memoir';
 *
 * const tables = { tasks: table(t.strict({ id: t.string, done: t.boolean }), { primaryKey: 'id' }) };
 * const store = createStore({ tables });
 * store.transact((tx) => tx.tasks.insert({ id: 't1', done: false }));
 *
 * const snapshot = await readSnapshot(await store.snapshot().toBytes());
 * const replica = openReplica({ tables, snapshot });
 * const following = replica.follow(store);
 * store.transact((tx) => tx.tasks.update('t1', { done: true }));
 * await replica.store.waitFor(store.head);
 * console.log(replica.store.now().tasks.get('t1')); // { id: 't1', done: true }
 * replica.close();
 * await following;
 * ```
 */
export function openReplica<
  const S extends Tables,
  E extends Events = NoEvents,
  const P extends readonly Projection[] = readonly [],
>(options: ReplicaOptions<S, E> & { readonly projections?: P }): Replica<S & TablesOf<P>, E> {
  return new AppliedReplica(options) as unknown as Replica<S & TablesOf<P>, E>;
}

/** What is read of a replica. */
class ReplicaStore extends ProjectingStore {
  protected commit(): never {
    throw new MemoirError('LogRefused', 'this is a replica: whoever makes its batches writes');
  }
}

/** Where batches come from, types apart. */
interface Source {
  readonly lineage: string;
  follow(options: { readonly from: number }): AsyncIterable<unknown>;
}

/** A replica, types apart. */
class AppliedReplica {
  readonly store: ReplicaStore;
  readonly #parts: StoreParts;
  readonly #restores = new Turns();
  readonly #applier: Applier;
  readonly #closing = new AbortController();
  #isFollowing = false;

  constructor(options: ReplicaOptions<Tables, Events>) {
    const { snapshot } = options;
    const known = snapshot instanceof SnapshotImage ? snapshot.lineage : '';
    // Until it follows a log it is of none, and has no id that could be taken for that of another.
    const parts = memoryParts(settingsOf(options), options.lineage ?? known);
    const { engine, sink, ledgers, transactor } = parts;
    this.#parts = parts;
    this.#applier = new Applier({ engine, sink, ledgers, transactor });
    this.store = new ReplicaStore(parts);
  }

  apply(given: unknown): void {
    const { engine, settings, log, streams } = this.#parts;
    streams.guard();
    const { events, development } = settings;
    const batch: AnyBatch = received(given, { engine, events, development, head: log.head });
    if (batch.at < log.lastAt)
      throw new MemoirError('Damaged', `batch ${batch.offset} is of before batch ${log.head}: it is of another log`);
    this.#applier.apply(batch);
  }

  async follow(source: Source, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkOptions('follow', options, ['signal']);
    const { log, streams } = this.#parts;
    streams.guard();
    if (typeof (source as Partial<Source> | undefined)?.follow !== 'function')
      throw new MemoirError('OptionInvalid', `the source is ${show(source)}: give a store, or { lineage, follow }`);
    if (this.#isFollowing)
      throw new MemoirError('OptionInvalid', 'the replica follows a source: end that first, by its signal');
    const { lineage } = source;
    if (log.lineage === '') log.name(lineage);
    if (log.lineage !== lineage)
      throw new MemoirError('LineageChanged', `the source is of the log ${lineage}, the replica of ${log.lineage}`, {
        lineage,
      });
    const { signal: given } = options;
    const signal = given === undefined ? this.#closing.signal : AbortSignal.any([given, this.#closing.signal]);
    this.#isFollowing = true;
    try {
      await this.#applyAll(source.follow({ from: log.head + 1 })[Symbol.asyncIterator](), signal);
    } finally {
      this.#isFollowing = false;
    }
  }

  /** Applies what comes, until there is no more or the signal ends it, whatever is being waited for then. */
  async #applyAll(batches: AsyncIterator<unknown>, signal: AbortSignal): Promise<void> {
    let stop = (): void => undefined;
    const ended = (): void => stop();
    signal.addEventListener('abort', ended);
    try {
      while (!signal.aborted) {
        const next = await new Promise<IteratorResult<unknown> | undefined>((resolve, reject) => {
          stop = () => resolve(undefined);
          batches.next().then(resolve, reject);
        });
        if (next === undefined || next.done === true) return;
        this.apply(next.value);
      }
    } finally {
      signal.removeEventListener('abort', ended);
      // What it was waiting for may fail yet, and is nobody's business any more.
      batches.return?.().catch(() => undefined);
    }
  }

  async restore(given: Uint8Array | VerifiedSnapshot, options: RestoreOptions = {}): Promise<void> {
    return this.#restores.take(async () => {
      const restoring = await Restoring.of(this.#parts, given, options);
      await restoring.whenLoaded((loaded) => adopt(this.#parts, loaded, restoring.origin));
    });
  }

  close(): void {
    this.#closing.abort();
    this.#parts.streams.close();
    this.#parts.log.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
