import { map } from 'rxjs';

import { assert } from './assert.js';
import { checkOptions, MemoirError, show } from './errors.js';
import { schemaOf } from './codecs/store-schema.js';
import type { Table, Tables } from './codecs/table-types.js';
import { Feed } from './log/feed.js';
import { MemoryLog } from './log/memory-log.js';
import { offsetOf, startOf, type Position } from './log/position.js';
import { Subscribers } from './log/subscribers.js';
import { Streams, type Abort, type AnyStreamOptions } from './log/streams.js';
import { Engine } from './projections/engine.js';
import { fold } from './projections/fold.js';
import { Loaded } from './projections/snapshot-load.js';
import { SnapshotLayout } from './projections/snapshot-layout.js';
import { sliceOf, Snapshot } from './projections/snapshot.js';
import { inSlices } from './projections/slices.js';
import { SnapshotImage, verifySnapshot, type VerifiedSnapshot } from './projections/verified-snapshot.js';
import { Horizon } from './projections/horizon.js';
import { LiveQueries, type LiveOptions } from './projections/live.js';
import { diff } from './projections/diff.js';
import { historyOf } from './projections/row-history.js';
import { statsOf } from './projections/stats.js';
import { ViewFace } from './projections/view.js';
import { Views } from './projections/views.js';
import { platform } from './platform.js';
import { settingsOf, type StoreSettings } from './store-options.js';
import type { RestoreOptions, Store, StoreOptions } from './txn/contract.js';
import { Ledger } from './txn/ledger.js';
import { TransactionFace } from './txn/transaction.js';
import { DirectSink } from './txn/sink.js';
import { SchemaChanges, type AddIndexOptions } from './txn/schema-changes.js';
import { NO_OPTIONS, Transactor, type AnyBody, type AnyTransactOptions } from './txn/transactor.js';

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
export function createStore<const S extends Tables>(options: StoreOptions<S>): Store<S> {
  // Typed at its face, untyped inside: the tables' types live in `Store`, and one cast joins the two.
  return new MemoryStore(settingsOf(options)) as unknown as Store<S>;
}

/** The parts of a store, put together. */
class MemoryStore {
  readonly #settings: StoreSettings;
  readonly #log: MemoryLog;
  readonly #engine: Engine;
  readonly #feed: Feed;
  readonly #horizon: Horizon;
  readonly #subscribers: Subscribers;
  readonly #views: Views;
  readonly #live: LiveQueries;
  readonly #streams: Streams;
  readonly #transactor: Transactor;
  readonly #schema: SchemaChanges;

  constructor(settings: StoreSettings) {
    const { definitions, keep, pinnedBytesMax, clock, onError, development, idWindow, snapshot } = settings;
    const names = new Set(definitions.keys());
    const engine = new Engine(definitions, settings.filterRows);
    const loaded = snapshot === undefined ? undefined : loadAtOnce(snapshot, engine, development);
    const beginning = { head: snapshot?.offset ?? 0, lastAt: loaded?.at ?? -Infinity };
    const log = new MemoryLog(settings.lineage, beginning);
    const feed = new Feed(log, onError);
    const subscribers = new Subscribers();
    const horizon = new Horizon(engine, log, { keep, pinnedBytesMax, clock });
    const View = ViewFace.withTables(names);
    const views = new Views(engine, log, horizon, View, platform.reclaimer);
    const Face = TransactionFace.withTables(names);
    this.#settings = settings;
    this.#log = log;
    this.#engine = engine;
    this.#feed = feed;
    this.#horizon = horizon;
    this.#subscribers = subscribers;
    this.#views = views;
    feed.add(views);
    this.#live = new LiveQueries({
      ...{ engine, log, feed, subscribers, onError },
      open: (reads) => views.tracked(reads),
    });
    this.#streams = new Streams({
      ...{ log, feed, subscribers, onError },
      tables: names,
      pin: (label, place) => horizon.pinCursor(label, place),
      watch: (target, release) => platform.reclaimer.watch(target, release),
    });
    this.#transactor = new Transactor({
      ...{ engine, log, horizon, clock, Face },
      sink: new DirectSink(log, feed, horizon),
      ledger: new Ledger(idWindow, loaded),
      limits: settings,
      development,
    });
    this.#schema = new SchemaChanges({
      ...{ engine, log, timeline: horizon.timeline, live: this.#live, transactor: this.#transactor },
      guard: () => this.#streams.guard(),
      announce: (name) => {
        names.add(name);
        View.addTable(name);
        Face.addTable(name);
      },
      pause: platform.pause,
      elapsed: platform.elapsed,
    });
  }

  get lineage(): string {
    return this.#log.lineage;
  }

  get head(): number {
    return this.#log.head;
  }

  get floor(): number {
    return this.#log.floor;
  }

  transact(body: AnyBody, options: AnyTransactOptions = NO_OPTIONS): unknown {
    this.#streams.guard();
    return this.#transactor.transact(body, options);
  }

  with(body: AnyBody): unknown {
    this.#live.guard();
    return this.#transactor.dryRun(body);
  }

  now(options: { readonly label?: string } = {}): ViewFace {
    this.#live.guard();
    checkOptions('now', options, ['label']);
    return this.#views.now(options.label);
  }

  asOf(point: number | Date | Position, options: { readonly label?: string } = {}): ViewFace {
    this.#live.guard();
    checkOptions('asOf', options, ['label']);
    return this.#views.asOf(point, options.label);
  }

  read<A>(query: (view: ViewFace) => A): A {
    checkQuery(query);
    this.#live.guard();
    return this.#views.read(query);
  }

  snapshotThenFollow<A>(query: (view: ViewFace) => A): { readonly value: A; readonly next: Position } {
    const { head, lineage } = this.#log;
    return { value: this.read(query), next: { lineage, offset: head + 1 } };
  }

  batch(offset: number | Position): unknown {
    this.#live.guard();
    return this.#log.at(offsetOf(this.#log, offset));
  }

  diff(from: number | Position, to: number | Position): unknown {
    this.#live.guard();
    // The state before the floor is that after its predecessor, so both ends may be one less than a batch.
    const [a, b] = [from, to].map((point) => startOf(this.#log, offsetOf(this.#log, point) + 1) - 1) as [
      number,
      number,
    ];
    return diff(this.#log, a, b);
  }

  history(name: string, key: unknown): unknown {
    this.#live.guard();
    const table = this.#engine.tables.get(name);
    if (table === undefined) throw new MemoirError('OptionInvalid', `the store has no table ${show(name)}`);
    return historyOf(table, table.toPrimaryKey(key), this.#log, this.#horizon.timeline);
  }

  changes(options: AnyStreamOptions = {}): unknown {
    return this.#streams.changes(options);
  }

  follow(options: AnyStreamOptions = {}): unknown {
    return this.#streams.follow(options);
  }

  live(query: (view: never) => unknown, options: LiveOptions & { readonly stamped?: boolean } = {}): unknown {
    this.#streams.guard();
    checkQuery(query);
    checkOptions('live', options, ['stamped', 'equal', 'label']);
    if (options.equal !== undefined) checkQuery(options.equal);
    const answers = this.#live.observe(query, options);
    return options.stamped === true ? answers : answers.pipe(map(({ value }) => value));
  }

  async waitFor(point: number | Position, options: { readonly signal?: Abort } = {}): Promise<void> {
    checkOptions('waitFor', options, ['signal']);
    return this.#streams.waitFor(point, options.signal);
  }

  holders(): unknown {
    return this.#horizon.holders();
  }

  async addIndex(table: string, name: string, spec: unknown, options: AddIndexOptions = {}): Promise<this> {
    await this.#schema.addIndex(table, name, spec, options);
    return this;
  }

  dropIndex(table: string, name: string): this {
    this.#schema.dropIndex(table, name);
    return this;
  }

  addTable(name: string, definition: Table): this {
    this.#schema.addTable(name, definition);
    return this;
  }

  stats(): unknown {
    this.#live.guard();
    return statsOf({
      engine: this.#engine,
      log: this.#log,
      horizon: this.#horizon,
      subscribers: this.#subscribers,
    });
  }

  compact(before: number | Position): void {
    this.#horizon.want(offsetOf(this.#log, before));
    // While listeners are being told, what they have yet to hear of must stay; it goes when they have.
    if (!this.#feed.draining) this.#horizon.advance();
  }

  snapshot(options: { readonly label?: string } = {}): Snapshot {
    this.#live.guard();
    checkOptions('snapshot', options, ['label']);
    const view = this.#views.pinned(options.label ?? 'snapshot()');
    const { codec } = this.#settings;
    const layout = new SnapshotLayout(codec, schemaOf(this.#engine.definitions));
    return new Snapshot(layout, { view, at: this.#log.lastAt, ...this.#transactor.ledger.capture() }, platform);
  }

  async restore(given: Uint8Array | VerifiedSnapshot, options: RestoreOptions = {}): Promise<void> {
    this.#streams.guard();
    checkOptions('restore', options, ['codec', 'sliceMs', 'lineage']);
    const { lineage, ...reading } = options;
    const { codec, development, filterRows, idWindow } = this.#settings;
    const image =
      given instanceof SnapshotImage ? given : await verifySnapshot(given as Uint8Array, { codec, ...reading }, platform);
    const engine = new Engine(this.#engine.definitions, filterRows, this.#engine.version);
    const loading = Loaded.from(image, engine, development);
    for await (const loaded of inSlices(loading, sliceOf(reading), platform)) {
      this.#streams.guard();
      const log = this.#log;
      const goesOn = image.lineage === log.lineage && image.offset >= log.head;
      this.#transactor.refuseNesting();
      this.#engine.adopt(engine);
      log.reset(lineage ?? (goesOn ? log.lineage : platform.lineage()), { head: image.offset, lastAt: loaded.at });
      this.#horizon.reset();
      this.#transactor.ledger = new Ledger(idWindow, loaded);
      this.#feed.reset();
    }
  }

  check(): void {
    this.#engine.check();
    if (this.#log.floor === 1) this.#checkReplay();
  }

  close(): void {
    this.#streams.close();
    this.#log.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Folds the whole log anew and compares: replay ≡ live state. */
  #checkReplay(): void {
    const replayed = new Engine(new Map([...this.#engine.tables].map(([name, { original }]) => [name, original])));
    for (const batch of this.#log.read(1)) fold(replayed, batch);
    replayed.check();
    for (const [name, table] of this.#engine.tables) {
      assert(table.equals(replayed.tables.get(name)!), `folding the log gives the table ${name} as it is`);
    }
  }
}

/** Fills the tables of a new store. */
function loadAtOnce(image: SnapshotImage, engine: Engine, development: boolean): Loaded {
  let loaded: Loaded | undefined;
  for (const step of Loaded.from(image, engine, development)) loaded = step;
  return loaded!;
}

function checkQuery(query: unknown): void {
  if (typeof query !== 'function')
    throw new MemoirError(
      'OptionInvalid',
      `${show(query)} is no function: give a query of a view, or for \`equal\` a comparison of two answers`,
    );
}
