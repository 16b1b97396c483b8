import { schemaToday } from './codecs/evolution.js';
import { MemoryLog } from './log/memory-log.js';
import { Engine } from './projections/engine.js';
import { Loaded, type LoadOptions } from './projections/snapshot-load.js';
import type { SnapshotImage } from './projections/verified-snapshot.js';
import type { StoreSettings } from './store-options.js';
import { assemble, type StoreParts } from './store-parts.js';
import { KeptHash } from './txn/kept-hash.js';
import { Ledger } from './txn/ledger.js';
import { DirectSink } from './txn/sink.js';
import { forgetLost } from './txn/stale-projections.js';

/** The parts of a store whose log is in memory, with what its snapshot has; under an id of its own unless told. */
export function memoryParts(settings: StoreSettings, lineage = settings.lineage): StoreParts {
  const { definitions, snapshot, development, filterRows, idWindow, stateHash } = settings;
  const engine = new Engine(definitions, filterRows);
  const loaded =
    snapshot === undefined
      ? undefined
      : loadAtOnce(snapshot, engine, { today: schemaToday(settings), development, stateHash });
  const log = new MemoryLog(lineage, { head: snapshot?.offset ?? 0, lastAt: loaded?.at ?? -Infinity });
  const ledger = new Ledger(idWindow, stateHash ? new KeptHash() : undefined);
  if (loaded !== undefined) {
    forgetLost(loaded, settings.projections);
    ledger.reset(loaded);
  }
  return assemble({
    ...{ settings, engine, log, ledger },
    sinkOf: (feed, horizon) => new DirectSink(log, feed, horizon),
  });
}

/** Fills the tables of a new store. */
function loadAtOnce(image: SnapshotImage, engine: Engine, options: LoadOptions): Loaded {
  let loaded: Loaded | undefined;
  for (const step of Loaded.from(image, engine, options)) loaded = step;
  return loaded!;
}
