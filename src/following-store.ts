import { schemaToday } from './codecs/evolution.js';
import { ofTable, StateHash } from './codecs/state-hash.js';
import { MemoirError } from './errors.js';
import type { AnyBatch } from './log/batch.js';
import type { FollowedLog } from './log/byte-log.js';
import { Engine } from './projections/engine.js';
import { load } from './projections/fold.js';
import { recover, recoveryOf, refuseSharedKeys } from './recover.js';
import { adopt, type Adopted } from './restore.js';
import { ProjectingStore } from './projecting-store.js';
import type { StoreSettings } from './store-options.js';
import type { StoreParts } from './store-parts.js';
import { Applier } from './txn/applier.js';
import { KeptHash } from './txn/kept-hash.js';
import { Ledger } from './txn/ledger.js';
import { batchesIn, batchesOf, newestSnapshot } from './txn/recovery.js';
import { DirectSink, type Sink } from './txn/sink.js';

/** How a log is opened to be followed: anew, where it has begun anew. */
type Follow = () => Promise<FollowedLog>;

/** So often the log is opened to read: what is being read may go while it is read, and is not damaged by that. */
const ATTEMPTS = 4;

/** Says of a log that is written meanwhile that what was there is gone, or looks so. */
const MOVED: readonly unknown[] = ['LineageChanged', 'OffsetCompacted', 'OffsetInvalid', 'Damaged'];

/** What a store that follows is made of. */
interface Following {
  readonly parts: StoreParts;
  readonly applier: Applier;
  readonly source: FollowedLog;
  readonly open: Follow;
}

/** Opens a store that reads a log while another process writes it. @throws `Damaged`, `SchemaIncompatible` */
export async function openFollowing(settings: StoreSettings, open: Follow): Promise<FollowingStore> {
  return await attempt(open, async (source) => {
    let sink: Sink | undefined;
    const parts = await recover({
      ...{ settings, outside: source },
      ledgers: [new Ledger(settings.idWindow, settings.stateHash ? new KeptHash() : undefined)],
      sinkOf: ({ log, feed, horizon }) => (sink = new DirectSink(log, feed, horizon)),
    });
    const { engine, ledgers, transactor } = parts;
    return new FollowingStore({
      parts,
      applier: new Applier({ engine, sink: sink!, ledgers, transactor }),
      source,
      open,
    });
  });
}

/** Opens the log and reads it; once more, where it has moved on under the reader. Who fails leaves nothing open. */
async function attempt<A>(open: Follow, read: (source: FollowedLog) => Promise<A>): Promise<A> {
  for (let left = ATTEMPTS; ; left--) {
    const source = await open();
    try {
      return await read(source);
    } catch (error) {
      await source.close();
      if (left === 1 || !hasMoved(error)) throw error;
    }
  }
}

function hasMoved(error: unknown): boolean {
  return error instanceof MemoirError && MOVED.includes(error.code);
}

/**
 * A store that reads a log which another process writes: it takes no lock and writes nothing, and applies what comes.
 * Where the log has begun anew, or has moved on too far, it reads it anew, and tells of a reset.
 */
export class FollowingStore extends ProjectingStore {
  readonly #parts: StoreParts;
  readonly #applier: Applier;
  readonly #open: Follow;
  #source: FollowedLog;
  #isClosing = false;
  readonly #following: Promise<void>;
  #closed: Promise<void> | undefined;

  constructor({ parts, applier, source, open }: Following) {
    super(parts);
    this.#parts = parts;
    this.#applier = applier;
    this.#source = source;
    this.#open = open;
    this.#following = this.#follow();
  }

  protected commit(): never {
    throw new MemoirError('LogRefused', 'this store only reads: whoever writes the log makes batches');
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#parts.streams.stop();
    await this.#source.close();
    await this.#following;
    this.#end();
  }

  #end(): void {
    this.#parts.streams.close();
    this.#parts.log.close();
  }

  /** Applies what comes, until it is closed or the log cannot be read: then it stays what it is, and says so. */
  async #follow(): Promise<void> {
    try {
      for (let renewed = -1; !this.#isOver();) {
        try {
          await this.#applyAll();
        } catch (error) {
          // Where nothing has come since it was read anew, to do that again would not mend it.
          const isStuck = renewed === this.#parts.log.head && (error as MemoirError).code === 'Damaged';
          if (isStuck || !hasMoved(error)) throw error;
          await this.#renew();
          renewed = this.#parts.log.head;
        }
      }
    } catch (error) {
      if (this.#isOver()) return;
      this.#parts.settings.onError(error);
      await this.#source.close();
      this.#end();
    }
  }

  /** Asked anew after each wait, since it changes meanwhile. */
  #isOver(): boolean {
    return this.#isClosing;
  }

  async #applyAll(): Promise<void> {
    const { log, settings, engine, ledger } = this.#parts;
    const source = this.#source;
    const { events, migrate } = settings;
    const today = schemaToday({ definitions: engine.definitions, events, migrate });
    const recovery = recoveryOf(settings, source, today, ledger);
    for await (const batch of batchesIn(recovery, source.follow(log.head + 1))) {
      if (this.#isOver()) return;
      if (log.lineage === '') log.name(source.lineage);
      this.#applier.apply(batch);
    }
  }

  /** Reads the log anew beside what there is, and puts it in the place of that. */
  async #renew(): Promise<void> {
    await this.#source.close();
    await attempt(this.#open, async (source) => {
      const state = await this.#read(source);
      this.#source = source;
      if (this.#isOver()) await source.close();
      else adopt(this.#parts, state, source.lineage);
    });
  }

  /** The state that a log has now, in an engine of its own. */
  async #read(source: FollowedLog): Promise<Adopted> {
    const { settings, engine: present } = this.#parts;
    const { definitions, version } = present;
    const { filterRows, idWindow, events, migrate, stateHash } = settings;
    const ledger = new Ledger(idWindow);
    const recovery = recoveryOf(settings, source, schemaToday({ definitions, events, migrate }), ledger);
    const empty = (): Engine => new Engine(definitions, filterRows, version);
    const loaded = await newestSnapshot(recovery, empty);
    const { engine, head: state } = loaded ?? { engine: empty(), head: 0 };
    engine.doubt();
    if (loaded !== undefined) ledger.reset(loaded);
    const rows = stateHash ? (loaded?.rows ?? new StateHash()) : undefined;
    let [head, at] = [state, loaded?.at ?? -Infinity];
    for await (const batch of batchesOf(recovery, head + 1)) {
      load(engine, batch);
      ledger.note(batch);
      if (rows !== undefined) sumUp(rows, batch);
      [head, at] = [batch.offset, batch.at];
    }
    engine.settle();
    refuseSharedKeys(engine);
    return { engine, head, at, rows, ...ledger.capture() };
  }
}

/** Takes what a batch changed into the hash of all rows. */
function sumUp(rows: StateHash, { changes }: AnyBatch): void {
  for (const { table, before, after } of changes) {
    if (before !== undefined) rows.remove(ofTable(table), before);
    if (after !== undefined) rows.add(ofTable(table), after);
  }
}
