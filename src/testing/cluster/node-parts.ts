import type { Disk, LogEntry } from './disk.js';
import type { Driven } from '../../fsm.js';
import type { Message } from './messages.js';
import type { Random } from './random.js';
import type { Timeline } from './timeline.js';

/** A rule of consensus that a node breaks, to see that this is found. */
export type BrokenRule =
  /** Its vote does not outlast a crash. */
  | 'forgets its vote'
  /** It takes for agreed what only itself has. */
  | 'commits alone'
  /** It says that it has what it has not synced. */
  | 'answers before it has synced';

/** What a node stands on, and whom it tells. */
export interface NodeParts {
  readonly name: string;
  readonly peers: readonly string[];
  readonly disk: Disk;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly snapshotEvery: number;
  readonly broken: BrokenRule | undefined;
  readonly create: () => Driven;
  readonly send: (to: string, message: Message) => void;
  readonly elected: (name: string, term: number) => void;
  readonly committed: (name: string, entry: LogEntry) => void;
  readonly applied: (name: string, entry: LogEntry, answer: unknown, machine: Driven) => void;
  readonly restored: (name: string, machine: Driven) => void;
}
