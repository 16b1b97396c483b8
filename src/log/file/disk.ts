/**
 * What the file log needs of a disk: the few calls of an operating system, no more, so that a simulated one can stand
 * in for it and fail wherever it likes.
 *
 * What a caller may rely on: bytes last once `sync` of their file has resolved, names (of files that were made,
 * renamed, linked or removed) once `syncDir` of their folder has. Before that, any part of it may be gone after a
 * crash. What fails rejects with an error that has Node's `code`: `ENOENT`, `EEXIST`, `ENOSPC`, `EIO`.
 */
export interface Disk {
  /** Makes a folder that lasts, with those above it; content if it is there. */
  makeDir(path: string): Promise<void>;
  /** The names in a folder, in any order. */
  list(path: string): Promise<readonly string[]>;
  /** Opens a file: one that is there, to read or to change it, or a new one; what there was is replaced. */
  open(path: string, how: 'read' | 'change' | 'create'): Promise<DiskFile>;
  /** Gives a file another name; replaces what had it, at once. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name, unless another has it: `EEXIST`. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncDir(path: string): Promise<void>;
}

/** An open file. */
export interface DiskFile {
  size(): Promise<number>;
  /** Reads into all of `into` from a byte on; returns how many there were. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Writes from a byte on; returns how many were taken, which may be fewer. */
  write(bytes: Uint8Array, at: number): Promise<number>;
  /** Cuts it to a size. */
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** True for the error of a call of the disk that failed with such a code. */
export function isCode(error: unknown, code: string): boolean {
  return (error as { readonly code?: unknown } | null)?.code === code;
}
