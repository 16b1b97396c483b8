import { freezePlain } from '../codecs/plain-data.js';
import type { SchemaToday } from '../codecs/evolution.js';
import { MemoirError, show } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import type { Engine } from './engine.js';
import { inSlices, type Turns } from './slices.js';
import type { SnapshotSink } from './snapshot-decoder.js';
import type { SnapshotLayout } from './snapshot-layout.js';
import { Snapshot } from './snapshot.js';
import type { TableState } from './table-state.js';
import type { SnapshotImage } from './verified-snapshot.js';
import { PinnedView } from './view.js';

type Row = Readonly<Record<string, unknown>>;

/** How a snapshot is loaded. */
export interface LoadOptions {
  /** The tables as they are defined now. */
  readonly today: SchemaToday;
  readonly development: boolean;
}

/** How a snapshot is loaded in slices. */
export interface LoadPlan extends LoadOptions {
  /** How long a slice may take, in milliseconds. */
  readonly sliceMs: number;
  readonly turns: Turns;
}

/** So many rows are written before what was noted of them is let go. */
const ROWS_A_TIME = 1 << 16;

/** The state that a snapshot holds, in tables of their own, beside whatever store there is. */
export class Loaded implements SnapshotSink {
  readonly engine: Engine;
  /** The newest batch that it has. */
  readonly head: number;
  readonly #development: boolean;
  /** When the newest batch was made; −Infinity before all. */
  at = -Infinity;
  sequences: ReadonlyMap<string, number> = new Map();
  /** The batches whose ids are remembered. */
  readonly remembered: AnyBatch[] = [];

  private constructor(engine: Engine, head: number, development: boolean) {
    this.engine = engine;
    this.head = head;
    this.#development = development;
  }

  /** Fills an engine without rows, step by step; the last step gives what came of it. */
  static *from(
    image: SnapshotImage,
    engine: Engine,
    { today, development }: LoadOptions,
  ): Generator<Loaded | undefined> {
    const loaded = new Loaded(engine, image.offset, development);
    engine.begin();
    try {
      yield* image.load(today, loaded);
    } finally {
      engine.settle();
    }
    yield loaded;
  }

  /** The same in slices. */
  static async inSlices(image: SnapshotImage, engine: Engine, plan: LoadPlan): Promise<Loaded> {
    let last: Loaded | undefined;
    for await (const loaded of inSlices(Loaded.from(image, engine, plan), plan.sliceMs, plan.turns)) last = loaded;
    return last!;
  }

  /** The same state on its way to bytes, as they are laid down today. Nothing may be written here meanwhile. */
  snapshot(layout: SnapshotLayout, lineage: string, turns: Turns): Snapshot {
    const { engine, head: offset, at, sequences, remembered } = this;
    const view = new PinnedView(engine, { version: engine.version, offset, release: () => {} }, lineage);
    return new Snapshot(layout, { view, at, sequences, remembered }, turns);
  }

  state(at: number, sequences: ReadonlyMap<string, number>): void {
    this.at = at;
    this.sequences = sequences;
  }

  row(row: Row, { table: name }: { readonly table: string | undefined }): void {
    // What was in a table that is gone is passed over.
    if (name === undefined) return;
    const { engine } = this;
    const table = engine.tables.get(name)!;
    const key = table.keyOf(row);
    if (table.slotOf(key) >= 0)
      throw new MemoirError('Damaged', `${name} has two rows of one key`, { table: name, key });
    if (this.#development) freezePlain(row);
    table.prepare(row);
    table.admit(row);
    const conflict = table.conflict(-1, row);
    if (conflict !== undefined) throw this.#violation(name, conflict);
    engine.write(table, table.takeSlot(key, -1), row);
    if (engine.place < ROWS_A_TIME) return;
    engine.settle();
    engine.begin();
  }

  batch(batch: AnyBatch): void {
    this.remembered.push(batch);
  }

  /** An index has become unique since, and the rows do not fit it. */
  #violation(table: string, { index, key, slot }: NonNullable<ReturnType<TableState['conflict']>>): MemoirError {
    const { name } = index.plan;
    return new MemoirError(
      'UniqueViolation',
      `the snapshot has two rows of ${table} with ${name} ${key.map(show).join(', ')}: ` +
        'load it without `unique`, and mend them',
      { table, index: name, key, row: this.engine.tables.get(table)!.rows[slot] },
    );
  }
}
