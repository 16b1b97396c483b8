import { MemoirError, show } from './errors.js';
import { schemaToday, type SchemaToday } from './codecs/evolution.js';
import type { WrittenBatches } from './log/batch-schema.js';
import type { ReadableLog } from './log/byte-log.js';
import type { Feed } from './log/feed.js';
import { MemoryLog } from './log/memory-log.js';
import { Engine } from './projections/engine.js';
import { fold } from './projections/fold.js';
import type { Horizon } from './projections/horizon.js';
import { inSlices } from './projections/slices.js';
import { Loaded } from './projections/snapshot-load.js';
import { platform } from './platform.js';
import type { StoreSettings } from './store-options.js';
import { assemble, type StoreParts } from './store-parts.js';
import type { Ledger } from './txn/ledger.js';
import { batchesOf, newestSnapshot, roughBytes, type RecoveryParts } from './txn/recovery.js';
import type { Sink } from './txn/sink.js';

/** How long recovery goes on before everything else has its turn, in milliseconds. */
export const SLICE_MS = 8;

/** Retention has its say once in so many batches that are recovered. */
const BATCHES_PER_TRIM = 1024;

/** What the sink of a store on a log is made with. */
export interface SinkGround {
  readonly log: MemoryLog;
  readonly ledger: Ledger;
  readonly feed: Feed;
  readonly horizon: Horizon;
  readonly written: () => WrittenBatches;
}

/** How a store on a log is put together. */
export interface RecoverPlan {
  readonly settings: StoreSettings;
  readonly outside: ReadableLog;
  /** What is remembered of the batches that can be seen, and of all there are, where these are not the same. */
  readonly ledgers: readonly [Ledger, Ledger?];
  readonly sinkOf: (ground: SinkGround) => Sink;
}

/** What the memory needs of the log: the batches since the snapshot, and those that retention keeps anyway. */
function firstNeeded({ keep }: StoreSettings, { floor, head }: ReadableLog, state: number): number {
  const kept = keep === 'all' || keep.batches === undefined ? floor : Math.max(floor, head + 1 - keep.batches);
  return Math.min(kept, state + 1);
}

/** How the settings of a store have a log read. */
export function recoveryOf(settings: StoreSettings, outside: ReadableLog, today: SchemaToday): RecoveryParts {
  const { codec, development, onError } = settings;
  return { outside, codec, development, onError, today, turns: platform };
}

/** Puts a store together that is as the log says: its newest snapshot, and the batches after it. */
export async function recover({ settings, outside, ledgers, sinkOf }: RecoverPlan): Promise<StoreParts> {
  const { definitions, filterRows, migrate } = settings;
  const recovery = recoveryOf(settings, outside, schemaToday(definitions, migrate));
  const engine = new Engine(definitions, filterRows);
  const loaded = await loadNewest(recovery, engine);
  const state = loaded?.head ?? 0;
  const from = firstNeeded(settings, outside, state);
  const lastAt = from === state + 1 ? loaded?.at : undefined;
  const log = new MemoryLog(outside.lineage, { head: from - 1, lastAt: lastAt ?? -Infinity });
  const [ledger, pending = ledger] = ledgers;
  if (loaded !== undefined) for (const each of new Set([ledger, pending])) each.reset(loaded);
  const parts = assemble({
    ...{ settings, engine, log, ledger, pending },
    sinkOf: (feed, horizon, written) => sinkOf({ log, ledger, feed, horizon, written }),
  });
  const { horizon } = parts;
  for await (const batch of batchesOf(recovery, from)) {
    if (batch.offset > state) {
      fold(engine, batch);
      for (const each of parts.ledgers) each.note(batch);
    }
    log.append([batch], { expect: log.head });
    horizon.appended(engine.version, roughBytes(batch));
    if (batch.offset % BATCHES_PER_TRIM === 0) horizon.advance();
  }
  await refuseSharedKeys(engine);
  horizon.beginAt(state);
  horizon.advance();
  parts.feed.reset();
  return parts;
}

/** Fills an engine without rows from the newest snapshot beside a log that is whole, if there is one. */
export async function loadNewest(recovery: RecoveryParts, engine: Engine): Promise<Loaded | undefined> {
  const { today, development } = recovery;
  const image = await newestSnapshot(recovery);
  if (image === undefined) return undefined;
  return await Loaded.inSlices(image, engine, { today, development, sliceMs: SLICE_MS, turns: platform });
}

/** An index may have become unique since the batches were written. @throws `UniqueViolation` */
export async function refuseSharedKeys(engine: Engine): Promise<void> {
  for await (const { table, index, key, slot } of inSlices(engine.sharedKeys(), SLICE_MS, platform)) {
    const { name } = index.plan;
    throw new MemoirError(
      'UniqueViolation',
      `the log has two rows of ${table.name} with ${name} ${key.map(show).join(', ')}: ` +
        'open it without `unique`, and mend them',
      { table: table.name, index: name, key, row: table.rows[slot] },
    );
  }
}
