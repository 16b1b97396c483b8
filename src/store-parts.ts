import { schemaToday, type SchemaToday } from './codecs/evolution.js';
import { writtenBatches, type WrittenBatches } from './log/batch-schema.js';
import { Feed } from './log/feed.js';
import type { MemoryLog } from './log/memory-log.js';
import { Sealer } from './log/sealer.js';
import type { Seal } from './log/sealed-segment.js';
import { Streams } from './log/streams.js';
import { Subscribers } from './log/subscribers.js';
import type { Engine } from './projections/engine.js';
import { Horizon } from './projections/horizon.js';
import { LiveQueries } from './projections/live.js';
import { SnapshotLayout } from './projections/snapshot-layout.js';
import { ViewFace } from './projections/view.js';
import { Views } from './projections/views.js';
import { platform } from './platform.js';
import type { StoreSettings } from './store-options.js';
import type { Ledger } from './txn/ledger.js';
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
  readonly views: Views;
  readonly live: LiveQueries;
  readonly streams: Streams;
  readonly ledger: Ledger;
  /** That one, and what transactions remember where it is another. */
  readonly ledgers: readonly Ledger[];
  readonly transactor: Transactor;
  readonly schema: SchemaChanges;
  /** How a snapshot is laid down now. */
  readonly layout: () => SnapshotLayout;
}

/** Puts a store together: the one place where its parts meet. */
export function assemble({ settings, engine, log, ledger, pending = ledger, sinkOf }: StoreStart): StoreParts {
  const { keep, pinnedBytesMax, clock, onError, development, codec, migrate } = settings;
  const names = new Set(engine.tables.keys());
  const feed = new Feed(log, onError);
  const subscribers = new Subscribers();
  const horizon = new Horizon(engine, log, { keep, pinnedBytesMax, clock });
  const View = ViewFace.withTables(names);
  const views = new Views(engine, log, horizon, View, platform.reclaimer);
  const Face = TransactionFace.withTables(names);
  feed.add(views);
  const written = ofSchema(engine, migrate, (schema) => writtenBatches(codec, schema));
  const layout = ofSchema(engine, migrate, (schema) => new SnapshotLayout(codec, schema));
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
    tables: names,
    pin: (label, place) => horizon.pinCursor(label, place),
    watch: (target, release) => platform.reclaimer.watch(target, release),
  });
  const sink = sinkOf(feed, horizon, written);
  const transactor = new Transactor({
    ...{ engine, log, sink, horizon, clock, Face, development },
    ledger: pending,
    limits: settings,
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
    ...{ settings, engine, log, feed, horizon, subscribers, views, live, streams },
    ledger,
    ledgers: pending === ledger ? [ledger] : [ledger, pending],
    transactor,
    schema,
    layout,
  };
}

/** What follows from the tables' schema: made when it is asked for, and anew when a table has come. */
function ofSchema<A>(engine: Engine, migrate: unknown, make: (schema: SchemaToday) => A): () => A {
  let tables = 0;
  let made: A | undefined;
  return () => {
    if (made === undefined || tables !== engine.tables.size) {
      tables = engine.tables.size;
      made = make(schemaToday(engine.definitions, migrate));
    }
    return made;
  };
}
