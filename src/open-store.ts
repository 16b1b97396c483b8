import { invalidDefinition as invalid, MemoirError, show } from './errors.js';
import { schemaToday } from './codecs/evolution.js';
import type { Events, NoEvents } from './codecs/event-types.js';
import type { Tables } from './codecs/table-types.js';
import type { ByteLog, LogPlan } from './log/byte-log.js';
import { openFollowing } from './following-store.js';
import { Engine } from './projections/engine.js';
import type { Projection, TablesOf } from './projections/projection-types.js';
import { Loaded } from './projections/snapshot-load.js';
import type { SnapshotImage } from './projections/verified-snapshot.js';
import { LoggedStore } from './logged-store.js';
import { platform } from './platform.js';
import { recover, SLICE_MS } from './recover.js';
import { limitOf, settingsOf, type StoreSettings } from './store-options.js';
import { layoutFor } from './store-parts.js';
import { CommitQueue } from './txn/commit-queue.js';
import type { DurableStore, OpenOptions, StoreOptions } from './txn/contract.js';
import type { FollowingOptions, FollowingStore } from './txn/following.js';
import { KeptHash } from './txn/kept-hash.js';
import { Ledger } from './txn/ledger.js';
import { dropSnapshotsAhead } from './txn/recovery.js';

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
export function openStore<
  const S extends Tables,
  E extends Events = NoEvents,
  const P extends readonly Projection[] = readonly [],
>(options: OpenOptions<S, E> & { readonly projections?: P }): Promise<DurableStore<S & TablesOf<P>, E>>;
/**
 * Opens a store that only reads a log, and follows it while another process writes it. It takes no lock and writes
 * nothing, so there can be any number of them.
 *
 * @param options the tables, the log, `readOnly: true`, and what differs; see {@link FollowingOptions}
 * @returns the store as the log is now; it follows what comes, until it is closed
 * @throws (rejects) as above, but for what has to do with writing
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
 * const tables = { tasks: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
 * const log = fileLog({ dir: mkdtempSync(join(tmpdir(), 'tasks-')) });
 * await using store = await openStore({ tables, log });
 * await store.transact((tx) => tx.tasks.insert({ id: 't1' }));
 *
 * await using reader = await openStore({ tables, log, readOnly: true });
 * const { offset } = await store.transact((tx) => tx.tasks.insert({ id: 't2' }));
 * await reader.waitFor(offset);
 * console.log(reader.now().tasks.size); // 2
 * ```
 */
export function openStore<
  const S extends Tables,
  E extends Events = NoEvents,
  const P extends readonly Projection[] = readonly [],
>(options: FollowingOptions<S, E> & { readonly projections?: P }): Promise<FollowingStore<S & TablesOf<P>, E>>;
export async function openStore(
  options: OpenOptions<Tables, Events> | FollowingOptions<Tables, Events>,
): Promise<unknown> {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw invalid('openStore', 'takes { tables, log, … }');
  const { readOnly = false } = options;
  if (typeof readOnly !== 'boolean') throw invalid('readOnly', `is ${show(readOnly)}: use true or false`);
  // Typed at its face, untyped inside, as in `createStore`.
  return options.readOnly === true ? await openToRead(options) : await openToWrite(options);
}

async function openToWrite(options: OpenOptions<Tables>): Promise<LoggedStore> {
  const { log: plan, pendingBytesMax, readOnly: _, ...rest } = options;
  checkPlan(plan);
  if (rest.lineage !== undefined && rest.snapshot === undefined)
    throw invalid('lineage', 'is of a log that begins with a snapshot: any other has its own');
  const settings = settingsWith(plan, rest);
  const pendingMax = limitOf('pendingBytesMax', pendingBytesMax, 2 ** 26);
  const outside = await plan.open();
  try {
    if (settings.snapshot !== undefined) await beginWith(settings.snapshot, settings, outside);
    await dropSnapshotsAhead(outside);
    const { idWindow, stateHash } = settings;
    let queue: CommitQueue | undefined;
    const ledger = new Ledger(idWindow, stateHash ? new KeptHash() : undefined);
    const parts = await recover({
      ...{ settings, outside },
      ledgers: [ledger, new Ledger(idWindow, undefined, ledger)],
      sinkOf: (ground) => (queue = new CommitQueue({ ...ground, outside, pendingBytesMax: pendingMax })),
    });
    const store = new LoggedStore({ parts, queue: queue!, outside }, plan.snapshotEvery ?? {});
    await store.buildStale();
    return store;
  } catch (error) {
    // the error that matters is the first
    await outside.close().catch(() => undefined);
    throw error;
  }
}

/** What a store that only reads has no use for: it would be ignored. */
const OF_WRITING = ['snapshot', 'lineage', 'pendingBytesMax', 'rowBytesMax', 'batchChangesMax', 'batchBytesMax'];

async function openToRead(options: FollowingOptions<Tables>): Promise<unknown> {
  const { log: plan, readOnly: _, ...rest } = options;
  checkPlan(plan);
  const needless = OF_WRITING.find((name) => name in rest);
  if (needless !== undefined) throw invalid(needless, 'is no option of a store that only reads');
  const settings = settingsWith(plan, rest);
  if (typeof plan.follow !== 'function') throw invalid('log', 'cannot be followed while another process writes it');
  return await openFollowing(settings, () => plan.follow!());
}

function checkPlan(plan: LogPlan): void {
  if (typeof plan !== 'object' || typeof (plan as Partial<LogPlan> | null)?.open !== 'function')
    throw invalid('log', `is ${show(plan)}: give one, as \`fileLog({ dir })\` from memoir/log/file makes it`);
}

/** The settings of a store; the log says what they leave open. */
function settingsWith(plan: LogPlan, options: StoreOptions<Tables>): StoreSettings {
  const { codec = plan.codec, keep = plan.keep } = options;
  return settingsOf({ ...options, codec, ...(keep !== undefined && { keep }) });
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
  const { definitions, filterRows, development, codec, lineage } = settings;
  const today = schemaToday(settings);
  const plan = { today, development, stateHash: false, sliceMs: SLICE_MS, turns: platform };
  const loaded = await Loaded.inSlices(image, new Engine(definitions, filterRows), plan);
  const snapshot = loaded.snapshot(layoutFor(codec, today, loaded.streams), lineage, platform);
  await outside.begin({ lineage, offset: image.offset, snapshot: snapshot.chunks() });
}
