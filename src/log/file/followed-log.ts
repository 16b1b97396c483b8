import { Fault } from '../../codecs/fault.js';
import { MemoirError } from '../../errors.js';
import type { Entry, FollowedLog, ReadableShelf } from '../byte-log.js';
import { equalBytes } from '../frame.js';
import { readCleanMark, type CleanMark } from './clean-mark.js';
import { asMemoirError, damaged } from './damage.js';
import { isCode, type DiskFile } from './disk.js';
import { segmentsAmong } from './file-names.js';
import type { Host } from './host.js';
import { checkHead } from './recovery.js';
import { readSegmentHead, type WrittenHead } from './segment-head.js';
import { SegmentList } from './segment-list.js';
import { SegmentFault } from './segment-reader.js';
import { Segment } from './segment.js';
import { followedShelf } from './shelf.js';
import { readStretch } from './whole-file.js';

/** How long to wait, at the most, before looking for what has come: not every system tells, and none tells always. */
const LOOK_EVERY_MS = 100;

/** Segments, with the offsets that they begin with, oldest first. */
type Found = readonly (readonly [base: number, name: string])[];

/** Opens a log to read only: nothing is locked, mended or changed. @throws `Damaged`, `FormatUnknown` */
export async function followFileLog(host: Host, dir: string): Promise<FollowedLog> {
  const log = new FileFollower(host, dir);
  await log.look();
  return log;
}

class FileFollower implements FollowedLog {
  readonly #host: Host;
  readonly #dir: string;
  readonly #list: SegmentList;
  readonly shelf: ReadableShelf;
  #lineage = '';
  /** What the log begins after, where it was seen to have begun anew, and how often that was. */
  #start: CleanMark | undefined;
  #begins = 0;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  /** What is followed: between two entries it has a file open. */
  readonly #followed = new Set<AsyncGenerator<Entry>>();
  /** Those who wait for something to change. */
  readonly #waiting = new Set<() => void>();

  constructor(host: Host, dir: string) {
    this.#host = host;
    this.#dir = dir;
    this.#list = new SegmentList(host.disk, dir, []);
    this.shelf = followedShelf(host.disk, dir);
  }

  get lineage(): string {
    return this.#lineage;
  }

  get floor(): number {
    return this.#list.floor;
  }

  get head(): number {
    return this.#list.head;
  }

  look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  read(from: number, to = this.head): AsyncIterable<Entry> {
    return this.#list.read(from, Math.min(to, this.head));
  }

  follow(from: number): AsyncGenerator<Entry> {
    const entries = this.#follow(from, () => this.#followed.delete(entries));
    this.#followed.add(entries);
    return entries;
  }

  async *#follow(from: number, ended: () => void): AsyncGenerator<Entry> {
    try {
      yield* this.#entries(from);
    } finally {
      ended();
    }
  }

  async *#entries(from: number): AsyncGenerator<Entry> {
    let { lineage } = this;
    const begins = this.#begins;
    const isOther = (): boolean => lineage !== this.#lineage || begins !== this.#begins;
    for (let next = Math.max(1, from); !this.#isOver();) {
      if (lineage === '') ({ lineage } = this);
      if (isOther()) throw this.#changed(lineage);
      for await (const entry of this.read(next)) {
        if (this.#isOver()) return;
        next = entry.offset + 1;
        yield entry;
      }
      const waited = this.#change();
      await this.look();
      if (next <= this.head || isOther() || this.#isOver()) waited.end();
      else await waited.done;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const wake of this.#waiting) wake();
    // Whoever asks for no more has a file open still.
    await Promise.all([...this.#followed].map((entries) => entries.return(undefined)));
  }

  /** Asked anew after each wait, since it changes meanwhile. */
  #isOver(): boolean {
    return this.#isClosed;
  }

  /** Resolves when something may have changed, or it is time to look anyway. */
  #change(): { readonly done: Promise<void>; end(): void } {
    let end = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      const unwatch = this.#host.watch(this.#dir, () => end());
      const callOff = this.#host.after(LOOK_EVERY_MS, () => end());
      end = () => {
        this.#waiting.delete(end);
        unwatch();
        callOff();
        resolve();
      };
      this.#waiting.add(end);
    });
    return { done, end: () => end() };
  }

  async #lookNow(): Promise<void> {
    try {
      const found = await this.#listed();
      const { newest } = this.#list;
      // Only then may there be something that the segments do not say.
      const isSettled = newest !== undefined && found.some(([base]) => base === newest.base);
      const mark = isSettled ? undefined : await readCleanMark(this.#host.disk, this.#dir);
      if (mark?.isBegun === true) return this.#beginAfter(mark);
      await this.#lookThrough(found);
      if (mark !== undefined) this.#lineage = mark.lineage;
    } catch (error) {
      throw asMemoirError(error, `the log in ${this.#dir} cannot be read`);
    }
  }

  /** Takes note that the log has begun anew, whatever is left of what it was. */
  #beginAfter(mark: CleanMark): void {
    if (this.#start !== undefined && equalBytes(mark.digest, this.#start.digest)) return;
    this.#list.beginAfter(mark.offset);
    this.#start = mark;
    this.#lineage = mark.lineage;
    this.#begins++;
  }

  async #lookThrough(found: Found): Promise<void> {
    const oldest = found[0]?.[0] ?? 0;
    while (this.#list.wholeBefore(oldest) !== undefined) this.#list.dropOldest();
    const { newest } = this.#list;
    const isGone = newest !== undefined && found.every(([base]) => base !== newest.base);
    // The newest is never removed, but with all of them.
    if (isGone && found.length > 0 && newest.base > oldest) throw this.#changed(this.#lineage);
    // overtaken: the newest that is known was compacted, and nobody knows how it ended
    if (isGone && newest.base < oldest) this.#list.dropOldest();
    const from = this.#list.newest?.base ?? 0;
    for (const [i, [base, name]] of found.entries()) {
      if (base < from) continue;
      if (!(await this.#lookInto(base, name, i === found.length - 1))) return;
    }
  }

  async #listed(): Promise<Found> {
    try {
      return segmentsAmong(await this.#host.disk.list(this.#dir));
    } catch (error) {
      if (isCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** Reads on in a segment; false when it was removed meanwhile. */
  async #lookInto(base: number, name: string, isNewest: boolean): Promise<boolean> {
    const path = `${this.#dir}/${name}`;
    let file: DiskFile;
    try {
      file = await this.#host.disk.open(path, 'read');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw error;
    }
    try {
      const size = await file.size();
      const segment = await this.#known(file, size, base);
      await segment.scan(file, Math.max(size, segment.size), this.#host.digest);
    } catch (error) {
      // at the end there may be half of an append, which will be whole, or cut away
      const mayGrow = isNewest && error instanceof SegmentFault && error.byte > 0 && error.cause === undefined;
      if (!mayGrow) throw damaged(error, path, this.head + 1);
    } finally {
      await file.close();
    }
    return true;
  }

  /** The segment of a file: the newest one that is known, or the next. */
  async #known(file: DiskFile, size: number, base: number): Promise<Segment> {
    const { newest } = this.#list;
    if (newest?.base === base) {
      const { bytes } = newest.head;
      const isSame = size >= newest.size && equalBytes(await readStretch(file, 0, bytes.length), bytes);
      if (isSame) return newest;
      if (newest.last.offset >= base) throw this.#changed(this.#lineage);
    }
    const head = await headOf(file, size);
    const before = newest?.base === base ? undefined : (newest?.last ?? this.#startBefore(base));
    if (before !== undefined && base <= before.offset) throw this.#changed(this.#lineage);
    // It has begun anew once more at the same place.
    if (before === this.#start && before !== undefined && !equalBytes(before.digest, head.previous))
      throw this.#changed(this.#lineage);
    checkHead(head, base, before);
    this.#lineage = head.lineage;
    const segment = new Segment(head);
    this.#list.add(segment);
    return segment;
  }

  #startBefore(base: number): CleanMark | undefined {
    return this.#start?.offset === base - 1 ? this.#start : undefined;
  }

  #changed(was: string): MemoirError {
    return new MemoirError(
      'LineageChanged',
      `what was read of the log in ${this.#dir} may be gone: open it again, and begin anew`,
      { requested: was, lineage: this.#lineage },
    );
  }
}

/** Files appear whole, with their heads: one without is damaged. */
async function headOf(file: DiskFile, size: number): Promise<WrittenHead> {
  try {
    return await readSegmentHead(file, size);
  } catch (error) {
    if (error instanceof Fault && !(error instanceof SegmentFault) && error.code === 'Damaged')
      throw new SegmentFault(error.says, 0, error);
    throw error;
  }
}
