import type { Disk, DiskFile } from '../../src/log-file.js';

// A disk that loses what was not synced when it crashes, and fails where it is told to. It does what Linux does: bytes
// are seen once they are written and last once their file is synced; names last once their folder is; and a sync that
// fails forgets what it was to write, though it can still be read until the machine goes down.

/** What goes wrong at a call. */
export type Trouble = 'crash' | 'EIO' | 'ENOSPC' | 'short' | 'flip';

/** Decides, by the number and the name of a call, what goes wrong. */
export type Troubles = (call: number, name: string, path: string) => Trouble | undefined;

/** The end of a machine: every call fails from then on. */
export class MachineDown extends Error {}

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number };

/** The bytes of a file: as they last, as they are seen, and what lies between. */
interface Inode {
  lasting: Uint8Array;
  seen: Uint8Array;
  unsynced: Change[];
}

/** One change of a name: the file that has it from then on, if any. */
interface Naming {
  readonly path: string;
  readonly inode: Inode | undefined;
  /** The name it had before, which it loses at the same time. */
  readonly from?: string;
}

/** How much of what was not synced is there after a crash. */
export interface Survival {
  /** So many unsynced changes of names. */
  readonly names: number;
  /** So many unsynced bytes of each file, in the order of their writes. */
  readonly bytes: number;
}

export class SimulatedDisk implements Disk {
  readonly #lasting = new Map<string, Inode>();
  readonly #seen = new Map<string, Inode>();
  #namings: Naming[] = [];
  #isDown = false;
  /** Whether a sync has failed, and with it what it was to make last. */
  hasForgotten = false;
  /** What was called so far. */
  readonly calls: string[] = [];
  troubles: Troubles = () => undefined;

  /** The unsynced changes of names, and the most unsynced bytes that a file has. */
  get unsynced(): Survival {
    const bytes = [...this.#inodes()].map((inode) => inode.unsynced.reduce((sum, one) => sum + sizeOf(one), 0));
    return { names: this.#namings.length, bytes: Math.max(0, ...bytes) };
  }

  /** The disk after the machine went down: what was synced, and so much of the rest. */
  afterCrash(survival: Survival): SimulatedDisk {
    const names = new Map(this.#lasting);
    for (const naming of this.#namings.slice(0, survival.names)) applyNaming(names, naming);
    return diskOf(names, (inode) => survivors(inode, survival.bytes));
  }

  /** The disk as the next process finds it, when only the one that wrote has died. */
  afterKill(): SimulatedDisk {
    this.#isDown = false;
    this.troubles = () => undefined;
    return this;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** The bytes of a file, as they are seen. */
  bytesOf(path: string): Uint8Array {
    return this.#inode(path).seen;
  }

  /** The names there are. */
  get paths(): readonly string[] {
    return [...this.#seen.keys()].sort();
  }

  /** Puts bytes in the place of a file, for good. */
  plant(path: string, bytes: Uint8Array): void {
    const inode = { lasting: bytes, seen: bytes, unsynced: [] };
    this.#lasting.set(path, inode);
    this.#seen.set(path, inode);
  }

  /** A disk that has what this one has now, all of it synced. */
  copy(): SimulatedDisk {
    return diskOf(this.#seen, (inode) => inode.seen);
  }

  async makeDir(path: string): Promise<void> {
    await this.#call('makeDir', path);
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#call('list', path);
    const within = this.paths.filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1));
    return within.filter((name) => !name.includes('/'));
  }

  async open(path: string, how: 'read' | 'change' | 'create'): Promise<DiskFile> {
    await this.#call('open', path);
    if (how === 'create') this.#rename(path, { lasting: new Uint8Array(0), seen: new Uint8Array(0), unsynced: [] });
    return this.#file(path, this.#inode(path));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename', to);
    const inode = this.#inode(from);
    this.#seen.delete(from);
    this.#seen.set(to, inode);
    this.#namings.push({ path: to, inode, from });
  }

  async link(from: string, to: string): Promise<void> {
    await this.#call('link', to);
    if (this.#seen.has(to)) throw failure('EEXIST', to);
    this.#rename(to, this.#inode(from));
  }

  async remove(path: string): Promise<void> {
    await this.#call('remove', path);
    this.#inode(path);
    this.#rename(path, undefined);
  }

  async syncDir(path: string): Promise<void> {
    await this.#call('syncDir', path);
    for (const naming of this.#namings) if (folderOf(naming.path) === path) applyNaming(this.#lasting, naming);
    this.#namings = this.#namings.filter((one) => folderOf(one.path) !== path);
  }

  #file(path: string, inode: Inode): DiskFile {
    return {
      size: async () => {
        await this.#call('size', path);
        return inode.seen.length;
      },
      read: async (into, at) => {
        const trouble = await this.#call('read', path);
        const bytes = inode.seen.slice(at, at + into.length);
        if (trouble === 'flip' && bytes.length > 0) bytes[(this.calls.length * 7919) % bytes.length]! ^= 4;
        into.set(bytes);
        return bytes.length;
      },
      write: async (bytes, at) => {
        const trouble = await this.#call('write', path, (error) => {
          // a disk that is full has taken what fitted
          if (error === 'ENOSPC') write(inode, { at, bytes: bytes.slice(0, bytes.length >> 1) });
        });
        const taken = trouble === 'short' ? bytes.slice(0, (bytes.length + 1) >> 1) : bytes.slice();
        write(inode, { at, bytes: taken });
        return taken.length;
      },
      truncate: async (size) => {
        await this.#call('truncate', path);
        write(inode, { size });
      },
      sync: async () => {
        await this.#call('sync', path, () => {
          inode.unsynced = [];
          this.hasForgotten = true;
        });
        inode.lasting = survivors(inode, Infinity);
        inode.unsynced = [];
      },
      close: async () => {
        await Promise.resolve();
      },
    };
  }

  /** Counts a call, and lets it fail. */
  async #call(
    name: string,
    path: string,
    failing: (code: string) => void = () => undefined,
  ): Promise<Trouble | undefined> {
    await Promise.resolve();
    if (this.#isDown) throw new MachineDown();
    const trouble = this.troubles(this.calls.length, name, path);
    this.calls.push(`${name} ${path.slice(path.lastIndexOf('/') + 1)}`);
    if (trouble === 'crash') {
      this.#isDown = true;
      throw new MachineDown();
    }
    if (trouble === 'EIO' || trouble === 'ENOSPC') {
      failing(trouble);
      throw failure(trouble, path);
    }
    return trouble;
  }

  #inode(path: string): Inode {
    const inode = this.#seen.get(path);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode;
  }

  #rename(path: string, inode: Inode | undefined): void {
    if (inode === undefined) this.#seen.delete(path);
    else this.#seen.set(path, inode);
    this.#namings.push({ path, inode });
  }

  #inodes(): Set<Inode> {
    return new Set([...this.#lasting.values(), ...this.#seen.values()]);
  }
}

function applyNaming(names: Map<string, Inode>, { path, inode, from }: Naming): void {
  if (from !== undefined) names.delete(from);
  if (inode === undefined) names.delete(path);
  else names.set(path, inode);
}

/** A disk on which all lasts, with files of these names; each file stays one, whatever it is called. */
function diskOf(names: ReadonlyMap<string, Inode>, bytesOf: (inode: Inode) => Uint8Array): SimulatedDisk {
  const disk = new SimulatedDisk();
  for (const [path, inode] of names) disk.plant(path, bytesOf(inode).slice());
  return disk;
}

function write(inode: Inode, change: Change): void {
  inode.seen = applied(inode.seen, change);
  inode.unsynced.push(change);
}

/** What lasts of a file when so many of its unsynced bytes do. */
function survivors(inode: Inode, count: number): Uint8Array {
  let bytes = inode.lasting;
  let left = count;
  for (const change of inode.unsynced) {
    if (left <= 0) break;
    bytes = applied(bytes, 'size' in change ? change : { at: change.at, bytes: change.bytes.slice(0, left) });
    left -= sizeOf(change);
  }
  return bytes;
}

/** A cut counts as one byte, so that it can be lost alone. */
function sizeOf(change: Change): number {
  return 'size' in change ? 1 : change.bytes.length;
}

function applied(bytes: Uint8Array, change: Change): Uint8Array {
  if ('size' in change) {
    const cut = new Uint8Array(change.size);
    cut.set(bytes.subarray(0, change.size));
    return cut;
  }
  const longer = new Uint8Array(Math.max(bytes.length, change.at + change.bytes.length));
  longer.set(bytes);
  longer.set(change.bytes, change.at);
  return longer;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
