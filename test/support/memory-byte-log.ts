/** A log outside the process that is none: bytes in memory, which outlive the store, and fail when they are told to. */
import type { ByteLog, Entry, LogPlan, LogStart, Shelf, WrittenSchema } from '../../src/index.js';
import { json, MemoirError, type ByteCodec } from '../../src/index.js';

/** What is to go wrong at the next append: it is refused, or lands and is said to be unknown, or does not land. */
export type Trouble = 'refused' | 'lands' | 'lost';

/** What a directory would be: what stays when a log is closed and opened again. */
export class MemoryMedium {
  readonly entries: Entry[] = [];
  readonly snapshots = new Map<number, Uint8Array>();
  /** Groups as they were appended: their sizes. */
  readonly groups: number[] = [];
  floor = 1;
  /** What is to go wrong when it is next to begin anew: it is refused, or its fate is not known. */
  beginTrouble: 'refused' | 'lands' | 'lost' | undefined;
  lineage = 'a'.repeat(32);
  trouble: Trouble | undefined;
  /** Holds appends back until it is opened. */
  gate: Promise<void> | undefined;
  isOpen = false;
  /** Lets the log fail by itself, after what it has acknowledged. */
  lose: () => void = () => {};

  plan(options: Partial<LogPlan> = {}, codec: ByteCodec = json): LogPlan {
    return { codec, ...options, open: () => Promise.resolve(new MemoryByteLog(this)) };
  }
}

class MemoryByteLog implements ByteLog {
  readonly caps = { bodyBytesMax: 1 << 20, durability: 'memory' } as const;
  readonly #medium: MemoryMedium;
  readonly shelf: Shelf;
  #failed = false;
  /** Whether what was acknowledged may be lost. */
  #lost = false;
  #tell: (error: MemoirError) => void = () => {};

  constructor(medium: MemoryMedium) {
    if (medium.isOpen) throw new MemoirError('LogLocked', 'it is open');
    medium.isOpen = true;
    this.#medium = medium;
    this.shelf = shelfOf(medium);
    medium.lose = () => {
      this.#failed = true;
      this.#lost = true;
      this.#tell(new MemoirError('OutcomeUnknown', 'a later sync failed'));
    };
  }

  get lineage(): string {
    return this.#medium.lineage;
  }

  get floor(): number {
    return this.#medium.floor;
  }

  get head(): number {
    return this.#medium.floor + this.#medium.entries.length - 1;
  }

  async append(bodies: readonly Uint8Array[], schema: WrittenSchema): Promise<void> {
    const medium = this.#medium;
    await medium.gate;
    await Promise.resolve();
    if (this.#failed) throw new MemoirError('LogRefused', 'it has failed');
    const { trouble } = medium;
    medium.trouble = undefined;
    this.#failed = trouble !== undefined;
    if (trouble === 'refused') throw new MemoirError('LogRefused', 'the disk is full');
    if (trouble !== 'lost') {
      for (const body of bodies) medium.entries.push({ offset: this.head + 1, body: body.slice(), schema });
      medium.groups.push(bodies.length);
    }
    if (trouble !== undefined) throw new MemoirError('OutcomeUnknown', 'the sync failed');
  }

  async begin({ lineage, offset, snapshot }: LogStart): Promise<void> {
    const medium = this.#medium;
    const bytes = await allOf(snapshot);
    await medium.gate;
    if (this.#failed) throw new MemoirError('LogRefused', 'it has failed');
    const { beginTrouble: trouble } = medium;
    medium.beginTrouble = undefined;
    if (trouble === 'refused') throw new MemoirError('LogRefused', 'the disk is full');
    if (trouble !== 'lost') {
      medium.entries.length = 0;
      medium.snapshots.clear();
      medium.snapshots.set(offset, bytes);
      medium.floor = offset + 1;
      medium.lineage = lineage;
    }
    this.#failed = trouble !== undefined;
    if (trouble !== undefined) throw new MemoirError('OutcomeUnknown', 'the sync failed');
  }

  async *read(from: number, to = this.head): AsyncGenerator<Entry> {
    await Promise.resolve();
    for (let offset = from; offset <= to; offset++) yield this.#medium.entries[offset - this.#medium.floor]!;
  }

  async compact(before: number): Promise<void> {
    await Promise.resolve();
    const count = Math.max(0, Math.min(before, this.head + 1) - this.#medium.floor);
    this.#medium.entries.splice(0, count);
    this.#medium.floor += count;
  }

  onFailure(tell: (error: MemoirError) => void): void {
    this.#tell = tell;
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#medium.isOpen = false;
    if (this.#lost) throw new MemoirError('LogRefused', 'it has failed');
  }
}

async function allOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function shelfOf({ snapshots }: MemoryMedium): Shelf {
  return {
    list: () => Promise.resolve([...snapshots.keys()].sort((a, b) => b - a)),
    open: (offset) => Promise.resolve(snapshots.get(offset)!),
    async save(offset, chunks) {
      snapshots.set(offset, await allOf(chunks));
    },
    prune(before, keep) {
      const old = [...snapshots.keys()].sort((a, b) => b - a).slice(keep);
      for (const offset of old) if (offset < before) snapshots.delete(offset);
      return Promise.resolve();
    },
    setAside(offset) {
      snapshots.delete(offset);
      return Promise.resolve();
    },
    dropAfter(offset) {
      for (const one of [...snapshots.keys()]) if (one > offset) snapshots.delete(one);
      return Promise.resolve();
    },
  };
}
