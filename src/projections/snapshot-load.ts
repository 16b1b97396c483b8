import type { SchemaToday } from '../codecs/evolution.js';
import { freezePlain } from '../codecs/plain-data.js';
import { compareKeys, type Key } from '../codecs/key.js';
import { ofTable, StateHash } from '../codecs/state-hash.js';
import type { RowReading } from '../codecs/row-reading.js';
import { schemaText, type StoreSchema } from '../codecs/store-schema.js';
import { MemoirError, show } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import { twins } from '../log/rekeyed.js';
import type { VerifyingSink } from '../log/snapshot-proof.js';
import type { Engine, SharedKey } from './engine.js';
import { inSlices, type Turns } from './slices.js';
import type { SnapshotSink, WrittenState } from '../log/snapshot-decoder.js';
import type { SnapshotLayout } from '../log/snapshot-layout.js';
import { Snapshot } from './snapshot.js';
import type { TableState } from './table-state.js';
import { verifySnapshot, type ReadSnapshotOptions, type SnapshotImage } from './verified-snapshot.js';
import { PinnedView } from './view.js';

type Row = Readonly<Record<string, unknown>>;

/** How a snapshot is loaded. */
export interface LoadOptions {
  /** The tables as they are defined now. */
  readonly today: SchemaToday;
  readonly development: boolean;
  /** Whether the hash of the rows is wanted. */
  readonly stateHash: boolean;
}

/** How a snapshot is loaded in slices. */
export interface LoadPlan extends LoadOptions {
  /** How long a slice may take, in milliseconds. */
  readonly sliceMs: number;
  readonly turns: Turns;
  /** True for bytes that nobody else has. */
  readonly isOurs?: boolean;
}

/** The bytes of a state that can be taken up. */
export interface Loadable {
  /** The newest batch that it has. */
  readonly offset: number;
  /** Gives what it holds, as rows of the tables of today, step by step. */
  load(today: SchemaToday, sink: SnapshotSink): Generator<undefined>;
}

/** The state that a snapshot holds, in tables of their own, beside whatever store there is. */
export class Loaded implements VerifyingSink {
  readonly engine: Engine;
  /** The newest batch that it has. */
  head = 0;
  readonly #development: boolean;
  /** The table of the row that came last, and the greatest key of its rows so far. */
  #table: TableState | undefined;
  #key: Key = [];
  /** When the newest batch was made; −Infinity before all. */
  at = -Infinity;
  sequences: ReadonlyMap<string, number> = new Map();
  /** The last position of each event stream. */
  streams: ReadonlyMap<string, number> = new Map();
  /** The tables that the snapshot was made with, by their names of today. */
  tables: ReadonlySet<string> = new Set();
  /** The batches whose ids are remembered. */
  readonly remembered: AnyBatch[] = [];

  readonly #wantsHash: boolean;
  /** Sums rows up; not where whoever verifies them does that. */
  readonly #sum: StateHash | undefined;
  /** The hash of the rows, where it is wanted, when they are all there. */
  rows: StateHash | undefined;

  private constructor(engine: Engine, { development, stateHash }: LoadOptions, isVerified = false) {
    this.engine = engine;
    this.#development = development;
    this.#wantsHash = stateHash;
    this.#sum = stateHash && !isVerified ? new StateHash() : undefined;
    engine.begin();
    engine.doubt();
  }

  /** Fills an engine without rows, step by step; the last step gives what came of it. */
  static *from(image: Loadable, engine: Engine, options: LoadOptions): Generator<Loaded | undefined> {
    const loaded = new Loaded(engine, options);
    yield* image.load(options.today, loaded);
    yield* loaded.#settle(image.offset);
    yield loaded;
  }

  /** The same in slices. */
  static async inSlices(image: Loadable, engine: Engine, plan: LoadPlan): Promise<Loaded> {
    let last: Loaded | undefined;
    for await (const loaded of inSlices(Loaded.from(image, engine, plan), plan.sliceMs, plan.turns)) last = loaded;
    return last!;
  }

  /**
   * Verifies a snapshot and fills an engine without rows, in one go where its rows lie as those of today do. Where that
   * fails, the engine is not to be used.
   */
  static async verified(
    bytes: Uint8Array,
    reading: ReadSnapshotOptions,
    engine: Engine,
    plan: LoadPlan,
  ): Promise<{ readonly image: SnapshotImage; readonly loaded: Loaded }> {
    const { today, sliceMs, turns, isOurs = false } = plan;
    const loaded = new Loaded(engine, plan, true);
    const isToday = (schema: StoreSchema): boolean => schemaText(schema) === schemaText(today);
    const also = (schema: StoreSchema): Loaded | undefined => (isToday(schema) ? loaded : undefined);
    const image = await verifySnapshot(bytes, reading, turns, { also, isOurs });
    if (!isToday(image.schema)) return { image, loaded: await Loaded.inSlices(image, engine, plan) };
    for await (const _ of inSlices(loaded.#settle(image.offset), sliceMs, turns));
    return { image, loaded };
  }

  /** An index at a time has its entries sorted: nothing else of a load takes as long without a pause. */
  *#settle(head: number): Generator<undefined> {
    this.head = head;
    this.rows ??= this.#sum;
    for (const { indexes } of this.engine.tables.values()) {
      for (const index of indexes) {
        index.settle();
        yield undefined;
      }
    }
    this.engine.settle();
    const shared = this.engine.sharedKey();
    if (shared !== undefined) throw this.#violation(shared);
    this.engine.trust();
  }

  /** The same state on its way to bytes, as they are laid down today. Nothing may be written here meanwhile. */
  snapshot(layout: SnapshotLayout, lineage: string, turns: Turns): Snapshot {
    const { engine, head: offset, at, sequences, streams, remembered } = this;
    const lease = { version: engine.version, offset, tables: engine.tables, release: () => {} };
    return new Snapshot(
      layout,
      { view: new PinnedView(engine, lease, lineage), at, sequences, streams, remembered },
      turns,
    );
  }

  state({ at, sequences, streams, tables }: WrittenState): void {
    this.at = at;
    this.sequences = sequences;
    this.streams = streams;
    this.tables = tables;
  }

  row(row: Row, { table: name, isRaised }: RowReading): void {
    // What was in a table that is gone is passed over.
    if (name === undefined) return;
    const { engine } = this;
    const table = engine.tables.get(name)!;
    const key = table.keyOf(row);
    // Rows come in the order of their keys, unless those are others now.
    const isNext = table === this.#table && compareKeys(this.#key, key) < 0;
    if (!isNext && table.slotOf(key) >= 0) {
      if (isRaised) throw twins(name, table.definition.bare ? key[0] : key);
      throw new MemoirError('Damaged', `${name} has two rows of one key`, { table: name, key });
    }
    // Where keys are others now, only one beyond all before it is surely new.
    if (isNext || table !== this.#table) this.#key = key;
    this.#table = table;
    if (this.#development) freezePlain(row);
    table.prepare(row);
    table.admit(row);
    engine.load(table, table.takeSlot(key, -1), row);
    this.#sum?.add(ofTable(name), row);
  }

  verified(rows: StateHash): void {
    if (this.#wantsHash) this.rows = rows;
  }

  batch(batch: AnyBatch): void {
    this.remembered.push(batch);
  }

  /** An index has become unique since, and the rows do not fit it. */
  #violation({ table: { name: table, rows }, index, key, slot }: SharedKey): MemoirError {
    const { name } = index.plan;
    return new MemoirError(
      'UniqueViolation',
      `the snapshot has two rows of ${table} with ${name} ${key.map(show).join(', ')}: ` +
        'load it without `unique`, and mend them',
      { table, index: name, key, row: rows[slot] },
    );
  }
}

/** Fills an engine without rows with those that a version of other tables has: the rows themselves, not copies. */
export function copyRows(from: Engine['tables'], version: number, engine: Engine): void {
  engine.begin();
  for (const [name, table] of engine.tables) {
    const source = from.get(name);
    // A table that came later had no rows.
    if (source === undefined) continue;
    for (let slot = 0; slot < source.rows.length; slot++) {
      const row = source.rowAt(slot, version);
      if (row === undefined) continue;
      table.prepare(row);
      engine.load(table, table.takeSlot(table.keyOf(row), -1), row);
    }
  }
  engine.settle();
}
