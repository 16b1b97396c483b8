import { invalidDefinition as invalid, MemoirError, show } from './errors.js';
import { schemaToday } from './codecs/evolution.js';
import type { Tables } from './codecs/table-types.js';
import type { ByteLog, LogPlan } from './log/byte-log.js';
import { MemoryLog } from './log/memory-log.js';
import { Engine } from './projections/engine.js';
import { fold } from './projections/fold.js';
import { inSlices } from './projections/slices.js';
import { Loaded } from './projections/snapshot-load.js';
import { SnapshotLayout } from './projections/snapshot-layout.js';
import type { SnapshotImage } from './projections/verified-snapshot.js';
import { LoggedStore } from './logged-store.js';
import { platform } from './platform.js';
import { limitOf, settingsOf, type StoreSettings } from './store-options.js';
import { assemble, type StoreParts } from './store-parts.js';
import { CommitQueue } from './txn/commit-queue.js';
import type { DurableStore, OpenOptions } from './txn/contract.js';
import { Ledger } from './txn/ledger.js';
import { batchesOf, newestSnapshot, roughBytes } from './txn/recovery.js';

/** How long recovery goes on before everything else has its turn, in milliseconds. */
const SLICE_MS = 8;

/** Retention has its say once in so many batches that are recovered. */
const BATCHES_PER_TRIM = 1024;

/**
 * Opens a store on a log that outlives the process: what the log has is recovered, and a transaction is over when the
 * log has it.
 *
 * @param options the tables, the log, and what differs from the defaults; see {@link OpenOptions}
 * @returns the store as it was when the last batch was written
 * @throws (rejects) `DefinitionInvalid` naming the option; `LogLocked`, `LogNotEmpty`, `Damaged`, `FormatUnknown`,
 *   `SchemaIncompatible`, and `MissingValue`, `KeyInvalid` or `UniqueViolation` for rows that do not fit an index;
 *   nothing was changed then
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import * as t from 'io-ts';
 * import { openStore, table } from 'memoir';
 * import { fileLog } from 'memoir/log/file';
 *
 * const tables = { tasks: table(t.strict({ id: t.string, done: t.boolean }), { primaryKey: 'id' }) };
 * const dir = mkdtempSync(join(tmpdir(), 'tasks-'));
 * const store = await openStore({ tables, log: fileLog({ dir }) });
 * await store.transact((tx) => tx.tasks.insert({ id: 't1', done: false }));
 * await store.close();
 *
 * const again = await openStore({ tables, log: fileLog({ dir }) });
 * console.log(again.head, again.now().tasks.get('t1')?.done); // 1 false
 * await again.close();
 * ```
 */
export async function openStore<const S extends Tables>(options: OpenOptions<S>): Promise<DurableStore<S>> {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw invalid('openStore', 'takes { tables, log, … }');
  const { log: plan, pendingBytesMax, ...rest } = options;
  if (typeof plan !== 'object' || typeof (plan as Partial<LogPlan> | null)?.open !== 'function')
    throw invalid('log', `is ${show(plan)}: give one, as \`fileLog({ dir })\` from memoir/log/file makes it`);
  if (rest.lineage !== undefined && rest.snapshot === undefined)
    throw invalid('lineage', 'is of a log that begins with a snapshot: any other has its own');
  const { codec = plan.codec, keep = plan.keep } = rest;
  const settings = settingsOf({ ...rest, codec, ...(keep !== undefined && { keep }) });
  const pendingMax = limitOf('pendingBytesMax', pendingBytesMax, 2 ** 26);
  const outside = await plan.open();
  try {
    if (settings.snapshot !== undefined) await beginWith(settings.snapshot, settings, outside);
    const recovered = await recover({ ...settings, lineage: outside.lineage }, outside, pendingMax);
    // Typed at its face, untyped inside, as in `createStore`.
    return new LoggedStore(recovered, plan.snapshotEvery ?? {}) as unknown as DurableStore<S>;
  } catch (error) {
    await outside.close();
    throw error;
  }
}

/** Lets a log that has nothing begin with a snapshot. @throws `LogNotEmpty`, and what does not fit the tables */
async function beginWith(image: SnapshotImage, settings: StoreSettings, outside: ByteLog): Promise<void> {
  const { floor, head } = outside;
  if (head > 0)
    throw new MemoirError(
      'LogNotEmpty',
      `the log goes up to offset ${head} and cannot begin with a snapshot: open it without \`snapshot\` to go on ` +
        'with what it has, or open it so and `restore` the snapshot into it',
      { floor, head },
    );
  const { definitions, filterRows, development, migrate, codec, lineage } = settings;
  const today = schemaToday(definitions, migrate);
  const plan = { today, development, sliceMs: SLICE_MS, turns: platform };
  const loaded = await Loaded.inSlices(image, new Engine(definitions, filterRows), plan);
  const snapshot = loaded.snapshot(new SnapshotLayout(codec, today), lineage, platform);
  await outside.begin({ lineage, offset: image.offset, snapshot: snapshot.chunks() });
}

/** A store's parts, with those that take its batches to the log. */
export interface Recovered {
  readonly parts: StoreParts;
  readonly queue: CommitQueue;
  readonly outside: ByteLog;
}

/** What the memory needs of the log: the batches since the snapshot, and those that retention keeps anyway. */
function firstNeeded({ keep }: StoreSettings, { floor, head }: ByteLog, state: number): number {
  const kept = keep === 'all' || keep.batches === undefined ? floor : Math.max(floor, head + 1 - keep.batches);
  return Math.min(kept, state + 1);
}

async function recover(settings: StoreSettings, outside: ByteLog, pendingBytesMax: number): Promise<Recovered> {
  const { definitions, filterRows, development, codec, onError, idWindow, migrate } = settings;
  const today = schemaToday(definitions, migrate);
  const recovery = { outside, codec, development, onError, today, turns: platform };
  const engine = new Engine(definitions, filterRows);
  const image = await newestSnapshot(recovery);
  const loaded =
    image === undefined
      ? undefined
      : await Loaded.inSlices(image, engine, { today, development, sliceMs: SLICE_MS, turns: platform });
  const state = image?.offset ?? 0;
  const from = firstNeeded(settings, outside, state);
  const lastAt = from === state + 1 ? loaded?.at : undefined;
  const log = new MemoryLog(settings.lineage, { head: from - 1, lastAt: lastAt ?? -Infinity });
  const ledgers = [new Ledger(idWindow), new Ledger(idWindow)] as const;
  const [ledger, pending] = ledgers;
  if (loaded !== undefined) for (const each of ledgers) each.reset(loaded);
  let queue: CommitQueue | undefined;
  const parts = assemble({
    ...{ settings, engine, log, ledger, pending },
    sinkOf: (feed, horizon, written) => {
      queue = new CommitQueue({ outside, log, feed, horizon, ledger, pendingBytesMax, written });
      return queue;
    },
  });
  const { horizon } = parts;
  for await (const batch of batchesOf(recovery, from)) {
    if (batch.offset > state) {
      fold(engine, batch);
      for (const each of ledgers) each.note(batch);
    }
    log.append([batch], { expect: log.head });
    horizon.appended(engine.version, roughBytes(batch));
    if (batch.offset % BATCHES_PER_TRIM === 0) horizon.advance();
  }
  await refuseSharedKeys(engine);
  horizon.beginAt(state);
  horizon.advance();
  parts.feed.reset();
  return { parts, queue: queue!, outside };
}

/** An index may have become unique since the batches were written. @throws `UniqueViolation` */
async function refuseSharedKeys(engine: Engine): Promise<void> {
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
