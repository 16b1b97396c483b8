import type { SchemaToday } from '../codecs/evolution.js';
import type { Definition } from '../codecs/table.js';
import { MemoirError } from '../errors.js';
import type { Feed, Listener } from '../log/feed.js';
import { Checkpoints, type CheckpointParts } from './checkpoints.js';
import { Engine } from './engine.js';
import type { HistorySettings } from './horizon.js';
import { PastSpan } from './past-span.js';
import { copyRows, Loaded } from './snapshot-load.js';
import type { TableIndex } from './table-index.js';
import type { Lease } from './view.js';

/** What states of the past are made with. */
export interface PastParts extends CheckpointParts {
  readonly feed: Feed;
  readonly history: HistorySettings;
  /** How rows that were laid down become rows of tables defined so. */
  readonly schema: (definitions: ReadonlyMap<string, Definition>) => SchemaToday;
  readonly development: boolean;
}

/** So many spans are kept, each a state of its own with the changes of so many batches as lie between checkpoints. */
const SPANS_MAX = 2;

/** A state that is there, from which to go on. */
interface Source {
  readonly offset: number;
  readonly enter: (engine: Engine) => void;
}

/**
 * The states whose row versions the store's engine has given back, or never had: each is made of the nearest one that
 * is there and of the batches between. Whoever asks for its neighbour next is served by the same span.
 */
export class Past implements Listener {
  readonly checkpoints: Checkpoints;
  readonly #parts: PastParts;
  /** The one used last comes first. */
  #spans: readonly PastSpan[] = [];
  #busy = false;
  /** Ends being told of batches; set while there are spans. */
  #leave: (() => void) | undefined;

  constructor(parts: PastParts) {
    this.#parts = parts;
    this.checkpoints = new Checkpoints(parts);
    // Who keeps all of the history at hand has nothing to lay down, and pays nothing for being able to.
    if (parts.history.batches !== Infinity) parts.feed.add(this.checkpoints);
  }

  /** How many spans are kept for who asks next. */
  get spans(): number {
    return this.#spans.length;
  }

  /** The state at an offset between the log's floor − 1 and its head. It holds nothing of the store's own. */
  lease(offset: number): Lease {
    if (this.#busy)
      throw new MemoirError(
        'NestedTransaction',
        'asOf was called inside a callback of a definition: use the row alone',
      );
    this.#busy = true;
    try {
      const span = this.#spanTo(offset);
      this.#spans = [span, ...this.#spans.filter((other) => other !== span)].slice(0, SPANS_MAX);
      this.#leave ??= this.#parts.feed.add(this);
      const { tables } = span.engine;
      return { version: span.versionOf(offset), offset, tables, release: () => {} };
    } finally {
      this.#busy = false;
    }
  }

  /** Verifies the structures of all spans; throws when one disagrees. */
  check(): void {
    for (const { engine } of this.#spans) engine.check();
  }

  deliver(): void {
    this.trim();
  }

  /** Drops what the floor has passed. */
  trim(): void {
    this.checkpoints.trim();
    const oldest = this.#parts.log.floor - 1;
    if (this.#spans.some(({ newest }) => newest < oldest))
      this.#keep(this.#spans.filter(({ newest }) => newest >= oldest));
  }

  reset(): void {
    this.#keep([]);
  }

  end(): void {
    // Reads go on when a store is closed.
  }

  #keep(spans: readonly PastSpan[]): void {
    this.#spans = spans;
    if (spans.length > 0) return;
    this.#leave?.();
    this.#leave = undefined;
  }

  #spanTo(offset: number): PastSpan {
    const { log, horizon } = this.#parts;
    const era = this.#eraAt(offset);
    const spans = this.#spans.filter((span) => isSame(span.era, era));
    // Where the floor has passed a span, the batches that it would go on with are gone.
    const near = (span: PastSpan): boolean =>
      span.newest >= log.floor - 1 && span.canReach(offset, horizon.checkpointEvery);
    const span = spans.find((known) => known.has(offset)) ?? spans.find(near) ?? this.#newSpan(offset, era);
    span.walkTo(offset, log);
    return span;
  }

  /** A span that has, or is about to reach, an offset. */
  #newSpan(offset: number, era: readonly TableIndex[]): PastSpan {
    const { engine, log } = this.#parts;
    const { checkpointEvery } = this.#parts.horizon;
    const source = this.#nearest(offset, era);
    const made = new Engine(engine.definitionsAt(offset), engine.filterRows);
    for (const [name, { catalog }] of made.tables) catalog.standFor(engine.tables.get(name)!.catalog, offset);
    // An index may have become unique since: rows that shared a key then did no wrong.
    made.doubt();
    source.enter(made);
    const span = new PastSpan(made, era, source.offset, offset);
    // Where no checkpoint is near, what lies further off than those would is passed without a look back.
    if (offset < source.offset - checkpointEvery) span.beginAt(offset + checkpointEvery, log);
    if (offset > source.offset + checkpointEvery) span.beginAt(offset - checkpointEvery, log);
    return span;
  }

  #nearest(offset: number, era: readonly TableIndex[]): Source {
    let nearest: Source | undefined;
    let least = Infinity;
    for (const source of this.#sources(offset)) {
      // On the way up from before an index there may be rows that do not fit it: it came when they were gone.
      if (source.offset < offset && this.#eraAt(source.offset).length < era.length) continue;
      const distance = Math.abs(source.offset - offset);
      if (distance < least) [nearest, least] = [source, distance];
    }
    return nearest!;
  }

  /** Those that take least to take over come first. */
  *#sources(offset: number): Generator<Source> {
    const { engine, log, horizon, schema, development } = this.#parts;
    if (log.floor === 1) yield { offset: 0, enter: () => {} };
    const { known } = horizon;
    const version = horizon.timeline.versionOf(known);
    yield { offset: known, enter: (made) => copyRows(engine.tables, version, made) };
    for (const span of this.#spans) {
      const at = Math.max(span.oldest, Math.min(span.newest, offset));
      if (at >= log.floor - 1)
        yield { offset: at, enter: (made) => copyRows(span.engine.tables, span.versionOf(at), made) };
    }
    for (const checkpoint of this.checkpoints.laid) {
      if (checkpoint.offset < log.floor - 1) continue;
      const enter = (made: Engine): void => {
        const today = schema(made.definitions);
        for (const _ of Loaded.from(checkpoint, made, { today, development, stateHash: false }));
      };
      yield { offset: checkpoint.offset, enter };
    }
  }

  /** The indexes that a view of an offset can read, of all tables. */
  #eraAt(offset: number): readonly TableIndex[] {
    return [...this.#parts.engine.tables.values()].flatMap(({ catalog }) => catalog.allAt(offset));
  }
}

function isSame(some: readonly TableIndex[], others: readonly TableIndex[]): boolean {
  return some.length === others.length && some.every((index, i) => index === others[i]);
}
