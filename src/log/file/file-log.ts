import { assert } from '../../assert.js';
import { MemoirError } from '../../errors.js';
import type { ByteLog, Entry, LogCaps, LogStart, WrittenSchema } from '../byte-log.js';
import { BODY_BYTES_MAX, offsetOfBody } from '../frame.js';
import { decideBegin, prepareBegin } from './begin.js';
import type { Link } from './chain.js';
import { removeCleanMark, writeCleanMark } from './clean-mark.js';
import { asMemoirError, refused } from './damage.js';
import type { Host } from './host.js';
import { lock } from './lock.js';
import { recover, type Recovered } from './recovery.js';
import { fromHex, type SyncPolicy, writtenHead } from './segment-head.js';
import { SegmentList } from './segment-list.js';
import { Segment } from './segment.js';
import { FileShelf } from './shelf.js';
import { Tail } from './tail.js';
import { removeIfThere, writeWhole } from './whole-file.js';

/** Where and how a log is kept. */
export interface FileLogSettings {
  readonly host: Host;
  readonly dir: string;
  readonly policy: SyncPolicy;
  /** How often appended bytes are synced, where the policy says `timed`. */
  readonly everyMs: number;
  /** A segment of this size is followed by another. */
  readonly segmentBytes: number;
}

/** Opens a log for writing, and mends what an interrupted append has left. @throws `LogLocked`, `Damaged` */
export async function openFileLog(settings: FileLogSettings): Promise<ByteLog> {
  const { host, dir } = settings;
  try {
    await host.disk.makeDir(dir);
    const release = await lock(host, dir);
    try {
      return new FileLog(settings, await recover(host, dir), release);
    } catch (error) {
      // the error that matters is the first
      await release().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw asMemoirError(error, `the log in ${dir} cannot be opened`);
  }
}

/** A log in a folder: segments that are appended to, one after the other, by one writer. */
class FileLog implements ByteLog {
  readonly caps: LogCaps;
  readonly shelf: FileShelf;
  readonly #settings: FileLogSettings;
  readonly #list: SegmentList;
  readonly #release: () => Promise<void>;
  #lineage: string;
  #last: Link;
  #tail: Tail | undefined;
  /** Whether the mark of a log that was closed may be there. */
  #isMarked: boolean;
  /** Why nothing more can be appended. */
  #ended: { readonly cause: unknown } | undefined;
  /** Whether that was found out later than what was appended was acknowledged. */
  #isLate = false;
  #tellFailure: (error: MemoirError) => void = () => {};
  /** Whether the files may already be those of a log that has begun anew. */
  #isUnsure = false;
  /** The segments that are no part of the log any more and may still be on the disk, oldest first. */
  readonly #leaving = new Set<string>();
  /** What is under way: an append or a beginning, or a sync that nobody waits for. */
  #append: Promise<void> = Promise.resolve();
  #sync: Promise<void> = Promise.resolve();
  /** Calls off the sync that is to come. */
  #callOff: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(settings: FileLogSettings, found: Recovered, release: () => Promise<void>) {
    const { host, dir, policy } = settings;
    this.#settings = settings;
    this.#list = new SegmentList(host.disk, dir, found.segments, found.last.offset);
    this.#last = found.last;
    this.#isMarked = found.isMarked;
    this.#release = release;
    this.#lineage = found.lineage;
    this.caps = { bodyBytesMax: BODY_BYTES_MAX, durability: policy === 'always' ? 'fsync' : 'os' };
    this.shelf = new FileShelf(host.disk, dir, () => this.#beforeSave());
  }

  get lineage(): string {
    return this.#lineage;
  }

  get floor(): number {
    return this.#list.floor;
  }

  get head(): number {
    return this.#last.offset;
  }

  append(bodies: readonly Uint8Array[], schema: WrittenSchema): Promise<void> {
    const settled = this.#appendNow(bodies, schema);
    this.#append = settled.catch(() => undefined);
    return settled;
  }

  begin(start: LogStart): Promise<void> {
    const settled = this.#beginNow(start);
    this.#append = settled.catch(() => undefined);
    return settled;
  }

  read(from: number, to = this.head): AsyncIterable<Entry> {
    return this.#list.read(from, Math.min(to, this.head));
  }

  async compact(before: number): Promise<void> {
    const { host, dir } = this.#settings;
    if (this.#isUnsure) throw this.#refusal();
    for (let oldest; (oldest = this.#list.wholeBefore(before)) !== undefined; this.#list.dropOldest())
      this.#leaving.add(oldest.name);
    try {
      // One by one, the oldest first, and what could not be removed before them: a disk that kept a later removal and
      // lost an earlier one would leave a gap.
      for (const name of this.#leaving) {
        await removeIfThere(host.disk, `${dir}/${name}`);
        await host.disk.syncDir(dir);
        this.#leaving.delete(name);
      }
    } catch (cause) {
      throw refused(`old segments in ${dir} could not be removed`, cause);
    }
  }

  onFailure(tell: (error: MemoirError) => void): void {
    this.#tellFailure = tell;
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeNow();
    return this.#closed;
  }

  async #appendNow(bodies: readonly Uint8Array[], schema: WrittenSchema): Promise<void> {
    this.#guard();
    if (bodies.length === 0) return;
    this.#check(bodies);
    const tail = await this.#tailFor(schema).catch((error: unknown) => {
      // whatever became of the entries before: these were not written
      this.#end('LogRefused', error instanceof MemoirError ? error.cause : error);
    });
    const group = tail.group(bodies);
    try {
      await tail.write(group);
    } catch (error) {
      this.#end((await tail.takeBack()) ? 'LogRefused' : 'OutcomeUnknown', error);
    }
    // once refused, a sync is not tried again: the system may have dropped what it could not write, and say it is there
    if (this.#settings.policy === 'always')
      await tail.sync().catch((error: unknown) => this.#end('OutcomeUnknown', error));
    // A sync of what came before has failed meanwhile, and there is no other.
    if (this.#ended !== undefined) this.#end('OutcomeUnknown', this.#ended.cause);
    tail.written(group);
    this.#last = tail.segment.last;
    if (this.#settings.policy === 'timed') this.#syncLater();
  }

  async #beginNow({ lineage, offset, snapshot }: LogStart): Promise<void> {
    const { host, dir } = this.#settings;
    this.#guard();
    const mark = { offset, digest: fromHex(host.token()), lineage, isBegun: true };
    await prepareBegin(host.disk, dir, mark, snapshot);
    try {
      await decideBegin(host.disk, dir, mark);
    } catch (error) {
      this.#isUnsure = true;
      this.#end('OutcomeUnknown', error);
    }
    this.#callOff?.();
    this.#callOff = undefined;
    await this.#sync;
    // The file is gone, and what became of its bytes is of no interest.
    await this.#tail?.close().catch(() => undefined);
    this.#tail = undefined;
    this.#list.beginAfter(offset);
    this.#leaving.clear();
    this.#last = mark;
    this.#lineage = lineage;
    this.#isMarked = true;
  }

  /** Refuses what a log that is closed or has failed cannot do. */
  #guard(): void {
    const { dir } = this.#settings;
    if (this.#closed !== undefined) throw new MemoirError('LogRefused', `the log in ${dir} is closed: open it again`);
    if (this.#ended !== undefined) throw this.#refusal();
  }

  #check(bodies: readonly Uint8Array[]): void {
    for (const [i, body] of bodies.entries()) {
      if (body.length > BODY_BYTES_MAX) {
        throw new MemoirError(
          'BatchTooLarge',
          `a batch has ${body.length} bytes, and the log takes ${BODY_BYTES_MAX}: split the transaction`,
          { limit: BODY_BYTES_MAX, actual: body.length },
        );
      }
      assert(offsetOfBody(body) === this.head + 1 + i, 'the entries of an append follow the head');
    }
  }

  /** Where to append: the newest segment, or another, where that one is full or of another kind. */
  async #tailFor(schema: WrittenSchema): Promise<Tail> {
    const { host, dir, policy, segmentBytes } = this.#settings;
    const { newest } = this.#list;
    const head = { base: this.head + 1, lineage: this.lineage, previous: this.#last.digest, policy, schema };
    const fits =
      newest !== undefined &&
      newest.size < segmentBytes &&
      newest.head.lineage === head.lineage &&
      newest.head.policy === policy &&
      newest.head.schema.fingerprint === schema.fingerprint;
    if (this.#tail !== undefined && fits) return this.#tail;
    const segment = fits ? newest : new Segment(writtenHead(head));
    if (!fits) {
      await this.#leaveTail();
      await writeWhole(host.disk, dir, segment.name, [segment.head.bytes]);
      this.#list.add(segment);
    }
    // the mark goes last: with it goes what it says of the lineage, which the new segment says from now on
    if (this.#isMarked) await removeCleanMark(host.disk, dir);
    this.#isMarked = false;
    const file = await host.disk.open(`${dir}/${segment.name}`, 'change');
    this.#tail = new Tail(segment, file, host.digest);
    return this.#tail;
  }

  /** Ends the segment: a whole one lasts, whatever the policy, so that only the newest can have a torn tail. */
  async #leaveTail(): Promise<void> {
    await this.#syncNow();
    const tail = this.#tail;
    this.#tail = undefined;
    await tail?.close();
  }

  /** Syncs what was appended, unless that was done at once. */
  async #syncNow(): Promise<void> {
    this.#callOff?.();
    this.#callOff = undefined;
    await this.#sync;
    if (this.#settings.policy === 'always' || this.#tail === undefined) return;
    if (this.#ended !== undefined) throw this.#refusal();
    try {
      await this.#tail.sync();
    } catch (cause) {
      this.#failLate(cause);
      throw this.#unknown(cause);
    }
  }

  /** A snapshot never tells of more than the log, nor of what the log no longer is. */
  async #beforeSave(): Promise<void> {
    if (this.#isUnsure) throw this.#refusal();
    await this.#syncNow();
  }

  #syncLater(): void {
    const { host, everyMs } = this.#settings;
    this.#callOff ??= host.after(everyMs, () => {
      this.#callOff = undefined;
      this.#sync = this.#tail!.sync().catch((cause: unknown) => this.#failLate(cause));
    });
  }

  /** Ends it where what was acknowledged may not last: whoever waits for something else is told of that alone. */
  #failLate(cause: unknown): void {
    this.#isLate = true;
    if (this.#ended !== undefined) return;
    this.#ended = { cause };
    this.#tellFailure(this.#unknown(cause));
  }

  /** Takes no more appends. @throws what the append under way is to be told */
  #end(code: 'LogRefused' | 'OutcomeUnknown', cause: unknown): never {
    this.#ended ??= { cause };
    const { dir } = this.#settings;
    if (code === 'LogRefused') throw refused(`the log in ${dir} did not take the append, open it again`, cause);
    throw this.#unknown(cause);
  }

  #unknown(cause: unknown): MemoirError {
    const { dir } = this.#settings;
    const why = cause instanceof Error ? cause.message : String(cause);
    return new MemoirError(
      'OutcomeUnknown',
      `the disk failed, and what the log in ${dir} was given may or may not last: open it again to know (${why})`,
      { cause },
    );
  }

  #refusal(): MemoirError {
    const { dir } = this.#settings;
    return refused(`the log in ${dir} has failed before and takes no more, open it again`, this.#ended!.cause);
  }

  async #closeNow(): Promise<void> {
    const { host, dir } = this.#settings;
    await this.#append;
    try {
      if (this.#ended === undefined) await this.#syncNow();
      this.#callOff?.();
      await this.#sync;
      await this.#tail?.close();
      this.#tail = undefined;
      if (this.#isLate) throw this.#refusal();
      if (this.#ended !== undefined || this.#isMarked) return;
      await writeCleanMark(host.disk, dir, { ...this.#last, lineage: this.lineage, isBegun: false });
    } catch (error) {
      throw asMemoirError(error, `the log in ${dir} was not closed as it has to be, and is verified when it is opened`);
    } finally {
      await this.#release();
    }
  }
}
