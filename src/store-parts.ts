import type { ByteCodec } from './codecs/byte-codec.js';
import { schemaToday, type SchemaToday } from './codecs/evolution.js';
import { writtenBatches, type WrittenBatches } from './log/batch-schema.js';
import { Feed } from './log/feed.js';
import type { MemoryLog } from './log/memory-log.js';
import { Sealer } from './log/sealer.js';
import type { Seal } from './log/sealed-segment.js';
import { Streams } from './log/streams.js';
import { Subscribers } from './log/subscribers.js';
import type { Engine } from './projections/engine.js';
import { GivingBack } from './projections/giving-back.js';
import { Horizon } from './projections/horizon.js';
import { LiveQueries, type OpenTracked } from './projections/live.js';
import { Past } from './projections/past.js';
import type { ReadSet } from './projections/read-set.js';
import { SnapshotLayout } from './log/snapshot-layout.js';
import { Touch } from './projections/touch.js';
import { PinnedView, ViewFace } from './projections/view.js';
import { Views } from './projections/views.js';
import { platform } from './platform.js';
import type { StoreSettings } from './store-options.js';
import type { Ledger } from './txn/ledger.js';
import type { TouchOf } from './txn/expectation.js';
import { streamsOf } from './txn/open-stream.js';
import { Projector } from './txn/projector.js';
import { SchemaChanges } from './txn/schema-changes.js';
import type { Sink } from './txn/sink.js';
import { TransactionFace } from './txn/transaction.js';
import { Transactor } from './txn/transactor.js';

/** What a store begins with. */
export interface StoreStart {
  readonly settings: StoreSettings;
  readonly engine: Engine;
  readonly log: MemoryLog;
  /** What is remembered of the batches that can be seen. */
  readonly ledger: Ledger;
  /** What is remembered of all batches, those too that are on their way to the log, where there is one to go to. */
  readonly pending?: Ledger;
  /** Makes what takes the batches of its transactions; `written` says how they are laid down now. */
  readonly sinkOf: (feed: Feed, horizon: Horizon, written: () => WrittenBatches) => Sink;
}

/** The parts of a store. */
export interface StoreParts {
  readonly settings: StoreSettings;
  readonly engine: Engine;
  readonly log: MemoryLog;
  readonly feed: Feed;
  readonly horizon: Horizon;
  readonly subscribers: Subscribers;
  readonly past: Past;
  readonly views: Views;
  readonly live: LiveQueries;
  readonly streams: Streams;
  readonly ledger: Ledger;
  /** That one, and what transactions remember where it is another. */
  readonly ledgers: readonly Ledger[];
  readonly transactor: Transactor;
  readonly sink: Sink;
  /** What folds each batch into the tables of projections; undefined where there are none. */
  readonly projector: Projector | undefined;
  readonly schema: SchemaChanges;
  /** How a snapshot is laid down now. */
  readonly layout: () => SnapshotLayout;
}

/** Puts a store together: the one place where its parts meet. */
export function assemble({ settings, engine, log, ledger, pending = ledger, sinkOf }: StoreStart): StoreParts {
  const { keep, history, pinnedBytesMax, clock, onError, development } = settings;
  ledger.join(log);
  const feed = new Feed(log, onError);
  const subscribers = new Subscribers();
  const horizon = new Horizon(engine, log, { keep, history, pinnedBytesMax, clock });
  const { written, layout } = layouts(settings, engine, ledger);
  const past = pastOf(settings, { engine, log, feed, horizon, layout });
  const { names, View, Face, projector } = faces(settings, engine);
  const views = new Views({ engine, log, horizon, past, Face: View, drops: platform.reclaimer });
  feed.add(views);
  const seal = (): Seal => {
    const { writer, reader } = written();
    return { body: (batch) => writer.body(batch), reader, frozen: development };
  };
  feed.add(new Sealer({ log, seal, elapsed: platform.elapsed, pause: platform.pause }));
  const live = new LiveQueries({
    ...{ engine, log, feed, subscribers, onError },
    open: (reads) => views.tracked(reads),
  });
  const streams = new Streams({
    ...{ log, feed, subscribers, onError },
    known: { tables: names, events: new Set(settings.events.keys()) },
    pin: (label, place) => horizon.pinCursor(label, place),
    watch: (target, release) => platform.reclaimer.watch(target, release),
  });
  const sink = sinkOf(feed, horizon, written);
  const transactor = new Transactor({
    ...{ engine, log, sink, horizon, clock, Face, development },
    ledger: pending,
    events: settings.events,
    openStream: streamsOf(log, sink),
    touchOf: touching({ engine, log, sink, live, View }),
    limits: settings,
    projector,
  });
  const schema = new SchemaChanges({
    ...{ engine, sink, live, transactor },
    guard: () => streams.guard(),
    announce: (name) => {
      names.add(name);
      View.addTable(name);
      Face.addTable(name);
    },
    pause: platform.pause,
    elapsed: platform.elapsed,
  });
  return {
    ...{ settings, engine, log, feed, horizon, subscribers, past, views, live, streams },
    ...{
      ledger,
      ledgers: pending === ledger ? [ledger] : [ledger, pending],
      transactor,
      sink,
      projector,
      schema,
      layout,
    },
  };
}

/** What users hold of views and transactions; the tables of projections are written by what folds them alone. */
function faces(
  settings: StoreSettings,
  { tables }: Engine,
): Pick<StoreParts, 'projector'> & {
  readonly names: Set<string>;
  readonly View: typeof ViewFace;
  readonly Face: typeof TransactionFace;
} {
  const { projections } = settings;
  const names = new Set(tables.keys());
  const derived = new Set(projections.flatMap((one) => [...one.tables.keys()]));
  const Face = TransactionFace.withTables([...names].filter((name) => !derived.has(name)));
  for (const name of derived) Face.addDerived(name);
  const projector = projections.length === 0 ? undefined : new Projector(projections, settings);
  return { names, View: ViewFace.withTables(names), Face, projector };
}

/** Tells what touches a query that is run on the state with all that is on its way to the log. */
function touching({
  engine,
  log,
  sink,
  live,
  View,
}: Pick<StoreParts, 'engine' | 'log' | 'live'> & { readonly sink: Sink; readonly View: typeof ViewFace }): TouchOf {
  return (query) => {
    const lease = { version: sink.version, offset: sink.head, tables: engine.tables, release: () => undefined };
    const open = (reads: ReadSet): ReturnType<OpenTracked> => {
      const view = new PinnedView(engine, lease, log.lineage, reads);
      return { view, face: new View(view) };
    };
    return new Touch(engine, live.readsOf(query, open));
  };
}

/** What makes the states again whose rows are not at hand any more, and gives back what nobody needs. */
function pastOf(
  settings: StoreSettings,
  parts: Pick<StoreParts, 'engine' | 'log' | 'feed' | 'horizon' | 'layout'>,
): Past {
  const { history, codec, development, onError, events, migrate } = settings;
  const past = new Past({
    ...{ ...parts, history, codec, development, onError, turns: platform },
    schema: (definitions) => schemaToday({ definitions, events, migrate }),
  });
  const giving = new GivingBack({ horizon: parts.horizon, trim: () => past.trim(), idle: platform.idle });
  parts.horizon.onBehind = () => giving.begin();
  return past;
}

/** How batches and snapshots of a store are laid down now. */
function layouts(
  settings: StoreSettings,
  engine: Engine,
  ledger: Ledger,
): { readonly written: () => WrittenBatches; readonly layout: () => SnapshotLayout } {
  const { codec } = settings;
  const written = ofSchema(engine, settings, (schema) => writtenBatches(codec, schema));
  const plain = ofSchema(engine, settings, (schema) => new SnapshotLayout(codec, schema));
  const placed = ofSchema(engine, settings, (schema) => new SnapshotLayout(codec, withPlaces(schema)));
  return { written, layout: () => (ledger.streams.size > 0 ? placed() : plain()) };
}

/** How a snapshot of a state with these streams is laid down. */
export function layoutFor(codec: ByteCodec, schema: SchemaToday, streams: ReadonlyMap<string, number>): SnapshotLayout {
  return new SnapshotLayout(codec, streams.size > 0 ? withPlaces(schema) : schema);
}

/** Streams whose events are of types that are gone keep their places, so there must be room for those. */
function withPlaces({ tables, events = [] }: SchemaToday): SchemaToday {
  return { tables, events };
}

/** What follows from the store's schema: made when it is asked for, and anew when a table has come. */
function ofSchema<A>(engine: Engine, { events, migrate }: StoreSettings, make: (schema: SchemaToday) => A): () => A {
  let tables = 0;
  let made: A | undefined;
  return () => {
    if (made === undefined || tables !== engine.tables.size) {
      tables = engine.tables.size;
      made = make(schemaToday({ definitions: engine.definitions, events, migrate }));
    }
    return made;
  };
}
