import type { Digest } from '../frame.js';
import type { Disk } from './disk.js';

/** Who has a log open for writing. */
export interface Owner {
  readonly pid: number;
  /** The machine's name, and which of its starts this is. */
  readonly host: string;
  readonly boot?: string;
  /** When the process began, in the units of its system; tells it from a later one of the same pid. */
  readonly start?: string;
}

/** All that a file log takes from where it runs. Replace it, and the log can be simulated. */
export interface Host {
  readonly disk: Disk;
  readonly me: Owner;
  /** Whether the process of an owner on this machine still runs. */
  isAlive(owner: Owner): Promise<boolean>;
  /** 32 hexadecimal digits that nobody else has. */
  token(): string;
  readonly digest: Digest;
  /** Calls back after so many milliseconds; returns how to call that off. */
  after(ms: number, then: () => void): () => void;
  /** Lets everything else run that waits for its turn. */
  pause(): Promise<void>;
  /** Calls back when something in a folder may have changed, as far as the system tells; returns how to end that. */
  watch(dir: string, changed: () => void): () => void;
}
