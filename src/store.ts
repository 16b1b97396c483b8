import type { Events, NoEvents } from './codecs/event-types.js';
import type { Tables } from './codecs/table-types.js';
import type { AnyBatch } from './log/batch.js';
import { memoryParts } from './memory-parts.js';
import type { Projection, TablesOf } from './projections/projection-types.js';
import type { VerifiedSnapshot } from './projections/verified-snapshot.js';
import { adopt, Restoring } from './restore.js';
import { Turns } from './turns.js';
import { ProjectingStore } from './projecting-store.js';
import { settingsOf, type StoreSettings } from './store-options.js';
import type { StoreParts } from './store-parts.js';
import type { RestoreOptions, Store, StoreOptions } from './txn/contract.js';
import { NO_OPTIONS, type AnyBody, type AnyTransactOptions } from './txn/transactor.js';

/**
 * Makes a store in memory. Its transactions are synchronous, its log is in memory, and what it keeps of the past is
 * up to `keep`.
 *
 * @param options the tables, and what differs from the defaults; see {@link StoreOptions}
 * @returns the store, empty, its head at offset 0
 * @throws `DefinitionInvalid` naming the option and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, table } from 'memoir';
 *
 * const tasks = table(t.strict({ id: t.string, done: t.boolean }), { primaryKey: 'id' });
 * const store = createStore({ tables: { tasks } });
 * store.transact((tx) => tx.tasks.insert({ id: 't1', done: false }));
 * store.transact((tx) => tx.tasks.update('t1', { done: true }));
 * console.log(store.asOf(1).tasks.get('t1')?.done, store.now().tasks.get('t1')?.done); // false true
 * ```
 */
export function createStore<
  const S extends Tables,
  E extends Events = NoEvents,
  const P extends readonly Projection[] = readonly [],
>(options: StoreOptions<S, E> & { readonly projections?: P }): Store<S & TablesOf<P>, E> {
  // Typed at its face, untyped inside: the tables' types live in `Store`, and one cast joins the two.
  return new MemoryStore(settingsOf(options)) as unknown as Store<S & TablesOf<P>, E>;
}

/** A store whose log is in memory: a transaction is over when `transact` returns. */
class MemoryStore extends ProjectingStore {
  readonly #parts: StoreParts;
  readonly #restores = new Turns();

  constructor(settings: StoreSettings) {
    const parts = memoryParts(settings);
    super(parts);
    this.#parts = parts;
    this.buildStaleNow();
  }

  protected commit(make: (id: undefined) => AnyBatch): AnyBatch {
    return make(undefined);
  }

  transact(body: AnyBody, options: AnyTransactOptions = NO_OPTIONS): unknown {
    this.#parts.streams.guard();
    return this.#parts.transactor.transact(body, options);
  }

  together<A>(work: () => A): A {
    const { streams, transactor, feed, horizon } = this.#parts;
    streams.guard();
    transactor.refuseNesting();
    if (feed.draining) return work();
    try {
      return feed.after(work);
    } finally {
      horizon.advance();
    }
  }

  async restore(given: Uint8Array | VerifiedSnapshot, options: RestoreOptions = {}): Promise<void> {
    return this.#restores.take(async () => {
      const restoring = await Restoring.of(this.#parts, given, options, true);
      await restoring.whenLoaded((loaded) => adopt(this.#parts, loaded, restoring.lineage));
    });
  }

  close(): void {
    this.#parts.streams.close();
    this.#parts.log.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
