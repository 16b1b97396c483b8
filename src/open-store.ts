import { assert } from './assert.js';
import { invalidDefinition as invalid, MemoirError, show } from './errors.js';
import { schemaToday } from './codecs/evolution.js';
import type { Events, NoEvents } from './codecs/event-types.js';
import type { Tables } from './codecs/table-types.js';
import type { AnyBatch } from './log/batch.js';
import type { ByteLog, LogPlan } from './log/byte-log.js';
import type { Passed } from './log/event-coder.js';
import { MemoryLog } from './log/memory-log.js';
import { Engine } from './projections/engine.js';
import { fold, load } from './projections/fold.js';
import { LoggedStore } from './logged-store.js';
import { platform } from './platform.js';
import { limitOf, settingsOf, type StoreSettings } from './store-options.js';
import { assemble, type StoreParts } from './store-parts.js';
import { CommitQueue } from './txn/commit-queue.js';
import type { DurableStore, OpenOptions } from './txn/contract.js';
import { KeptHash } from './txn/kept-hash.js';
import { Ledger } from './txn/ledger.js';
import { batchesOf, newestSnapshot, roughBytes } from './txn/recovery.js';

/** Retention has its say once in so many batches that are recovered. */
const BATCHES_PER_TRIM = 1024;

/**
 * Opens a store on a log that outlives the process: what the log has is recovered, and a transaction is over when the
 * log has it.
 *
 * @param options the tables, the log, and what differs from the defaults; see {@link OpenOptions}
 * @returns the store as it was when the last batch was written
 * @throws (rejects) `DefinitionInvalid` naming the option; `LogLocked`, `Damaged`, `FormatUnknown`,
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
export async function openStore<const S extends Tables, E extends Events = NoEvents>(
  options: OpenOptions<S, E>,
): Promise<DurableStore<S, E>> {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw invalid('openStore', 'takes { tables, log, … }');
  const { log: plan, pendingBytesMax, ...rest } = options;
  if (typeof plan !== 'object' || typeof (plan as Partial<LogPlan> | null)?.open !== 'function')
    throw invalid('log', `is ${show(plan)}: give one, as \`fileLog({ dir })\` from memoir/log/file makes it`);
  for (const name of ['snapshot', 'lineage']) {
    if (name in rest) throw invalid(name, 'is no option of openStore: the state and the lineage are those of the log');
  }
  const { codec = plan.codec, keep = plan.keep } = rest;
  const settings = settingsOf({ ...rest, codec, ...(keep !== undefined && { keep }) });
  const pendingMax = limitOf('pendingBytesMax', pendingBytesMax, 2 ** 26);
  const outside = await plan.open();
  try {
    const recovered = await recover({ ...settings, lineage: outside.lineage }, outside, pendingMax);
    // Typed at its face, untyped inside, as in `createStore`.
    return new LoggedStore(recovered, plan.snapshotEvery ?? {}) as unknown as DurableStore<S, E>;
  } catch (error) {
    await outside.close();
    throw error;
  }
}

/** A store's parts, with those that take its batches to the log. */
export interface Recovered {
  readonly parts: StoreParts;
  readonly queue: CommitQueue;
  readonly outside: ByteLog;
}

/** The oldest batch that retention keeps in memory. */
function firstKept({ keep }: StoreSettings, { floor, head }: ByteLog): number {
  return keep === 'all' || keep.batches === undefined ? floor : Math.max(floor, head + 1 - keep.batches);
}

async function recover(settings: StoreSettings, outside: ByteLog, pendingBytesMax: number): Promise<Recovered> {
  const { definitions, filterRows, development, codec, onError, idWindow, stateHash } = settings;
  const today = schemaToday(settings);
  const [ledger, pending] = [new Ledger(idWindow, stateHash ? new KeptHash() : undefined), new Ledger(idWindow)];
  const passed: Passed = (stream, position) => ledger.moveStream(stream, position);
  const recovery = { outside, codec, development, stateHash, onError, today, turns: platform, passed };
  const empty = (): Engine => new Engine(definitions, filterRows);
  const loaded = await newestSnapshot(recovery, empty);
  const { engine, head: state } = loaded ?? { engine: empty(), head: 0 };
  engine.doubt();
  if (loaded !== undefined) ledger.reset(loaded);
  const kept = firstKept(settings, outside);
  // Ids that will be forgotten need not be remembered first, but where each state on the way has its hash.
  const last = stateHash ? undefined : outside.head;
  const batches = batchesOf(recovery, Math.min(kept, state + 1));
  // Of what retention does not keep, only what came of it counts.
  const lastAt = kept <= state + 1 ? undefined : await loadUpTo(kept - 1, batches, engine, ledger, last);
  const atStart = kept === state + 1 ? loaded?.at : lastAt;
  const log = new MemoryLog(settings.lineage, { head: kept - 1, lastAt: atStart ?? -Infinity });
  let queue: CommitQueue | undefined;
  const parts = assemble({
    ...{ settings, engine, log, ledger, pending },
    sinkOf: (feed, horizon, written) => {
      queue = new CommitQueue({ outside, log, feed, horizon, ledger, pendingBytesMax, written });
      return queue;
    },
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
  pending.reset({ head: log.head, ...ledger.capture() });
  refuseSharedKeys(engine);
  horizon.beginAt(Math.max(state, kept - 1));
  horizon.advance();
  parts.feed.reset();
  return { parts, queue: queue!, outside };
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
function refuseSharedKeys(engine: Engine): void {
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
