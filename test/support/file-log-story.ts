import type { FileLogOptions } from '../../src/log-file.js';
import { MemoirError } from '../../src/errors.js';
import type { ByteLog, Entry } from '../../src/log/byte-log.js';
import { equalBytes } from '../../src/log/frame.js';
import { bodyOf, schemaOf, taken } from './byte-log-contract.js';
import type { SimulatedDisk } from './simulated-disk.js';
import { SimulatedHost } from './simulated-host.js';
import { snapshotBytes } from './snapshot-bytes.js';

// Strategy: a script of what a program does with a log runs on a disk that crashes or fails at one call. Then the log
// is opened again, as another process does, from what the disk still has. Invariants: what was acknowledged and what
// was seen is there, if it was to be synced at once; what is there is a prefix of what was submitted, in order, byte
// for byte; what was refused is not there; snapshots are whole; what may have been lost after it was seen changes the
// lineage; and the log goes on from there.

/** What a program does. `kill` ends the process without closing the log. */
export type Act =
  | { readonly do: 'open' | 'close' | 'kill' | 'ring' }
  | { readonly do: 'append'; readonly count: number; readonly schema?: string }
  | { readonly do: 'save' }
  | { readonly do: 'compact' | 'prune'; readonly before: number }
  | { readonly do: 'begin'; readonly offset: number };

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

/** What a log may hold: what has to be there, and what may. */
interface World {
  /** By offset, what was submitted last. */
  readonly submitted: Map<number, Uint8Array>;
  readonly snapshots: Map<number, { readonly bytes: Uint8Array; isSaved: boolean }>;
  /** The entry after which it begins. */
  readonly start: number;
  seen: number;
  possible: number;
  floorMax: number;
  lineage: string | undefined;
}

function worldAfter(start: number, lineage: string | undefined): World {
  const [submitted, snapshots] = [new Map(), new Map()];
  return { submitted, snapshots, start, seen: start, possible: start, floorMax: start + 1, lineage };
}

function copyOf(world: World): World {
  const snapshots = new Map([...world.snapshots].map(([offset, snapshot]) => [offset, { ...snapshot }]));
  return { ...world, submitted: new Map(world.submitted), snapshots };
}

/** A program's life with one log, and what it may expect to find. */
export class Story {
  readonly #host: SimulatedHost;
  readonly #options: Partial<FileLogOptions>;
  /** Whether what was acknowledged has to be there after any crash. */
  readonly #lasts: boolean;
  #disk: SimulatedDisk;
  #log: ByteLog | undefined;
  #world: World = worldAfter(0, undefined);
  /** What may be found instead, where it is not known whether the log has begun anew. */
  #instead: World | undefined;
  #texts = 0;
  /** What failed last. */
  #problem: unknown;

  constructor(
    disk: SimulatedDisk,
    options: Partial<FileLogOptions> = {},
    lasts = (options.fsync ?? 'always') === 'always',
    host = new SimulatedHost(),
  ) {
    this.#host = host;
    this.#disk = disk;
    this.#options = options;
    this.#lasts = lasts;
  }

  /** The same life up to here, which can end in another way. */
  heir(): Story {
    const heir = new Story(this.#disk, this.#options, this.#lasts, this.#host);
    heir.#world = copyOf(this.#world);
    heir.#instead = this.#instead && copyOf(this.#instead);
    heir.#texts = this.#texts;
    return heir;
  }

  /** Acts, until all is done or the machine is down. */
  async run(acts: readonly Act[]): Promise<void> {
    for (const act of acts) {
      if (this.#disk.isDown) return;
      await this.#act(act);
    }
  }

  /** Goes on with what is on a disk, in another process. */
  goOn(disk: SimulatedDisk): void {
    this.#disk = disk;
    this.#log = undefined;
    this.#host.kill();
  }

  /** Opens what is on a disk, in another process: it is what it has to be, and takes more. */
  async check(disk: SimulatedDisk): Promise<void> {
    this.goOn(disk);
    await this.#open();
    if (this.#log === undefined) throw new Error(`the log is not opened: ${String(this.#problem)}`);
    await this.#act({ do: 'append', count: 2 });
    await this.#act({ do: 'close' });
    const report = await this.#host.plan(disk, this.#options).verify();
    if (!report.isWhole || !report.isClean) throw new Error(`verify finds fault: ${JSON.stringify(report)}`);
    await this.#open();
    await this.#act({ do: 'close' });
    const left = disk.paths.filter((path) => path.endsWith('.tmp'));
    if (left.length > 0) throw new Error(`left over: ${left.join(', ')}`);
  }

  async #act(act: Act): Promise<void> {
    if (act.do === 'kill') {
      this.#host.kill();
      this.#log = undefined;
      return;
    }
    if (act.do === 'open') return await this.#open();
    if (act.do === 'ring') this.#host.ring();
    if (this.#log === undefined) await this.#open();
    const log = this.#log;
    if (log === undefined) return;
    if (act.do === 'append') return await this.#append(log, act.count, act.schema ?? 'a');
    if (act.do === 'begin') return await this.#begin(log, act.offset);
    if (act.do === 'close') this.#log = undefined;
    await this.#expectTyped(async () => {
      if (act.do === 'close') await log.close();
      if (act.do === 'save') await this.#save(log);
      if (act.do === 'prune') await this.#prune(log, act.before);
      if (act.do === 'compact') {
        this.#world.floorMax = Math.max(this.#world.floorMax, act.before);
        await log.compact(act.before);
      }
    });
  }

  /** Opens the log, twice if the first time something fails, and looks at all that is there. */
  async #open(): Promise<void> {
    if (this.#log !== undefined) await this.#expectTyped(() => this.#log!.close());
    this.#log = undefined;
    for (let attempt = 0; attempt < 2 && !this.#isOpen() && !this.#disk.isDown; attempt++) {
      await this.#expectTyped(async () => {
        const log = await this.#host.plan(this.#disk, this.#options).open();
        this.#log = log;
        if (this.#instead?.lineage === log.lineage) this.#world = this.#instead;
        this.#instead = undefined;
        if (this.#world.seen === 0) this.#world.lineage = log.lineage;
        await this.#look(log, await this.#entries(log));
      });
    }
  }

  #isOpen(): boolean {
    return this.#log !== undefined;
  }

  async #entries(log: ByteLog): Promise<Entry[]> {
    try {
      return await taken(log.read(log.floor));
    } catch (error) {
      if (this.#disk.isDown || !(error instanceof MemoirError)) throw error;
      return await taken(log.read(log.floor));
    }
  }

  async #look(log: ByteLog, entries: readonly Entry[]): Promise<void> {
    const { head, floor, lineage } = log;
    const expect = (holds: boolean, what: string) => {
      if (!holds)
        throw new Error(
          `${what}: floor ${floor}, head ${head}; seen ${this.#world.seen}, possible ${this.#world.possible}`,
        );
    };
    if (this.#lasts) expect(head >= this.#world.seen, 'entries are lost that were acknowledged');
    if (this.#lasts && this.#world.seen > 0)
      expect(lineage === this.#world.lineage, 'the lineage changed, and nothing was lost');
    if (head < this.#world.seen)
      expect(lineage !== this.#world.lineage, 'entries are lost that were seen, and the lineage is the same');
    expect(head <= this.#world.possible, 'entries are there that were refused');
    expect(floor > this.#world.start, 'entries are there from before the log began anew');
    expect(floor <= this.#world.floorMax && floor <= head + 1, 'entries are compacted that were not to be');
    expect(entries.length === head - floor + 1, 'entries are missing');
    for (const [i, entry] of entries.entries()) {
      expect(entry.offset === floor + i, 'entries are out of order');
      const submitted = this.#world.submitted.get(entry.offset)!;
      const isSame = equalBytes(entry.body, submitted);
      expect(isSame, `entry ${entry.offset} is not what was submitted`);
    }
    await this.#lookAtSnapshots(log);
    this.#world.seen = head;
    this.#world.possible = head;
    this.#world.lineage = lineage;
  }

  async #lookAtSnapshots(log: ByteLog): Promise<void> {
    const offsets = await log.shelf.list();
    for (const offset of offsets) {
      const found = await log.shelf.open(offset);
      const { bytes } = this.#world.snapshots.get(offset)!;
      const isSame = equalBytes(found, bytes);
      // whoever reads a snapshot verifies it; what was misread once is not on the disk
      if (!isSame && !equalBytes(await log.shelf.open(offset), bytes))
        throw new Error(`snapshot ${offset} is not what was saved`);
      if (offset > log.head)
        throw new Error(`snapshot ${offset} tells of more than the log, which ends with ${log.head}`);
    }
    for (const [offset, { isSaved }] of this.#world.snapshots)
      if (isSaved && !offsets.includes(offset)) throw new Error(`snapshot ${offset} is lost`);
  }

  async #append(log: ByteLog, count: number, schema: string): Promise<void> {
    const { head } = log;
    const text = `attempt ${++this.#texts}`;
    const bodies = Array.from({ length: count }, (_, i) =>
      bodyOf(head + 1 + i, `${text}, ${i}`.repeat(1 + (i % 2) * 4)),
    );
    for (const [i, body] of bodies.entries()) this.#world.submitted.set(head + 1 + i, body);
    this.#world.possible = head + count;
    try {
      await log.append(bodies, schemaOf(schema));
    } catch (error) {
      if (this.#disk.isDown) return;
      const { code } = error as MemoirError;
      if (code === 'LogRefused') this.#world.possible = head;
      else if (code !== 'OutcomeUnknown') throw error;
      await this.#expectEnded(log);
      // what a program does then
      this.#host.kill();
      this.#log = undefined;
      await this.#open();
      return;
    }
    this.#world.seen = log.head;
  }

  /** A log that failed takes no more, and can be read. */
  async #expectEnded(log: ByteLog): Promise<void> {
    const { head } = log;
    const refused = await log.append([bodyOf(head + 1)], schemaOf('a')).catch((error: unknown) => error);
    if ((refused as MemoirError).code !== 'LogRefused') throw new Error('a log that failed takes an append');
    const { length } = await this.#entries(log);
    if (length !== head - log.floor + 1) throw new Error('a log that failed cannot be read');
  }

  /** Another log may be there from then on, or it is the one it was. */
  async #begin(log: ByteLog, offset: number): Promise<void> {
    const next = worldAfter(offset, `begun ${++this.#texts}`);
    const bytes = snapshotBytes(offset, next.lineage);
    next.snapshots.set(offset, { bytes, isSaved: true });
    try {
      await log.begin({ lineage: next.lineage!, offset, snapshot: oneChunk(bytes) });
    } catch (error) {
      this.#problem = error;
      const { code } = error as MemoirError;
      if (!this.#disk.isDown && code === 'LogRefused') return;
      this.#instead = next;
      if (this.#disk.isDown) return;
      if (code !== 'OutcomeUnknown') throw error;
      await this.#expectUnsure(log);
      this.#host.kill();
      this.#log = undefined;
      return await this.#open();
    }
    this.#world = next;
    await this.#expectTyped(async () => this.#look(log, await this.#entries(log)));
  }

  /** A log that may have begun anew takes nothing more, lest it be mixed with what is there. */
  async #expectUnsure(log: ByteLog): Promise<void> {
    const append = log.append([bodyOf(log.head + 1)], schemaOf('a'));
    for (const made of [append, log.shelf.save(log.head, oneChunk(new Uint8Array(1))), log.compact(log.head)]) {
      const refused = await made.then(
        () => undefined,
        (error: unknown) => (error as MemoirError).code,
      );
      if (refused !== 'LogRefused') throw new Error(`a log that may have begun anew goes on: ${String(refused)}`);
    }
  }

  async #save(log: ByteLog): Promise<void> {
    const { head } = log;
    if (head === 0) return;
    const before = this.#world.snapshots.get(head);
    const bytes = before?.bytes ?? snapshotBytes(head);
    const snapshot = { bytes, isSaved: before?.isSaved ?? false };
    this.#world.snapshots.set(head, snapshot);
    await log.shelf.save(head, oneChunk(bytes));
    snapshot.isSaved = true;
  }

  async #prune(log: ByteLog, before: number): Promise<void> {
    for (const [offset, snapshot] of this.#world.snapshots) if (offset < before) snapshot.isSaved = false;
    await log.shelf.prune(before, 0);
  }

  /** What fails says so with an error of memoir, or because the machine is down. */
  async #expectTyped(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.#problem = error;
      if (!this.#disk.isDown && !(error instanceof MemoirError)) throw error;
    }
  }
}
