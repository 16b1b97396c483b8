import { assert } from './assert.js';
import { MemoirError, show } from './errors.js';
import { schemaToday, type SchemaToday } from './codecs/evolution.js';
import type { AnyBatch } from './log/batch.js';
import type { WrittenBatches } from './log/batch-schema.js';
import type { ReadableLog } from './log/byte-log.js';
import type { Passed } from './log/event-coder.js';
import type { Feed } from './log/feed.js';
import { MemoryLog } from './log/memory-log.js';
import { Engine } from './projections/engine.js';
import { fold, load } from './projections/fold.js';
import type { Horizon } from './projections/horizon.js';
import { platform } from './platform.js';
import type { StoreSettings } from './store-options.js';
import { assemble, type StoreParts } from './store-parts.js';
import type { Ledger } from './txn/ledger.js';
import { forgetLost } from './txn/stale-projections.js';
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

/** The oldest batch that retention keeps in memory. */
function firstKept({ keep }: StoreSettings, { floor, head }: ReadableLog): number {
  return keep === 'all' || keep.batches === undefined ? floor : Math.max(floor, head + 1 - keep.batches);
}

/** How the settings of a store have a log read, and what is remembered of it. */
export function recoveryOf(
  settings: StoreSettings,
  outside: ReadableLog,
  today: SchemaToday,
  ledger: Ledger,
): RecoveryParts {
  const { codec, development, onError, stateHash } = settings;
  const passed: Passed = (stream, position) => ledger.moveStream(stream, position);
  return { outside, codec, development, stateHash, onError, today, turns: platform, passed };
}

/** Puts a store together that is as the log says: its newest snapshot, and the batches after it. */
export async function recover({ settings, outside, ledgers, sinkOf }: RecoverPlan): Promise<StoreParts> {
  const { definitions, filterRows, stateHash } = settings;
  const [ledger, pending = ledger] = ledgers;
  const recovery = recoveryOf(settings, outside, schemaToday(settings), ledger);
  const empty = (): Engine => new Engine(definitions, filterRows);
  const loaded = await newestSnapshot(recovery, empty);
  const { engine, head: state } = loaded ?? { engine: empty(), head: 0 };
  engine.doubt();
  if (loaded !== undefined) {
    forgetLost(loaded, settings.projections);
    ledger.reset(loaded);
  }
  const kept = firstKept(settings, outside);
  // Ids that will be forgotten need not be remembered first, but where each state on the way has its hash.
  const last = stateHash ? undefined : outside.head;
  const batches = batchesOf(recovery, Math.min(kept, state + 1));
  // Of what retention does not keep, only what came of it counts.
  const lastAt = kept <= state + 1 ? undefined : await loadUpTo(kept - 1, batches, engine, ledger, last);
  const atStart = kept === state + 1 ? loaded?.at : lastAt;
  const log = new MemoryLog(outside.lineage, { head: kept - 1, lastAt: atStart ?? -Infinity });
  const parts = assemble({
    ...{ settings, engine, log, ledger, pending },
    sinkOf: (feed, horizon, written) => sinkOf({ log, ledger, feed, horizon, written }),
  });
  const { horizon } = parts;
  for await (const batch of batches) {
    if (batch.offset > state) {
      fold(engine, batch);
      ledger.note(batch, last);
    }
    log.append([batch], { expect: log.head });
    horizon.appended(engine.version, roughBytes(batch));
    if (batch.offset % BATCHES_PER_TRIM === 0) horizon.advance();
  }
  if (pending !== ledger) pending.reset({ head: log.head, ...ledger.capture() });
  refuseSharedKeys(engine);
  horizon.beginAt(Math.max(state, kept - 1));
  horizon.advance();
  parts.feed.reset();
  return parts;
}

/** Loads batches up to an offset, for good; returns when the last one was made. */
async function loadUpTo(
  last: number,
  batches: AsyncGenerator<AnyBatch, void, undefined>,
  engine: Engine,
  ledger: Ledger,
  head: number | undefined,
): Promise<number> {
  for (;;) {
    const { value: batch } = await batches.next();
    assert(batch !== undefined, 'a log has every entry up to its head');
    load(engine, batch);
    ledger.note(batch, head);
    if (batch.offset < last) continue;
    engine.settle();
    return batch.at;
  }
}

/** An index may have become unique since the batches were written. @throws `UniqueViolation` */
export function refuseSharedKeys(engine: Engine): void {
  const shared = engine.sharedKey();
  if (shared === undefined) return engine.trust();
  const { table, index, key, slot } = shared;
  const { name } = index.plan;
  throw new MemoirError(
    'UniqueViolation',
    `the log has two rows of ${table.name} with ${name} ${key.map(show).join(', ')}: ` +
      'open it without `unique`, and mend them',
    { table: table.name, index: name, key, row: table.rows[slot] },
  );
}
