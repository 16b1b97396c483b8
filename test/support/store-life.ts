import * as t from 'io-ts';

import { avro } from '../../src/avro.js';
import { createStore, MemoirError, openStore, readSnapshot, table } from '../../src/index.js';
import type { DurableStore, Keep, Store, VerifiedSnapshot } from '../../src/index.js';
import type { FileLogOptions } from '../../src/log-file.js';
import { SimulatedDisk, type Trouble } from './simulated-disk.js';
import { SimulatedHost } from './simulated-host.js';
import { Chance } from './structures.js';

// Strategy: a store lives on a disk that fails and crashes at random calls, through random transactions, restores,
// snapshots and compactions; beside it a store in memory does the same, which is what it has to be. Laws, whenever it
// is opened again: what was acknowledged is there, if it was to last; what is there is a prefix of what was submitted;
// what was refused is not there; rows, ids and sequences are those of a replay, by their hash; and where what was seen
// is lost, the lineage is another.

const items = table(t.strict({ id: t.string, n: t.number }), {
  primaryKey: 'id',
  indexes: { byN: ['n'], odd: { on: ['n'], where: ({ n }) => n % 2 === 1 } },
});
const tables = { items };
type Tables = typeof tables;
type Body = Parameters<Store<Tables>['transact']>[0];

const ID_WINDOW = 50;

/** What is done to a row, or to a sequence. */
interface Op {
  readonly id: string;
  readonly steps: readonly (readonly ['put' | 'delete' | 'next', string, number])[];
}

/** What one log may hold. */
interface World {
  /** What it began with. */
  readonly base: VerifiedSnapshot | undefined;
  readonly start: number;
  /** What was submitted after that, one for each batch. */
  readonly ops: Op[];
  /** The newest batch that has to be there, and the newest that may. */
  acknowledged: number;
  possible: number;
  lineage: string | undefined;
}

function worldAfter(base: VerifiedSnapshot | undefined, lineage: string | undefined): World {
  const start = base?.offset ?? 0;
  return { base, start, ops: [], acknowledged: start, possible: start, lineage };
}

const bodyOf =
  ({ steps }: Op): Body =>
  (tx) => {
    for (const [kind, id, n] of steps) {
      if (kind === 'put') tx.items.put({ id, n });
      else if (kind === 'delete') tx.items.delete(id);
      else tx.nextId(id);
    }
    return undefined;
  };

/** One store's life with one log, from a seed. */
export class StoreLife {
  readonly #chance: Chance;
  readonly #host = new SimulatedHost();
  readonly #fsync: NonNullable<FileLogOptions['fsync']>;
  readonly #keep: Keep;
  readonly #options: Partial<FileLogOptions>;
  #disk: SimulatedDisk;
  readonly #remake: (disk: SimulatedDisk) => SimulatedDisk;
  #world: World = worldAfter(undefined, undefined);
  /** What may be found instead, where it is not known whether the log has begun anew. */
  #instead: World | undefined;
  #store!: DurableStore<Tables>;
  /** What the store has with all that is pending. */
  #twin!: Store<Tables>;
  #hasFailed = false;
  /** Whether what was written without waiting for the disk may be there in part, and not its beginning. */
  #mayBeDamaged = false;
  readonly #under: Promise<unknown>[] = [];
  readonly #images: VerifiedSnapshot[] = [];
  #count = 0;

  /** @param remake what becomes of each disk that it lives on, where a fault is planted */
  constructor(seed: number, remake: (disk: SimulatedDisk) => SimulatedDisk = (disk) => disk) {
    const chance = new Chance(seed);
    this.#chance = chance;
    this.#fsync = chance.pick(['always', 'always', 'always', 'never', { everyMs: 1 }] as const);
    this.#keep = chance.pick(['all', { batches: 0 }, { batches: 7 }] as const);
    const snapshotEvery = { batches: chance.pick([3, 12, 1000]) };
    this.#options = { fsync: this.#fsync, segmentBytes: chance.pick([700, 2000, 9000]), snapshotEvery };
    this.#remake = remake;
    this.#disk = remake(new SimulatedDisk());
  }

  /** Lives, through so many ends of a process or a machine. */
  async live(ends: number): Promise<void> {
    const chance = this.#chance;
    for (let end = 0; end < ends; end++) {
      const rate = chance.pick([0, 0.002, 0.01, 0.03]);
      const trouble = (): Trouble | undefined =>
        chance.is(rate) ? chance.pick(['crash', 'EIO', 'ENOSPC', 'short', 'flip'] as const) : undefined;
      this.#disk.troubles = trouble;
      await this.#open(trouble);
      const steps = 5 + chance.below(25);
      for (let step = 0; step < steps && !this.#disk.isDown && !this.#hasFailed; step++) await this.#step();
      await this.#end();
    }
    await this.#open(() => undefined);
    await this.#store.close();
  }

  async #step(): Promise<void> {
    const chance = this.#chance;
    const kind = chance.below(24);
    if (kind < 14) for (let i = chance.below(4); i >= 0; i--) this.#submit();
    else if (kind < 17) await this.#settled();
    else if (kind < 18) this.#host.ring();
    else if (kind < 19) this.#under.push(this.#typed(this.#store.saveSnapshot()));
    else if (kind < 20) await this.#typed(this.#store.saveSnapshot());
    else if (kind < 21) await this.#takeImage();
    else if (kind < 22) await this.#restore();
    else if (kind < 23) this.#store.compact(this.#store.head);
    else await new Promise((resolve) => setImmediate(resolve));
  }

  /** Submits a transaction, now and then one that was submitted before. */
  #submit(): void {
    const chance = this.#chance;
    const world = this.#world;
    const steps = Array.from(
      { length: 1 + chance.below(3) },
      () => [chance.pick(['put', 'put', 'delete', 'next'] as const), `k${chance.below(6)}`, chance.below(5)] as const,
    );
    const again = chance.is(0.1) ? world.ops.at(-1 - chance.below(3)) : undefined;
    const op = again ?? { id: `t${++this.#count}`, steps };
    const wanted = this.#twin.transact(bodyOf(op), { id: op.id });
    const isNew = wanted.appended === undefined && wanted.repeated === undefined;
    if (isNew) {
      world.ops.push(op);
      world.possible = wanted.offset;
    }
    const made = this.#store.transact(bodyOf(op), { id: op.id }).then(
      (given) => {
        law(given.offset === wanted.offset, `transaction ${op.id} is at ${given.offset}, not ${wanted.offset}`);
        law(given.repeated === wanted.repeated, `transaction ${op.id} is repeated, or is not`);
        if (isNew) world.acknowledged = Math.max(world.acknowledged, wanted.offset);
        return given;
      },
      (error: unknown) => {
        const { code } = error as MemoirError;
        law(['LogRefused', 'OutcomeUnknown', 'Aborted'].includes(code), `transaction ${op.id}: ${String(error)}`);
        if (isNew && code !== 'OutcomeUnknown') world.possible = Math.min(world.possible, wanted.offset - 1);
        // What a restore has set aside says nothing of the store.
        this.#hasFailed ||= world === this.#world;
        return undefined;
      },
    );
    this.#under.push(made);
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#under.splice(0));
  }

  /** What fails says so with an error of memoir, or because the machine is down. */
  async #typed(made: Promise<unknown>): Promise<MemoirError['code'] | undefined> {
    try {
      await made;
      return undefined;
    } catch (error) {
      if (error instanceof MemoirError) return error.code;
      if (!this.#disk.isDown) throw error;
      return 'OutcomeUnknown';
    }
  }

  async #takeImage(): Promise<void> {
    const bytes = await this.#store.snapshot().toBytes();
    this.#images.push(await readSnapshot(bytes, { codec: avro }));
  }

  async #restore(): Promise<void> {
    const image = this.#images.at(-1 - this.#chance.below(3));
    if (image === undefined) return;
    const next = worldAfter(image, `restored ${++this.#count}`);
    const restoring = this.#typed(this.#store.restore(image, { lineage: next.lineage! }));
    // They are in the log before, and gone with it, or come too late.
    for (let i = this.#chance.below(3); i > 0; i--) this.#submit();
    const code = await restoring;
    if (code === undefined) {
      this.#world = next;
      await this.#settled();
      this.#hasFailed = false;
      this.#twin = this.#replay(next, image.offset);
      await this.#look();
      return;
    }
    if (code === 'OutcomeUnknown') this.#instead = next;
    await this.#settled();
    this.#hasFailed ||= code !== 'LogRefused' || this.#disk.isDown;
  }

  /** The process or the machine ends, or the store is closed. */
  async #end(): Promise<void> {
    const chance = this.#chance;
    const isClosed = !this.#disk.isDown && chance.is(0.4);
    if (isClosed) {
      await this.#settled();
      await this.#typed(this.#store.close());
    }
    const isKilled = isClosed || chance.is(0.3);
    this.#disk.troubles = () => 'crash';
    await this.#disk.list('log').catch(() => undefined);
    await this.#settled();
    const { unsynced } = this.#disk;
    const part = { names: chance.below(unsynced.names + 1), bytes: chance.below(unsynced.bytes + 1) };
    const isWhole = isKilled && !this.#disk.hasForgotten;
    this.#mayBeDamaged = this.#fsync !== 'always' && this.#disk.hasForgotten;
    this.#disk = this.#remake(this.#disk.afterCrash(isKilled ? unsynced : part));
    this.#host.kill();
    // What was not synced may be gone, whatever was said of it.
    if (!isWhole && this.#fsync !== 'always') {
      for (const world of [this.#world, this.#instead]) if (world !== undefined) world.acknowledged = world.start;
    }
  }

  /** Opens the store on what the disk has, in the end on one that is whole, and looks at what is there. */
  async #open(trouble: () => Trouble | undefined): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      this.#disk.troubles = attempt < 3 ? trouble : () => undefined;
      try {
        const log = this.#host.plan(this.#disk, this.#options);
        // What a store is told of is trouble of the disk, which it says again where it matters.
        const onError = (): void => undefined;
        this.#store = await openStore({ tables, log, keep: this.#keep, idWindow: ID_WINDOW, onError });
        break;
      } catch (error) {
        if (attempt > 4) throw error;
        const isDamaged = (error as Partial<MemoirError>).code === 'Damaged';
        if (isDamaged && this.#mayBeDamaged && attempt > 2) await this.#host.plan(this.#disk, this.#options).repair();
        law(this.#disk.isDown || error instanceof MemoirError, `opening: ${String(error)}`);
        if (this.#disk.isDown) {
          const { unsynced } = this.#disk;
          const names = this.#chance.below(unsynced.names + 1);
          this.#disk = this.#remake(this.#disk.afterCrash({ names, bytes: this.#chance.below(unsynced.bytes + 1) }));
        }
        this.#host.kill();
      }
    }
    this.#hasFailed = false;
    await this.#found();
  }

  /** Holds what was found against what there has to be. */
  async #found(): Promise<void> {
    const { head, lineage } = this.#store;
    if (this.#instead?.lineage === lineage) this.#world = this.#instead;
    this.#instead = undefined;
    const world = this.#world;
    const said = `head ${head}, acknowledged ${world.acknowledged}, possible ${world.possible}, from ${world.start}`;
    law(head >= world.acknowledged, `batches are lost that were acknowledged: ${said}`);
    law(head <= world.possible, `batches are there that were refused: ${said}`);
    if (world.lineage?.startsWith('restored') === true && this.#fsync === 'always')
      law(lineage === world.lineage, 'the lineage changed, and nothing was lost');
    world.ops.length = head - world.start;
    [world.acknowledged, world.possible, world.lineage] = [head, head, lineage];
    this.#twin = this.#replay(world, head);
    await this.#look();
  }

  /** A store in memory that has had the same transactions. */
  #replay({ base, start, ops }: World, head: number): Store<Tables> {
    const twin = createStore({ tables, idWindow: ID_WINDOW, ...(base !== undefined && { snapshot: base }) });
    for (const op of ops.slice(0, head - start)) twin.transact(bodyOf(op), { id: op.id });
    law(twin.head === head, `a replay comes to ${twin.head}, and the head is ${head}`);
    return twin;
  }

  /** The store is what its twin is. */
  async #look(): Promise<void> {
    const [store, twin] = [this.#store, this.#twin];
    law(store.head === twin.head, `the head is ${store.head}, not ${twin.head}`);
    store.check();
    const [hash, wanted] = [await hashOf(store), await hashOf(twin)];
    law(hash === wanted, `the state at ${store.head} is not that of a replay`);
    const { ops, start } = this.#world;
    for (let offset = store.floor; offset <= store.head; offset++)
      law(store.batch(offset).id === ops[offset - start - 1]?.id, `batch ${offset} is not what was submitted`);
  }
}

async function hashOf(store: Store<Tables> | DurableStore<Tables>): Promise<string> {
  return (await readSnapshot(await store.snapshot().toBytes(), { codec: avro })).stateHash;
}

function law(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
